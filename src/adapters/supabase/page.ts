import { type Answer, ask } from './ask.ts';
import { rowsOf } from './body.ts';
import type { SupabaseQuery } from './client.ts';
import { errorOf } from './errors.ts';
import type { Page } from './keyset.ts';

/** What goes with the requests of one load. */
export interface Watch {
  readonly signal: AbortSignal;
  /** Told of the headers of each answer. */
  readonly onHeaders?: ((headers: Headers) => void) | undefined;
}

/**
 * The rows of one page, some at a time as they come, asked for as {@link ask} does.
 *
 * A page that supabase-js has parsed would be a text and a list too large to be young: the garbage collector would have
 * to go through everything, some times a load, to be rid of them.
 *
 * @param query - Makes the query anew for each request.
 */
export async function fetchPage(query: () => SupabaseQuery, watch: Watch): Promise<Page<unknown>> {
  const answer = await answerTo(query, watch, true);
  const [, total] = /\/(\d+)$/.exec(answer.headers?.get('content-range') ?? '') ?? [];
  return {
    rows: rowsOf(answer, watch.signal),
    total: total === undefined ? undefined : Number(total),
  };
}

/** How many rows there are, in the same way. */
export async function fetchCount(query: () => SupabaseQuery, watch: Watch): Promise<number> {
  const { response } = await answerTo(query, watch);
  const { count } = response;
  // supabase-js has NaN where the server leaves it out.
  if (typeof count === 'number' && !Number.isNaN(count)) return count;
  throw errorOf(response, 'a count');
}

async function answerTo(
  query: () => SupabaseQuery,
  { signal, onHeaders }: Watch,
  leaveBody = false,
): Promise<Answer> {
  const answer = await ask(query, signal, leaveBody);
  if (answer.headers) onHeaders?.(answer.headers);
  return answer;
}
