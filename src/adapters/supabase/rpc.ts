import { AbortError } from 'p-retry';
import { type Answer, ask } from './ask.ts';
import { rowsOf } from './body.ts';
import type { SupabaseQuery } from './client.ts';
import { SupabaseError } from './errors.ts';

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
  yield* rowsOf(answer, signal, expectAll);
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
