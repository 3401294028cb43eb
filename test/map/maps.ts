import { WarmCacheMap, type WarmCacheMapEvents, type WarmCacheMapOptions } from 'warm-cache';
import { fakeTimeOf, t0 } from '../support/loads.ts';

/** Makes a map whose times are exact: no jitter and no quick retries, unless asked for; a `ttl` of a minute. */
export type MakeMap = <K, V>(
  options: Omit<WarmCacheMapOptions<K, V>, 'ttl'> & { readonly ttl?: number },
) => WarmCacheMap<K, V>;

/** Fakes the time for each test of the file. The maps are stopped after their test, and must leave no timer. */
export function fakeTime(): MakeMap {
  const time = fakeTimeOf();
  return (options) =>
    time.keep(new WarmCacheMap({ ttl: 60_000, jitter: 0, retry: { retries: 0 }, ...options }));
}

/** One load as a {@link tracedLoader} saw it. */
export interface Traced<K> {
  readonly key: K;
  /** Ms since the test began. */
  readonly at: number;
}

/** A loader of `key 1`, `key 2`: it tells when it was called for what, and how many ran at a time. */
export function tracedLoader<K = string>(
  duration: number | ((key: K) => number) = 0,
): {
  readonly loads: Traced<K>[];
  readonly running: { now: number; most: number };
  /** The keys, in order. */
  readonly keys: () => K[];
  /** When this key was loaded. */
  readonly times: (key: K) => number[];
  readonly loader: (key: K) => Promise<string>;
} {
  const loads: Traced<K>[] = [];
  const running = { now: 0, most: 0 };
  const counts = new Map<K, number>();
  return {
    loads,
    running,
    keys: () => loads.map(({ key }) => key),
    times: (wanted) => loads.filter(({ key }) => key === wanted).map(({ at }) => at),
    loader: async (key) => {
      loads.push({ key, at: Date.now() - t0 });
      running.now += 1;
      running.most = Math.max(running.most, running.now);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      const ms = typeof duration === 'number' ? duration : duration(key);
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      running.now -= 1;
      return `${key} ${count}`;
    },
  };
}

/** One call of a {@link manualMapLoader}, settled by the test. */
export interface MapCall {
  readonly key: string;
  readonly signal: AbortSignal;
  resolve(value: string): void;
  reject(error: unknown): void;
}

/** A loader whose calls the test settles one by one. */
export function manualMapLoader(): {
  readonly calls: MapCall[];
  /** The last call for this key. */
  readonly call: (key: string) => MapCall;
  readonly loader: (key: string, context: { signal: AbortSignal }) => Promise<string>;
} {
  const calls: MapCall[] = [];
  return {
    calls,
    call: (wanted) => calls.findLast(({ key }) => key === wanted) as MapCall,
    loader: (key, { signal }) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      calls.push({ key, signal, resolve, reject });
      return promise;
    },
  };
}

/** The events of a map with their key, as they come: `load PL`. */
export function eventsOf<K, V>(
  map: WarmCacheMap<K, V>,
  ...names: (keyof WarmCacheMapEvents<K, V>)[]
): string[] {
  const events: string[] = [];
  for (const name of names.length > 0 ? names : everyName) {
    map.on(name, (payload) => {
      events.push('key' in payload ? `${name} ${String(payload.key)}` : name);
    });
  }
  return events;
}

/** The payloads of one event, as they come. */
export function payloadsOf<K, V, E extends keyof WarmCacheMapEvents<K, V>>(
  map: WarmCacheMap<K, V>,
  event: E,
): WarmCacheMapEvents<K, V>[E][] {
  const payloads: WarmCacheMapEvents<K, V>[E][] = [];
  map.on(event, (payload) => payloads.push(payload));
  return payloads;
}

const every = {
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
  evict: true,
  stop: true,
} satisfies Record<keyof WarmCacheMapEvents<unknown, unknown>, true>;

export const everyName = Object.keys(every) as (keyof WarmCacheMapEvents<unknown, unknown>)[];

/** `from` to `to`, as strings: keys. */
export function names(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `k${n}`);
}

/** How evenly these moments are spread: the most of them in any tenth of the interval, by the mean. */
export function unevenness(times: readonly number[], from: number, interval: number): number {
  const sorted = times.filter((at) => at >= from && at < from + interval).toSorted((a, b) => a - b);
  const window = interval / 10;
  let most = 0;
  let first = 0;
  for (const [last, at] of sorted.entries()) {
    while (at - (sorted[first] as number) >= window) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most / (sorted.length / 10);
}
