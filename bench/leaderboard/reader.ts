import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { WarmCache } from 'warm-cache';
import type { Leaderboard, LeaderboardQuery } from 'warm-cache/leaderboard';
import type { Random } from '../soak/random.ts';
import { KINDS, type Kind } from './filters.ts';
import { Turns } from './turns.ts';

/** Ms between two reads. */
const READ_INTERVAL = 1;

/** How often each kind of filter is asked for, of a hundred reads. */
const SHARES: Partial<Record<Kind, number>> = {
  all: 28,
  'a country': 20,
  'a race': 20,
  'country and race': 12,
  best: 8,
  'best of a country': 5,
  'best with a race': 5,
  'several countries': 2,
};
/** Of several countries at once nobody asks at random: there are some regions. */
const REGIONS = 10;
const PAGE_SIZE = 20;
const QUERIES = 20_000;

/** Random pages of a board. */
export function queriesOf(board: Leaderboard, random: Random): LeaderboardQuery[] {
  const kinds = Object.entries(SHARES).flatMap(([kind, share]) =>
    Array.from({ length: share }, () => kind as Kind),
  );
  const regions = Array.from({ length: REGIONS }, () => KINDS['several countries'](board, random));
  return Array.from({ length: QUERIES }, () => {
    const kind = random.pick(kinds);
    const filter = kind === 'several countries' ? random.pick(regions) : KINDS[kind](board, random);
    const pages = Math.ceil(board.count(filter) / PAGE_SIZE);
    return { ...filter, page: random.from(1, Math.max(1, pages)), pageSize: PAGE_SIZE };
  });
}

/**
 * Asks a cache for a page every ms, come what may. A read counts from the moment at which it was due: one that the
 * event loop kept from being made has waited all the same.
 */
export class Reader {
  /** Ms from when each read was due to its page in hand: a list each time. */
  readonly latencies: number[][] = [];
  readonly turns = new Turns();
  /** How late the event loop was, in ns and with the ms of its own: one histogram each time. */
  readonly loops: IntervalHistogram[] = [];
  readonly #cache: WarmCache<Leaderboard>;
  readonly #queries: readonly LeaderboardQuery[];
  #n = 0;

  constructor(cache: WarmCache<Leaderboard>, queries: readonly LeaderboardQuery[]) {
    this.#cache = cache;
    this.#queries = queries;
  }

  /** Reads while `work` is under way. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const latencies: number[] = [];
    this.latencies.push(latencies);
    let due = performance.now();
    this.turns.begin();
    const timer = setInterval(() => {
      const now = this.turns.next();
      for (; due <= now; due += READ_INTERVAL) void this.#read(due, latencies);
    }, READ_INTERVAL);
    // Enabled a second time, it would take the time between for a delay.
    const loop = monitorEventLoopDelay({ resolution: 1 });
    this.loops.push(loop);
    loop.enable();
    try {
      return await work();
    } finally {
      loop.disable();
      clearInterval(timer);
    }
  }

  async #read(due: number, latencies: number[]): Promise<void> {
    const board = await this.#cache.get();
    this.#n = (this.#n + 1) % this.#queries.length;
    board.page(this.#queries[this.#n]);
    latencies.push(performance.now() - due);
  }
}
