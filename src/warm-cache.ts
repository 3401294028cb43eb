import { turnNow } from './clock.ts';
import { outsideRequests } from './context.ts';
import { Current } from './current.ts';
import { LoadError, LoadTimeoutError, messageOf, StoppedError, WarmCacheError } from './errors.ts';
import {
  type CacheStatus,
  Listeners,
  type LoadOutcome,
  type WarmCacheEvents,
  type WarmCacheListener,
} from './events.ts';
import { type Freshness, isWithin } from './freshness.ts';
import { type HealthReport, Stats } from './health.ts';
import { Load, type LoadAnswer, type LoadFailure } from './load.ts';
import {
  expectNumber,
  type GetOptions,
  type InvalidateOptions,
  type LoadReason,
  type ReadyOptions,
  type ResolvedOptions,
  resolveOptions,
  type StopOptions,
  type WarmCacheOptions,
} from './options.ts';
import { backoffDelay, jittered, refreshPeriod, Timer } from './scheduler.ts';
import type { Snapshot } from './snapshot.ts';
import { type Waiter, Waiters, type WaitLimits } from './waiters.ts';

/** What the cache is doing. What it has is told by {@link Current} and the clock. */
type Activity<T> =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading'; readonly load: Load<T> }
  // The loader of a load that was stopped has not settled yet: no other may start.
  | { readonly kind: 'stopping'; readonly load: Load<T> }
  // No load but a demanded one before `until`, by `performance.now()`.
  | { readonly kind: 'backing-off'; readonly until: number; readonly error: LoadError };

const IDLE = { kind: 'idle' } as const;

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
export class WarmCache<T> {
  /** As in the options. */
  readonly name: string;
  readonly #options: ResolvedOptions<T>;
  readonly #current: Current<T>;
  readonly #stats: Stats = new Stats();
  readonly #waiters: Waiters<T> = new Waiters((held) => this.#hold(held));
  /** The one timer for the next load. */
  readonly #nextLoad: Timer = new Timer(() => this.#onNextLoadDue());
  #listeners: Listeners<T> | undefined;

  #phase: 'new' | 'running' | 'stopped' = 'new';
  #activity: Activity<T> = IDLE;
  #status: CacheStatus = 'NOT_READY';
  /** Resolves as the loader that was stopped settles. */
  #stopped: PromiseWithResolvers<void> | undefined;
  /** Number of the last load that was started. */
  #seq = 0;
  /** A load that was asked for, and could not start at once. */
  #pending: LoadReason | undefined;
  /** When the last load started, by `performance.now()`; and the last one demanded while loads failed. */
  #loadTick = 0;
  #demandTick = -Infinity;

  /**
   * @throws {TypeError} An option is missing or of the wrong type.
   * @throws {RangeError} A number is out of range.
   */
  constructor(options: WarmCacheOptions<T>) {
    this.#options = resolveOptions(options);
    this.name = this.#options.name;
    const { ttl, maxStale } = this.#options;
    this.#current = new Current(ttl, maxStale, () => this.#watch());
  }

  /** Begins the loop, with a load at once. Does nothing if it was begun already. */
  start(): this {
    if (this.#phase === 'running') return this;
    // A load that `stop({ drain: true })` left to finish is cut short.
    if (this.#loading && this.#phase === 'stopped') this.#halt();
    this.#phase = 'running';
    if (this.#activity.kind !== 'stopping') this.#stopped = undefined;
    this.#listeners?.emit('start', { name: this.name });
    this.#watch();
    if (this.#activity.kind === 'idle' || this.#activity.kind === 'stopping') this.#ask('start');
    return this;
  }

  /**
   * Stops, for good or until `start()`: no timer is left, the load in flight is aborted, and whoever waits gets a
   * {@link StoppedError}. Resolves when the loader has settled, or its deadline has passed.
   */
  stop({ drain = false }: StopOptions = {}): Promise<void> {
    this.#stopped ??= Promise.withResolvers();
    const { promise } = this.#stopped;
    const loading = this.#loading !== undefined;
    if (this.#phase !== 'stopped' || (loading && !drain)) {
      this.#phase = 'stopped';
      if (!(loading && drain)) this.#halt();
    }
    return promise;
  }

  /** Stops, at the end of the block: `await using cache = new WarmCache(…)`. */
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
   */
  get(options?: GetOptions): Promise<T> {
    const { hot, snapshot } = this.#current;
    if (hot !== undefined && snapshot !== undefined && options === undefined) {
      const age = turnNow() - snapshot.loadedAt;
      if (age >= 0 && age < this.#options.ttl) {
        this.#stats.reads.fresh += 1;
        return hot;
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
   */
  peek(): Snapshot<T> | undefined {
    return this.#current.served ?? (this.#isStopped ? this.#servable() : undefined);
  }

  /**
   * Resolves with the first snapshot, be it there or still to come; waits through failed loads.
   *
   * @throws {WarmCacheError} With code `ERR_READY_TIMEOUT`: there was none within `timeout` ms.
   * @throws {StoppedError} The cache is stopped, or was meanwhile.
   * @throws {RangeError} `timeout` is negative or `NaN`.
   * @throws The reason of `signal`.
   */
  ready({ signal, timeout = Infinity }: ReadyOptions = {}): Promise<Snapshot<T>> {
    expectNumber('timeout', timeout);
    const snapshot = this.#servable();
    if (snapshot) return Promise.resolve(snapshot);
    const ready = this.#wait('ready', 0, {
      signal,
      timeout,
      onTimeout: () =>
        new WarmCacheError(
          this.name,
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
   * @throws {StoppedError} The cache is stopped, or was meanwhile.
   */
  invalidate({ purge = false }: InvalidateOptions = {}): Promise<Snapshot<T>> {
    const since = this.#seq + 1;
    this.#current.invalidate(since);
    if (purge) {
      this.#current.purge(since);
      for (const waiter of this.#waiters.all) waiter.since = Math.max(waiter.since, since);
    }
    const next = this.#wait('demand', since);
    if (!this.#isStopped) {
      this.#listeners?.emit('invalidate', { name: this.name, purge });
      this.#watch();
      this.#ask('invalidate');
    }
    return next;
  }

  /**
   * Asks for a load now, or shares the one in flight. The promise may be ignored.
   *
   * @throws {LoadError} The load failed.
   * @throws {StoppedError} The cache is stopped, or was meanwhile.
   */
  refresh(): Promise<Snapshot<T>> {
    return this.#joinOrAsk('demand', 'refresh');
  }

  /**
   * Publishes a value that the caller knows, as after its own write. A load that started before can't undo it.
   *
   * @throws {StoppedError} The cache is stopped.
   */
  set(value: T): Snapshot<T> {
    if (this.#isStopped) throw this.#stoppedError();
    const previous = this.#current.snapshot;
    this.#current.supersede(this.#seq + 1);
    const snapshot = this.#current.publish(value, Date.now(), 'set');
    this.#stats.changed();
    for (const waiter of this.#waiters.all) {
      if (waiter.kind !== 'demand') waiter.settle(undefined, snapshot);
    }
    this.#listeners?.emit('refresh', {
      name: this.name,
      snapshot,
      previous,
      reason: 'set',
      duration: 0,
    });
    this.#watch();
    return snapshot;
  }

  /** How the cache does: plain data, the same after a trip through JSON. */
  health(): HealthReport {
    const now = Date.now();
    const { snapshot, version } = this.#current;
    const load = this.#loading;
    return {
      name: this.name,
      status: this.#statusOf(this.#current.freshness(now)),
      running: this.#phase === 'running',
      age: snapshot ? now - snapshot.loadedAt : null,
      loadedAt: snapshot ? snapshot.loadedAt : null,
      version,
      load: load ? { reason: load.reason, attempt: load.attempt, startedAt: load.startedAt } : null,
      nextLoadAt: this.#nextLoad.armed ? Math.round(now + this.#nextLoad.remaining) : null,
      ...this.#stats.report(),
    };
  }

  /** Calls `listener` at each such event. */
  on<E extends keyof WarmCacheEvents<T>>(event: E, listener: WarmCacheListener<T, E>): this {
    this.#listeners ??= new Listeners();
    this.#listeners.on(event, listener);
    return this;
  }

  /** Calls `listener` at the next such event alone. */
  once<E extends keyof WarmCacheEvents<T>>(event: E, listener: WarmCacheListener<T, E>): this {
    this.#listeners ??= new Listeners();
    this.#listeners.once(event, listener);
    return this;
  }

  /** Takes a listener away that `on` or `once` added. */
  off<E extends keyof WarmCacheEvents<T>>(event: E, listener: WarmCacheListener<T, E>): this {
    this.#listeners?.off(event, listener);
    return this;
  }

  get #loading(): Load<T> | undefined {
    return this.#activity.kind === 'loading' ? this.#activity.load : undefined;
  }

  get #lastError(): LoadError | undefined {
    return this.#activity.kind === 'backing-off' ? this.#activity.error : undefined;
  }

  get #isStopped(): boolean {
    return this.#phase === 'stopped';
  }

  // What is served

  async #read({ maxAge = Infinity, signal }: GetOptions): Promise<T> {
    expectNumber('maxAge', maxAge);
    signal?.throwIfAborted();
    const { reads } = this.#stats;
    const now = Date.now();
    const snapshot = this.#servable();
    if (snapshot && this.#current.isWithin(now, maxAge)) {
      const fresh = this.#current.freshness(now) === 'fresh';
      reads[fresh ? 'fresh' : 'stale'] += 1;
      if (!fresh) this.#loadIfIdle();
      return snapshot.value;
    }
    // The clock may have jumped past the expiry, while the timer that `peek()` trusts has slept.
    if (!snapshot && this.#current.served) this.#watch();
    try {
      if (this.#lastError) throw this.#lastError;
      const next = this.#joinOrAsk('read', 'read', maxAge, signal);
      if (!this.#isStopped) reads.waited += 1;
      return (await next).value;
    } catch (error) {
      if (!signal?.aborted) reads.failed += 1;
      throw error;
    }
  }

  /** The snapshot if a read may have it: fresh, or stale while newer ones are still to come. */
  #servable(): Snapshot<T> | undefined {
    const freshness = this.#current.freshness(Date.now());
    return freshness === 'fresh' || (freshness === 'stale' && !this.#isStopped)
      ? this.#current.snapshot
      : undefined;
  }

  /** Brings what is served in line with the clock, and says so if that changes the status. */
  #watch(): void {
    const from = this.#status;
    const to = this.#statusOf(this.#current.settle(Date.now()));
    if (from === to) return;
    this.#status = to;
    this.#listeners?.emit('status', { name: this.name, from, to });
  }

  #statusOf(freshness: Freshness | undefined): CacheStatus {
    if (freshness === 'fresh') return 'READY';
    if (freshness === 'stale' && !this.#isStopped) return 'STALE';
    return this.#stats.consecutiveFailures > 0 ? 'ERROR' : 'NOT_READY';
  }

  // When to load

  #wait(kind: Waiter<T>['kind'], since: number, limits?: WaitLimits): Promise<Snapshot<T>> {
    const wait = this.#waiters.add(kind, since, limits);
    if (this.#isStopped) this.#rejectAll();
    return wait;
  }

  /** Waits for the load in flight if that is good enough, else for the next one. */
  #joinOrAsk(
    kind: 'demand' | 'read',
    reason: LoadReason,
    maxAge = Infinity,
    signal?: AbortSignal,
  ): Promise<Snapshot<T>> {
    const load = this.#loading;
    const join = load && this.#current.mayPublish(load.seq) && this.#isYoung(load, maxAge);
    const next = this.#wait(kind, join ? load.seq : this.#seq + 1, { signal });
    if (!join) this.#ask(reason);
    return next;
  }

  #isYoung(load: Load<T>, maxAge: number): boolean {
    return (
      maxAge === Infinity ||
      (isWithin(Date.now() - load.startedAt, maxAge) && this.#current.isConfirmedBy(load.seq))
    );
  }

  #loadIfIdle(): void {
    if (this.#activity.kind === 'idle') this.#ask('read');
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
    if (this.#isStopped || 'load' in activity) return;
    let delay = Infinity;
    if (activity.kind === 'backing-off') {
      // A demand breaks into the backoff at once, but only once in `minDelay`.
      const { minDelay } = this.#options.backoff;
      const dueTick = isDemand(this.#pending) ? this.#demandTick + minDelay : Infinity;
      delay = Math.min(activity.until, dueTick) - performance.now();
    } else if (this.#pending) delay = 0;
    else if (this.#phase === 'running') {
      const { ttl, maxStale, jitter } = this.#options;
      const period = refreshPeriod(this.#interval(), ttl, maxStale, this.#stats.slowest);
      delay = Math.max(1, jittered(period, jitter) + this.#loadTick - performance.now());
      // The options' function may have asked for a load, or stopped the cache.
      if (this.#activity !== activity || this.#isStopped) return;
    }
    if (delay > 0) this.#nextLoad.arm(delay);
    else this.#onNextLoadDue();
  }

  #interval(): number {
    const { refreshInterval, ttl } = this.#options;
    if (typeof refreshInterval === 'number') return refreshInterval;
    try {
      const interval = refreshInterval(this.#stats.intervalContext(Date.now()));
      expectNumber('refreshInterval()', interval, Number.MIN_VALUE);
      return interval;
    } catch (error) {
      const message = `refreshInterval failed: ${messageOf(error)}`;
      this.#emitError(new WarmCacheError(this.name, 'ERR_REFRESH_INTERVAL', message, error));
      return ttl;
    }
  }

  #onNextLoadDue(): void {
    let waited = this.#phase === 'running';
    for (const waiter of this.#waiters.all) waited ||= waiter.kind === 'ready';
    const reason = this.#activity.kind === 'idle' ? 'interval' : 'retry';
    if (this.#pending || waited) this.#load(this.#pending ?? reason);
    else this.#activity = IDLE;
  }

  #load(reason: LoadReason): void {
    const { snapshot, token, invalidated } = this.#current;
    this.#nextLoad.cancel();
    this.#pending = undefined;
    this.#seq += 1;
    const load = new Load<T>(this.#seq, reason, this.#options, {
      previous: () => this.#current.snapshot,
      onAttemptFailed: (failed, error, delay) => {
        if (failed === this.#loading) this.#emitError(error, failed, Date.now() + delay);
      },
      onEnd: (ended, result) => this.#onLoadEnd(ended, result),
      onLate: () => {
        this.#stats.abandoned -= 1;
      },
    });
    this.#loadTick = load.startedTick;
    if (isDemand(reason) && this.#stats.consecutiveFailures > 0) this.#demandTick = this.#loadTick;
    this.#activity = { kind: 'loading', load };
    load.hold(this.#waiters.all.size > 0);
    this.#listeners?.emit('load', { name: this.name, reason, startedAt: load.startedAt });
    outsideRequests(() => load.run(snapshot && !invalidated ? token : undefined));
  }

  // What comes of it

  #onLoadEnd(load: Load<T>, result: LoadAnswer<T> | LoadFailure): void {
    const stopping = this.#activity.kind === 'stopping';
    this.#activity = IDLE;
    if (result.kind === 'timeout') this.#stats.abandoned += 1;
    if (stopping) this.#onStopped();
    else {
      const duration = performance.now() - load.startedTick;
      const outcome =
        'token' in result ? this.#succeed(load, result, duration) : this.#fail(load, result);
      if (duration > this.#options.slowThreshold) {
        const { reason } = load;
        this.#listeners?.emit('slow', { name: this.name, reason, outcome, duration });
      }
      if (this.#isStopped) this.#halt();
      else this.#watch();
    }
    this.#plan();
  }

  #succeed(load: Load<T>, answer: LoadAnswer<T>, duration: number): LoadOutcome {
    const { name } = this;
    const { seq, reason, startedAt } = load;
    const current = this.#current;
    const previous = current.snapshot;
    const outcome = current.mayPublish(seq) ? answer.kind : 'superseded';
    current.confirm(seq);
    if (outcome === 'published') {
      current.publish((answer as { value: T }).value, startedAt, 'loader');
    }
    if (outcome === 'unchanged') current.renew(startedAt);
    if (outcome !== 'superseded') current.token = answer.token;
    this.#demandTick = -Infinity;
    this.#stats.succeeded(outcome, duration);
    const { snapshot } = current;
    if (snapshot) {
      for (const waiter of this.#waiters.all) {
        if (waiter.since <= seq) waiter.settle(undefined, snapshot);
      }
      const payload = { name, snapshot, reason, duration };
      if (outcome === 'published') this.#listeners?.emit('refresh', { ...payload, previous });
      if (outcome === 'unchanged') this.#listeners?.emit('unchanged', payload);
    }
    return outcome;
  }

  #fail(load: Load<T>, { kind, error: cause }: LoadFailure): LoadOutcome {
    const { backoff, jitter, loadTimeout } = this.#options;
    const failures = this.#stats.consecutiveFailures + 1;
    const delay = jittered(backoffDelay(failures, backoff), jitter);
    const retryAt = Date.now() + delay;
    const error =
      kind === 'timeout'
        ? new LoadTimeoutError(
            this.name,
            'ERR_LOAD_TIMEOUT',
            `the load did not end within ${loadTimeout} ms`,
            cause,
            retryAt,
          )
        : kind === 'rejected'
          ? new LoadError(this.name, 'ERR_LOAD_REJECTED', 'accept() vetoed', cause, retryAt)
          : new LoadError(
              this.name,
              'ERR_LOAD',
              `load failed: ${messageOf(cause)}`,
              cause,
              retryAt,
            );
    this.#stats.failed(kind, error);
    this.#activity = { kind: 'backing-off', until: performance.now() + delay, error };
    if (this.#pending === 'read') this.#pending = undefined;
    if (kind === 'timeout') load.abort(error);
    for (const waiter of this.#waiters.all) {
      // A load that was demanded is still to come, and reads that this one could not satisfy share it.
      const early = waiter.since > load.seq && (waiter.kind === 'demand' || this.#pending);
      if (!early && waiter.kind !== 'ready') waiter.settle(error);
    }
    this.#emitError(error, load, retryAt, true);
    return kind;
  }

  // Stopping

  /** Ends everything but the loader itself, if one runs. */
  #halt(): void {
    const load = this.#loading;
    this.#phase = 'stopped';
    this.#pending = undefined;
    this.#nextLoad.cancel();
    this.#current.rest();
    if (load) {
      this.#stats.loads.stopped += 1;
      this.#activity = { kind: 'stopping', load };
    } else if (this.#activity.kind !== 'stopping') this.#activity = IDLE;
    this.#rejectAll();
    load?.abort(this.#stoppedError());
    this.#listeners?.emit('stop', { name: this.name });
    if (this.#activity.kind === 'idle') this.#onStopped();
  }

  #onStopped(): void {
    this.#stopped?.resolve();
    // A cache that was started again meanwhile may be stopped again.
    if (!this.#isStopped) this.#stopped = undefined;
  }

  #rejectAll(): void {
    for (const waiter of this.#waiters.all) waiter.settle(this.#stoppedError());
  }

  #stoppedError(): StoppedError {
    return new StoppedError(this.name, 'ERR_STOPPED', 'the cache is stopped');
  }

  /** Keeps the process alive while somebody waits. */
  #hold(held: boolean): void {
    this.#nextLoad.hold(held);
    if ('load' in this.#activity) this.#activity.load.hold(held);
  }

  #emitError(error: unknown, load?: Load<T>, retryAt?: number, final = false): void {
    this.#listeners?.emit('error', {
      name: this.name,
      error,
      reason: load?.reason,
      attempt: load?.attempt ?? 0,
      final,
      retryAt,
      serving: this.#servable() !== undefined,
    });
  }
}

function isDemand(reason: LoadReason | undefined): boolean {
  return reason === 'invalidate' || reason === 'refresh';
}
