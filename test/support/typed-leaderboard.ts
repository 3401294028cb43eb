import type { LoadContext, NotModified } from 'warm-cache';
import type { LeaderboardEntry } from 'warm-cache/supabase';
import type { SupabaseClientLike } from '../../src/adapters/supabase/client.ts';
import type {
  DetailName,
  FunctionName,
  RelationName,
} from '../../src/adapters/supabase/database.ts';
import type {
  RowSchema,
  SourceDetails,
  SourceRow,
  SupabaseLeaderboardOptions,
} from '../../src/adapters/supabase/options.ts';

export declare class Leaderboard<Details extends object = object> {
  readonly rows: readonly (LeaderboardEntry & Details)[];
}

/** The signature that `supabaseLeaderboard` is to have. */
export declare function supabaseLeaderboard<
  Client extends SupabaseClientLike,
  const Table extends RelationName<Client> = never,
  const Function extends FunctionName<Client> = never,
  const Detail extends DetailName<SourceRow<Client, Table, Function>> = never,
  Schema extends RowSchema<Detail> | undefined = undefined,
>(
  options: SupabaseLeaderboardOptions<Client, Table, Function, Detail, Schema>,
): (
  context: LoadContext<Leaderboard<SourceDetails<Client, Table, Function, Detail, Schema>>>,
) => Promise<Leaderboard<SourceDetails<Client, Table, Function, Detail, Schema>> | NotModified>;
