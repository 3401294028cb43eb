import type { StandardSchemaV1 } from '@standard-schema/spec';

/**
 * One line of a ranked list: what one player scored with one race.
 *
 * @example
 * ```ts
 * import type { LeaderboardEntry } from 'warm-cache/leaderboard';
 *
 * const entry: LeaderboardEntry = {
 *   key: '9007199254740993',
 *   player: 'p1',
 *   name: 'Ace',
 *   country: 'PL',
 *   race: null,
 *   score: 1500,
 * };
 * ```
 */
export interface LeaderboardEntry {
  /** Unique among the entries; as text, since 64-bit numbers don't survive JSON. */
  readonly key: string;
  /** Whose entry it is: what `bestRaceOnly` goes by. */
  readonly player: string;
  /** The player's name. */
  readonly name: string;
  /** The player's country; `null` where it isn't known. */
  readonly country: string | null;
  /** What was played; `null` where it isn't known. */
  readonly race: string | null;
  /** What is ranked by, the highest first: a finite number. */
  readonly score: number;
}

/**
 * An entry with all its details, and its rank within what was asked for.
 *
 * @example
 * ```ts
 * import type { LeaderboardRow } from 'warm-cache/leaderboard';
 *
 * const line = ({ rank, name, score, wins }: LeaderboardRow<{ wins: number }>): string =>
 *   `${rank}. ${name} ${score} (${wins} wins)`;
 * ```
 */
export type LeaderboardRow<Details extends object = object> = LeaderboardEntry &
  Details & {
    /** From 1; which one those of equal score get, the board's `ranking` says. */
    readonly rank: number;
  };

/**
 * What rank those of equal score get: `competition` 1, 2, 2, 4 (the default); `modified-competition` 1, 3, 3, 4; `dense`
 * 1, 2, 2, 3; `ordinal` 1, 2, 3, 4.
 *
 * @example
 * ```ts
 * import { Leaderboard, type Ranking } from 'warm-cache/leaderboard';
 *
 * const rows = [9, 7, 7, 5].map((score, i) => {
 *   return { key: `${i}`, player: `${i}`, name: `${i}`, country: null, race: null, score };
 * });
 * for (const ranking of ['competition', 'dense'] satisfies Ranking[]) {
 *   const board = new Leaderboard(rows, { ranking });
 *   console.log(board.top(4).map(({ rank }) => rank)); // [1, 2, 2, 4], then [1, 2, 2, 3]
 * }
 * ```
 */
export type Ranking = 'competition' | 'modified-competition' | 'dense' | 'ordinal';

/**
 * Which entries are wanted.
 *
 * @example
 * ```ts
 * import type { Leaderboard, LeaderboardFilter } from 'warm-cache/leaderboard';
 *
 * declare const board: Leaderboard;
 * const filter: LeaderboardFilter = { country: ['PL', null], race: 'zerg', bestRaceOnly: true };
 * console.log(board.count(filter), board.top(3, filter));
 * ```
 */
export interface LeaderboardFilter {
  /**
   * Only entries of this country, or of one of these; `null`: of those whose country isn't known.
   * @default all
   */
  readonly country?: string | null | readonly (string | null)[] | undefined;
  /**
   * Only entries of this race, or of one of these; `null`: of those whose race isn't known.
   * @default all
   */
  readonly race?: string | null | readonly (string | null)[] | undefined;
  /**
   * Only the best of each player's entries.
   * @default false
   */
  readonly bestRaceOnly?: boolean | undefined;
}

/**
 * Which page of them.
 *
 * @example
 * ```ts
 * import type { Leaderboard, LeaderboardQuery } from 'warm-cache/leaderboard';
 *
 * declare const board: Leaderboard;
 * const query: LeaderboardQuery = { country: 'PL', page: 2, pageSize: 50 };
 * console.log(board.page(query).rows.length);
 * ```
 */
export interface LeaderboardQuery extends LeaderboardFilter {
  /**
   * From 1. Past the last one there are no rows.
   * @default 1
   */
  readonly page?: number | undefined;
  /**
   * Rows a page.
   * @default 20
   */
  readonly pageSize?: number | undefined;
}

/**
 * One page of a leaderboard.
 *
 * @example
 * ```ts
 * import type { LeaderboardPage } from 'warm-cache/leaderboard';
 *
 * const footer = ({ page, totalPages, totalRows }: LeaderboardPage): string =>
 *   `page ${page} of ${totalPages}, ${totalRows} rows`;
 * ```
 */
export interface LeaderboardPage<Details extends object = object> {
  /** Highest score first. */
  readonly rows: readonly LeaderboardRow<Details>[];
  /** As asked for, from 1. */
  readonly page: number;
  /** As asked for: rows a page. */
  readonly pageSize: number;
  /** Of the filter, on all pages together. */
  readonly totalRows: number;
  /** 0 where the filter matches nothing. */
  readonly totalPages: number;
}

/**
 * How a leaderboard is made of its rows.
 *
 * @example
 * ```ts
 * import { Leaderboard, type LeaderboardOptions } from 'warm-cache/leaderboard';
 *
 * const options: LeaderboardOptions<{ wins: number }> = { ranking: 'dense', details: ['wins'] };
 * const row = { key: '1', player: 'p1', name: 'Ace', country: null, race: null, score: 9, wins: 3 };
 * console.log(new Leaderboard([row], options).top(1)[0]?.wins);
 * ```
 */
export interface LeaderboardOptions<Details extends object = object> {
  /**
   * What rank those of equal score get.
   * @default 'competition'
   */
  readonly ranking?: Ranking | undefined;
  /**
   * Further fields that each row brings along, such as wins and losses.
   * @default none
   */
  readonly details?: readonly (keyof Details & string)[] | undefined;
  /**
   * What each row has to keep to: any Standard Schema (https://standardschema.dev), as zod, valibot and arktype make
   * them. What it answers is what counts.
   * @default that the entry's own fields are of their types
   */
  readonly schema?: StandardSchemaV1<unknown, LeaderboardEntry & Details> | undefined;
}

/** {@link LeaderboardOptions} of any details. */
export type GivenOptions = {
  readonly [K in keyof ResolvedOptions]?: ResolvedOptions[K] | undefined;
};

/** What they come to. */
export interface ResolvedOptions {
  readonly ranking: Ranking;
  readonly details: readonly string[];
  readonly schema: StandardSchemaV1<unknown, LeaderboardEntry> | undefined;
}

/** An entry whose details are of any kind. */
export type AnyEntry = LeaderboardEntry & { readonly [detail: string]: unknown };
