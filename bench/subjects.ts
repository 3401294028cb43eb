import { LRUCache } from 'lru-cache';
import { WarmCache } from 'warm-cache';
import { async, few, sync } from './compiled.ts';
import type { Subject } from './measure.ts';

export interface Value {
  readonly total: number;
}

/** What people write by hand: a variable, and an interval that assigns it and outlives errors. */
export class ByHand {
  #value: Value | undefined;
  readonly #loader: () => Promise<Value>;

  constructor(loader: () => Promise<Value>, interval: number) {
    this.#loader = loader;
    setInterval(() => this.refresh(), interval).unref();
  }

  async refresh(): Promise<void> {
    try {
      this.#value = await this.#loader();
    } catch (error) {
      console.error(error);
    }
  }

  peek(): Value | undefined {
    return this.#value;
  }

  async get(): Promise<Value | undefined> {
    return this.#value;
  }
}

/** The same, with what a fleet and a database in trouble ask for besides: jitter, and a deadline for each load. */
export class ByHandWithDeadline {
  value: Value | undefined;
  readonly #loader: () => Promise<Value>;
  readonly #interval: number;

  constructor(loader: () => Promise<Value>, interval: number) {
    this.#loader = loader;
    this.#interval = interval;
    this.#arm();
  }

  #arm(): void {
    const delay = this.#interval * (1 - 0.1 * Math.random());
    setTimeout(() => this.#refresh(), delay).unref();
  }

  async #refresh(): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const deadline = setTimeout(reject, 30_000, new Error('too late'));
    deadline.unref();
    try {
      this.value = await Promise.race([this.#loader(), late]);
    } catch (error) {
      console.error(error);
    }
    clearTimeout(deadline);
    this.#arm();
  }
}

export const loader = async (): Promise<Value> => ({ total: 1 });

/** Everything warm, and never refreshed while it is timed. */
export async function readers(): Promise<{ sync: Subject[]; async: Subject[] }> {
  const fields = few(() => ({ value: { total: 1 } }));
  const resolved = few(() => Promise.resolve({ total: 1 }));
  const byHand = few(() => new ByHand(loader, 600_000));
  const lru = few(() => new LRUCache<string, Value>({ max: 10, ttl: 6e5, fetchMethod: loader }));
  const warm = few(() => new WarmCache({ loader, ttl: 600_000 }).start());
  for (const cache of byHand) await cache.refresh();
  for (const cache of lru) await cache.fetch('key');
  for (const cache of warm) await cache.ready();
  return {
    sync: [
      sync('a field read', fields, (field) => field.value.total),
      sync('by hand', byHand, (cache) => cache.peek()?.total ?? 0),
      sync('warm-cache peek()', warm, (cache) => cache.peek()?.value.total ?? 0),
      sync('lru-cache get()', lru, (cache) => cache.get('key')?.total ?? 0),
      sync('a clock call', fields, () => Date.now()),
    ],
    async: [
      async('await of a resolved promise', resolved, (promise) => promise),
      async('by hand', byHand, (cache) => cache.get()),
      async('warm-cache get()', warm, (cache) => cache.get()),
      async('lru-cache fetch()', lru, (cache) => cache.fetch('key')),
    ],
  };
}
