/** One line of a ranked list: what one player scored with one race. */
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

/** An entry and its rank within the page's filter: 1, 2, 2, 4 where two have the same score. */
export interface LeaderboardRow extends LeaderboardEntry {
  /** From 1. */
  readonly rank: number;
}

/** Which part of a {@link Leaderboard} is wanted. */
export interface LeaderboardQuery {
  /**
   * Only entries of this country.
   * @default all
   */
  readonly country?: string | undefined;
  /**
   * Only entries of this race.
   * @default all
   */
  readonly race?: string | undefined;
  /**
   * Only the best of each player's entries.
   * @default false
   */
  readonly bestRaceOnly?: boolean | undefined;
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

/** One page of a {@link Leaderboard}. */
export interface LeaderboardPage {
  /** Highest score first. */
  readonly rows: readonly LeaderboardRow[];
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
 * A ranked list, highest score first, that never changes. Entries of one score share a rank, and stand by key: whole
 * numbers (digits alone, without leading zeros) by their value, ahead of all other text, which stands by code unit.
 * So the order is always the same, and pages never overlap.
 *
 * @example
 * ```ts
 * import { Leaderboard } from 'warm-cache/supabase';
 *
 * const board = new Leaderboard([
 *   { key: '1', player: 'p1', name: 'Ace', country: 'PL', race: 'zerg', score: 1500 },
 *   { key: '2', player: 'p2', name: 'Fox', country: 'KR', race: 'terran', score: 1700 },
 * ]);
 * const { rows, totalPages } = board.page({ country: 'PL', page: 1, pageSize: 20 });
 * console.log(rows[0]?.rank, rows[0]?.name, totalPages);
 * ```
 */
export class Leaderboard {
  readonly #sorted: readonly LeaderboardEntry[];

  /**
   * Copies the entries and sorts them.
   *
   * @throws {TypeError} A score is no finite number.
   */
  constructor(entries: Iterable<LeaderboardEntry>) {
    this.#sorted = Array.from(entries, copyOf).sort(
      (a, b) => b.score - a.score || compareKeys(a.key, b.key),
    );
  }

  /** The number of entries. */
  get size(): number {
    return this.#sorted.length;
  }

  /**
   * One page of the entries that a filter matches, ranked among themselves.
   *
   * @throws {TypeError} `page` or `pageSize` is no number.
   * @throws {RangeError} `page` or `pageSize` is no integer of 1 or more.
   */
  page(query: LeaderboardQuery = {}): LeaderboardPage {
    const { country, race, bestRaceOnly = false, page = 1, pageSize = 20 } = query;
    expectPositiveInteger('page', page);
    expectPositiveInteger('pageSize', pageSize);
    const first = (page - 1) * pageSize;
    const rows: LeaderboardRow[] = [];
    const players = new Set<string>();
    let totalRows = 0;
    let rank = 0;
    let rankedScore: number | undefined;
    for (const entry of this.#sorted) {
      if (country !== undefined && entry.country !== country) continue;
      if (race !== undefined && entry.race !== race) continue;
      if (bestRaceOnly) {
        // The list is sorted: a player's first entry is the best.
        if (players.has(entry.player)) continue;
        players.add(entry.player);
      }
      totalRows += 1;
      if (entry.score !== rankedScore) {
        rank = totalRows;
        rankedScore = entry.score;
      }
      if (totalRows > first && rows.length < pageSize) rows.push({ rank, ...entry });
    }
    return { rows, page, pageSize, totalRows, totalPages: Math.ceil(totalRows / pageSize) };
  }
}

function copyOf({ key, player, name, country, race, score }: LeaderboardEntry): LeaderboardEntry {
  // Nothing can be sorted by NaN.
  if (!Number.isFinite(score)) {
    throw new TypeError(`Expected the score of ${key} to be a finite number, got ${score}`);
  }
  return { key, player, name, country, race, score };
}

// A leading zero would put 007 after 10, by its length.
const WHOLE_NUMBER = /^(0|[1-9]\d*)$/;

/** A total order: whole numbers by value, then everything else by code unit. */
function compareKeys(a: string, b: string): number {
  const aIsNumber = WHOLE_NUMBER.test(a);
  if (aIsNumber !== WHOLE_NUMBER.test(b)) return aIsNumber ? -1 : 1;
  if (aIsNumber && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

function expectPositiveInteger(option: string, given: number): void {
  if (typeof given !== 'number') {
    throw new TypeError(`Expected \`${option}\` to be a number, got ${given}`);
  }
  if (!Number.isSafeInteger(given) || given < 1) {
    throw new RangeError(`Expected \`${option}\` to be an integer of 1 or more, got ${given}`);
  }
}
