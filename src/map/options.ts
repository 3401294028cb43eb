import {
  expect,
  type InlineContext,
  type IntervalChoice,
  type LoadReason,
  type NotModified,
  type RefreshIntervalContext,
  type ResolvedOptions,
  resolveOptions,
  type WarmCacheOptions,
} from '../options.ts';
import type { Snapshot } from '../snapshot.ts';

/**
 * What `loadMany` is given, beside the keys.
 *
 * @typeParam K - The type of the keys.
 * @typeParam V - The type of the values.
 *
 * @example
 * ```ts
 * import type { LoadManyContext } from 'warm-cache';
 *
 * declare function query(ids: readonly string[], signal: AbortSignal): Promise<Map<string, number>>;
 * const loadMany = (ids: readonly string[], { signal }: LoadManyContext<string, number>) => query(ids, signal);
 * ```
 */
export interface LoadManyContext<K, V> {
  /** Aborted once the loads of all these keys are: at their deadline, or when the map is stopped. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt, 2 for its first retry, with those keys that failed. */
  readonly attempt: number;
  /** The current snapshot of one of the keys; `undefined` before its first value. */
  readonly previous: (key: K) => Snapshot<V> | undefined;
  /** Why the load of one of the keys was started. */
  readonly reason: (key: K) => LoadReason | undefined;
  /** Answer it for a key to keep its value and renew its age. */
  readonly notModified: NotModified;
}

/**
 * Loads several keys in one call.
 *
 * @returns A `Map`, or any other list of pairs. A key that isn't among them is `undefined`; one with an `Error` fails
 * alone.
 *
 * @example
 * ```ts
 * import type { LoadMany } from 'warm-cache';
 *
 * declare function rowsOf(ids: readonly number[]): Promise<{ id: number; name: string }[]>;
 * const loadMany: LoadMany<number, string> = async (ids) =>
 *   (await rowsOf(ids)).map(({ id, name }) => [id, name] as const);
 * ```
 */
export type LoadMany<K, V> = (
  keys: readonly K[],
  // biome-ignore lint/suspicious/noExplicitAny: as with a loader among the options, its context is not to settle V
  context: LoadManyContext<K, any>,
) => LoadManyAnswer<K, V> | Promise<LoadManyAnswer<K, V>>;

/**
 * See {@link LoadMany}.
 *
 * @example
 * ```ts
 * import type { LoadManyAnswer } from 'warm-cache';
 *
 * const answer: LoadManyAnswer<string, number> = new Map([['ace', 1516]]);
 * console.log([...answer].length);
 * ```
 */
export type LoadManyAnswer<K, V> = Iterable<readonly [K, V | NotModified | Error]>;

/** What stands in place of those options that are by key. */
type Keyed = 'accept' | 'loader' | 'refreshInterval' | 'shared' | 'validator';

/**
 * The options of a `WarmCacheMap`: those of a {@link WarmCacheOptions | WarmCache}, with functions that are told which
 * key it is about, and some of its own.
 *
 * @typeParam K - The type of the keys.
 * @typeParam V - The type of the values.
 *
 * @example
 * ```ts
 * import type { WarmCacheMapOptions } from 'warm-cache';
 *
 * declare function boardOf(country: string, signal: AbortSignal): Promise<string[]>;
 * const options: WarmCacheMapOptions<string, string[]> = {
 *   name: 'boards',
 *   loader: (country, { signal }) => boardOf(country, signal),
 *   keys: ['KR', 'PL', 'DE'],
 *   ttl: 60_000,
 *   idleTime: 600_000,
 *   maxEntries: 500,
 *   concurrency: 4,
 * };
 * ```
 */
export interface WarmCacheMapOptions<K, V> extends Omit<WarmCacheOptions<V>, Keyed> {
  /**
   * Stands in events, errors and `health()`.
   * @default 'warm-cache-map'
   */
  readonly name?: string | undefined;
  /** Produces the value of a key. Either this or `loadMany` is required. */
  readonly loader?:
    | ((key: K, context: InlineContext) => V | NotModified | Promise<V | NotModified>)
    | undefined;
  /** Produces the values of several keys that are due together; see {@link LoadMany}. */
  readonly loadMany?: LoadMany<K, V> | undefined;
  /**
   * Ms from the start of one load of a key to the start of its next, or a function that is asked after each load that
   * ended well.
   * @default `ttl`
   */
  readonly refreshInterval?:
    | number
    | ((context: RefreshIntervalContext & { readonly key: K }) => number | IntervalChoice)
    | undefined;
  /** May veto a result before it is published. */
  readonly accept?: ((next: V, previous: V | undefined, key: K) => boolean) | undefined;
  /** A cheap probe, asked at the start of each load of a key. */
  readonly validator?:
    | ((key: K, context: InlineContext) => string | number | Promise<string | number>)
    | undefined;
  /**
   * Which keys are kept hot whether they are read or not: a list, or a function that is asked at `start()` and again each
   * `refreshInterval` (each `ttl` where that is a function). Keys that leave it cool down.
   * @default none
   */
  readonly keys?: Iterable<K> | (() => Iterable<K> | Promise<Iterable<K>>) | undefined;
  /**
   * What keys are told apart by, where they are objects: a string, as a rule.
   * @default the key itself
   */
  readonly keyOf?: ((key: K) => unknown) | undefined;
  /**
   * Ms since its last read after which a key isn't refreshed any more, unless it is among `keys`. Its value is served for
   * as long as it may be, then it is forgotten.
   * @default ten times the `ttl`
   */
  readonly idleTime?: number | undefined;
  /**
   * How many keys there may be, besides those among `keys`: past it the least recently read goes.
   * @default 10_000
   */
  readonly maxEntries?: number | undefined;
  /**
   * How many loads may run at a time, or calls of `loadMany`. Those that readers wait for come first, then the most
   * overdue.
   * @default 10
   */
  readonly concurrency?: number | undefined;
  /**
   * How many keys go into one call of `loadMany`.
   * @default 100
   */
  readonly maxBatchSize?: number | undefined;
  /**
   * Ms for which keys are gathered before `loadMany` is called with fewer than that.
   * @default 1
   */
  readonly batchWindow?: number | undefined;
}

/** Every option with its value; `each` has those of the single caches. */
export interface ResolvedMapOptions<K, V> {
  readonly batchWindow: number;
  readonly concurrency: number;
  readonly idleTime: number;
  readonly maxBatchSize: number;
  readonly maxEntries: number;
  readonly each: ResolvedOptions<V>;
  readonly functions: Pick<
    WarmCacheMapOptions<K, V>,
    'accept' | 'loader' | 'loadMany' | 'validator'
  > & {
    readonly policy:
      | ((context: RefreshIntervalContext & { readonly key: K }) => number | IntervalChoice)
      | undefined;
  };
  readonly keys: () => Iterable<K> | Promise<Iterable<K>>;
  /** Ms from one asking for the keys to the next; `Infinity` where they are a list. */
  readonly keysInterval: number;
  readonly idOf: (key: K) => unknown;
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} A number is out of range.
 */
export function resolveMapOptions<K, V>(
  options: WarmCacheMapOptions<K, V>,
): ResolvedMapOptions<K, V> {
  expect('options', options, 'object');
  const { loader, loadMany, accept, validator, refreshInterval, keys = [], ...others } = options;
  if (!loader === !loadMany) {
    throw new TypeError(
      `Expected either \`loader\` or \`loadMany\`, got ${loader ? 'both' : 'neither'}`,
    );
  }
  if (loadMany) expect('loadMany', loadMany, 'function');
  // All keys would share one value.
  if ('shared' in others && others.shared !== undefined) {
    throw new TypeError('Expected no `shared`: a map has none');
  }
  const each = resolveOptions<V>({
    ...(others as Omit<typeof others, 'refreshInterval'>),
    name: options.name ?? 'warm-cache-map',
    // Stand-ins, so that they are checked: each cache gets those of its key.
    loader: (loader ?? loadMany) as never,
    refreshInterval: refreshInterval as never,
    accept: accept as never,
    validator: validator as never,
  });
  const { idleTime = 10 * each.ttl, maxEntries = 10_000, concurrency = 10 } = options;
  const { maxBatchSize = 100, batchWindow = 1, keyOf } = options;
  expect('idleTime', idleTime, [0]);
  whole('maxEntries', maxEntries);
  whole('concurrency', concurrency);
  whole('maxBatchSize', maxBatchSize);
  expect('batchWindow', batchWindow, [0, Number.MAX_VALUE]);
  if (keyOf !== undefined) expect('keyOf', keyOf, 'function');
  if (typeof keys !== 'function' && !isIterable(keys)) {
    throw new TypeError(`Expected \`keys\` to be an iterable or a function, got ${typeof keys}`);
  }
  if (typeof keys === 'string') {
    throw new TypeError('Expected `keys` to be a list or a function, got a string');
  }
  // Once for all: an iterator would have nothing left at the next start.
  const list = typeof keys === 'function' ? [] : [...keys];
  const policy = typeof refreshInterval === 'function' ? refreshInterval : undefined;
  return {
    each,
    functions: { loader, loadMany, accept, validator, policy },
    keys: typeof keys === 'function' ? keys : () => list,
    keysInterval: typeof keys === 'function' ? each.refreshInterval : Infinity,
    idOf: keyOf ?? ((key) => key),
    idleTime,
    maxEntries,
    concurrency,
    maxBatchSize: loadMany ? maxBatchSize : 1,
    batchWindow,
  };
}

/** An integer from 1, or `Infinity`. */
function whole(option: string, given: number): void {
  expect(option, given, [1]);
  expect(`${option} % 1`, given % 1 || 0, [0, 0]);
}

/** Whether it can be gone through at once: a list, and not the promise of one. */
export function isIterable<K>(keys: Iterable<K> | Promise<Iterable<K>>): keys is Iterable<K> {
  return typeof Object(keys)[Symbol.iterator] === 'function';
}
