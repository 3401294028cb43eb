import type { WarmCacheEvents } from '../events.ts';
import type { HealthReport } from '../health.ts';
import type { WarmCacheMapEvents } from '../map/events.ts';
import type { MapHealthReport } from '../map/report.ts';
import type { Snapshot } from '../snapshot.ts';

/**
 * What is asked of a `WarmCache` that is watched.
 *
 * @typeParam T - The type of its value.
 *
 * @example
 * ```ts
 * import { logTo, type WatchedCache } from 'warm-cache/logging';
 *
 * const logAll = (caches: readonly WatchedCache<unknown>[]): (() => void)[] =>
 *   caches.map((cache) => logTo(console, cache));
 * ```
 */
export interface WatchedCache<T> {
  readonly name: string;
  /** As a cache does: calls `listener` at each such event. */
  on<E extends keyof WarmCacheEvents<T> & string>(
    event: E,
    listener: (payload: WarmCacheEvents<T>[E]) => unknown,
  ): unknown;
  /** As a cache does: takes a listener away. */
  off<E extends keyof WarmCacheEvents<T> & string>(
    event: E,
    listener: (payload: WarmCacheEvents<T>[E]) => unknown,
  ): unknown;
  /** The snapshot that may be served. */
  peek(): Snapshot<T> | undefined;
  /** How it does. */
  health(): HealthReport;
}

/**
 * What is asked of a `WarmCacheMap` that is watched.
 *
 * @typeParam K - The type of its keys.
 * @typeParam V - The type of its values.
 *
 * @example
 * ```ts
 * import { alertOn, type WatchedMap } from 'warm-cache/health';
 *
 * const alertAll = (map: WatchedMap<string, unknown>): (() => void) =>
 *   alertOn(map, { onAlert: ({ keys }) => console.error(keys) });
 * ```
 */
export interface WatchedMap<K, V> {
  readonly name: string;
  readonly size: number;
  /** As a map does: calls `listener` at each such event. */
  on<E extends keyof WarmCacheMapEvents<K, V> & string>(
    event: E,
    listener: (payload: WarmCacheMapEvents<K, V>[E]) => unknown,
  ): unknown;
  /** As a map does: takes a listener away. */
  off<E extends keyof WarmCacheMapEvents<K, V> & string>(
    event: E,
    listener: (payload: WarmCacheMapEvents<K, V>[E]) => unknown,
  ): unknown;
  /** The snapshot of a key that may be served. */
  peek(key: K): Snapshot<V> | undefined;
  /** How all keys do. */
  health(): MapHealthReport;
  /** How one key does. */
  health(key: K): HealthReport | undefined;
}

/** A cache, or a map, of anything. */
export interface Watched {
  readonly name: string;
  on(event: never, listener: (payload: never) => unknown): unknown;
  off(event: never, listener: (payload: never) => unknown): unknown;
  peek(key?: never): Snapshot<unknown> | undefined;
  health(): HealthReport | MapHealthReport;
  health(key: never): unknown;
}

/** The listeners of a cache or a map: the events of a cache have no `key`. */
export type Listeners = {
  readonly [E in keyof WarmCacheMapEvents<unknown, unknown>]?: (
    payload: WarmCacheMapEvents<unknown, unknown>[E],
  ) => unknown;
};

/** Adds them; what it returns takes them off. */
export function listen(source: Watched, listeners: Listeners): () => void {
  const all = Object.entries(listeners);
  for (const [event, listener] of all) source.on(event as never, listener);
  return () => {
    for (const [event, listener] of all) source.off(event as never, listener);
  };
}

/** Whether a map has such a key still. */
export function hasKey(source: Watched, key: unknown): boolean {
  return source.health(key as never) !== undefined;
}

/** Whether the report is that of a map. */
export function isOfMap(report: HealthReport | MapHealthReport): report is MapHealthReport {
  return 'keysKnown' in report;
}
