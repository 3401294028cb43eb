import {
  clientOf,
  type LaneOptions,
  LazyLane,
  type Load,
  Matches,
  report,
  WarmLane,
} from 'leaderboard-demo';
import type { SupabaseStack } from 'supabase-stack';
import type { HealthReport } from 'warm-cache';
import type {
  Leaderboard,
  LeaderboardFilter,
  LeaderboardPage,
  LeaderboardQuery,
} from 'warm-cache/leaderboard';
import { Database, type DatabaseState } from './database.ts';
import { PAGE_SIZE } from './query.ts';
import { Readers } from './readers.ts';
import { clock, Recorder, type Sample, type Statistics } from './recorder.ts';
import { Trail } from './trail.ts';

/** Ms for which a board is fresh, in both lanes. */
const TTL = 5000;
/** Ms: an answer that takes longer is given up, in both lanes. */
const LOAD_TIMEOUT = 4000;
/** Ms between two matches that nobody tells the caches of, among so many of the best. */
const MATCHES = { interval: 1500, best: 40 };
/** Ms between two looks at everything. */
const TICK = 100;
const MOST_LOADS = 50;
export const MOST_READERS = 100;

const LANES = ['lazy', 'warm'] as const;
export type LaneName = (typeof LANES)[number];

export interface ShowOptions {
  /**
   * How many readers there are to begin with.
   * @default 20
   */
  readonly readers?: number;
  /**
   * Whether matches are played all the time.
   * @default true
   */
  readonly matches?: boolean;
}

/** Where somebody stands in the list that was looked at. */
interface Place {
  readonly rank: number;
  readonly score: number;
}

/** A match that was reported, and what came of it. */
export interface MatchReport {
  readonly winner: { readonly key: string; readonly name: string };
  readonly loser: { readonly key: string; readonly name: string };
  readonly before: Place;
  /** As a read of the warm cache has it. */
  readonly after: Place;
  /** The page that has the winner now. */
  readonly page: number;
  /** Ms from the report until a read had it. */
  readonly ms: number;
}

/** How far somebody who looks on has come in one lane. */
interface LaneCursor {
  readonly samples: number;
  readonly loads: number;
}

/** How far somebody who looks on has come. */
export type Cursor = Readonly<Record<LaneName, LaneCursor>>;

const NOTHING: LaneCursor = { samples: 0, loads: 0 };
export const START: Cursor = { lazy: NOTHING, warm: NOTHING };

interface LaneUpdate {
  readonly samples: readonly Sample[];
  readonly loads: readonly Load[];
  readonly pending: readonly number[];
  readonly waiting: number;
  readonly statistics: Statistics;
}

/** What has come since the last one, and how things stand. Times are epoch ms. */
export interface Update {
  readonly now: number;
  readonly ttl: number;
  readonly readers: number;
  readonly database: DatabaseState;
  readonly lanes: Readonly<Record<LaneName, LaneUpdate>>;
  readonly cache: Pick<
    HealthReport,
    'consecutiveFailures' | 'load' | 'loadedAt' | 'nextLoadAt' | 'status' | 'version'
  >;
}

/** The board is not there yet. */
export class NoBoardError extends Error {
  override name = 'NoBoardError';
  override message = 'the leaderboard is not there yet';
}

/** Two caches of one leaderboard, and those who read it: everything that the page shows. */
export class Show {
  readonly database: Database;
  readonly #client: ReturnType<typeof clientOf>;
  readonly #lazy: LazyLane;
  readonly #warm: WarmLane;
  readonly #readers: Readers;
  readonly #recorders = { lazy: new Recorder(), warm: new Recorder() };
  readonly #loads = { lazy: new Trail<Load>(MOST_LOADS), warm: new Trail<Load>(MOST_LOADS) };
  #matches: Matches | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #tick = Promise.withResolvers<void>();
  #isOver = false;

  private constructor(stack: SupabaseStack) {
    const optionsOf = (lane: LaneName): LaneOptions => ({
      ttl: TTL,
      loadTimeout: LOAD_TIMEOUT,
      onLoad: (load) => this.#loads[lane].push(load),
    });
    this.database = new Database(stack);
    this.#client = clientOf(stack, 'matches');
    this.#lazy = new LazyLane(stack, optionsOf('lazy'));
    this.#warm = new WarmLane(stack, optionsOf('warm'));
    this.#readers = new Readers((query) => {
      this.#read('lazy', this.#lazy, query);
      this.#read('warm', this.#warm, query);
    });
  }

  /** Resolves when both lanes have a board, and the readers come. */
  static async begin(
    stack: SupabaseStack,
    { readers = 20, matches = true }: ShowOptions = {},
    signal?: AbortSignal,
  ): Promise<Show> {
    const show = new Show(stack);
    try {
      await Promise.all([show.#lazy.get(), show.#warm.cache.ready({ signal })]);
      if (matches) {
        show.#matches = await Matches.on(show.#client, MATCHES);
        show.#matches.start();
      }
      signal?.throwIfAborted();
      show.#readers.count = readers;
      show.#ticker = setInterval(() => show.#endTick(), TICK);
    } catch (error) {
      await show.end();
      throw error;
    }
    return show;
  }

  /** Whether it goes on; `end()` has not been called. */
  get isOn(): boolean {
    return !this.#isOver;
  }

  get readers(): number {
    return this.#readers.count;
  }

  set readers(count: number) {
    this.#readers.count = count;
  }

  /**
   * A page of the warm board: it is there already.
   *
   * @throws {NoBoardError}
   */
  page(query: LeaderboardQuery): LeaderboardPage & {
    readonly version: number;
    readonly countries: readonly string[];
    readonly races: readonly string[];
  } {
    const snapshot = this.#warm.cache.peek();
    if (!snapshot) throw new NoBoardError();
    const { value: board, version } = snapshot;
    return { ...board.page(query), version, countries: board.countries, races: board.races };
  }

  /**
   * Reports a match between two players of a page, which the one further down wins; where there are no two, of the
   * first page of all. Resolves with what a read says once both caches were told.
   *
   * @throws {NoBoardError}
   * @throws {Error} The database did not record it, or could not be read afterwards.
   */
  async report(query: LeaderboardQuery): Promise<MatchReport> {
    const page = this.page(query);
    const filter = page.rows.length < 2 ? {} : query;
    const { rows } = page.rows.length < 2 ? this.page({ pageSize: PAGE_SIZE }) : page;
    const winner = rows[Math.floor(rows.length * 0.7)];
    const loser = rows[Math.floor(rows.length * 0.3)];
    if (!winner || !loser) throw new NoBoardError();
    const began = performance.now();
    const { rating } = await report(this.#client, { winner: winner.key, loser: loser.key });
    await Promise.all([this.#warm.invalidate(), this.#lazy.invalidate()]);
    const board = await this.#warm.get();
    const rank = rankOfScore(board, filter, rating);
    return {
      winner: { key: winner.key, name: winner.name },
      loser: { key: loser.key, name: loser.name },
      before: { rank: winner.rank, score: winner.score },
      after: { rank, score: rating },
      page: Math.ceil(placeOf(board, filter, winner.key, rank) / PAGE_SIZE),
      ms: Math.round(performance.now() - began),
    };
  }

  /** Counts anew, in both lanes. */
  reset(): void {
    for (const lane of LANES) this.#recorders[lane].reset();
  }

  /** What has come since `cursor`, and where the next update is to go on. */
  update(cursor: Cursor): { readonly update: Update; readonly next: Cursor } {
    const { cache } = this.#warm;
    const { consecutiveFailures, load, loadedAt, nextLoadAt, status, version } = cache.health();
    return {
      update: {
        now: clock(),
        ttl: TTL,
        readers: this.readers,
        database: this.database.state,
        lanes: { lazy: this.#lane('lazy', cursor.lazy), warm: this.#lane('warm', cursor.warm) },
        cache: { consecutiveFailures, load, loadedAt, nextLoadAt, status, version },
      },
      next: { lazy: this.#cursor('lazy'), warm: this.#cursor('warm') },
    };
  }

  /** Resolves when it is time for the next update, or the show is over. */
  tick(): Promise<void> {
    return this.#tick.promise;
  }

  /** Sends the readers home, and stops both lanes. */
  async end(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#ticker);
    this.#readers.count = 0;
    this.#matches?.stop();
    this.#endTick();
    await Promise.all([this.#lazy.stop(), this.#warm.stop(), this.database.settled()]);
  }

  #endTick(): void {
    this.#tick.resolve();
    this.#tick = Promise.withResolvers();
    if (this.#isOver) this.#tick.resolve();
  }

  #read(name: LaneName, lane: LazyLane | WarmLane, query: LeaderboardQuery): void {
    // Each in a turn of its own, as requests come: neither is timed while the other one is answered.
    setImmediate(() => {
      void this.#recorders[name].measure(async () => (await lane.get()).page(query));
    });
  }

  #lane(name: LaneName, cursor: LaneCursor): LaneUpdate {
    const recorder = this.#recorders[name];
    const { since, count } = recorder.pending();
    return {
      samples: recorder.samples.since(cursor.samples),
      loads: this.#loads[name].since(cursor.loads),
      pending: since,
      waiting: count,
      statistics: recorder.statistics(),
    };
  }

  #cursor(name: LaneName): LaneCursor {
    return { samples: this.#recorders[name].samples.next, loads: this.#loads[name].next };
  }
}

/** The rank that a score has in a list: one more than those with a higher one. */
function rankOfScore(board: Leaderboard, filter: LeaderboardFilter, score: number): number {
  let [low, high] = [1, board.count(filter) + 1];
  while (low < high) {
    const page = Math.floor((low + high) / 2);
    const [row] = board.page({ ...filter, page, pageSize: 1 }).rows;
    if (row && row.score > score) low = page + 1;
    else high = page;
  }
  return low;
}

/** Which row of a list, from 1, the one with this key is; it shares the rank with some. */
function placeOf(board: Leaderboard, filter: LeaderboardFilter, key: string, rank: number): number {
  const rowAt = (place: number): string | undefined =>
    board.page({ ...filter, page: place, pageSize: 1 }).rows[0]?.key;
  let place = rank;
  for (let at = rowAt(place); at !== undefined && at !== key; at = rowAt(place)) place += 1;
  return place;
}
