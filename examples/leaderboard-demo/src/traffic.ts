import type { LeaderboardQuery } from 'warm-cache/supabase';
import type { Lane } from './lanes.ts';

/** Ms between two readers, and between two bursts of them. */
const READ_INTERVAL = 20;
const BURST_INTERVAL = 1370;
const BURST_SIZE = 25;

/** What happened to the reads of one lane. */
export interface Reads {
  /** Ms from the call to the page in hand, of the reads that got one. */
  readonly latencies: number[];
  /** Reads for which the board was not in memory: they waited for a load, or failed. */
  waited: number;
  errors: number;
  /** Ms: the greatest age of a board as it was served. */
  oldest: number;
}

const COUNTRIES = ['BR', 'CN', 'DE', 'FR', 'KR', 'PL', 'RU', 'SE', 'UA', 'US'];
const RACES = ['protoss', 'random', 'terran', 'zerg'];

/** Readers who come at a steady rate, and in bursts: the same ones for every lane. */
export class Traffic {
  readonly reads: Map<Lane, Reads> = new Map();
  readonly #lanes: readonly Lane[];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #pending = new Set<Promise<void>>();
  #n = 0;

  constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
    for (const lane of lanes) {
      this.reads.set(lane, { latencies: [], waited: 0, errors: 0, oldest: 0 });
    }
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
    const lanes = this.#n % 2 === 0 ? this.#lanes : this.#lanes.toReversed();
    const query: LeaderboardQuery = {
      country: this.#n % 3 === 0 ? COUNTRIES[this.#n % COUNTRIES.length] : undefined,
      race: this.#n % 5 === 0 ? RACES[this.#n % RACES.length] : undefined,
      bestRaceOnly: this.#n % 7 === 0,
      page: 1 + (this.#n % 6),
    };
    for (const lane of lanes) {
      // Each comes in a turn of its own, as requests do: a burst is not measured while it stands in line.
      const read = new Promise<void>((resolve) => {
        setImmediate(() => resolve(this.#read(lane, query)));
      });
      this.#pending.add(read);
      void read.then(() => this.#pending.delete(read));
    }
  }

  async #read(lane: Lane, query: LeaderboardQuery): Promise<void> {
    const reads = this.reads.get(lane) as Reads;
    const start = performance.now();
    let isServed = false;
    // Runs once everything is done that needs no more than promises.
    setImmediate(() => {
      if (!isServed) reads.waited += 1;
    });
    try {
      const board = await lane.get();
      isServed = true;
      board.page(query);
      reads.latencies.push(performance.now() - start);
      reads.oldest = Math.max(reads.oldest, Date.now() - lane.loadedAt());
    } catch {
      reads.errors += 1;
    }
  }
}
