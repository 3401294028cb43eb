export {
  LoadError,
  LoadTimeoutError,
  StoppedError,
  WarmCacheError,
  type WarmCacheErrorCode,
} from './errors.ts';
export type { CacheStatus, LoadOutcome, WarmCacheEvents, WarmCacheListener } from './events.ts';
export type { HealthReport, LoadDurations, ReadCounts } from './health.ts';
export { AbortError } from './load.ts';
export {
  type BackoffOptions,
  type GetOptions,
  type InlineContext,
  type InvalidateOptions,
  type LoadContext,
  type Loader,
  type LoadReason,
  type NotModified,
  notModified,
  type ReadyOptions,
  type RefreshIntervalContext,
  type RetryOptions,
  type StopOptions,
  type WarmCacheOptions,
} from './options.ts';
export type { Snapshot, SnapshotSource } from './snapshot.ts';
export { WarmCache } from './warm-cache.ts';
