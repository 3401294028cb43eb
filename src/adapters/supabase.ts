/**
 * The loader of a leaderboard out of a table of Supabase.
 *
 * @module warm-cache/supabase
 * @category API
 */
import { Leaderboard } from '../leaderboard.ts';
import type { SupabaseClientLike } from './supabase/client.ts';
import type { DetailName, FunctionName, RelationName } from './supabase/database.ts';
import { functionLoader, type LeaderboardLoader, tableLoader } from './supabase/loader.ts';
import type {
  RowSchema,
  SourceDetails,
  SourceRow,
  SupabaseLeaderboardOptions,
} from './supabase/options.ts';
import { settingsOf } from './supabase/settings.ts';

export type {
  SupabaseClientLike,
  SupabaseQuery,
  SupabaseResponse,
  SupabaseTable,
} from './supabase/client.ts';
export { SupabaseError } from './supabase/errors.ts';
export type { LeaderboardLoader } from './supabase/loader.ts';
export type {
  LeaderboardColumns,
  SupabaseFunctionOptions,
  SupabaseLeaderboardOptions,
  SupabaseTableOptions,
} from './supabase/options.ts';

/**
 * Makes the loader of a leaderboard, which reads a whole table or view of Supabase, however many rows that are, page by
 * page along its unique key: rows that come or go between two pages neither repeat nor hide others. Or it calls a function
 * that answers all of them from one statement.
 *
 * With `columns.updatedAt`, a refresh asks only for what was changed since the load before, and counts the rows to find
 * what was deleted. Where nothing was, the board stays.
 *
 * What can't get better by trying (a wrong column, no permission, a row that is refused) ends a load's retries; what can
 * (no connection, 408, 425, 429, 5xx) is tried again. Where the server says `Retry-After` with 429 or 503, the same page
 * is asked for once more by then.
 *
 * @throws {TypeError} An option is missing or of the wrong type, or says nothing of what is read.
 * @throws {RangeError} A number is out of range.
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
 *       updatedAt: 'updated_at',
 *     },
 *   }),
 *   ttl: 60_000,
 * });
 * leaderboard.start();
 * ```
 */
export function supabaseLeaderboard<
  Client extends SupabaseClientLike,
  const Table extends RelationName<Client> = never,
  const Function extends FunctionName<Client> = never,
  const Detail extends DetailName<SourceRow<Client, Table, Function>> = never,
  Schema extends RowSchema<Detail> | undefined = undefined,
>(
  options: SupabaseLeaderboardOptions<Client, Table, Function, Detail, Schema>,
): LeaderboardLoader<SourceDetails<Client, Table, Function, Detail, Schema>>;
export function supabaseLeaderboard(
  options: SupabaseLeaderboardOptions,
): LeaderboardLoader<object> {
  const settings = settingsOf(options);
  const { ranking, schema } = options;
  const details = settings.kind === 'table' ? settings.columns.details : settings.details;
  const leaderboardOptions = { ranking, schema, details: details as never[] };
  // Wrong ones are to be known now, not when rows have come.
  new Leaderboard([], leaderboardOptions);
  return settings.kind === 'table'
    ? tableLoader(settings, leaderboardOptions)
    : functionLoader(settings, leaderboardOptions);
}
