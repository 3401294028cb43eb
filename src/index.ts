/**
 * The cache: one expensive value, kept hot.
 *
 * @module warm-cache
 * @category API
 */
export {
  LoadError,
  LoadTimeoutError,
  StoppedError,
  WarmCacheError,
  type WarmCacheErrorCode,
} from './errors.ts';
export type {
  CacheStatus,
  LoadOutcome,
  Observable,
  WarmCacheEvents,
  WarmCacheListener,
} from './events.ts';
export type { HealthReport, LoadDurations, ReadCounts } from './health.ts';
/**
 * Thrown by a loader where trying again is in vain: it ends the attempts of this load, not the loop. It is p-retry's.
 *
 * @example
 * ```ts
 * import { AbortError, WarmCache } from 'warm-cache';
 *
 * const users = new WarmCache({
 *   loader: async ({ signal }) => {
 *     const response = await fetch('https://users.example/', { signal });
 *     if (response.status === 401) throw new AbortError('the token is wrong');
 *     return (await response.json()) as string[];
 *   },
 *   ttl: 60_000,
 * });
 * ```
 */
export { AbortError } from './load.ts';
export type { WarmCacheMapEvents } from './map/events.ts';
export type {
  LoadMany,
  LoadManyAnswer,
  LoadManyContext,
  WarmCacheMapOptions,
} from './map/options.ts';
export type { MapHealthReport } from './map/report.ts';
export {
  type BackoffOptions,
  type GetOptions,
  type InlineContext,
  type IntervalChoice,
  type InvalidateOptions,
  type LoadContext,
  type Loader,
  type LoadReason,
  type NotModified,
  notModified,
  type ReadyOptions,
  type RefreshIntervalContext,
  type RefreshPolicy,
  type RetryOptions,
  type StopOptions,
  type WarmCacheOptions,
} from './options.ts';
export type { SharedHealth, SharedTier } from './shared.ts';
export type { Snapshot, SnapshotSource } from './snapshot.ts';
export type { Codec, SnapshotStore } from './store.ts';
export type { LoadTrace } from './trace.ts';
export type { SelectOptions, View } from './view.ts';
export { WarmCache } from './warm-cache.ts';
export { WarmCacheMap } from './warm-cache-map.ts';
