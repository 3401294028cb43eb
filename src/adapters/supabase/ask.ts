import type { SupabaseQuery, SupabaseResponse } from './client.ts';
import { errorOf, isSuccess } from './errors.ts';
import { delayOf, wait } from './retry-after.ts';

/** How often one question is asked again because the server said when to. */
const MOST_WAITS = 3;

/** The statuses with which a `Retry-After` is heeded. */
const BUSY: readonly number[] = [429, 503];

/** What came of a query: a success, that is. */
export interface Answer {
  readonly response: SupabaseResponse;
  /** Those of HTTP, which supabase-js keeps to itself; `undefined` for a client of another make. */
  readonly headers: Headers | undefined;
  /** What is still to be read, where it was asked to be left: `response` has an empty list in its place. */
  readonly body: ReadableStream<Uint8Array> | undefined;
}

/**
 * Asks the server. Where it is busy and says `Retry-After`, that is waited for and it is asked again.
 *
 * @param query - Makes the query anew for each request.
 * @param leaveBody - Whether to leave the body of a success to the caller, who must read or cancel it.
 * @throws {SupabaseError} What can get better by trying.
 * @throws {AbortError} What can't.
 * @throws The reason of `signal`.
 */
export async function ask(
  query: () => SupabaseQuery,
  signal: AbortSignal,
  leaveBody = false,
): Promise<Answer> {
  for (let waits = 0; ; waits++) {
    const answer = await send(query().abortSignal(signal), leaveBody);
    const { response, headers, body } = answer;
    if (signal.aborted) await body?.cancel().catch(() => {});
    signal.throwIfAborted();
    if (isSuccess(response.status) && !response.error) return answer;
    const isBusy = BUSY.includes(response.status);
    const delay = isBusy ? delayOf(headers?.get('retry-after')) : undefined;
    if (delay === undefined || waits === MOST_WAITS) throw errorOf(response);
    await wait(delay, signal);
  }
}

/** What TypeScript is not told of a supabase-js query, or only some versions have. */
interface Watchable {
  fetch?: typeof fetch;
  retry?: (enabled: boolean) => unknown;
}

/**
 * Sends a query, without supabase-js's own retries: they would multiply with those of the cache.
 *
 * supabase-js keeps the headers of an answer to itself, and calls some a success that are none (404 with an empty list
 * or body). Both are seen as the query fetches. A query of another make has no `fetch`, and is taken at its word.
 */
async function send(query: SupabaseQuery, leaveBody: boolean): Promise<Answer> {
  const watched = query as Watchable;
  const { fetch: original } = watched;
  let seen: Response | undefined;
  let body: Answer['body'];
  watched.retry?.(false);
  if (original) {
    watched.fetch = async (...request) => {
      seen = await original(...request);
      // What node-fetch has for a body is another kind of stream.
      if (!leaveBody || !seen.ok || !seen.body?.getReader) return seen;
      body = seen.body;
      return new Response('[]');
    };
  }
  // A query may be told to throw its error.
  const response = await query.then(
    (answer) => answer,
    (error) => ({ data: null, error, status: seen?.ok ? 0 : (seen?.status ?? 0) }),
  );
  // 0: the answer broke off after its status had come.
  const status = response.status === 0 ? 0 : (seen?.status ?? response.status);
  return { response: { ...response, status }, headers: seen?.headers, body };
}
