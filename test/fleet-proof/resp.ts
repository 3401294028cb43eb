// As much of the Redis protocol (RESP2 and RESP3) as shows where one reply ends and the next begins.

const CR = 13;
/** Types whose first line says how many bytes follow. */
const SIZED = new Set(['$', '=', '!']);
/** Types whose first line says how many replies follow. */
const LISTS = new Set(['*', '>', '~']);
/** The same, of pairs. */
const PAIRS = new Set(['%', '|']);

/** Where the reply that begins at `from` ends; -1 while it isn't all there. */
export function endOfReply(bytes: Buffer, from: number): number {
  const type = String.fromCharCode(bytes[from] ?? 0);
  const cr = bytes.indexOf(CR, from);
  if (cr < 0 || cr + 2 > bytes.length) return -1;
  const line = cr + 2;
  const count = Number(bytes.toString('latin1', from + 1, cr));
  if (SIZED.has(type)) {
    const end = count < 0 ? line : line + count + 2;
    return end <= bytes.length ? end : -1;
  }
  if (LISTS.has(type)) return endOfReplies(bytes, line, count);
  // What an attribute is of comes after it.
  if (PAIRS.has(type)) return endOfReplies(bytes, line, 2 * count + (type === '|' ? 1 : 0));
  return line;
}

function endOfReplies(bytes: Buffer, from: number, count: number): number {
  let end = from;
  for (let i = 0; i < count; i++) {
    end = endOfReply(bytes, end);
    if (end < 0) return -1;
  }
  return end;
}

/** Whether a reply is a message that somebody has published. */
function isMessage(reply: Buffer): boolean {
  return /^[*>]3\r\n\$7\r\nmessage\r\n/.test(reply.toString('latin1', 0, 32));
}

/** Passes on what a Redis server sends on one connection, but for the messages that `isLost` says of. */
export function losing(isLost: () => boolean): (chunk: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const kept: Buffer[] = [];
    let from = 0;
    while (from < rest.length) {
      const end = endOfReply(rest, from);
      if (end < 0) break;
      const reply = rest.subarray(from, end);
      if (!isMessage(reply) || !isLost()) kept.push(reply);
      from = end;
    }
    rest = rest.subarray(from);
    return Buffer.concat(kept);
  };
}
