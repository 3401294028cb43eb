import type { LeaderboardQuery } from 'warm-cache/supabase';
import type { Lane } from './lanes.ts';

/** What happened to the reads of one lane. */
export interface Reads {
  /** Ms from the call to the page in hand. */
  readonly latencies: number[];
  /** Reads that were not answered within the turn of the event loop that they were made in. */
  waited: number;
  errors: number;
  /** Ms: the greatest age of a value as it was served. */
  oldest: number;
}

const COUNTRIES = ['BR', 'CN', 'DE', 'FR', 'KR', 'PL', 'RU', 'SE', 'UA', 'US'];
const RACES = ['protoss', 'terran', 'zerg'];

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
      setInterval(() => this.#everyLane(), 20),
      setInterval(() => {
        for (let i = 0; i < 25; i++) this.#everyLane();
      }, 1370),
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
      race: this.#n % 4 === 0 ? RACES[this.#n % RACES.length] : undefined,
      bestRaceOnly: this.#n % 5 === 0,
      page: 1 + (this.#n % 7),
    };
    for (const lane of lanes) {
      const read = this.#read(lane, query).finally(() => this.#pending.delete(read));
      this.#pending.add(read);
    }
  }

  async #read(lane: Lane, query: LeaderboardQuery): Promise<void> {
    const reads = this.reads.get(lane) as Reads;
    const start = performance.now();
    let answered = false;
    // Runs once everything is done that needs no more than promises.
    setImmediate(() => {
      if (!answered) reads.waited += 1;
    });
    try {
      const board = await lane.get();
      answered = true;
      board.page(query);
      reads.latencies.push(performance.now() - start);
      reads.oldest = Math.max(reads.oldest, Date.now() - lane.loadedAt());
    } catch {
      reads.errors += 1;
    }
  }
}
