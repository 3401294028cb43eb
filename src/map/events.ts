import type { CacheEvent, WarmCacheEvents } from '../events.ts';

interface Keyed<K> {
  readonly key: K;
}

/**
 * The payload of each event of a `WarmCacheMap`, by the event's name: those of its caches with their `key`, and some of
 * the map as a whole.
 *
 * @typeParam K - The type of the keys.
 * @typeParam V - The type of the values.
 *
 * @example
 * ```ts
 * import type { WarmCacheMapEvents } from 'warm-cache';
 *
 * function log({ name, key, duration }: WarmCacheMapEvents<string, unknown>['refresh']): void {
 *   console.log(`${name} ${key}: ${duration} ms`);
 * }
 * ```
 */
export interface WarmCacheMapEvents<K, V> {
  /** A load of this key begins. */
  load: WarmCacheEvents<V>['load'] & Keyed<K>;
  /** A new snapshot of this key is published. */
  refresh: WarmCacheEvents<V>['refresh'] & Keyed<K>;
  /** The value of this key is another one than before. */
  change: WarmCacheEvents<V>['change'] & Keyed<K>;
  /** A load found the value of this key unchanged. */
  unchanged: WarmCacheEvents<V>['unchanged'] & Keyed<K>;
  /** Something failed; `key` is `undefined` where that is the function `keys`. */
  error: WarmCacheEvents<V>['error'] & Keyed<K | undefined>;
  /** A load of this key took longer than `slowThreshold`. */
  slow: WarmCacheEvents<V>['slow'] & Keyed<K>;
  /** A load of this key has ended: once for each `load`, whatever the outcome. */
  loadEnd: WarmCacheEvents<V>['loadEnd'] & Keyed<K>;
  /** This key was invalidated. */
  invalidate: WarmCacheEvents<V>['invalidate'] & Keyed<K>;
  /** The status of this key changed. */
  status: WarmCacheEvents<V>['status'] & Keyed<K>;
  /** The map has forgotten this key: as the least recently read, or unread for long and expired. */
  evict: CacheEvent & Keyed<K> & { readonly reason: 'capacity' | 'idle' };
  /** The map was started. */
  start: CacheEvent;
  /** The map was stopped: the last event before another `start`. */
  stop: CacheEvent;
}
