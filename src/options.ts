import type { SharedTier } from './shared.ts';
import type { Snapshot } from './snapshot.ts';
import type { Codec, SnapshotStore } from './store.ts';

/**
 * Why a load was started.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 *
 * const board = new WarmCache({
 *   // A write is waited for: then the primary is asked, and else a replica.
 *   loader: ({ reason }) => (reason === 'invalidate' ? 'from the primary' : 'from a replica'),
 *   ttl: 60_000,
 * });
 * console.log(await board.get(), '|', (await board.invalidate()).value);
 * ```
 */
export type LoadReason = 'interval' | 'invalidate' | 'read' | 'refresh' | 'retry' | 'start';

/**
 * Returned by a loader that found the value unchanged since `previous`.
 *
 * @example
 * ```ts
 * import { type Loader, notModified } from 'warm-cache';
 *
 * declare function newest(): Promise<{ id: number }>;
 *
 * const loader: Loader<{ id: number }> = async ({ previous }) => {
 *   const found = await newest();
 *   return found.id === previous?.value.id ? notModified : found;
 * };
 * ```
 */
export const notModified: unique symbol = Symbol('warm-cache.notModified');

/**
 * See {@link notModified}.
 *
 * @example
 * ```ts
 * import { type NotModified, notModified } from 'warm-cache';
 *
 * const parsed = (status: number, body: string): string | NotModified =>
 *   status === 304 ? notModified : body;
 * ```
 */
export type NotModified = typeof notModified;

/**
 * What a loader (and a `validator`) is given.
 *
 * @example
 * ```ts
 * import type { LoadContext } from 'warm-cache';
 *
 * async function rates({ signal, attempt }: LoadContext<unknown>): Promise<Record<string, number>> {
 *   const host = attempt === 1 ? 'rates.example' : 'rates-2.example';
 *   const response = await fetch(`https://${host}/latest`, { signal });
 *   return (await response.json()) as Record<string, number>;
 * }
 * ```
 */
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

/**
 * The context of a loader that stands among the options. Were it to name `T`, TypeScript would settle `T` before it
 * looks at what the loader returns, and every cache would be of `unknown`. So `previous` is typed where the loader is:
 * `const loader: Loader<Board> = …`.
 *
 * @example
 * ```ts
 * import { type InlineContext, WarmCache } from 'warm-cache';
 *
 * // It takes the place of the context of any cache.
 * const withSignal = <T>(load: (signal: AbortSignal) => Promise<T>) => ({ signal }: InlineContext) => load(signal);
 *
 * declare function rows(signal: AbortSignal): Promise<string[]>;
 * const board = new WarmCache({ loader: withSignal(rows), ttl: 60_000 });
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: any is what a context of every T can be assigned to and from
export type InlineContext = LoadContext<any>;

/**
 * What a `refreshInterval` function is given, after each load that ended well.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 *
 * const board = new WarmCache({
 *   loader: () => ['ace'],
 *   ttl: 300_000,
 *   // Ten times what a load takes, so that the database is busy with it a tenth of the time at most.
 *   refreshInterval: ({ lastDuration }) => Math.max(10_000, 10 * lastDuration),
 * });
 * ```
 */
export interface RefreshIntervalContext {
  /** Epoch ms. */
  readonly now: number;
  /** How long the load took, in ms. */
  readonly lastDuration: number;
  /** Reads by `get()` since the function was last asked. */
  readonly reads: number;
  /** The same, a second. */
  readonly readRate: number;
  /** Whether the load brought a new value. */
  readonly changed: boolean;
  /** How many loads in a row have found the value unchanged; 0: this one brought a new value. */
  readonly unchangedStreak: number;
  /** How many loads in a row had failed before this one. */
  readonly failures: number;
  /** Age of the value, in ms. */
  readonly age: number;
  /** The interval that was in force until now, in ms; at first the `ttl`. */
  readonly interval: number;
}

/**
 * An interval and the reason for it, which `health()` tells.
 *
 * @example
 * ```ts
 * import type { IntervalChoice } from 'warm-cache';
 *
 * const choice: IntervalChoice = { interval: 10_000, why: 'a tournament is on' };
 * ```
 */
export interface IntervalChoice {
  /** Ms; `Infinity`: no further load until the value is read. */
  readonly interval: number;
  /** In a few words. */
  readonly why: string;
}

/**
 * Chooses how long after the start of a load the next one is to start, in ms. `warm-cache/policies` has some
 * ready-made.
 *
 * @example
 * ```ts
 * import { type RefreshPolicy, WarmCache } from 'warm-cache';
 *
 * const weekends: RefreshPolicy = ({ now }) =>
 *   [0, 6].includes(new Date(now).getUTCDay())
 *     ? { interval: 15_000, why: 'weekend' }
 *     : { interval: 60_000, why: 'weekday' };
 * const board = new WarmCache({ loader: () => ['ace'], ttl: 60_000, refreshInterval: weekends });
 * ```
 */
export type RefreshPolicy = (context: RefreshIntervalContext) => number | IntervalChoice;

/**
 * Quick retries inside one load, under p-retry's own names.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 *
 * const rates = new WarmCache({
 *   loader: () => 0.92,
 *   ttl: 60_000,
 *   retry: { retries: 4, minTimeout: 100, maxTimeout: 1000 },
 * });
 * ```
 */
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

/**
 * The wait between failed loads: exponential, and reset by a success.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 *
 * const rates = new WarmCache({
 *   loader: () => 0.92,
 *   ttl: 60_000,
 *   backoff: { minDelay: 2000, maxDelay: 30_000, factor: 3 }, // 2 s, 6 s, 18 s, 30 s, 30 s, …
 * });
 * ```
 */
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
 *
 * @example
 * ```ts
 * import type { WarmCacheOptions } from 'warm-cache';
 *
 * const options: WarmCacheOptions<readonly string[]> = {
 *   name: 'flags',
 *   loader: () => ['dark-mode'],
 *   ttl: 15_000,
 *   maxStale: Infinity,
 *   loadTimeout: 5000,
 *   accept: (next) => next.length > 0,
 * };
 * ```
 */
export interface WarmCacheOptions<T> {
  /**
   * Stands in events, errors and `health()`.
   * @default 'warm-cache'
   */
  readonly name?: string | undefined;
  /** Produces the value; see {@link Loader}. */
  readonly loader: (context: InlineContext) => T | NotModified | Promise<T | NotModified>;
  /** Ms a value counts as fresh, from the start of the load that made it. `Infinity`: until it is invalidated. */
  readonly ttl: number;
  /**
   * Ms from the start of one load to the start of the next, or a function that is asked after each load that ended
   * well; where it throws or answers no such number, `ttl` is in force, and an `error` event tells.
   * The loop starts a load earlier where the value would else turn stale (or, with an interval longer than `ttl`,
   * expire) before the load has ended. `Infinity`: no loop, the value is loaded when it is read.
   * @default `ttl`
   */
  readonly refreshInterval?: number | RefreshPolicy | undefined;
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
    | ((context: InlineContext) => string | number | Promise<string | number>)
    | undefined;
  /**
   * Whether two values are the same, such as `isDeepStrictEqual` of `node:util`. A load that brings an equal value ends
   * as `unchanged`: the value keeps its identity and version, and views aren't derived again. If it throws, the values
   * count as different.
   */
  readonly equals?: ((next: T, previous: T) => boolean) | undefined;
  /** The same by a digest of the content: values are equal where their digests are. */
  readonly contentHash?: ((value: T) => string | number) | undefined;
  /**
   * Keeps the last snapshot across restarts: `start()` serves it, with its true age, while the first load runs. It stands
   * there under `name`, which has to be its own.
   */
  readonly store?: SnapshotStore | undefined;
  /**
   * Shares the value with caches of other processes, so that one load an interval does for all: `redisTier()` or
   * `postgresTier()`. They are to have the same options. A read never waits for it.
   */
  readonly shared?: SharedTier | undefined;
  /** Turns a value that isn't plain data into such for the `store` or for those it is `shared` with, and back. */
  readonly codec?: Codec<T> | undefined;
}

/**
 * What one reader asks of `get()`.
 *
 * @example
 * ```ts
 * import type { GetOptions, WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const patient: GetOptions = { maxAge: 5000, signal: AbortSignal.timeout(1000) };
 * console.log(await cache.get(patient));
 * ```
 */
export interface GetOptions {
  /**
   * Ms: the value must be no older than that, and not invalidated; 0: loaded after the call.
   * @default Infinity
   */
  readonly maxAge?: number | undefined;
  /** Lets this reader give up waiting; nobody else is disturbed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How long `ready()` waits.
 *
 * @example
 * ```ts
 * import type { ReadyOptions, WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const atStart: ReadyOptions = { timeout: 10_000 };
 * console.log((await cache.ready(atStart)).version);
 * ```
 */
export interface ReadyOptions {
  /**
   * Ms until it gives up.
   * @default Infinity
   */
  readonly timeout?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How `invalidate()` treats the old value.
 *
 * @example
 * ```ts
 * import type { WarmCache } from 'warm-cache';
 *
 * declare const permissions: WarmCache<Map<string, string[]>>;
 * // A right was taken away: nobody is to be served the old ones, and whoever asks waits.
 * await permissions.invalidate({ purge: true });
 * ```
 */
export interface InvalidateOptions {
  /**
   * Drop the value: reads wait for the new one, and a load under way is never published.
   * @default false
   */
  readonly purge?: boolean | undefined;
}

/**
 * How `stop()` treats a load in flight.
 *
 * @example
 * ```ts
 * import type { WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * await cache.stop({ drain: true });
 * console.log(cache.peek()?.value); // as the load that was in flight has left it
 * ```
 */
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
  /** A number; with a `policy`, the `ttl`. */
  readonly refreshInterval: number;
  readonly policy: RefreshPolicy | undefined;
  readonly maxStale: number;
  readonly loadTimeout: number;
  readonly retry: Required<{ [K in keyof RetryOptions]: NonNullable<RetryOptions[K]> }>;
  readonly backoff: Required<{ [K in keyof BackoffOptions]: NonNullable<BackoffOptions[K]> }>;
  readonly jitter: number;
  readonly slowThreshold: number;
  readonly accept?: WarmCacheOptions<T>['accept'];
  readonly validator?: WarmCacheOptions<T>['validator'];
  readonly equals?: WarmCacheOptions<T>['equals'];
  readonly contentHash?: WarmCacheOptions<T>['contentHash'];
  readonly store?: SnapshotStore;
  readonly shared?: SharedTier;
  readonly codec?: Codec<T>;
}

/** What an option must be: of a type, or a number from the one to the other. */
type Rule = 'boolean' | 'function' | 'object' | 'string' | readonly [min: number, max?: number];

const DEFAULT_RETRY: ResolvedOptions<unknown>['retry'] = {
  retries: 2,
  minTimeout: 250,
  factor: 2,
  maxTimeout: Infinity,
  randomize: true,
};

/** In ms: nothing shorter can be meant. */
export const MORE_THAN_0 = 0.001;
const FINITE = Number.MAX_VALUE;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} A number is out of range.
 */
export function resolveOptions<T>(options: WarmCacheOptions<T>): ResolvedOptions<T> {
  expect('options', options, 'object');
  const { loader, ttl, refreshInterval = ttl, loadTimeout = 30_000 } = options;
  expect('loader', loader, 'function');
  expect('ttl', ttl, [MORE_THAN_0]);
  const policy = typeof refreshInterval === 'function' ? refreshInterval : undefined;
  const interval = typeof refreshInterval === 'function' ? ttl : refreshInterval;
  expect('refreshInterval', interval, [MORE_THAN_0]);
  const given = checked('', options, {
    name: 'string',
    maxStale: [0],
    loadTimeout: [MORE_THAN_0, FINITE],
    retry: 'object',
    backoff: 'object',
    jitter: [0, 1],
    slowThreshold: [0],
    accept: 'function',
    validator: 'function',
    equals: 'function',
    contentHash: 'function',
    store: 'object',
    shared: 'object',
    codec: 'object',
  });
  if (options.store) methodsOf('store', options.store, ['get', 'set']);
  if (options.shared) methodsOf('shared', options.shared, ['join']);
  if (options.codec) methodsOf('codec', options.codec, ['encode', 'decode']);
  // An infinite number of them is no fraction.
  expect('retry.retries % 1', (options.retry?.retries ?? 0) % 1 || 0, [0, 0]);
  const backoff = {
    minDelay: Math.min(1000, interval),
    factor: 2,
    ...checked('backoff.', options.backoff, {
      minDelay: [MORE_THAN_0, FINITE],
      factor: [1, FINITE],
    }),
  };
  const { maxDelay = Math.max(backoff.minDelay, Math.min(60_000, interval)) } =
    options.backoff ?? {};
  expect('backoff.maxDelay', maxDelay, [backoff.minDelay, FINITE]);
  return {
    name: 'warm-cache',
    loader,
    ttl,
    refreshInterval: interval,
    policy,
    maxStale: ttl,
    loadTimeout,
    jitter: 0.1,
    slowThreshold: loadTimeout / 2,
    ...given,
    retry: options.retry
      ? {
          ...DEFAULT_RETRY,
          ...checked('retry.', options.retry, {
            retries: [0],
            minTimeout: [0, FINITE],
            factor: [0, FINITE],
            maxTimeout: [0],
            randomize: 'boolean',
          }),
        }
      : DEFAULT_RETRY,
    backoff: { ...backoff, maxDelay },
  };
}

function methodsOf<O extends object>(option: string, given: O, names: readonly (keyof O)[]): void {
  for (const name of names) expect(`${option}.${String(name)}`, given[name], 'function');
}

/** Those of the options that are given and known, checked. */
function checked<O extends object, K extends keyof O>(
  path: string,
  options: O | undefined,
  rules: { readonly [key in K]: Rule },
): { [key in K]?: NonNullable<O[key]> } {
  const result: { [key in K]?: NonNullable<O[key]> } = {};
  for (const key in rules) {
    const given = options?.[key];
    if (given === undefined) continue;
    expect(path + key, given, rules[key]);
    result[key] = given as NonNullable<typeof given>;
  }
  return result;
}

/**
 * Checks one option or argument.
 *
 * @throws {TypeError} It is of the wrong type.
 * @throws {RangeError} It is a number out of range.
 */
export function expect(option: string, given: unknown, rule: Rule): void {
  const type = typeof rule === 'string' ? rule : 'number';
  if (typeof given !== type || given === null) {
    throw new TypeError(
      `Expected \`${option}\` to be of type ${type}, got ${given && typeof given}`,
    );
  }
  if (typeof rule === 'string') return;
  const [min, max = Infinity] = rule;
  if ((given as number) >= min && (given as number) <= max) return;
  throw new RangeError(`Expected \`${option}\` to be from ${min} to ${max}, got ${given}`);
}
