import { inspect } from 'node:util';
import { EventEmitter } from 'eventemitter3';
import type { LoadError } from './errors.ts';
import type { LoadReason } from './options.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * How a load ended:
 *
 * - `published`: its value is the new snapshot
 * - `unchanged`: the value stays, its age is renewed
 * - `rejected`: `accept` vetoed it
 * - `failed`: the loader threw, in all attempts
 * - `timeout`: it did not end within `loadTimeout`
 * - `superseded`: a newer value was published first, or the load was purged
 * - `stopped`: the cache was stopped first
 *
 * @example
 * ```ts
 * import type { LoadOutcome, WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const bad: LoadOutcome[] = ['failed', 'rejected', 'timeout'];
 * const { loads } = cache.health();
 * console.log(bad.reduce((sum, outcome) => sum + loads[outcome], 0), 'loads went wrong');
 * ```
 */
export type LoadOutcome =
  | 'failed'
  | 'published'
  | 'rejected'
  | 'stopped'
  | 'superseded'
  | 'timeout'
  | 'unchanged';

/**
 * What the cache can serve, in OpenFeature's words:
 *
 * - `READY`: a fresh value
 * - `STALE`: a stale value, served while a newer one is on its way
 * - `ERROR`: no value, and the last load failed
 * - `NOT_READY`: no value yet
 *
 * @example
 * ```ts
 * import type { CacheStatus, WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const serving: CacheStatus[] = ['READY', 'STALE'];
 * console.log(serving.includes(cache.health().status));
 * ```
 */
export type CacheStatus = 'ERROR' | 'NOT_READY' | 'READY' | 'STALE';

export interface CacheEvent {
  /** The `name` of the cache. */
  readonly name: string;
}

/** What is told of a load that has ended. */
export interface LoadEnd {
  readonly reason: LoadReason;
  readonly outcome: LoadOutcome;
  /** Ms the load took; where it was stopped, until then. */
  readonly duration: number;
  /** When it began, in epoch ms. */
  readonly startedAt: number;
  /** Why it brought nothing; `undefined` where it wasn't rejected, nor failed, nor ran into its deadline. */
  readonly error: LoadError | undefined;
}

/**
 * The payload of each event of a {@link WarmCache}, by the event's name.
 *
 * @example
 * ```ts
 * import type { WarmCacheEvents } from 'warm-cache';
 *
 * function log({ name, error, retryAt }: WarmCacheEvents<unknown>['error']): void {
 *   console.error(name, error, retryAt && new Date(retryAt));
 * }
 * ```
 */
export interface WarmCacheEvents<T> {
  /** A load begins. */
  load: CacheEvent & {
    readonly reason: LoadReason;
    /** Epoch ms. */
    readonly startedAt: number;
  };
  /** A new snapshot is published, by a load, by `set()`, by another process or from the `store`. */
  refresh: CacheEvent & {
    readonly snapshot: Snapshot<T>;
    readonly previous: Snapshot<T> | undefined;
    /**
     * Why the load was started; `'set'` for `set()`, `'shared'` for what another process published, `'store'` for what
     * was kept from before a restart.
     */
    readonly reason: LoadReason | 'set' | 'shared' | 'store';
    /** Ms the load took. */
    readonly duration: number;
  };
  /**
   * The value is another one than before: after `refresh`, unless what was published is the value that stood there
   * already, by identity, `equals` or `contentHash`.
   */
  change: CacheEvent & {
    readonly snapshot: Snapshot<T>;
    readonly previous: Snapshot<T> | undefined;
    readonly reason: LoadReason | 'set' | 'shared' | 'store';
  };
  /** A load found the value unchanged, here or in another process, and renewed its age. */
  unchanged: CacheEvent & {
    /** The value with its new age. */
    readonly snapshot: Snapshot<T>;
    readonly previous: Snapshot<T> | undefined;
    /** Why the load was started; `'shared'` where that was in another process. */
    readonly reason: LoadReason | 'shared';
    /** Ms the load took. */
    readonly duration: number;
  };
  /** Something failed: an attempt, a load, or a function among the options. */
  error: CacheEvent & {
    /** What was thrown, by an attempt; the {@link WarmCacheError} of a load that failed for good. */
    readonly error: unknown;
    /** Why the load was started; `undefined` where the error is no load's. */
    readonly reason: LoadReason | undefined;
    /** Which attempt of its load it was, from 1; 0 for another function among the options, and for the `store`. */
    readonly attempt: number;
    /** Whether the load has failed for good, and its `retryAt` is the next load's. */
    readonly final: boolean;
    /** When the next attempt or load may start, in epoch ms; `undefined` where none was put off. */
    readonly retryAt: number | undefined;
    /** Whether a value is still served. */
    readonly serving: boolean;
  };
  /** A load took longer than `slowThreshold`. */
  slow: CacheEvent & {
    readonly reason: LoadReason;
    readonly outcome: LoadOutcome;
    /** Ms the load took. */
    readonly duration: number;
  };
  /** A load has ended: once for each `load`, whatever the outcome, and after all that is told of it but `status`. */
  loadEnd: CacheEvent & LoadEnd;
  /** `invalidate()` was called, here or, where the value is `shared`, in another process. */
  invalidate: CacheEvent & {
    /** Whether the value was dropped. */
    readonly purge: boolean;
  };
  /** The status changed. */
  status: CacheEvent & { readonly from: CacheStatus; readonly to: CacheStatus };
  /** The loop was started. */
  start: CacheEvent;
  /** The cache was stopped: the last event before another `start`. */
  stop: CacheEvent;
}

/**
 * A listener of one event. What it throws, or rejects with, disturbs nobody.
 *
 * @example
 * ```ts
 * import type { WarmCache, WarmCacheListener } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const tell: WarmCacheListener<string[], 'refresh'> = ({ snapshot }) => {
 *   console.log(snapshot.version);
 * };
 * cache.on('refresh', tell);
 * ```
 */
export type WarmCacheListener<T, E extends keyof WarmCacheEvents<T>> = (
  payload: WarmCacheEvents<T>[E],
) => unknown;

type AnyListener = (payload: never) => unknown;
type Guard = (payload: unknown) => void;

/**
 * The listeners of a cache or a map. What a listener does never comes back to it.
 *
 * @typeParam Events - The payload of each event, by its name.
 *
 * @example
 * ```ts
 * import type { Observable, WarmCacheEvents } from 'warm-cache';
 *
 * function countErrors(cache: Observable<WarmCacheEvents<unknown>>): () => number {
 *   let count = 0;
 *   cache.on('error', () => {
 *     count += 1;
 *   });
 *   return () => count;
 * }
 * ```
 */
export abstract class Observable<Events extends object> {
  /** Stands in every event. */
  readonly name: string;
  // Made when it is first needed: most caches of a large number have no listener.
  #emitter: EventEmitter | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /**
   * Calls `listener` at each such event.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * cache.on('status', ({ name, from, to }) => {
   *   console.log(`${name}: ${from} -> ${to}`);
   * });
   * ```
   */
  on<E extends keyof Events & string>(event: E, listener: (payload: Events[E]) => unknown): this {
    this.#emitter ??= new EventEmitter();
    this.#emitter.on(event, guarded(listener));
    return this;
  }

  /**
   * Calls `listener` at the next such event alone.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * const cache = new WarmCache({ loader: () => 'value', ttl: 60_000 });
   * cache.once('refresh', ({ snapshot }) => {
   *   console.log('first:', snapshot.value);
   * });
   * await cache.refresh();
   * await cache.refresh();
   * ```
   */
  once<E extends keyof Events & string>(event: E, listener: (payload: Events[E]) => unknown): this {
    this.#emitter ??= new EventEmitter();
    this.#emitter.once(event, guarded(listener));
    return this;
  }

  /**
   * Takes a listener away that `on` or `once` added.
   *
   * @example
   * ```ts
   * import type { WarmCache, WarmCacheListener } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * const tell: WarmCacheListener<string[], 'slow'> = ({ duration }) => {
   *   console.warn(duration);
   * };
   * cache.on('slow', tell);
   * cache.off('slow', tell);
   * ```
   */
  off<E extends keyof Events & string>(event: E, listener: (payload: Events[E]) => unknown): this {
    this.#emitter?.off(event, guarded(listener));
    return this;
  }

  /** How it does, in one line for people. */
  abstract inspect(): string;

  // Here and not in each class: bundlers keep a class with such a name, though nobody uses it.
  /** @internal */
  [inspect.custom](): string {
    return `${this.constructor.name} ${this.inspect()}`;
  }

  /** @internal */
  protected emit<E extends keyof Events & string>(
    event: E,
    payload: Omit<Events[E], 'name'>,
  ): void {
    this.#emitter?.emit(event, { name: this.name, ...payload });
  }
}

const guards = new WeakMap<AnyListener, Guard>();

/** The listener in a wrapper that never throws: always the same one, so that `off` finds it. */
function guarded(listener: AnyListener): Guard {
  let guard = guards.get(listener);
  if (!guard) {
    // `await` takes care of what it throws, of a promise that rejects and of a hostile thenable.
    guard = (payload) => void (async () => listener(payload as never))().catch(() => {});
    guards.set(listener, guard);
  }
  return guard;
}
