import { setTimeout as delay } from 'node:timers/promises';

/** Ms between a reader's reads: a thousand who come in every turn of the event loop would leave nobody else a turn. */
const PAUSE = 10;

/** Readers who ask again and again, each for itself. */
export class Readers<T extends object> implements AsyncDisposable {
  readonly #read: () => Promise<T>;
  readonly #isRight: (value: T) => boolean;
  readonly #tallies: { reads: number }[];
  #running: Promise<unknown> | undefined;
  #stopped = false;
  /** Reads that had no answer, good or bad, when everything was done that needs no more than promises. */
  waited = 0;
  /** Reads that got something else than they should. */
  wrong = 0;
  readonly errors: unknown[] = [];

  constructor(count: number, read: () => Promise<T>, isRight: (value: T) => boolean) {
    this.#read = read;
    this.#isRight = isRight;
    this.#tallies = Array.from({ length: count }, () => ({ reads: 0 }));
  }

  start(): void {
    this.#running = Promise.all(this.#tallies.map((tally) => this.#run(tally)));
  }

  /** Resolves when the last read was answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** How many reads the reader with the fewest has had. */
  get fewest(): number {
    return Math.min(...this.#tallies.map(({ reads }) => reads));
  }

  /** For whoever wants to know whether they are still in memory. */
  get refs(): WeakRef<object>[] {
    return this.#tallies.map((tally) => new WeakRef(tally));
  }

  async #run(tally: { reads: number }): Promise<void> {
    while (!this.#stopped) {
      let isAnswered = false;
      // Ticks come after all promises that were settled.
      queueMicrotask(() =>
        process.nextTick(() => {
          if (!isAnswered) this.waited += 1;
        }),
      );
      try {
        if (!this.#isRight(await this.#read())) this.wrong += 1;
      } catch (error) {
        this.errors.push(error);
      }
      isAnswered = true;
      tally.reads += 1;
      await delay(PAUSE);
    }
  }
}
