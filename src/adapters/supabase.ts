import { Leaderboard } from '../leaderboard.ts';
import type { LoadContext, NotModified } from '../options.ts';
import { tableLoader } from './supabase/loader.ts';
import { type SupabaseLeaderboardOptions, settingsOf } from './supabase/settings.ts';

export type {
  SupabaseClientLike,
  SupabaseQuery,
  SupabaseResponse,
  SupabaseTable,
} from './supabase/client.ts';
export { SupabaseError } from './supabase/errors.ts';
export type { LeaderboardColumns, SupabaseLeaderboardOptions } from './supabase/settings.ts';

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
export function supabaseLeaderboard<Details extends object = object>(
  options: SupabaseLeaderboardOptions<Details>,
): (context: LoadContext<Leaderboard<Details>>) => Promise<Leaderboard<Details> | NotModified> {
  const settings = settingsOf(options);
  const { ranking, schema } = options;
  const details = settings.columns.details as (keyof Details & string)[];
  const leaderboardOptions = { ranking, details, schema };
  // Wrong ones are to be known now, not when rows have come.
  new Leaderboard<Details>([], leaderboardOptions);
  return tableLoader(settings, leaderboardOptions);
}
