/**
 * Where a value came from: a load, `set()`, another process that it is `shared` with, or the `store` among the options.
 *
 * @example
 * ```ts
 * import type { SnapshotSource, WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const source: SnapshotSource | undefined = cache.peek()?.source;
 * console.log(source === 'set' ? 'put in by hand' : 'loaded');
 * ```
 */
export type SnapshotSource = 'loader' | 'set' | 'shared' | 'store';

/**
 * A value and what is known of it. Frozen: a newer value comes as a new snapshot.
 *
 * @example
 * ```ts
 * import type { WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const snapshot = cache.peek();
 * if (snapshot) console.log(`v${snapshot.version}, ${Date.now() - snapshot.loadedAt} ms old`);
 * ```
 */
export interface Snapshot<T> {
  /** What the loader returned, or `set()` was given. */
  readonly value: T;
  /** Grows by one at each publish, from 1. A load that found nothing changed keeps it. */
  readonly version: number;
  /** When the load that made it **started**, in epoch ms: the moment as of which the value is surely true. */
  readonly loadedAt: number;
  /** Where it came from. */
  readonly source: SnapshotSource;
}
