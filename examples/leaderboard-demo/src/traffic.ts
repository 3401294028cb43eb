import type { LeaderboardQuery } from 'warm-cache/leaderboard';
import { measured } from './measured.ts';
import type { Tally } from './tally.ts';

/** Ms between two readers, and between two bursts of them. */
const READ_INTERVAL = 20;
const BURST_INTERVAL = 1370;
const BURST_SIZE = 25;

const COUNTRIES = ['BR', 'CN', 'DE', 'FR', 'KR', 'PL', 'RU', 'SE', 'UA', 'US'];
const RACES = ['protoss', 'random', 'terran', 'zerg'];

/** What the nth reader asks for: any page, some with a filter. */
export function queryOf(n: number): LeaderboardQuery {
  return {
    country: n % 3 === 0 ? COUNTRIES[n % COUNTRIES.length] : undefined,
    race: n % 5 === 0 ? RACES[n % RACES.length] : undefined,
    bestRaceOnly: n % 7 === 0,
    page: 1 + (n % 6),
  };
}

/** Readers who come at a steady rate, and in bursts: the same ones to every lane. */
export class Traffic {
  readonly #tallies: readonly Tally[];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #pending = new Set<Promise<void>>();
  #n = 0;

  constructor(tallies: readonly Tally[]) {
    this.#tallies = tallies;
  }

  start(): void {
    this.#timers.push(
      setInterval(() => this.#everyLane(), READ_INTERVAL),
      setInterval(() => {
        for (let i = 0; i < BURST_SIZE; i++) this.#everyLane();
      }, BURST_INTERVAL),
    );
  }

  /** Resolves when the last read was answered. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#pending);
  }

  #everyLane(): void {
    this.#n += 1;
    // Every other lane first in turn: whoever is second finds the processor warm.
    const tallies = this.#n % 2 === 0 ? this.#tallies : this.#tallies.toReversed();
    const query = queryOf(this.#n);
    for (const tally of tallies) {
      const read = this.#read(tally, query);
      this.#pending.add(read);
      void read.then(() => this.#pending.delete(read));
    }
  }

  async #read(tally: Tally, query: LeaderboardQuery): Promise<void> {
    const { ms, waited, failed } = await measured(async () => {
      const board = await tally.lane.get();
      board.page(query);
    });
    if (waited) tally.waited += 1;
    if (failed) {
      tally.errors += 1;
      return;
    }
    tally.latencies.push(ms);
    tally.oldest = Math.max(tally.oldest, Date.now() - tally.lane.loadedAt());
  }
}
