import { Leaderboard, type LeaderboardEntry } from '../leaderboard.ts';
import type { LoadContext } from '../options.ts';
import type { SupabaseClientLike } from './supabase/client.ts';
import { fetchPage } from './supabase/page.ts';
import { append, type LeaderboardColumns, selectOf } from './supabase/rows.ts';

export type {
  SupabaseClientLike,
  SupabaseQuery,
  SupabaseResponse,
  SupabaseTable,
} from './supabase/client.ts';
export { SupabaseError } from './supabase/errors.ts';
export type { LeaderboardColumns } from './supabase/rows.ts';

/** The options of {@link supabaseLeaderboard}. */
export interface SupabaseLeaderboardOptions {
  /** A supabase-js client, or what `client.schema()` returns. */
  readonly client: SupabaseClientLike;
  /** The table or view to read. */
  readonly table: string;
  /** Which columns of it hold what. */
  readonly columns: LeaderboardColumns;
  /**
   * Rows a request asks for. Fewer may come: Supabase caps answers at 1,000 by default.
   * @default 1000
   */
  readonly pageSize?: number | undefined;
}

/**
 * Makes the loader of a leaderboard: reads a whole table or view of Supabase, however many rows that are, page by
 * page along its unique key, and ranks it. Rows that come or go between two pages neither repeat nor hide others.
 *
 * What can't get better by trying (a wrong column, no permission) ends a load's retries; what can (no connection,
 * 408, 425, 429, 5xx) is tried again. Where the server says `Retry-After` with 429 or 503, the same page is asked for
 * once more by then.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} `pageSize` is no integer of 1 or more.
 *
 * @example
 * ```ts
 * import { createClient } from '@supabase/supabase-js';
 * import { WarmCache } from 'warm-cache';
 * import { supabaseLeaderboard } from 'warm-cache/supabase';
 *
 * const client = createClient('https://project.supabase.co', 'anon key');
 * const leaderboard = new WarmCache({
 *   name: 'leaderboard',
 *   loader: supabaseLeaderboard({
 *     client,
 *     table: 'player_races',
 *     columns: {
 *       key: 'id',
 *       player: 'player_id',
 *       name: 'player_name',
 *       country: 'country',
 *       race: 'race',
 *       score: 'rating',
 *     },
 *   }),
 *   ttl: 60_000,
 * });
 * leaderboard.start();
 * ```
 */
export function supabaseLeaderboard(
  options: SupabaseLeaderboardOptions,
): (context: LoadContext<Leaderboard>) => Promise<Leaderboard> {
  const { client, table, columns, pageSize } = checked(options);
  const select = selectOf(columns);
  return async ({ signal }) => {
    const entries: LeaderboardEntry[] = [];
    // A short page isn't the last one: the server may cap answers at less than was asked for.
    for (;;) {
      const last = entries.at(-1)?.key;
      const page = await fetchPage(() => {
        const first = client.from(table).select(select);
        const query = first.order(columns.key, { ascending: true }).limit(pageSize);
        return last === undefined ? query : query.gt(columns.key, last);
      }, signal);
      if (page.length === 0) return new Leaderboard(entries);
      append(entries, page, columns);
    }
  };
}

function checked(
  options: SupabaseLeaderboardOptions,
): SupabaseLeaderboardOptions & { readonly pageSize: number } {
  const { client, table, columns, pageSize = 1000 } = options;
  expectOption('client.from', typeof client?.from === 'function', 'a function', client?.from);
  expectOption('table', isName(table), 'the name of a table', table);
  for (const field of ['key', 'player', 'name', 'country', 'race', 'score'] as const) {
    const column = columns?.[field];
    expectOption(`columns.${field}`, isName(column), 'the name of a column', column);
  }
  expectOption('pageSize', typeof pageSize === 'number', 'a number', pageSize);
  if (!Number.isSafeInteger(pageSize) || pageSize < 1) {
    throw new RangeError(`Expected \`pageSize\` to be an integer of 1 or more, got ${pageSize}`);
  }
  return { client, table, columns: { ...columns }, pageSize };
}

function isName(given: unknown): boolean {
  return typeof given === 'string' && given !== '';
}

function expectOption(option: string, right: boolean, expected: string, given: unknown): void {
  if (!right) throw new TypeError(`Expected \`${option}\` to be ${expected}, got ${given}`);
}
