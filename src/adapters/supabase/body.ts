import type { Answer } from './ask.ts';
import { errorOf, SupabaseError } from './errors.ts';
import { JsonArraySplitter } from './stream.ts';

/** Ms of work after which everybody else in the process has a turn. */
const SLICE = 1;

/** Bytes that are worked on at once, some 80 rows: a body may come in one piece. */
const MOST_BYTES = 16_384;

/**
 * The rows of an answer whose body was left, some at a time as they come: it is a list of rows, or of lists of rows.
 * Nothing is left open at the end, whatever that is. What a client of another make has parsed is taken as it is.
 *
 * @param expect - Called first; what it throws ends all.
 * @throws {SupabaseError} What can get better by trying.
 * @throws The reason of `signal`.
 */
export async function* rowsOf(
  answer: Answer,
  signal: AbortSignal,
  expect?: (answer: Answer) => void,
): AsyncGenerator<readonly unknown[], void, undefined> {
  const { response, body } = answer;
  const reader = body?.getReader();
  // Some clients forget the signal of a request once the headers have come.
  const close = (): void => void reader?.cancel().catch(() => {});
  signal.addEventListener('abort', close);
  try {
    expect?.(answer);
    if (reader) yield* listsOf(reader, response.status, signal);
    else if (Array.isArray(response.data)) yield response.data.flat();
    else throw errorOf(response, 'rows');
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

async function* listsOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  status: number,
  signal: AbortSignal,
): AsyncGenerator<readonly unknown[], void, undefined> {
  const splitter = new JsonArraySplitter();
  let lastTurn = performance.now();
  for (;;) {
    const chunk = await nextOf(reader, signal);
    if (!chunk) break;
    for (let at = 0; at < chunk.length; at += MOST_BYTES) {
      const piece = chunk.subarray(at, at + MOST_BYTES);
      const rows = understood(status, () => splitter.push(piece).flatMap(elementOf));
      if (rows.length > 0) yield rows;
      if (performance.now() - lastTurn < SLICE) continue;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      lastTurn = performance.now();
    }
  }
  understood(status, () => splitter.end());
}

async function nextOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const { value } = await reader.read();
    signal.throwIfAborted();
    return value;
  } catch (error) {
    signal.throwIfAborted();
    // The answer broke off after its status had come.
    throw new SupabaseError({ status: 0, data: null, error: error as Error });
  }
}

/** @throws {SupabaseError} What came is no list of rows. */
function understood<T>(status: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new SupabaseError({ status, data: null, error: error as Error });
  }
}

function elementOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Expected rows, got ${text}`, { cause });
  }
}
