import { turnNow } from './clock.ts';
import { outsideRequests } from './context.ts';
import { Current } from './current.ts';
import { LoadError, LoadTimeoutError, messageOf, StoppedError, WarmCacheError } from './errors.ts';
import {
  type CacheStatus,
  type LoadEnd,
  type LoadOutcome,
  Observable,
  type WarmCacheEvents,
} from './events.ts';
import type { Freshness } from './freshness.ts';
import { Counts, Durations, type HealthReport } from './health.ts';
import { ALONE, type AlarmKind, type Guest, type Host } from './host.ts';
import { lineOf } from './inspect.ts';
import {
  hashOf,
  isSame,
  type Load,
  type LoadAnswer,
  type LoadFailure,
  type LoadHost,
  runLoad,
} from './load.ts';
import {
  expect,
  type GetOptions,
  type InvalidateOptions,
  type LoadReason,
  type ReadyOptions,
  type ResolvedOptions,
  resolveOptions,
  type StopOptions,
  type WarmCacheOptions,
} from './options.ts';
import { Rate } from './rate.ts';
import { type Alarm, backoffDelay, jittered, refreshPeriod, Timer } from './scheduler.ts';
import type { SharedHost, SharedMember, SharedValue } from './shared.ts';
import type { Snapshot } from './snapshot.ts';
import { Keeper, type Restored } from './store.ts';
import { isTraced, traceEnd, traceStart } from './trace.ts';
import { type Prepare, type SelectOptions, type View, type ViewSource, viewOf } from './view.ts';
import { type Waiter, Waiters, type WaitLimits } from './waiters.ts';

/** No load but a demanded one before `until`, by `performance.now()`. */
interface Backoff {
  readonly until: number;
  readonly error: LoadError;
  readonly seq?: undefined;
}

/**
 * What the cache is doing: loading, backing off, or nothing. A load may have been stopped: until its loader has settled
 * no other may start. What the cache has is told by {@link Current} and the clock.
 */
type Activity = Backoff | Load | undefined;

/**
 * Keeps one expensive value hot: loads it in the background before it turns stale, so that no read ever waits while
 * there is a value worth serving.
 *
 * @typeParam T - The type of the value; `undefined` and `null` are values like any other.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 *
 * const rates = new WarmCache({
 *   name: 'rates',
 *   loader: async ({ signal }) => {
 *     const response = await fetch('https://rates.example/latest', { signal });
 *     return (await response.json()) as Record<string, number>;
 *   },
 *   ttl: 60_000,
 * });
 * rates.start();
 * await rates.ready();
 * console.log((await rates.get())['EUR']);
 * await rates.stop();
 * ```
 */
export class WarmCache<T> extends Observable<WarmCacheEvents<T>> {
  readonly #host: Host<T, Guest>;
  readonly #options: ResolvedOptions<T>;
  readonly #current: Current<T>;
  readonly #counts: Counts = new Counts();
  readonly #durations: Durations;
  /** Until the next load, or the deadline of the one in flight. */
  readonly #timer: Alarm;
  readonly #waiters: Waiters<T>;
  /** Where a function among the options chooses the interval. */
  readonly #rate: Rate | undefined;
  /** Where the value is shared with other processes. */
  readonly #member: SharedMember<T> | undefined;
  /** Resolves when it has given back what it held. */
  #parted: Promise<void> | undefined;
  /** Where there is a store. */
  #keeper: Keeper<T> | undefined;
  /** What views are made of; and those of them that want each value before it is published. */
  #viewSource: ViewSource<T> | undefined;
  #prepares: Prepare<T>[] | undefined;

  #phase: 'draining' | 'new' | 'running' | 'stopped' = 'new';
  #activity: Activity;
  #status: CacheStatus = 'NOT_READY';
  /** The snapshot while `peek()` may give it: kept right by a timer, and never there once stopped. */
  #served: Snapshot<T> | undefined;
  /** Number of the last load that was started. */
  #seq = 0;
  /** A load that was asked for, and could not start at once. */
  #pending: LoadReason | undefined;
  /** The next load is due, and its host hasn't admitted it yet. */
  #queued = false;
  /** A load's end or an invalidation is being told: what listeners ask for meanwhile starts afterwards. */
  #telling = false;
  /** When the last load started, by `performance.now()`; and the last one demanded while loads failed. */
  #loadTick = 0;
  #demandTick: number | undefined;
  /** Ms that the last load of another process took to be here: if this one loads next, it is to begin as early. */
  #othersTook = 0;
  #unchangedStreak = 0;
  /** A change that `change` hasn't told yet: from what. */
  #untold: { readonly previous: Snapshot<T> | undefined } | undefined;
  /** A load's end that `loadEnd` hasn't told yet; and that it is still to be told that the cache was stopped. */
  #untoldEnd: LoadEnd | undefined;
  #owesStop = false;

  /**
   * @throws {TypeError} An option is missing or of the wrong type.
   * @throws {RangeError} A number is out of range.
   */
  constructor(options: WarmCacheOptions<T>);
  /** @internal */
  constructor(options: ResolvedOptions<T>, host: Host<T, Guest>);
  constructor(options: ResolvedOptions<T> | WarmCacheOptions<T>, host?: Host<T, Guest>) {
    const resolved = host
      ? (options as ResolvedOptions<T>)
      : resolveOptions(options as WarmCacheOptions<T>);
    super(resolved.name);
    const { ttl, maxStale } = resolved;
    this.#host = host ?? ALONE;
    this.#options = resolved;
    this.#durations = new Durations(this.#host.window);
    this.#timer = this.#host.newTimer(this, 'load');
    this.#waiters = new Waiters(this.#timer);
    this.#rate = resolved.policy && new Rate(ttl);
    this.#current = new Current(ttl, maxStale, this.#host.newTimer(this, 'age'));
    this.#member = resolved.shared?.join(this.#sharedHost());
  }

  /**
   * Begins the loop, with a load at once. Does nothing if it was begun already.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * const flags = new WarmCache({ loader: () => ['dark-mode'], ttl: 60_000 }).start();
   * await flags.ready();
   * ```
   */
  start(): this {
    if (this.#phase === 'draining') this.#halt();
    this.#tellStop();
    if (this.#phase === 'running') return this;
    this.#begin();
    if (!this.#loading && !this.#lastError && !this.#pending) this.#ask('start');
    return this;
  }

  /**
   * Stops, for good or until `start()`: no timer is left, the load in flight is aborted, and whoever waits gets a
   * {@link StoppedError}. Resolves when the loader has settled, or its deadline has passed, and what the `store` is to
   * keep is written, or as much time has passed.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * process.once('SIGTERM', async () => {
   *   await cache.stop();
   * });
   * ```
   */
  stop({ drain = false }: StopOptions = {}): Promise<void> {
    const activity = this.#activity;
    if (drain && this.#loading) {
      this.#phase = 'draining';
      this.#watch();
    } else if (this.#phase !== 'stopped') this.#halt();
    const load = activity?.seq ? activity : undefined;
    if (load) load.ended ??= Promise.withResolvers();
    const ended = load?.ended?.promise ?? Promise.resolve();
    const { shared, store } = this.#options;
    if (!shared && !store) return ended;
    return ended.then(async () => {
      await this.#parted;
      if (store) await this.#written();
    });
  }

  /**
   * Stops, at the end of the block: `await using cache = new WarmCache(…)`.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * {
   *   await using cache = new WarmCache({ loader: () => 'value', ttl: 60_000 });
   *   console.log(await cache.start().get());
   * } // stopped here
   * ```
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * The value. Resolves at once while there is one worth serving; joins the load in flight, or starts one, where
   * there is none.
   *
   * @throws {LoadError} There is nothing to serve, and loading failed; its `retryAt` says when the next load may start.
   * @throws {StoppedError} The cache is stopped, and its value no longer fresh.
   * @throws {RangeError} `maxAge` is negative or `NaN`.
   * @throws The reason of `signal`.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * const value = await cache.get();
   * const recent = await cache.get({ maxAge: 5000, signal: AbortSignal.timeout(1000) });
   * console.log(value.length, recent.length);
   * ```
   */
  get(options?: GetOptions): Promise<T> {
    const current = this.#current;
    if (current.fresh && options === undefined) {
      const age = turnNow() - (current.snapshot as Snapshot<T>).loadedAt;
      if (age >= 0 && age < this.#options.ttl) {
        this.#counts.fresh += 1;
        return current.hot;
      }
    }
    const value = this.#read(options ?? {});
    // As with every promise of a cache, whoever ignores it is not to find an unhandled rejection.
    value.catch(() => {});
    return value;
  }

  /**
   * The snapshot, while it is fresh or stale; once stopped, while it is fresh. Synchronous, starts nothing, and costs
   * as much as reading a field. Not counted among the reads.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * const snapshot = cache.peek();
   * if (snapshot) console.log(snapshot.value, snapshot.version);
   * ```
   */
  peek(): Snapshot<T> | undefined {
    return this.#served ?? (this.#isStopped ? this.#servable() : undefined);
  }

  /**
   * Resolves with the first snapshot, be it there or still to come; waits through failed loads.
   *
   * @throws {WarmCacheError} With code `ERR_READY_TIMEOUT`: there was none within `timeout` ms.
   * @throws {StoppedError} The cache is stopped, or was meanwhile.
   * @throws {RangeError} `timeout` is negative or `NaN`.
   * @throws The reason of `signal`.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * cache.start();
   * await cache.ready({ timeout: 10_000 });
   * ```
   */
  ready({ signal, timeout = Infinity }: ReadyOptions = {}): Promise<Snapshot<T>> {
    expect('timeout', timeout, [0]);
    const snapshot = this.#servable();
    if (snapshot) return Promise.resolve(snapshot);
    const ready = this.#wait('ready', 0, {
      signal,
      timeout,
      onTimeout: () =>
        new WarmCacheError(
          this.label,
          'ERR_READY_TIMEOUT',
          `no value within ${timeout} ms`,
          this.#lastError,
        ),
    });
    if (!signal?.aborted) this.#loadIfIdle();
    return ready;
  }

  /**
   * Says that the value is out of date. Resolves with a snapshot whose load **started after the call**, and that load
   * is on its way at once; meanwhile the old value is served as stale. The promise may be ignored.
   *
   * @throws {LoadError} That load failed. The value counts as stale until one succeeds.
   * @throws {WarmCacheError} With code `ERR_SHARED`: the other processes that the value is `shared` with could not be told. They
   * are as soon as may be, and the value is loaded here all the same.
   * @throws {StoppedError} The cache is stopped, or was meanwhile.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * declare function addFlag(name: string): Promise<void>;
   * await addFlag('new-checkout');
   * const { value } = await cache.invalidate();
   * console.log(value.includes('new-checkout'));
   * ```
   */
  invalidate({ purge = false }: InvalidateOptions = {}): Promise<Snapshot<T>> {
    const since = this.#seq + 1;
    this.#outdate(since, purge);
    const next = this.#wait('demand', since);
    const told = this.#isStopped ? undefined : this.#member?.invalidate(purge);
    this.#announce(() => {
      this.#ask('invalidate');
      this.#emit('invalidate', { purge });
    });
    if (!told) return next;
    const both = told.then(() => next);
    both.catch(() => {});
    return both;
  }

  /**
   * Asks for a load now, or shares the one in flight. The promise may be ignored.
   *
   * @throws {LoadError} The load failed.
   * @throws {StoppedError} The cache is stopped, or was meanwhile.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * const { version } = await cache.refresh();
   * console.log(version);
   * ```
   */
  refresh(): Promise<Snapshot<T>> {
    return this.#joinOrAsk('demand', 'refresh');
  }

  /**
   * Publishes a value that the caller knows, as after its own write. A load that started before can't undo it.
   *
   * @throws {StoppedError} The cache is stopped.
   * @throws What an `eager` view throws, of whose value it is the source: nothing is published then.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * cache.set([...(cache.peek()?.value ?? []), 'new-checkout']);
   * ```
   */
  set(value: T): Snapshot<T> {
    if (this.#isStopped) throw this.#stoppedError();
    const { snapshot: previous, hash: standing } = this.#current;
    // Told afterwards, for a listener may set another value.
    const faults: unknown[] = [];
    const onFault = (error: unknown): void => void faults.push(error);
    const hash = hashOf(value, this.#options, { onFault });
    const same = isSame(value, hash, this.#options, {
      snapshot: previous,
      hash: standing,
      onFault,
    });
    this.#prepare(value);
    const snapshot = this.#current.set(value, hash, this.#seq + 1);
    this.#counts.lastChangeAt = snapshot.loadedAt;
    this.#settle();
    this.#waiters.settle(Infinity, undefined, snapshot, 'demand');
    // Before a listener can purge it, or set another.
    this.#keep()?.save(snapshot, undefined);
    this.#member?.put(snapshot);
    this.#tell(snapshot, previous, 'set', 0, same);
    for (const error of faults) this.#emitError(error);
    this.#watch();
    return snapshot;
  }

  /**
   * A value derived from each snapshot, computed once a version: at its first read, or, `eager`, before the version is
   * published. Make it once, beside the cache.
   *
   * @param fn - Derives it; is called with nothing but the value, and isn't to change that.
   * @throws {TypeError} An argument is of the wrong type.
   * @throws What `fn` throws, where the view is `eager` and there is a value already.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * const players = new WarmCache({
   *   loader: () => [{ name: 'ace', rating: 1516 }, { name: 'bolt', rating: 1484 }],
   *   ttl: 60_000,
   * });
   * const best = players.select((rows) => rows.toSorted((a, b) => b.rating - a.rating)[0]);
   * console.log((await best.get())?.name);
   * ```
   */
  select<U>(fn: (value: T) => U, options: SelectOptions<U> = {}): View<U> {
    expect('fn', fn, 'function');
    expect('options', options, 'object');
    this.#viewSource ??= {
      get: (limits) => this.get(limits),
      peek: () => this.peek(),
      latest: () => this.#current.snapshot,
      beforePublish: (prepare) => {
        this.#prepares ??= [];
        this.#prepares.push(prepare);
      },
    };
    return viewOf(this.#viewSource, fn, options);
  }

  /**
   * How the cache does: plain data, the same after a trip through JSON.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * declare const cache: WarmCache<string[]>;
   * const { status, age, loads } = cache.health();
   * console.log(status, age, loads.failed);
   * ```
   */
  health(): HealthReport {
    const { freshness, snapshot, version } = this.#current;
    const load = this.#loading;
    const interval = this.#rate?.interval ?? this.#options.refreshInterval;
    return {
      name: this.name,
      status: this.#statusOf(freshness),
      running: this.#phase === 'running',
      age: snapshot ? Date.now() - snapshot.loadedAt : null,
      loadedAt: snapshot?.loadedAt ?? null,
      version,
      load: load ? { reason: load.reason, attempt: load.attempt, startedAt: load.loadedAt } : null,
      nextLoadAt:
        this.#activity?.seq || this.#queued || this.#timer.dueTick === Infinity
          ? null
          : Math.round(Date.now() + this.#timer.dueTick - performance.now()),
      interval: {
        ms: Number.isFinite(interval) ? interval : null,
        why: this.#rate?.why ?? 'refreshInterval',
      },
      durations: this.#durations.summary(),
      ...this.#counts.report(),
      shared: this.#member?.report() ?? null,
    };
  }

  /**
   * Stands in errors.
   *
   * @internal
   */
  protected get label(): string {
    return this.name;
  }

  /**
   * Which cache it is, for the tracing channel.
   *
   * @internal
   */
  protected get traced(): { readonly name: string; readonly key?: unknown } {
    return { name: this.name };
  }

  /** @internal */
  protected get storeKey(): string {
    return this.name;
  }

  /**
   * How the cache does, in one line for people; `console.log(cache)` prints it too.
   *
   * @example
   * ```ts
   * import { WarmCache } from 'warm-cache';
   *
   * const board = new WarmCache({ name: 'board', loader: () => ['ace'], ttl: 60_000 });
   * console.log(board.inspect());
   * ```
   */
  override inspect(): string {
    return lineOf(this.health(), Date.now());
  }

  get #loading(): Load | undefined {
    const activity = this.#activity;
    return activity?.seq && !activity.stopped ? activity : undefined;
  }

  get #lastError(): LoadError | undefined {
    return this.#activity?.error;
  }

  get #isStopped(): boolean {
    return this.#phase === 'stopped' || this.#phase === 'draining';
  }

  #begin(): void {
    this.#phase = 'running';
    this.#member?.start();
    this.#emit('start', {});
    this.#watch();
    this.#restore();
  }

  // What is served

  async #read({ maxAge = Infinity, signal }: GetOptions): Promise<T> {
    expect('maxAge', maxAge, [0]);
    signal?.throwIfAborted();
    const counts = this.#counts;
    const snapshot = this.#servable();
    if (snapshot && this.#current.isYoung(maxAge, snapshot)) {
      const fresh = this.#current.freshness === 'fresh';
      counts[fresh ? 'fresh' : 'stale'] += 1;
      if (!fresh) this.#loadIfIdle();
      return snapshot.value;
    }
    // The clock may have jumped past the expiry, while the timer that `peek()` trusts has slept.
    if (!snapshot && this.#served) this.#watch();
    try {
      if (this.#lastError) throw this.#lastError;
      const next = this.#joinOrAsk('read', 'read', maxAge, signal);
      if (!this.#isStopped) counts.waited += 1;
      return (await next).value;
    } catch (error) {
      if (!signal?.aborted) counts.failedReads += 1;
      throw error;
    }
  }

  /** The snapshot if a read may have it: fresh, or stale while newer ones are still to come. */
  #servable(): Snapshot<T> | undefined {
    const { freshness, snapshot } = this.#current;
    return freshness === 'fresh' || (freshness && !this.#isStopped) ? snapshot : undefined;
  }

  /** Only a load from `since` on is good enough from now on. */
  #outdate(since: number, purge: boolean): void {
    this.#current.invalidate(since, purge);
    if (!purge) return;
    this.#served = undefined;
    this.#waiters.raise(since);
    this.#keep()?.drop();
  }

  #settle(): Freshness {
    const freshness = this.#current.settle();
    this.#served = this.#isStopped ? undefined : freshness && this.#current.snapshot;
    return freshness;
  }

  /** Brings what is served in line with the clock, and says so if that changes the status. */
  #watch(): void {
    if (this.#phase === 'stopped') return;
    const from = this.#status;
    const to = this.#statusOf(this.#settle());
    if (from === to) return;
    this.#status = to;
    this.#emit('status', { from, to });
  }

  /** Tells of something: what listeners ask for meanwhile starts afterwards. */
  #announce(tell: () => void): void {
    const outer = this.#telling;
    this.#telling = true;
    tell();
    this.#watch();
    this.#telling = outer;
    this.#plan();
  }

  #statusOf(freshness: Freshness): CacheStatus {
    if (freshness === 'fresh') return 'READY';
    if (freshness && !this.#isStopped) return 'STALE';
    return this.#counts.consecutiveFailures > 0 ? 'ERROR' : 'NOT_READY';
  }

  // When to load

  #wait(kind: Waiter<T>['kind'], since: number, limits?: WaitLimits): Promise<Snapshot<T>> {
    const next = this.#waiters.wait(kind, since, limits, this.#isStopped && this.#stoppedError());
    if (kind !== 'demand') this.#host.promote(this);
    return next;
  }

  /** Waits for the load in flight if that is good enough, else for the next one. */
  #joinOrAsk(
    kind: 'demand' | 'read',
    reason: LoadReason,
    maxAge = Infinity,
    signal?: AbortSignal,
  ): Promise<Snapshot<T>> {
    const load = this.#loading;
    const join =
      load && this.#current.mayPublish(load.seq) && this.#current.isYoung(maxAge, load, load.seq);
    const next = this.#wait(kind, join ? load.seq : this.#seq + 1, { maxAge, signal });
    if (!join) this.#ask(reason);
    return next;
  }

  #loadIfIdle(): void {
    if (!this.#activity) this.#ask('read');
  }

  /** Has a load started as soon as may be: at once, after the one in flight, or when the backoff allows it. */
  #ask(reason: LoadReason): void {
    if (this.#isStopped) return;
    if (!this.#pending || reason !== 'read') this.#pending = reason;
    this.#plan();
  }

  /** Starts the next load, or arms the timer for it. */
  #plan(): void {
    const activity = this.#activity;
    if (this.#isStopped || activity?.seq || this.#telling || this.#queued) return;
    let delay = Infinity;
    if (activity) {
      // A demand breaks into the backoff at once, but only once in `minDelay`.
      const { minDelay } = this.#options.backoff;
      const dueTick = this.#pending ? (this.#demandTick ?? -Infinity) + minDelay : Infinity;
      delay = Math.min((activity as Backoff).until, dueTick) - performance.now();
    } else if (this.#pending) delay = 0;
    else if (this.#phase === 'running') {
      const { ttl, maxStale, jitter, refreshInterval } = this.#options;
      const interval = this.#rate?.interval ?? refreshInterval;
      const slowest = Math.max(this.#durations.slowest, this.#othersTook);
      const period = refreshPeriod(interval, ttl, maxStale, slowest);
      const tick =
        this.#member?.nextTick(this.#loadTick, period) ??
        this.#host.nextTick(this, this.#loadTick, period, jitter);
      delay = Math.max(1, tick - performance.now());
    }
    if (delay > 0) this.#timer.arm(delay);
    else this.#onTimer();
  }

  #onTimer(): void {
    const activity = this.#activity;
    if (activity?.seq) {
      this.#counts.abandoned += 1;
      this.#onLoadEnd(activity, {
        kind: 'timeout',
        message: `no end within ${this.#options.loadTimeout} ms`,
      });
      return;
    }
    if (this.#queued) {
      // Nobody knows what keeps whoever is to let it in.
      this.#member?.withdraw();
      this.proceed();
      return;
    }
    const wanted =
      this.#pending ||
      this.#waiters.size > 0 ||
      (this.#phase === 'running' && this.#host.isHot(this));
    if (!wanted) {
      this.#activity = undefined;
      this.#timer.cancel();
    } else if (!this.#host.admit(this)) {
      this.#queued = true;
      this.#timer.cancel();
    } else if (this.#member) {
      this.#queued = true;
      this.#timer.arm(this.#member.patience);
      this.#member.claim(this.#pending === 'refresh');
    } else this.#load();
  }

  /** @internal */
  onAlarm(kind: AlarmKind): void {
    if (kind === 'load') this.#onTimer();
    else {
      this.#current.disarm();
      this.#watch();
    }
  }

  /**
   * Starts the load that its host has kept waiting.
   *
   * @internal
   */
  proceed(): void {
    this.#queued = false;
    this.#load();
  }

  /**
   * The loader is called for the load under way, by a host that makes the attempts for several caches at once.
   *
   * @internal
   */
  onAttempt(attempt: number): void {
    if (this.#loading) this.#loading.attempt = attempt;
  }

  /**
   * That attempt failed, and isn't the last one: the next is in `delay` ms.
   *
   * @internal
   */
  onAttemptFailed(error: unknown, delay: number): void {
    const load = this.#loading;
    if (load) this.#emitError(error, load, Math.round(Date.now() + delay));
  }

  /**
   * Begins the loop, with a value that is there already, or a load under way.
   *
   * @internal
   */
  begin(): void {
    this.#tellStop();
    if (this.#phase === 'running') return;
    this.#begin();
    if (this.#loadTick === 0) this.#loadTick = performance.now();
    this.#plan();
  }

  /**
   * May load again when it is asked to, though its loop isn't begun: as soon as a loader that ran when it was stopped has
   * settled.
   *
   * @internal
   */
  reopen(): void {
    if (this.#phase === 'draining') this.#halt();
    if (this.#phase !== 'stopped') return;
    this.#phase = 'new';
    this.#watch();
  }

  /**
   * Whether there is a value that may be served, stopped or not.
   *
   * @internal
   */
  get hasServable(): boolean {
    return this.#current.freshness !== undefined;
  }

  /**
   * Whether a load is under way, or somebody waits for one.
   *
   * @internal
   */
  get isBusy(): boolean {
    return this.#activity?.seq !== undefined || this.#queued || this.#waiters.size > 0;
  }

  /** @internal */
  get hasReaders(): boolean {
    return this.#waiters.hasReaders;
  }

  /** @internal */
  get status(): CacheStatus {
    return this.#statusOf(this.#current.freshness);
  }

  /** @internal */
  get counts(): Counts {
    return this.#counts;
  }

  /**
   * Goes on with the loop that rested because its host didn't want the value hot.
   *
   * @internal
   */
  wake(): void {
    this.#plan();
  }

  #load(): void {
    const reason = this.#pending ?? (this.#activity ? 'retry' : 'interval');
    const load: Load = {
      seq: ++this.#seq,
      reason,
      loadedAt: Date.now(),
      startedTick: performance.now(),
      controller: new AbortController(),
      stopped: false,
      probed: false,
      skipped: false,
      attempt: 0,
    };
    if (this.#activity && this.#pending) this.#demandTick = load.startedTick;
    this.#loadTick = load.startedTick;
    this.#pending = undefined;
    this.#activity = load;
    this.#timer.arm(this.#options.loadTimeout);
    this.#emit('load', { reason, startedAt: load.loadedAt });
    const run = (): Promise<void> =>
      runLoad(load, this.#host.optionsOf(this, this.#options), this.#loadHost(load)).then(
        (result) => {
          const isOver = load.stopped || this.#activity !== load;
          if (!this.#member || isOver || !('token' in result)) return this.#onLoaded(load, result);
          return this.#member
            .publish(load.startedTick, result)
            .then((answer) => this.#onLoaded(load, answer));
        },
      );
    if (!isTraced()) {
      outsideRequests(run);
      return;
    }
    load.trace = { ...this.traced, reason, startedAt: load.loadedAt };
    outsideRequests(traceStart, load.trace, run);
  }

  #onLoaded(load: Load, result: LoadAnswer<T> | LoadFailure): void {
    if (this.#activity === load) this.#onLoadEnd(load, this.#prepared(load, result));
    else this.#counts.abandoned -= 1;
  }

  #traceEnd(load: Load, outcome: LoadOutcome, error?: unknown): void {
    if (load.trace) traceEnd(load.trace, outcome, performance.now() - load.startedTick, error);
    load.trace = undefined;
  }

  /** What a load needs to know of the cache and tells it. */
  #loadHost(load: Load): LoadHost<T> {
    const current = this.#current;
    const host = this.#host;
    const { skipToken, snapshot } = current;
    return {
      get snapshot() {
        return current.snapshot;
      },
      get hash() {
        return current.hash;
      },
      get skipToken() {
        // As it was at the start, for an invalidation since then is to be heeded; but what came from the store since
        // then is as good as if it had been there.
        return snapshot ? skipToken : current.skipToken;
      },
      onAttemptFailed: (error, delay) => {
        if (load !== this.#loading) return;
        host.pause(this);
        this.#emitError(error, load, Math.round(Date.now() + delay));
      },
      beforeRetry: (signal) => host.resume(this, signal),
      onFault: (error) => {
        if (load === this.#loading) this.#emitError(error, load, undefined, false, 0);
      },
    };
  }

  /** Has the eager views derived from a value that is about to be published. */
  #prepare(value: T): void {
    const publication = {};
    this.#prepares?.forEach((prepare) => {
      prepare(value, publication);
    });
  }

  /** The same at the end of a load, which fails where they do. */
  #prepared(load: Load, result: LoadAnswer<T> | LoadFailure): LoadAnswer<T> | LoadFailure {
    const isNext =
      result.kind === 'published' && !load.stopped && this.#current.mayPublish(load.seq);
    if (!isNext) return result;
    try {
      this.#prepare(result.value);
      return result;
    } catch (cause) {
      return { kind: 'failed', message: messageOf(cause), cause };
    }
  }

  // What comes of it

  #onLoadEnd(load: Load, result: LoadAnswer<T> | LoadFailure | 'superseded'): void {
    this.#activity = undefined;
    this.#timer.cancel();
    this.#host.release(this);
    if (!load.stopped) {
      this.#telling = true;
      const duration = performance.now() - load.startedTick;
      const { reason } = load;
      this.#counts.probes += load.probed ? 1 : 0;
      this.#keeper?.retry();
      const failures = this.#counts.consecutiveFailures;
      const outcome = this.#conclude(load, result, duration);
      this.#traceEnd(load, outcome, this.#lastError);
      if (duration > this.#options.slowThreshold) this.#emit('slow', { reason, outcome, duration });
      this.#tellEnd();
      if (this.#phase === 'draining') this.#halt();
      else this.#watch();
      if (this.#rate && result !== 'superseded' && 'token' in result)
        this.#choose(this.#rate, duration, failures);
      this.#telling = false;
    }
    load.ended?.resolve();
    this.#plan();
  }

  #conclude(
    load: Load,
    result: LoadAnswer<T> | LoadFailure | 'superseded',
    duration: number,
  ): LoadOutcome {
    if (result === 'superseded') {
      this.#counts.superseded += 1;
      this.#untoldEnd = endOf(load, result, duration);
      return result;
    }
    return 'token' in result
      ? this.#succeed(load, result, duration)
      : this.#fail(load, result, duration);
  }

  #succeed(load: Load, answer: LoadAnswer<T>, duration: number): LoadOutcome {
    const { seq, reason } = load;
    const current = this.#current;
    const counts = this.#counts;
    const previous = current.snapshot;
    const outcome = current.answer(load, answer);
    counts.skipped += load.skipped ? 1 : 0;
    this.#durations.add(duration);
    this.#settle();
    counts[outcome] += 1;
    this.#untoldEnd = endOf(load, outcome, duration);
    counts.consecutiveFailures = 0;
    counts.lastContactAt = Date.now();
    this.#unchangedStreak = outcome === 'unchanged' ? this.#unchangedStreak + 1 : 0;
    const { snapshot } = current;
    if (snapshot) {
      this.#waiters.settle(seq, undefined, snapshot);
      if (outcome === 'published') {
        counts.lastChangeAt = counts.lastContactAt;
        this.#keep()?.save(snapshot, current.token);
        this.#tell(snapshot, previous, reason, duration);
      } else if (outcome === 'unchanged') {
        this.#keep()?.renew(snapshot, current.token, this.#options.ttl);
        this.#emit('unchanged', { snapshot, previous, reason, duration });
      }
    }
    return outcome;
  }

  /** Tells of a snapshot that was published. */
  #tell(
    snapshot: Snapshot<T>,
    previous: Snapshot<T> | undefined,
    reason: WarmCacheEvents<T>['refresh']['reason'],
    duration: number,
    same = false,
  ): void {
    const isSame = same || (previous && Object.is(snapshot.value, previous.value));
    if (!isSame) this.#untold = previous && this.#untold ? this.#untold : { previous };
    this.#emit('refresh', { snapshot, previous, reason, duration });
    const change = this.#untold;
    // A listener may have published something newer, and that has been told: whoever follows `change` ends with it.
    if (!change || this.#current.snapshot !== snapshot) return;
    this.#untold = undefined;
    this.#emit('change', { snapshot, previous: change.previous, reason });
  }

  // What is kept across restarts

  #keep(): Keeper<T> | undefined {
    const { store, codec, ttl, maxStale } = this.#options;
    if (!store || this.#keeper) return this.#keeper;
    this.#keeper = new Keeper(this.storeKey, { store, codec, ttl, maxStale }, (error) => {
      this.#emitError(error);
    });
    return this.#keeper;
  }

  /** Serves what was kept, unless there is something newer by the time that it is read. */
  #restore(): void {
    if (this.#current.version > 0) return;
    const tick = performance.now();
    void outsideRequests(() =>
      this.#keep()
        ?.restore()
        .then((kept) => {
          if (kept) this.#adopt(kept, tick);
        }),
    );
  }

  #adopt({ value, loadedAt, token }: Restored<T>, tick: number): void {
    const current = this.#current;
    const isLate = (): boolean =>
      this.#phase !== 'running' || current.snapshot !== undefined || !current.mayPublish(0);
    if (isLate()) return;
    const hash = hashOf(value, this.#options, { onFault: (error) => this.#emitError(error) });
    try {
      this.#prepare(value);
    } catch (error) {
      this.#emitError(error);
      return;
    }
    if (isLate()) return;
    const snapshot = current.restore(value, hash, loadedAt, token);
    this.#settle();
    if (this.#servable()) {
      this.#waiters.offer(
        snapshot,
        ({ kind, maxAge }) => kind !== 'demand' && current.isYoung(maxAge, snapshot),
      );
    }
    this.#tell(snapshot, undefined, 'store', performance.now() - tick);
    this.#watch();
  }

  /** Resolves when what is to be kept is written, or the time of a load has passed. */
  async #written(): Promise<void> {
    const keeper = this.#keeper;
    if (!keeper) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const patience = new Timer(resolve);
    patience.arm(this.#options.loadTimeout);
    patience.hold(true);
    void keeper.written().then(() => {
      patience.cancel();
      resolve();
    });
    await promise;
  }

  /** Has the options' function choose the interval anew. */
  #choose(rate: Rate, lastDuration: number, failures: number): void {
    const { snapshot } = this.#current;
    const { fresh, stale, waited, failedReads } = this.#counts;
    const now = Date.now();
    const observed = {
      now,
      lastDuration,
      changed: this.#unchangedStreak === 0,
      unchangedStreak: this.#unchangedStreak,
      failures,
      age: snapshot ? now - snapshot.loadedAt : 0,
    };
    try {
      const { policy } = this.#host.optionsOf(this, this.#options);
      if (policy) rate.update(policy, observed, fresh + stale + waited + failedReads);
    } catch (error) {
      this.#emitError(error);
    }
  }

  #fail(load: Load, failure: LoadFailure, duration: number): LoadOutcome {
    const { kind, message } = failure;
    const { backoff, jitter } = this.#options;
    const counts = this.#counts;
    counts[kind] += 1;
    counts.consecutiveFailures += 1;
    const delay = jittered(backoffDelay(counts.consecutiveFailures, backoff), jitter);
    const error = this.#backOff(failure, delay);
    this.#untoldEnd = endOf(load, kind, duration, error);
    // Reads wait for the retry: they may not make an outage worse.
    if (this.#pending === 'read') this.#pending = undefined;
    this.#waiters.settle(load.seq, error, undefined, 'ready');
    this.#member?.release(delay, message);
    this.#emitError(error, load, error.retryAt, true);
    // Last of all, for the loader's handler may do as it likes.
    if (kind === 'timeout') load.controller.abort(error);
    return kind;
  }

  /** Puts off the next load, but one that is demanded. */
  #backOff({ kind, message, cause }: LoadFailure, delay: number): LoadError {
    const retryAt = Math.round(Date.now() + delay);
    const Failure = kind === 'timeout' ? LoadTimeoutError : LoadError;
    const error = new Failure(this.label, kind, message, cause, retryAt);
    this.#counts.lastError = { message: error.message, at: Date.now() };
    this.#activity = { until: performance.now() + delay, error };
    return error;
  }

  // What is shared with other processes

  #sharedHost(): SharedHost<T> {
    const { name } = this;
    const options = this.#options;
    const current = this.#current;
    const loading = (): Load | undefined => this.#loading;
    return {
      name,
      options,
      get snapshot() {
        return current.snapshot;
      },
      get origin() {
        return current.origin;
      },
      get loadTick() {
        return loading()?.startedTick;
      },
      admitted: () => {
        if (this.#queued) this.proceed();
      },
      refused: (reason, rest) => this.#onRefused(reason, rest),
      take: (value) => this.#take(value),
      attribute: (snapshot, origin) => {
        if (current.snapshot === snapshot) current.origin = origin;
      },
      invalidated: (purge) => this.#onInvalidated(purge),
      want: () => {
        if (this.#phase !== 'running' || this.#activity || this.#pending) return;
        this.#ask(current.isOutdated ? 'invalidate' : 'interval');
      },
      lost: () => this.#onLost(),
      replan: () => this.#plan(),
      onError: (error) => this.#emitError(error),
    };
  }

  /** Publishes what another process has loaded. */
  #take(value: SharedValue<T>): boolean {
    const current = this.#current;
    const { snapshot: previous, hash: standing } = current;
    const { content, isCurrent, origin } = value;
    if (this.#isStopped) return false;
    const onFault = (error: unknown): void => this.#emitError(error);
    const hash = content && hashOf(content.value, this.#options, { onFault });
    const facts = { snapshot: previous, hash: standing, onFault };
    const same = !content || isSame(content.value, hash, this.#options, facts);
    try {
      if (content && !same) this.#prepare(content.value);
    } catch (error) {
      this.#emitError(error);
      return false;
    }
    // The functions of the options and listeners may do as they like.
    if (this.#isStopped || current.snapshot !== previous) return false;
    // Whoever was paused can't tell.
    const { took = Infinity } = value;
    if (took <= this.#options.loadTimeout) this.#othersTook = took;
    const load = this.#loading;
    const seq = load && !value.outdatesLoad ? load.seq - 1 : ++this.#seq;
    const snapshot = current.take(value, hash, same, seq);
    const counts = this.#counts;
    counts.lastContactAt = Date.now();
    counts.consecutiveFailures = 0;
    this.#unchangedStreak = same ? this.#unchangedStreak + 1 : 0;
    if (!load) {
      if (!this.#activity?.seq) this.#activity = undefined;
      this.#loadTick = Math.max(this.#loadTick, origin.tick);
    }
    const freshness = this.#settle();
    this.#waiters.offer(snapshot, ({ kind, maxAge, since, askedTick }) => {
      if (kind === 'demand') return isCurrent && since <= seq;
      const isYoung = maxAge === Infinity || (isCurrent && origin.tick >= askedTick - maxAge);
      return freshness !== undefined && isYoung;
    });
    if (isCurrent && freshness === 'fresh' && !load) {
      // What the claim was for is here.
      this.#queued = false;
      this.#timer.cancel();
      this.#member?.withdraw();
      this.#pending = this.#waiters.size > 0 ? 'read' : undefined;
    }
    this.#announce(() => {
      if (same) {
        this.#keep()?.renew(snapshot, current.token, this.#options.ttl);
        this.#emit('unchanged', { snapshot, previous, reason: 'shared', duration: 0 });
      } else {
        counts.lastChangeAt = counts.lastContactAt;
        this.#keep()?.save(snapshot, current.token);
        this.#tell(snapshot, previous, 'shared', 0);
      }
    });
    return true;
  }

  #onInvalidated(purge: boolean): void {
    if (this.#isStopped) return;
    this.#outdate(this.#seq + 1, purge);
    this.#announce(() => {
      if (this.#phase === 'running') this.#ask('invalidate');
      this.#emit('invalidate', { purge });
    });
  }

  /** Another process's load has failed, and all wait before the next. */
  #onRefused(reason: string, rest: number): void {
    if (!this.#queued) return;
    this.#queued = false;
    this.#pending = undefined;
    this.#counts.consecutiveFailures += 1;
    // A little later than the one whose rest it is.
    const delay = rest * (1 + this.#options.jitter * Math.random());
    const failure = { kind: 'failed', message: `in another process: ${reason}` } as const;
    const error = this.#backOff(failure, delay);
    this.#announce(() => {
      this.#waiters.settle(this.#seq + 1, error, undefined, 'ready');
      this.#emitError(error, undefined, error.retryAt, true);
    });
  }

  /** Others may be loading already: what the load in flight brings is nobody's any more. */
  #onLost(): void {
    const load = this.#loading;
    if (!load) return;
    this.#counts.abandoned += 1;
    this.#pending ??= load.reason;
    this.#onLoadEnd(load, 'superseded');
    load.controller.abort(new WarmCacheError(this.label, 'ERR_SHARED', 'the lease was lost'));
  }

  // Stopping

  /** Ends everything but the loader itself, if one runs. */
  #halt(): void {
    const load = this.#loading;
    this.#phase = 'stopped';
    this.#pending = undefined;
    this.#untold = undefined;
    this.#current.disarm();
    this.#served = undefined;
    if (this.#queued) this.#host.withdraw(this);
    this.#queued = false;
    this.#parted = this.#member?.stop();
    if (this.#waiters.size > 0) this.#waiters.settle(Infinity, this.#stoppedError());
    if (load) {
      this.#counts.stopped += 1;
      this.#traceEnd(load, 'stopped');
      load.stopped = true;
      this.#untoldEnd = endOf(load, 'stopped', performance.now() - load.startedTick);
    } else if (!this.#activity?.seq) {
      this.#activity = undefined;
      this.#timer.cancel();
    }
    this.#owesStop = true;
    this.#tellStop();
    // Last of all, for the loader's handler may start the cache again.
    load?.controller.abort(this.#stoppedError());
  }

  /** Tells of the load that has ended: whoever stops the cache before that is told has it told first. */
  #tellEnd(): void {
    const end = this.#untoldEnd;
    this.#untoldEnd = undefined;
    if (end) this.emit('loadEnd', end);
  }

  #tellStop(): void {
    if (this.#owesStop) this.#tellEnd();
    // A listener may have started the cache again, and so had it told.
    if (!this.#owesStop) return;
    this.#owesStop = false;
    this.emit('stop', {});
  }

  #stoppedError(): StoppedError {
    return new StoppedError(this.label, 'ERR_STOPPED', 'the cache is stopped');
  }

  /** A listener, or the loader's abort handler, may stop the cache at any time: nothing is emitted after that. */
  #emit<E extends keyof WarmCacheEvents<T>>(
    event: E,
    payload: Omit<WarmCacheEvents<T>[E], 'name'>,
  ): void {
    if (this.#phase !== 'stopped') this.emit(event, payload);
  }

  #emitError(
    error: unknown,
    load?: Load,
    retryAt?: number,
    final = false,
    attempt: number = load?.attempt ?? 0,
  ): void {
    this.#emit('error', {
      error,
      reason: load?.reason,
      attempt,
      final,
      retryAt,
      serving: this.#servable() !== undefined,
    });
  }
}

function endOf(load: Load, outcome: LoadOutcome, duration: number, error?: LoadError): LoadEnd {
  return { reason: load.reason, outcome, duration, startedAt: load.loadedAt, error };
}
