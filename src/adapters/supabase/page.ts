import type { SupabaseQuery, SupabaseResponse } from './client.ts';
import { errorOf, isSuccess } from './errors.ts';
import { delayOf, wait } from './retry-after.ts';

/** How often one page is asked for again because the server said when to. */
const MOST_WAITS = 3;

/** The statuses with which a `Retry-After` is heeded. */
const BUSY: readonly number[] = [429, 503];

/** What goes with the requests of one load. */
export interface Watch {
  readonly signal: AbortSignal;
  /** Told of the headers of each answer as they come. */
  readonly onHeaders?: ((headers: Headers) => void) | undefined;
}

/**
 * The rows of one page. Where a busy server says `Retry-After`, it is waited for and the page asked for again.
 *
 * @param query - Makes the query anew for each request.
 * @throws {SupabaseError} What can get better by trying.
 * @throws {AbortError} What can't.
 * @throws The reason of the signal.
 */
export function fetchRows(query: () => SupabaseQuery, watch: Watch): Promise<readonly unknown[]> {
  return fetched(query, watch, 'rows', ({ data }) => (Array.isArray(data) ? data : undefined));
}

/** How many rows there are, in the same way. */
export function fetchCount(query: () => SupabaseQuery, watch: Watch): Promise<number> {
  return fetched(query, watch, 'a count', ({ count }) =>
    typeof count === 'number' && count >= 0 ? count : undefined,
  );
}

async function fetched<T>(
  query: () => SupabaseQuery,
  watch: Watch,
  expected: string,
  read: (response: SupabaseResponse) => T | undefined,
): Promise<T> {
  const { signal } = watch;
  for (let waits = 0; ; waits++) {
    const { response, retryAfter } = await send(query().abortSignal(signal), watch);
    signal.throwIfAborted();
    const { error, status } = response;
    const answer = isSuccess(status) && !error ? read(response) : undefined;
    if (answer !== undefined) return answer;
    const delay = BUSY.includes(status) ? delayOf(retryAfter) : undefined;
    if (delay === undefined || waits === MOST_WAITS) throw errorOf(response, expected);
    await wait(delay, signal);
  }
}

/** What TypeScript is not told of a supabase-js query, or only some versions have. */
interface Watchable {
  fetch?: typeof fetch;
  retry?: (enabled: boolean) => unknown;
}

interface Answer {
  readonly response: SupabaseResponse;
  readonly retryAfter: string | null | undefined;
}

/**
 * Sends a query, without supabase-js's own retries: they would multiply with those of the cache.
 *
 * supabase-js keeps the headers of an answer to itself, and calls some a success that are none (404 with an empty list
 * or body). Both are seen as the query fetches. A query of another make has no `fetch`, and is taken at its word.
 */
async function send(query: SupabaseQuery, { onHeaders }: Watch): Promise<Answer> {
  const watched = query as Watchable;
  const { fetch: original } = watched;
  let seen: Response | undefined;
  watched.retry?.(false);
  if (original) {
    watched.fetch = async (...request) => {
      seen = await original(...request);
      onHeaders?.(seen.headers);
      return seen;
    };
  }
  // A query may be told to throw its error.
  const response = await query.then(
    (answer) => answer,
    (error) => ({ data: null, error, status: seen?.ok ? 0 : (seen?.status ?? 0) }),
  );
  // 0: the answer broke off after its status had come.
  const status = response.status === 0 ? 0 : (seen?.status ?? response.status);
  return { response: { ...response, status }, retryAfter: seen?.headers.get('retry-after') };
}
