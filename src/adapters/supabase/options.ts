import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { LeaderboardEntry, Ranking } from '../../leaderboard.ts';
import type { SupabaseClientLike } from './client.ts';
import type { ColumnName, DetailsOf, FunctionRow, RelationNull, RelationRow } from './database.ts';

/**
 * Which columns of a table or view hold what: their names as they stand in the database, unquoted.
 *
 * @typeParam Row - A row as it is generated.
 * @typeParam Detail - The names of the details.
 * @typeParam Null - `null` for a view, all of whose columns are generated as nullable.
 *
 * @example
 * ```ts
 * import type { LeaderboardColumns } from 'warm-cache/supabase';
 *
 * const columns: LeaderboardColumns = {
 *   key: ['season', 'id'],
 *   player: 'player_id',
 *   name: 'player_name',
 *   score: 'rating',
 *   updatedAt: 'updated_at',
 *   details: ['wins', 'losses'],
 * };
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: a row of which nothing is known
export interface LeaderboardColumns<Row = any, Detail extends string = string, Null = never> {
  /**
   * Unique, never null and sortable: what the pages are cut by. Of any type: it comes as text. Several columns together
   * make one key, in this order: its text is then the JSON of theirs.
   */
  readonly key: ColumnName<Row> | readonly [ColumnName<Row>, ...ColumnName<Row>[]];
  /** Whose entry it is. Of any type: it comes as text. */
  readonly player: ColumnName<Row>;
  /** The player's name: text. */
  readonly name: ColumnName<Row, string | Null>;
  /** Ranked by this, the highest first: a finite number. */
  readonly score: ColumnName<Row, number | Null>;
  /**
   * Text, or null.
   * @default null for all
   */
  readonly country?: ColumnName<Row, string | null> | undefined;
  /**
   * Text, or null.
   * @default null for all
   */
  readonly race?: ColumnName<Row, string | null> | undefined;
  /**
   * When the row was changed last, by the database's clock: a `timestamptz`. With it, a refresh asks only for what
   * changed.
   * @default every refresh reads all rows
   */
  readonly updatedAt?: ColumnName<Row, string | Null> | undefined;
  /**
   * Further columns, which each row of the leaderboard brings along under their own names.
   * @default none
   */
  readonly details?: readonly Detail[] | undefined;
}

interface SourceOptions<Client, Schema> {
  /** A supabase-js client, or what `client.schema()` returns. */
  readonly client: Client;
  /**
   * A Standard Schema (zod, valibot, arktype, …) that checks each row; what it answers is what counts.
   * @default none
   */
  readonly schema?: Schema | undefined;
  /**
   * What rank those of equal score get.
   * @default 'competition'
   */
  readonly ranking?: Ranking | undefined;
}

/**
 * The options of {@link supabaseLeaderboard} for a table or view.
 *
 * @example
 * ```ts
 * import type { SupabaseClientLike, SupabaseTableOptions } from 'warm-cache/supabase';
 *
 * declare const client: SupabaseClientLike;
 * const options: SupabaseTableOptions<SupabaseClientLike, 'ratings', never, undefined> = {
 *   client,
 *   table: 'ratings',
 *   columns: { key: 'id', player: 'player', name: 'name', score: 'rating', updatedAt: 'changed' },
 *   fullReloadInterval: 600_000,
 * };
 * ```
 */
export interface SupabaseTableOptions<Client, Table, Detail extends string, Schema>
  extends SourceOptions<Client, Schema> {
  /** The table or view to read. */
  readonly table: Table;
  readonly rpc?: undefined;
  /** Which columns of it hold what. */
  readonly columns: LeaderboardColumns<
    RelationRow<Client, Table>,
    Detail,
    RelationNull<Client, Table>
  >;
  /**
   * Rows a request asks for. Fewer may come: Supabase caps answers at 1,000 by default.
   * @default 1000
   */
  readonly pageSize?: number | undefined;
  /**
   * Ms before the start of the load before, from which on changes are asked for: as long as the longest transaction
   * that changes rows, and as far as the clocks of the database and of the server that answers may be apart.
   * @default 10_000
   */
  readonly overlap?: number | undefined;
  /**
   * Ms from the start of one load of all rows to the next one, with `updatedAt`. 0: all are read each time. `Infinity`:
   * only where a count, or a board of another make, asks for it.
   * @default 3_600_000
   */
  readonly fullReloadInterval?: number | undefined;
  /**
   * Whether a refresh counts the rows, with `updatedAt`, to find that some were deleted: it reads all of them then.
   * @default true
   */
  readonly countRows?: boolean | undefined;
}

/**
 * The options of {@link supabaseLeaderboard} for a function.
 *
 * @example
 * ```ts
 * import type { SupabaseClientLike, SupabaseFunctionOptions } from 'warm-cache/supabase';
 *
 * declare const client: SupabaseClientLike;
 * const options: SupabaseFunctionOptions<SupabaseClientLike, 'board', 'wins', undefined> = {
 *   client,
 *   rpc: 'board',
 *   details: ['wins'],
 * };
 * ```
 */
export interface SupabaseFunctionOptions<Client, Function, Detail extends string, Schema>
  extends SourceOptions<Client, Schema> {
  /** The function that answers the whole leaderboard, called without arguments. */
  readonly rpc: Function;
  readonly table?: undefined;
  /**
   * Further fields of its rows, which each row of the leaderboard brings along.
   * @default none
   */
  readonly details?: readonly Detail[] | undefined;
}

/**
 * The options of {@link supabaseLeaderboard}: for a table or view, or for a function.
 *
 * @example
 * ```ts
 * import {
 *   type SupabaseClientLike,
 *   type SupabaseLeaderboardOptions,
 *   supabaseLeaderboard,
 * } from 'warm-cache/supabase';
 *
 * declare const client: SupabaseClientLike;
 * const options: SupabaseLeaderboardOptions = {
 *   client,
 *   table: 'ratings',
 *   columns: { key: 'id', player: 'player', name: 'name', score: 'rating' },
 * };
 * const loader = supabaseLeaderboard(options);
 * ```
 */
export type SupabaseLeaderboardOptions<
  Client = SupabaseClientLike,
  Table = string,
  Function = string,
  Detail extends string = string,
  Schema = RowSchema<Detail> | undefined,
> =
  | SupabaseTableOptions<Client, Table, Detail, Schema>
  | SupabaseFunctionOptions<Client, Function, Detail, Schema>;

/** A Standard Schema that makes rows with all the details. */
export type RowSchema<Detail extends string> = StandardSchemaV1<
  unknown,
  LeaderboardEntry & Record<Detail, unknown>
>;

/** A row of what is read: either a table or view or a function is named, and the other is `never`. */
export type SourceRow<Client, Table, Function> =
  | RelationRow<Client, Table>
  | FunctionRow<Client, Function>;

/** What the rows of such a leaderboard have besides the fields of every row. */
export type SourceDetails<Client, Table, Function, Detail extends string, Schema> = DetailsOf<
  SourceRow<Client, Table, Function>,
  Detail,
  Schema
>;
