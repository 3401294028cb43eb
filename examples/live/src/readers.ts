import { queryOf } from 'leaderboard-demo';
import type { LeaderboardQuery } from 'warm-cache/leaderboard';

/** Ms between two requests of a reader, more or less by half. */
const PAUSE = 500;

/** Readers who ask for pages of the board, each now and then: they don't care how long the last answer takes. */
export class Readers {
  readonly #read: (query: LeaderboardQuery) => void;
  readonly #timers: NodeJS.Timeout[] = [];
  #n = 0;

  /** @param read - Is called for each request. */
  constructor(read: (query: LeaderboardQuery) => void) {
    this.#read = read;
  }

  get count(): number {
    return this.#timers.length;
  }

  /** Lets readers come or go. */
  set count(count: number) {
    while (this.#timers.length > count) clearTimeout(this.#timers.pop());
    while (this.#timers.length < count) this.#next(this.#timers.length);
  }

  #next(reader: number): void {
    this.#timers[reader] = setTimeout(
      () => {
        this.#next(reader);
        this.#n += 1;
        this.#read(queryOf(this.#n));
      },
      PAUSE * (0.5 + Math.random()),
    );
  }
}
