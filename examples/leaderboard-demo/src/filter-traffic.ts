import type { Filter } from './filters.ts';

/** Readers who each want one of some filters, at random. */
export class FilterTraffic {
  readonly #filters: readonly Filter[];
  readonly #read: (filter: Filter) => Promise<void>;
  readonly #pending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(filters: readonly Filter[], read: (filter: Filter) => Promise<void>) {
    this.#filters = filters;
    this.#read = read;
  }

  /** @param interval - Ms between two readers. */
  start(interval: number): void {
    this.#timer = setInterval(() => {
      const filter = this.#filters[Math.floor(Math.random() * this.#filters.length)];
      if (!filter) return;
      const read = this.#read(filter);
      this.#pending.add(read);
      void read.then(() => this.#pending.delete(read));
    }, interval);
  }

  /** Resolves when the last read was answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
  }
}
