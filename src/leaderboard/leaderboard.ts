import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Board, bestRow } from './board.ts';
import { Builder } from './build.ts';
import { entryOf } from './change.ts';
import { expectInteger, expectThat, resolved } from './checks.ts';
import type { Dictionary } from './dictionary.ts';
import { changed } from './draft.ts';
import type {
  GivenOptions,
  LeaderboardEntry,
  LeaderboardFilter,
  LeaderboardOptions,
  LeaderboardPage,
  LeaderboardQuery,
  LeaderboardRow,
  ResolvedOptions,
} from './entry.ts';
import { boundsOf } from './order.ts';
import { isMadeWith, Renewal } from './renewal.ts';
import { atOnce, type Sliced, Slices } from './slices.ts';
import type { View } from './view.ts';
import { Views } from './views.ts';

/**
 * What differs between a leaderboard and the next one.
 *
 * @example
 * ```ts
 * import type { Leaderboard, LeaderboardChanges } from 'warm-cache/leaderboard';
 *
 * declare const board: Leaderboard;
 * const changes: LeaderboardChanges = { deletes: ['1', '2'] };
 * console.log((await board.withChanges(changes)).size);
 * ```
 */
export interface LeaderboardChanges<Details extends object = object> {
  /**
   * Rows that are new, or take the place of the one with their key. Where a key comes twice, the last one counts.
   * @default none
   */
  readonly upserts?: Iterable<LeaderboardEntry & Details> | undefined;
  /**
   * Keys of rows that are no more. One that isn't there doesn't matter; one that is among the `upserts` stays.
   * @default none
   */
  readonly deletes?: Iterable<string> | undefined;
}

/**
 * The options of {@link Leaderboard.from}.
 *
 * @example
 * ```ts
 * import { type FromOptions, Leaderboard, type LeaderboardEntry } from 'warm-cache/leaderboard';
 *
 * declare const rows: (LeaderboardEntry & { wins: number })[];
 * const options: FromOptions<LeaderboardEntry & { wins: number }, 'wins'> = { details: ['wins'] };
 * console.log((await Leaderboard.from(rows, options)).top(1)[0]?.wins);
 * ```
 */
export interface FromOptions<Row extends LeaderboardEntry, Detail extends keyof Row & string>
  extends Omit<LeaderboardOptions<Pick<Row, Detail>>, 'details' | 'schema'>,
    SignalOption {
  /**
   * Further fields that each row brings along, such as wins and losses.
   * @default none
   */
  readonly details?: readonly Detail[] | undefined;
  /**
   * The board of an earlier load, made with the same options: all that is still so is shared with it. Where a few rows
   * differ, only those are moved to their places; where nothing differs, the answer is this very board.
   * @default none
   */
  readonly previous?: Leaderboard<Pick<Row, Detail>> | undefined;
}

/**
 * Ends the work early.
 *
 * @example
 * ```ts
 * import { Leaderboard, type SignalOption } from 'warm-cache/leaderboard';
 *
 * const inTime: SignalOption = { signal: AbortSignal.timeout(1000) };
 * console.log((await Leaderboard.from([], inTime)).size);
 * ```
 */
export interface SignalOption {
  /**
   * Ends the work early, which then rejects with the signal's reason.
   * @default never
   */
  readonly signal?: AbortSignal | undefined;
}

/** What a leaderboard is made of. */
export let insideOf: (leaderboard: Leaderboard) => Board;

/**
 * A ranked list that never changes, highest score first, of which any page of any filter costs what it returns. Entries
 * of one score stand by key: whole numbers by their value, ahead of all other text, which stands by code point. So the
 * order is always the same, and pages never overlap.
 *
 * All orders of one country, one race, or both, with all rows or each player's best, are made beforehand. Several
 * countries or races at once are looked at side by side; only each player's best of several races, or of more than
 * sixteen groups, is put in order when it is first asked for.
 *
 * @example
 * ```ts
 * import { Leaderboard } from 'warm-cache/leaderboard';
 *
 * const board = new Leaderboard([
 *   { key: '1', player: 'p1', name: 'Ace', country: 'PL', race: 'zerg', score: 1500 },
 *   { key: '2', player: 'p2', name: 'Fox', country: 'KR', race: 'terran', score: 1700 },
 * ]);
 * const { rows, totalPages } = board.page({ country: ['PL', 'DE'], page: 1, pageSize: 20 });
 * console.log(rows[0]?.rank, rows[0]?.name, totalPages);
 * console.log(board.rankOf('p1'), board.around('p1', 2));
 * ```
 */
export class Leaderboard<Details extends object = object> {
  static {
    insideOf = (leaderboard) => leaderboard.#board;
  }

  readonly #board: Board;
  readonly #views: Views;

  /**
   * Makes the board at once: 30,000 rows hold everything else up for some tens of ms. {@link Leaderboard.from} doesn't.
   *
   * @throws {RowError} A row isn't what it should be, or has the key of another one.
   * @throws {TypeError} An option is wrong, or the schema doesn't answer at once.
   */
  constructor(
    rows: Iterable<LeaderboardEntry & NoInfer<Details>>,
    options: LeaderboardOptions<Details> = {},
  ) {
    this.#board = rows instanceof Made ? rows.board : atOnce(built(rows, resolved(options)));
    this.#views = new Views(this.#board);
  }

  /**
   * Makes the board in slices of about a ms, and gives the event loop back in between: nobody else in the process waits.
   *
   * @param rows - Or, one after the other, batches of them: pages of a query, a cursor.
   * @throws {RowError} A row isn't what it should be, or has the key of another one.
   * @throws {TypeError} An option is wrong.
   * @throws The reason of `signal`, or what `rows` throws.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   * import { Leaderboard, type LeaderboardEntry } from 'warm-cache/leaderboard';
   *
   * declare function pages(signal: AbortSignal): AsyncIterable<LeaderboardEntry[]>;
   *
   * const leaderboard = new WarmCache({
   *   loader: ({ signal }) => Leaderboard.from(pages(signal), { signal }),
   *   ttl: 60_000,
   * });
   * ```
   */
  static from<Row extends LeaderboardEntry, Detail extends keyof Row & string = never>(
    rows: Iterable<unknown> | AsyncIterable<unknown>,
    options: FromOptions<Row, Detail> & {
      readonly schema: StandardSchemaV1<unknown, Row>;
    },
  ): Promise<Leaderboard<Pick<Row, Detail>>>;
  static from<Row extends LeaderboardEntry, Detail extends keyof Row & string = never>(
    rows: Iterable<Row> | AsyncIterable<Row | readonly Row[]>,
    options?: FromOptions<Row, Detail>,
  ): Promise<Leaderboard<Pick<Row, Detail>>>;
  static async from(
    rows: Iterable<unknown> | AsyncIterable<unknown>,
    options: GivenOptions & SignalOption & { readonly previous?: Leaderboard | undefined } = {},
  ): Promise<Leaderboard> {
    const { previous } = options;
    const isBoard = previous === undefined || previous instanceof Leaderboard;
    expectThat('previous', isBoard, 'a leaderboard', previous);
    const resolvedOptions = resolved(options);
    const isRenewed = previous && isMadeWith(previous.#board, resolvedOptions);
    const builder = isRenewed ? new Renewal(previous.#board) : new Builder(resolvedOptions);
    const slices = new Slices(options.signal);
    if (Symbol.asyncIterator in rows) {
      for await (const batch of slices.each(rows)) {
        await slices.do(builder.add(Array.isArray(batch) ? batch : [batch]));
      }
    } else await slices.do(builder.add(rows));
    const board = await slices.do(builder.build());
    return previous && previous.#board === board ? previous : boardOf(board);
  }

  /** The number of entries. */
  get size(): number {
    return this.#board.size;
  }

  /** The countries that entries have, in alphabetical order of their code units. */
  get countries(): readonly string[] {
    return this.#valuesOf('country');
  }

  /** The races that entries have, in alphabetical order of their code units. */
  get races(): readonly string[] {
    return this.#valuesOf('race');
  }

  /**
   * One page of the entries that a filter matches, ranked among themselves.
   *
   * @throws {TypeError} A part of the query is of the wrong type.
   * @throws {RangeError} `page` or `pageSize` is no integer of 1 or more.
   *
   * @example
   * ```ts
   * import type { Leaderboard } from 'warm-cache/leaderboard';
   *
   * declare const board: Leaderboard;
   * const { rows, totalPages } = board.page({ race: 'zerg', page: 1, pageSize: 20 });
   * for (const { rank, name, score } of rows) console.log(rank, name, score);
   * console.log(`1 of ${totalPages}`);
   * ```
   */
  page(query: LeaderboardQuery = {}): LeaderboardPage<Details> {
    const { page = 1, pageSize = 20 } = query;
    expectInteger('page', page, 1);
    expectInteger('pageSize', pageSize, 1);
    const view = this.#views.of(query);
    const totalRows = view.size;
    const rows = this.#rows(view, (page - 1) * pageSize, page * pageSize);
    return { rows, page, pageSize, totalRows, totalPages: Math.ceil(totalRows / pageSize) };
  }

  /**
   * The first `n` entries that a filter matches, or as many as there are.
   *
   * @throws {TypeError} `n` or a part of the filter is of the wrong type.
   * @throws {RangeError} `n` is no integer of 0 or more.
   *
   * @example
   * ```ts
   * import type { Leaderboard } from 'warm-cache/leaderboard';
   *
   * declare const board: Leaderboard;
   * console.log(board.top(3, { country: 'PL' }).map(({ name }) => name));
   * ```
   */
  top(n: number, filter: LeaderboardFilter = {}): readonly LeaderboardRow<Details>[] {
    expectInteger('n', n, 0);
    return this.#rows(this.#views.of(filter), 0, n);
  }

  /**
   * A player's best entry among those that a filter matches, with up to `n` ahead of it and `n` behind it. None, where
   * the player has none.
   *
   * @throws {TypeError} An argument is of the wrong type.
   * @throws {RangeError} `n` is no integer of 0 or more.
   *
   * @example
   * ```ts
   * import type { Leaderboard } from 'warm-cache/leaderboard';
   *
   * declare const board: Leaderboard;
   * // Two ahead of the player, the player, two behind.
   * for (const { rank, name } of board.around('p1', 2)) console.log(rank, name);
   * ```
   */
  around(
    player: string,
    n: number,
    filter: LeaderboardFilter = {},
  ): readonly LeaderboardRow<Details>[] {
    expectInteger('n', n, 0);
    const view = this.#views.of(filter);
    const row = this.#bestRow(player, view);
    if (row === 0) return [];
    const place = view.placeOf(row);
    return this.#rows(view, Math.max(0, place - n), place + n + 1);
  }

  /**
   * The rank of a player's best entry among those that a filter matches; `undefined` where the player has none.
   *
   * @throws {TypeError} An argument is of the wrong type.
   *
   * @example
   * ```ts
   * import type { Leaderboard } from 'warm-cache/leaderboard';
   *
   * declare const board: Leaderboard;
   * console.log(board.rankOf('p1') ?? 'not on the board');
   * ```
   */
  rankOf(player: string, filter: LeaderboardFilter = {}): number | undefined {
    const view = this.#views.of(filter);
    const row = this.#bestRow(player, view);
    return row === 0 ? undefined : view.rankAt(view.placeOf(row), row);
  }

  /**
   * How many entries a filter matches.
   *
   * @throws {TypeError} A part of the filter is of the wrong type.
   *
   * @example
   * ```ts
   * import type { Leaderboard } from 'warm-cache/leaderboard';
   *
   * declare const board: Leaderboard;
   * console.log(board.count({ country: null }), 'from nowhere known');
   * ```
   */
  count(filter: LeaderboardFilter = {}): number {
    return this.#views.of(filter).size;
  }

  /**
   * A board with some rows changed, added or taken away, made in slices; this one stays as it is. It costs what
   * changes, and copies of what is ordered by it. Where nothing differs, it is this very board.
   *
   * @throws {RowError} A row isn't what it should be.
   * @throws {TypeError} A key to be deleted is no text.
   * @throws The reason of `signal`.
   *
   * @example
   * ```ts
   * import { Leaderboard } from 'warm-cache/leaderboard';
   *
   * const row = { key: '1', player: 'p1', name: 'Ace', country: 'PL', race: 'zerg', score: 1500 };
   * const before = new Leaderboard([row]);
   * const after = await before.withChanges({ upserts: [{ ...row, score: 1516 }], deletes: ['2'] });
   * console.log(before.top(1)[0]?.score, after.top(1)[0]?.score); // 1500 1516
   * ```
   */
  async withChanges(
    { upserts = [], deletes = [] }: LeaderboardChanges<Details>,
    { signal }: SignalOption = {},
  ): Promise<Leaderboard<Details>> {
    const board = await new Slices(signal).do(changed(this.#board, { upserts, deletes }));
    return board === this.#board ? this : boardOf(board);
  }

  #rows(view: View, from: number, to: number): LeaderboardRow<Details>[] {
    const rows = view.rows(from, to);
    const ranks = view.ranksOf(rows, from);
    return rows.map((row, i) => {
      return { rank: ranks[i], ...entryOf(this.#board, row) } as unknown as LeaderboardRow<Details>;
    });
  }

  /** A player's best row among those that a filter matches, or 0. */
  #bestRow(player: string, { matches }: View): number {
    expectThat('player', typeof player === 'string', 'text', player);
    return bestRow(this.#board, this.#board.values.players.idOf(player), matches);
  }

  #valuesOf(field: 'country' | 'race'): readonly string[] {
    const { values, orders } = this.#board;
    const dictionary: Dictionary<string | null> =
      field === 'country' ? values.countries : values.races;
    const { every } = orders[field];
    return Array.from({ length: every.offsets.length - 1 }, (_, code) => code)
      .filter((code) => {
        const [start, end] = boundsOf(every, code);
        return end > start;
      })
      .map((code) => dictionary.valueOf(code))
      .filter((value) => value !== null)
      .sort();
  }
}

/** A board that is there already, in the place of rows. */
class Made {
  readonly board: Board;

  constructor(board: Board) {
    this.board = board;
  }
}

/** A leaderboard that is made of it. */
export function boardOf<Details extends object>(board: Board): Leaderboard<Details> {
  return new Leaderboard<Details>(new Made(board) as unknown as Iterable<never>);
}

function* built(rows: Iterable<unknown>, options: ResolvedOptions): Sliced<Board> {
  const builder = new Builder(options);
  yield* builder.add(rows);
  return yield* builder.build();
}
