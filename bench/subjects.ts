import { LRUCache } from 'lru-cache';
import { WarmCache } from 'warm-cache';
import type { Subject } from './measure.ts';

export interface Value {
  readonly total: number;
}

/** What people write by hand: a variable and an interval that assigns it. */
export class ByHand {
  value: Value | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #loader: () => Promise<Value>;

  constructor(loader: () => Promise<Value>, interval: number) {
    this.#loader = loader;
    this.#timer = setInterval(() => void this.refresh().catch(console.error), interval);
    this.#timer.unref();
  }

  async refresh(): Promise<void> {
    this.value = await this.#loader();
  }

  peek(): Value | undefined {
    return this.value;
  }

  async get(): Promise<Value | undefined> {
    return this.value;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

export const loader = async (): Promise<Value> => ({ total: 1 });

/** What a read sums up, so that no compiler drops it. */
export let sink = 0;

export async function readers(): Promise<{ sync: Subject[]; async: Subject[] }> {
  const warm = new WarmCache({ loader, ttl: 600_000 }).start();
  const byHand = new ByHand(loader, 600_000);
  const lru = new LRUCache<string, Value>({ max: 10, ttl: 600_000, fetchMethod: loader });
  const field = { value: { total: 1 } };
  const resolved = Promise.resolve(field.value);
  await warm.ready();
  await byHand.refresh();
  await lru.fetch('key');
  return {
    sync: [
      {
        name: 'a field read',
        run(times) {
          let sum = 0;
          for (let i = 0; i < times; i++) sum += field.value.total;
          sink += sum;
        },
      },
      {
        name: 'by hand: peek()',
        run(times) {
          let sum = 0;
          for (let i = 0; i < times; i++) sum += byHand.peek()?.total ?? 0;
          sink += sum;
        },
      },
      {
        name: 'warm-cache: peek()',
        run(times) {
          let sum = 0;
          for (let i = 0; i < times; i++) sum += warm.peek()?.value.total ?? 0;
          sink += sum;
        },
      },
      {
        name: 'lru-cache: get()',
        run(times) {
          let sum = 0;
          for (let i = 0; i < times; i++) sum += lru.get('key')?.total ?? 0;
          sink += sum;
        },
      },
      {
        name: 'a clock call',
        run(times) {
          let sum = 0;
          for (let i = 0; i < times; i++) sum += Date.now();
          sink += sum;
        },
      },
    ],
    async: [
      {
        name: 'await of a resolved promise',
        async run(times) {
          let sum = 0;
          for (let i = 0; i < times; i++) sum += (await resolved).total;
          sink += sum;
        },
      },
      {
        name: 'by hand: await get()',
        async run(times) {
          let sum = 0;
          for (let i = 0; i < times; i++) sum += (await byHand.get())?.total ?? 0;
          sink += sum;
        },
      },
      {
        name: 'warm-cache: await get()',
        async run(times) {
          let sum = 0;
          for (let i = 0; i < times; i++) sum += (await warm.get()).total;
          sink += sum;
        },
      },
      {
        name: 'lru-cache: await fetch()',
        async run(times) {
          let sum = 0;
          for (let i = 0; i < times; i++) sum += (await lru.fetch('key'))?.total ?? 0;
          sink += sum;
        },
      },
    ],
  };
}
