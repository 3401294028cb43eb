import { ask } from './ask.ts';
import type { SupabaseQuery, SupabaseResponse } from './client.ts';
import { errorOf } from './errors.ts';

/** What goes with the requests of one load. */
export interface Watch {
  readonly signal: AbortSignal;
  /** Told of the headers of each answer. */
  readonly onHeaders?: ((headers: Headers) => void) | undefined;
}

/**
 * The rows of one page, asked for as {@link ask} does.
 *
 * @param query - Makes the query anew for each request.
 */
export async function fetchRows(
  query: () => SupabaseQuery,
  watch: Watch,
): Promise<readonly unknown[]> {
  const response = await answerTo(query, watch);
  if (Array.isArray(response.data)) return response.data;
  throw errorOf(response, 'rows');
}

/** How many rows there are, in the same way. */
export async function fetchCount(query: () => SupabaseQuery, watch: Watch): Promise<number> {
  const response = await answerTo(query, watch);
  const { count } = response;
  // supabase-js has NaN where the server leaves it out.
  if (typeof count === 'number' && !Number.isNaN(count)) return count;
  throw errorOf(response, 'a count');
}

async function answerTo(
  query: () => SupabaseQuery,
  { signal, onHeaders }: Watch,
): Promise<SupabaseResponse> {
  const { response, headers } = await ask(query, signal);
  if (headers) onHeaders?.(headers);
  return response;
}
