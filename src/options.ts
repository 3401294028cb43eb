import type { Snapshot } from './snapshot.ts';

/** Why a load was started. */
export type LoadReason = 'interval' | 'invalidate' | 'read' | 'refresh' | 'retry' | 'start';

/** Returned by a loader that found the value unchanged since `previous`. */
export const notModified: unique symbol = Symbol('warm-cache.notModified');

/** See {@link notModified}. */
export type NotModified = typeof notModified;

/** What a loader (and a `validator`) is given. */
export interface LoadContext<T> {
  /** Aborted at the deadline, and when the cache is stopped. Pass it on to whatever takes one. */
  readonly signal: AbortSignal;
  /** The current snapshot, perhaps stale or expired; `undefined` before the first value and after a purge. */
  readonly previous: Snapshot<T> | undefined;
  /** 1 for the first attempt of this load, 2 for its first retry, and so on. */
  readonly attempt: number;
  /** Why this load was started. */
  readonly reason: LoadReason;
  /** Return it to keep the value of `previous` and renew its age, as HTTP's 304 does. */
  readonly notModified: NotModified;
}

/**
 * Produces the value.
 *
 * @example
 * ```ts
 * import type { Loader } from 'warm-cache';
 *
 * const rates: Loader<Record<string, number>> = async ({ signal }) => {
 *   const response = await fetch('https://rates.example/latest', { signal });
 *   if (!response.ok) throw new Error(`HTTP ${response.status}`);
 *   return (await response.json()) as Record<string, number>;
 * };
 * ```
 */
export type Loader<T> = (context: LoadContext<T>) => T | NotModified | Promise<T | NotModified>;

/** What a `refreshInterval` function is given, after each load that ended well. */
export interface RefreshIntervalContext {
  /** Epoch ms. */
  readonly now: number;
  /** How long the load took, in ms. */
  readonly lastDuration: number;
  /** Whether it brought a new value. */
  readonly changed: boolean;
  /** Loads in a row that found the value unchanged. */
  readonly unchangedStreak: number;
}

/** Quick retries inside one load, under p-retry's own names. */
export interface RetryOptions {
  /**
   * Attempts after the first one; an integer.
   * @default 2
   */
  readonly retries?: number | undefined;
  /**
   * Ms before the first retry.
   * @default 250
   */
  readonly minTimeout?: number | undefined;
  /**
   * What each wait is multiplied by for the next.
   * @default 2
   */
  readonly factor?: number | undefined;
  /**
   * Ms that no wait exceeds.
   * @default Infinity
   */
  readonly maxTimeout?: number | undefined;
  /**
   * Multiply each wait by a random number between 1 and 2.
   * @default true
   */
  readonly randomize?: boolean | undefined;
}

/** The wait between failed loads: exponential, and reset by a success. */
export interface BackoffOptions {
  /**
   * Ms after the first failed load.
   * @default 1000, or `refreshInterval` if that is less
   */
  readonly minDelay?: number | undefined;
  /**
   * Ms that no wait exceeds.
   * @default `refreshInterval`, or 60 000 if that is more
   */
  readonly maxDelay?: number | undefined;
  /**
   * What each wait is multiplied by for the next.
   * @default 2
   */
  readonly factor?: number | undefined;
}

/**
 * The options of a {@link WarmCache}.
 *
 * @typeParam T - The type of the value.
 */
export interface WarmCacheOptions<T> {
  /**
   * Stands in events, errors and `health()`.
   * @default 'warm-cache'
   */
  readonly name?: string | undefined;
  /** Produces the value. */
  readonly loader: Loader<T>;
  /** Ms a value counts as fresh, from the start of the load that made it. `Infinity`: until it is invalidated. */
  readonly ttl: number;
  /**
   * Ms from the start of one load to the start of the next, or a function that is asked after each load.
   * The loop starts a load earlier where the value would else turn stale (or, with an interval longer than `ttl`,
   * expire) before the load has ended. `Infinity`: no loop, the value is loaded when it is read.
   * @default `ttl`
   */
  readonly refreshInterval?: number | ((context: RefreshIntervalContext) => number) | undefined;
  /**
   * Ms past `ttl` that a value may still be served, while a load is under way or loads fail. 0: never.
   * @default `ttl`
   */
  readonly maxStale?: number | undefined;
  /**
   * Ms one load may take, its retries included.
   * @default 30_000
   */
  readonly loadTimeout?: number | undefined;
  /** Quick retries inside one load. */
  readonly retry?: RetryOptions | undefined;
  /** The wait between failed loads. */
  readonly backoff?: BackoffOptions | undefined;
  /**
   * Fraction, 0 to 1, by which each delay of the loop is shortened at random, so that a fleet does not march in step.
   * @default 0.1
   */
  readonly jitter?: number | undefined;
  /**
   * Ms from which a load that has ended is reported by the `slow` event.
   * @default half of `loadTimeout`
   */
  readonly slowThreshold?: number | undefined;
  /**
   * May veto a result before it is published: `false` keeps the previous value, and counts as a failed load.
   * `previous` is `undefined` where there is no value yet.
   */
  readonly accept?: ((next: T, previous: T | undefined) => boolean) | undefined;
  /**
   * A cheap probe, asked at the start of each load (an ETag, `max(updated_at)`). Unchanged since the last load:
   * the load is skipped and the value's age renewed. If it throws, the load goes on without it.
   */
  readonly validator?:
    | ((context: LoadContext<T>) => string | number | Promise<string | number>)
    | undefined;
}

/** What one reader asks of `get()`. */
export interface GetOptions {
  /**
   * Ms: the value must be no older than that, and not invalidated; 0: loaded after the call.
   * @default Infinity
   */
  readonly maxAge?: number | undefined;
  /** Lets this reader give up waiting; nobody else is disturbed. */
  readonly signal?: AbortSignal | undefined;
}

/** How long `ready()` waits. */
export interface ReadyOptions {
  /**
   * Ms until it gives up.
   * @default Infinity
   */
  readonly timeout?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** How `invalidate()` treats the old value. */
export interface InvalidateOptions {
  /**
   * Drop the value: reads wait for the new one, and a load under way is never published.
   * @default false
   */
  readonly purge?: boolean | undefined;
}

/** How `stop()` treats a load in flight. */
export interface StopOptions {
  /**
   * Let the load finish, and publish it.
   * @default false
   */
  readonly drain?: boolean | undefined;
}

/** Every option with its value: no other file holds a default. */
export interface ResolvedOptions<T> {
  readonly name: string;
  readonly loader: Loader<T>;
  readonly ttl: number;
  readonly refreshInterval: number | ((context: RefreshIntervalContext) => number);
  readonly maxStale: number;
  readonly loadTimeout: number;
  readonly retry: Required<{ [K in keyof RetryOptions]: NonNullable<RetryOptions[K]> }>;
  readonly backoff: Required<{ [K in keyof BackoffOptions]: NonNullable<BackoffOptions[K]> }>;
  readonly jitter: number;
  readonly slowThreshold: number;
  readonly accept: WarmCacheOptions<T>['accept'];
  readonly validator: WarmCacheOptions<T>['validator'];
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} A number is out of range.
 */
export function resolveOptions<T>(options: WarmCacheOptions<T>): ResolvedOptions<T> {
  expectType('options', options, 'object');
  const { name = 'warm-cache', loader, ttl, accept, validator } = options;
  const { refreshInterval = ttl, maxStale = ttl, loadTimeout = 30_000, jitter = 0.1 } = options;
  const { slowThreshold = loadTimeout / 2, retry = {}, backoff = {} } = options;
  expectType('name', name, 'string');
  expectType('loader', loader, 'function');
  expectType('accept', accept ?? loader, 'function');
  expectType('validator', validator ?? loader, 'function');
  expectType('retry', retry, 'object');
  expectType('backoff', backoff, 'object');
  expectNumber('ttl', ttl, MORE_THAN_0);
  const interval = typeof refreshInterval === 'function' ? ttl : refreshInterval;
  expectNumber('refreshInterval', interval, MORE_THAN_0);
  expectNumber('maxStale', maxStale);
  expectNumber('loadTimeout', loadTimeout, MORE_THAN_0, FINITE);
  expectNumber('jitter', jitter, 0, 1);
  expectNumber('slowThreshold', slowThreshold);
  return {
    name,
    loader,
    ttl,
    refreshInterval,
    maxStale,
    loadTimeout,
    retry: resolveRetry(retry),
    backoff: resolveBackoff(backoff, interval),
    jitter,
    slowThreshold,
    accept,
    validator,
  };
}

function resolveRetry(retry: RetryOptions): ResolvedOptions<unknown>['retry'] {
  const { retries = 2, minTimeout = 250, factor = 2 } = retry;
  const { maxTimeout = Infinity, randomize = true } = retry;
  expectNumber('retry.retries', retries);
  if (retries % 1) throw new RangeError(expectation('retry.retries', 'a whole number', retries));
  expectNumber('retry.minTimeout', minTimeout, 0, FINITE);
  expectNumber('retry.factor', factor, 0, FINITE);
  expectNumber('retry.maxTimeout', maxTimeout);
  expectType('retry.randomize', randomize, 'boolean');
  return { retries, minTimeout, factor, maxTimeout, randomize };
}

function resolveBackoff(
  backoff: BackoffOptions,
  interval: number,
): ResolvedOptions<unknown>['backoff'] {
  const { minDelay = Math.min(1000, interval), factor = 2 } = backoff;
  const { maxDelay = Math.max(minDelay, Math.min(60_000, interval)) } = backoff;
  expectNumber('backoff.minDelay', minDelay, MORE_THAN_0, FINITE);
  expectNumber('backoff.maxDelay', maxDelay, minDelay, FINITE);
  expectNumber('backoff.factor', factor, 1, FINITE);
  return { minDelay, maxDelay, factor };
}

const MORE_THAN_0 = Number.MIN_VALUE;
const FINITE = Number.MAX_VALUE;

/**
 * Checks a number, be it an option or an argument.
 *
 * @throws {TypeError} It is no number.
 * @throws {RangeError} It is not in `min` to `max`, both included, or `NaN`.
 */
export function expectNumber(
  option: string,
  given: unknown,
  min: number = 0,
  max: number = Infinity,
): void {
  expectType(option, given, 'number');
  if ((given as number) >= min && (given as number) <= max) return;
  const above = min === MORE_THAN_0 ? 'more than 0' : `at least ${min}`;
  const below = max === FINITE ? ' and finite' : max < FINITE ? ` and at most ${max}` : '';
  throw new RangeError(expectation(option, above + below, given));
}

function expectType(
  option: string,
  given: unknown,
  type: 'boolean' | 'function' | 'number' | 'object' | 'string',
): void {
  if (typeof given !== type || given === null) {
    throw new TypeError(
      expectation(option, `of type ${type}`, given === null ? given : typeof given),
    );
  }
}

function expectation(option: string, expected: string, given: unknown): string {
  return `Expected \`${option}\` to be ${expected}, got ${given}`;
}
