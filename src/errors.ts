/**
 * What went wrong, as a stable string to branch on:
 *
 * - `ERR_LOAD_FAILED`: the loader failed, in all its attempts
 * - `ERR_LOAD_TIMEOUT`: the load did not end within `loadTimeout`
 * - `ERR_LOAD_REJECTED`: the load's result was vetoed by `accept`
 * - `ERR_READY_TIMEOUT`: `ready({ timeout })` waited that long in vain
 * - `ERR_SHARED`: what the cache shares with other processes can't be reached or understood: they could not be told of an
 *   invalidation, or its right to load was lost
 * - `ERR_STOPPED`: the cache was stopped
 *
 * @example
 * ```ts
 * import { WarmCacheError, type WarmCacheErrorCode } from 'warm-cache';
 *
 * const STATUS: Record<WarmCacheErrorCode, number> = {
 *   ERR_LOAD_FAILED: 503,
 *   ERR_LOAD_REJECTED: 503,
 *   ERR_LOAD_TIMEOUT: 504,
 *   ERR_READY_TIMEOUT: 503,
 *   ERR_SHARED: 502,
 *   ERR_STOPPED: 503,
 * };
 * const statusOf = (error: unknown): number =>
 *   error instanceof WarmCacheError ? STATUS[error.code] : 500;
 * ```
 */
export type WarmCacheErrorCode =
  | 'ERR_LOAD_FAILED'
  | 'ERR_LOAD_REJECTED'
  | 'ERR_LOAD_TIMEOUT'
  | 'ERR_READY_TIMEOUT'
  | 'ERR_SHARED'
  | 'ERR_STOPPED';

/**
 * The base of every error that a cache makes.
 *
 * @example
 * ```ts
 * import { WarmCacheError } from 'warm-cache';
 *
 * declare const error: unknown;
 * if (error instanceof WarmCacheError) {
 *   console.error(error.cacheName, error.code, error.cause);
 * }
 * ```
 */
export class WarmCacheError extends Error {
  override name = 'WarmCacheError';
  /** The `name` of the cache. */
  readonly cacheName: string;
  /** What went wrong, as a stable string. */
  readonly code: WarmCacheErrorCode;

  constructor(cacheName: string, code: WarmCacheErrorCode, message: string, cause?: unknown) {
    super(`${cacheName}: ${message}`, cause === undefined ? undefined : { cause });
    this.cacheName = cacheName;
    this.code = code;
  }
}

/**
 * A load failed: `cause` is what the loader threw in its last attempt, untouched.
 *
 * @example
 * ```ts
 * import { LoadError, type WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string>;
 * await cache.get().catch((error: unknown) => {
 *   if (error instanceof LoadError) console.error(`next try at ${new Date(error.retryAt)}`);
 * });
 * ```
 */
export class LoadError extends WarmCacheError {
  override name = 'LoadError';
  /** When the next load may start, in epoch ms; until then reads with nothing to serve get this error. */
  readonly retryAt: number;

  constructor(
    cacheName: string,
    outcome: 'failed' | 'rejected' | 'timeout',
    message: string,
    cause: unknown,
    retryAt: number,
  ) {
    const code = `ERR_LOAD_${outcome.toUpperCase()}` as WarmCacheErrorCode;
    super(cacheName, code, `load ${outcome}: ${message}`, cause);
    this.retryAt = retryAt;
  }
}

/**
 * A load did not end within `loadTimeout`. It is the `reason` of the loader's `signal`, too.
 *
 * @example
 * ```ts
 * import { LoadTimeoutError, WarmCache } from 'warm-cache';
 *
 * const cache = new WarmCache({
 *   loader: () => new Promise<string>(() => {}), // never settles
 *   ttl: 60_000,
 *   loadTimeout: 10,
 * });
 * await cache.get().catch((error: unknown) => {
 *   console.log(error instanceof LoadTimeoutError);
 * });
 * ```
 */
export class LoadTimeoutError extends LoadError {
  override name = 'LoadTimeoutError';
}

/**
 * The cache is stopped, and has no fresh value to give.
 *
 * @example
 * ```ts
 * import { StoppedError, WarmCache } from 'warm-cache';
 *
 * const cache = new WarmCache({ loader: () => 'value', ttl: 60_000 });
 * await cache.stop();
 * await cache.get().catch((error: unknown) => {
 *   console.log(error instanceof StoppedError);
 * });
 * ```
 */
export class StoppedError extends WarmCacheError {
  override name = 'StoppedError';
}

/** The message of whatever was thrown; never throws itself, however hostile the value. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'unprintable';
  }
}
