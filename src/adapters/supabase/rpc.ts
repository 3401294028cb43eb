import { AbortError } from 'p-retry';
import { type Answer, ask } from './ask.ts';
import type { SupabaseQuery } from './client.ts';
import { errorOf, SupabaseError } from './errors.ts';
import { JsonArraySplitter } from './stream.ts';

/** Ms of work after which everybody else in the process has a turn. */
const SLICE = 1;

/** Bytes that are worked on at once: a body may come in one piece. */
const MOST_BYTES = 65_536;

/**
 * The rows that a function answers, some at a time. It answers a list of rows, or of lists of rows. Nothing is left open
 * at the end, whatever that is.
 *
 * supabase-js would parse the answer as a whole. It is given an empty list, and the body is read here: the elements are
 * parsed one by one as they come, with turns for others in between. What a client of another make has parsed is taken as
 * it is.
 *
 * @param call - Makes the call anew for each request.
 * @throws {SupabaseError} What can get better by trying.
 * @throws {AbortError} What can't.
 * @throws The reason of `signal`.
 */
export async function* fetchLists(
  call: () => SupabaseQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly unknown[], void, undefined> {
  const answer = await ask(call, signal, true);
  const { response, body } = answer;
  const reader = body?.getReader();
  // Some clients forget the signal of a request once the headers have come.
  const close = (): void => void reader?.cancel().catch(() => {});
  signal.addEventListener('abort', close);
  try {
    expectAll(answer);
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

/** @throws {AbortError} The server's cap has cut the answer off, as it would always. */
function expectAll({ response: { status }, headers }: Answer): void {
  const range = /^\d+-(\d+)\/(\d+)$/.exec(headers?.get('content-range') ?? '');
  if (!range) return;
  const got = Number(range[1]) + 1;
  const all = Number(range[2]);
  if (got >= all) return;
  const error = {
    message: `Expected all that the function answers, got ${got} of ${all}`,
    hint: 'Let it answer lists of rows: `returns setof json`, each element an array of some hundred rows.',
  };
  throw new AbortError(new SupabaseError({ status, data: null, error }));
}
