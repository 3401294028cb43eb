import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { type Sliced, STEPS } from './slices.ts';
import { type Chunks, MOST_BYTES } from './writer.ts';

/** What is wrong with bytes that are read. */
export class BrokenError extends Error {}

/**
 * The bytes of chunks, if they are what they were.
 *
 * @throws {BrokenError} They aren't.
 */
export function* bytesOf({ data, checksum }: Chunks): Sliced<Buffer> {
  let length = 0;
  for (const [i, text] of data.entries()) {
    length += Buffer.byteLength(text, 'base64');
    if (i % STEPS === 0) yield;
  }
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  let found = 0;
  for (const text of data) {
    const end = at + bytes.write(text, at, 'base64');
    found = crc32(bytes.subarray(at, end), found);
    at = end;
    yield;
  }
  // Where something stands that is no base64, there are less.
  if (at !== length || found !== checksum) throw new BrokenError('its checksum is another one');
  return bytes;
}

/** Reads what a {@link Writer} wrote, and nothing beyond it: every method throws a {@link BrokenError} instead. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#bytes[this.#skip(1)] as number;
  }

  count(): number {
    let count = 0;
    let unit = 1;
    for (let i = 0; i < MOST_BYTES; i++) {
      const byte = this.byte();
      count += (byte % 0x80) * unit;
      if (byte < 0x80) {
        if (count > Number.MAX_SAFE_INTEGER) break;
        return count;
      }
      unit *= 0x80;
    }
    throw new BrokenError('a number is beyond all bounds');
  }

  /** How many things follow: each takes a byte at least, so that nobody makes room for what isn't there. */
  length(): number {
    const length = this.count();
    if (length > this.left) throw new BrokenError('it ends too early');
    return length;
  }

  number(): number {
    const count = this.count();
    if (count === 0) return this.float();
    const folded = count - 1;
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  float(): number {
    return this.#bytes.readDoubleLE(this.#skip(8));
  }

  text(): string {
    const start = this.#skip(this.length());
    const bytes = this.#bytes;
    const end = this.#at;
    let at = start;
    while (at < end && (bytes[at] as number) < 0x80) at++;
    // ASCII needs no second look.
    if (at < end && !isUtf8(bytes.subarray(start, end)))
      throw new BrokenError('a text is no UTF-8');
    return bytes.toString('utf8', start, end);
  }

  units(): string {
    const length = this.length();
    if (length % 2 !== 0) throw new BrokenError('a text is no UTF-16');
    const start = this.#skip(length);
    return this.#bytes.toString('utf16le', start, this.#at);
  }

  /** Goes on by so many bytes, and answers where they begin. */
  #skip(bytes: number): number {
    const start = this.#at;
    if (start + bytes > this.#bytes.length) throw new BrokenError('it ends too early');
    this.#at = start + bytes;
    return start;
  }
}
