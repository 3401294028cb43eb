import { afterEach, beforeEach, expect, vi } from 'vitest';
import {
  type LoadContext,
  type NotModified,
  WarmCache,
  type WarmCacheEvents,
  type WarmCacheOptions,
} from 'warm-cache';

/** When a test under {@link fakeTime} begins, in epoch ms: another number than `performance.now()` would give. */
export const t0 = 1_000_000;

/** Makes a cache whose times are exact: no jitter and no quick retries, unless asked for; a `ttl` of a minute. */
export type MakeCache = <T>(
  options: Omit<WarmCacheOptions<T>, 'ttl'> & { readonly ttl?: number },
) => WarmCache<T>;

/** Fakes the time for each test of the file. What is given to `keep` is stopped after its test, and must leave no timer. */
export function fakeTimeOf<S extends { stop(): Promise<void> }>(): {
  keep<T extends S>(made: T): T;
} {
  let all: S[] = [];
  beforeEach(() => {
    vi.useFakeTimers({ now: t0 });
  });
  afterEach(async () => {
    try {
      const stopped = Promise.all(all.map((one) => one.stop()));
      // A loader that hangs is waited for until its deadline.
      while ((await stateOf(stopped)) === 'pending') await vi.advanceTimersToNextTimerAsync();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      all = [];
      vi.useRealTimers();
    }
  });
  return {
    keep: (made) => {
      all.push(made);
      return made;
    },
  };
}

/** The same, with what makes the caches that are kept. */
export function fakeTime(): MakeCache {
  const time = fakeTimeOf();
  return (options) =>
    time.keep(new WarmCache({ ttl: 60_000, jitter: 0, retry: { retries: 0 }, ...options }));
}

/** The payloads of one event, as they come. */
export function payloadsOf<T, E extends keyof WarmCacheEvents<T>>(
  cache: WarmCache<T>,
  event: E,
): WarmCacheEvents<T>[E][] {
  const payloads: WarmCacheEvents<T>[E][] = [];
  cache.on(event, (payload) => payloads.push(payload));
  return payloads;
}

const everyEvent = {
  start: true,
  load: true,
  refresh: true,
  change: true,
  unchanged: true,
  error: true,
  slow: true,
  loadEnd: true,
  invalidate: true,
  status: true,
  stop: true,
} satisfies Record<keyof WarmCacheEvents<unknown>, true>;

/** The names of all events. */
export const eventNames = Object.keys(everyEvent) as (keyof WarmCacheEvents<unknown>)[];

/**
 * The names of the events of a cache, as they come; without `change`, which follows upon `refresh`, and without
 * `loadEnd`, which comes of each `load`.
 */
export function eventsOf<T>(cache: WarmCache<T>): string[] {
  const events: string[] = [];
  for (const event of eventNames.filter((name) => name !== 'change' && name !== 'loadEnd'))
    cache.on(event, () => events.push(event));
  return events;
}

/** The outcomes that loads have had, without those that none had. */
export function outcomesOf(cache: {
  health(): { readonly loads: Readonly<Record<string, number>> };
}): Record<string, number> {
  return Object.fromEntries(Object.entries(cache.health().loads).filter(([, count]) => count > 0));
}

/** One call of a {@link manualLoader}, settled by the test. */
export interface LoadCall<T> {
  readonly context: LoadContext<T>;
  resolve(value: T | NotModified): void;
  reject(error: unknown): void;
}

/** A loader whose calls the test settles one by one; `calls.at(-1)` is the last. */
export function manualLoader<T>(): {
  readonly calls: LoadCall<T>[];
  readonly loader: (context: LoadContext<T>) => Promise<T | NotModified>;
} {
  const calls: LoadCall<T>[] = [];
  return {
    calls,
    loader: (context) => {
      const { promise, resolve, reject } = Promise.withResolvers<T | NotModified>();
      calls.push({ context, resolve, reject });
      return promise;
    },
  };
}

/** A loader that counts, 1, 2, 3, and takes `duration` ms of (fake) time; or so many for each call in turn. */
export function countingLoader(duration: number | readonly number[] = 0): {
  readonly starts: number[];
  readonly loader: () => Promise<number>;
} {
  const starts: number[] = [];
  return {
    starts,
    loader: async () => {
      const value = starts.push(Date.now());
      const ms = typeof duration === 'number' ? duration : (duration[value - 1] ?? 0);
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      return value;
    },
  };
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** What a promise is by now, without waiting for it. */
export async function stateOf(
  promise: Promise<unknown>,
): Promise<'fulfilled' | 'pending' | 'rejected'> {
  let state: 'fulfilled' | 'pending' | 'rejected' = 'pending';
  promise.then(
    () => {
      state = 'fulfilled';
    },
    () => {
      state = 'rejected';
    },
  );
  await settle();
  return state;
}

/** Stops a cache whose loader may take a while of fake time to settle. */
export async function stopped(cache: Pick<WarmCache<unknown>, 'stop'>): Promise<void> {
  const done = cache.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  await done;
}
