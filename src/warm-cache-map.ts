import { turnNow } from './clock.ts';
import { outsideRequests } from './context.ts';
import { messageOf, StoppedError, WarmCacheError } from './errors.ts';
import { type CacheStatus, Observable } from './events.ts';
import { Counts, type HealthReport } from './health.ts';
import { mapLineOf } from './inspect.ts';
import { Agenda } from './map/agenda.ts';
import { Batch } from './map/batch.ts';
import { Entry, EntryAlarm, type EntryHost } from './map/entry.ts';
import type { WarmCacheMapEvents } from './map/events.ts';
import { Gate } from './map/gate.ts';
import {
  isIterable,
  type ResolvedMapOptions,
  resolveMapOptions,
  type WarmCacheMapOptions,
} from './map/options.ts';
import { phasedTick, phaseOf, steadyPeriod } from './map/phases.ts';
import { Recency } from './map/recency.ts';
import { type MapHealthReport, totalsOf } from './map/report.ts';
import { TURN } from './map/turn.ts';
import {
  expect,
  type GetOptions,
  type InvalidateOptions,
  type ReadyOptions,
  type ResolvedOptions,
  type StopOptions,
} from './options.ts';
import { type Alarm, backoffDelay, jittered, Timer } from './scheduler.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotStore } from './store.ts';

/** Of how many loads a key remembers how long they took. */
const DURATIONS = 4;
/** A batch has one run of quick retries for all of its keys. */
const NO_RETRY = { retries: 0, minTimeout: 0, factor: 1, maxTimeout: 0, randomize: false };

/**
 * Keeps many values hot under one scheduler: filtered lists, tenants, feature flags per customer. Each key keeps all that a
 * {@link WarmCache} promises, on its own.
 *
 * Keys among the option `keys` are always hot. Any other is loaded when it is first read, and kept hot while it is read:
 * after `idleTime` without a read it isn't refreshed any more.
 *
 * @typeParam K - The type of the keys.
 * @typeParam V - The type of the values; `undefined` and `null` are values like any other.
 *
 * @example
 * ```ts
 * import { WarmCacheMap } from 'warm-cache';
 *
 * declare function boardOf(country: string, signal: AbortSignal): Promise<string[]>;
 *
 * const boards = new WarmCacheMap({
 *   name: 'boards',
 *   loader: (country: string, { signal }) => boardOf(country, signal),
 *   keys: ['KR', 'PL', 'DE'],
 *   ttl: 60_000,
 * });
 * boards.start();
 * await boards.ready();
 * console.log(await boards.get('PL'), await boards.get('US'));
 * await boards.stop();
 * ```
 */
export class WarmCacheMap<K, V> extends Observable<WarmCacheMapEvents<K, V>> {
  readonly #options: ResolvedMapOptions<K, V>;
  readonly #entries: Map<unknown, Entry<K, V>> = new Map();
  /** Those that are forgotten, until their loaders have settled and their store is written: no other may start for the key. */
  readonly #leaving: Map<unknown, Entry<K, V>> = new Map();
  /** Those that aren't among `keys`. */
  readonly #recency: Recency<Entry<K, V>> = new Recency();
  readonly #agenda: Agenda = new Agenda();
  readonly #gate: Gate<Entry<K, V>>;
  readonly #host: EntryHost<K, V>;
  #phase: 'new' | 'running' | 'stopped' = 'new';
  /** Not all of its keys are started yet. */
  #isStarting = false;
  /** How many keys there have been. */
  #ordinal = 0;
  /** So that a fleet does not march in step. */
  readonly #offset: number;
  /** Those that have still to stop, and whether it is still to be told that the map was stopped. */
  #stopping: Set<Entry<K, V>> = new Set();
  #owesStop = false;
  /** What was counted for keys that are gone. */
  readonly #gone: Counts = new Counts();
  #evicted = 0;
  /** Until the keys are asked for again. */
  readonly #keysTimer: Alarm = this.#agenda.newTimer(() => this.#onKeysTimer());
  #keysFailures = 0;
  /** Of the last asking; an earlier one is of no interest any more. */
  #asking = 0;
  #isAsking = false;
  /** Until the event loop has had its turn, in between. */
  readonly #turnTimer: Alarm;
  #onTurnTimer: (() => void) | undefined;
  /** Resolves when the keys are known. */
  #known: PromiseWithResolvers<void> | undefined;
  /** How many wait for that. */
  #curious = 0;
  #areKnown = false;
  /** Epoch ms: what a store has kept since before then was invalidated with all others. */
  #validSince = -Infinity;

  /**
   * @throws {TypeError} An option is missing or of the wrong type.
   * @throws {RangeError} A number is out of range.
   */
  constructor(options: WarmCacheMapOptions<K, V>) {
    const resolved = resolveMapOptions(options);
    super(resolved.each.name);
    this.#options = this.#guarded(resolved);
    this.#turnTimer = this.#agenda.newTimer(() => this.#onTurnTimer?.());
    this.#offset = resolved.each.jitter > 0 ? Math.random() : 0;
    const { concurrency, maxBatchSize, batchWindow } = resolved;
    const newTimer = (onFire: () => void): Alarm => this.#agenda.newTimer(onFire);
    this.#gate = new Gate<Entry<K, V>>(
      { concurrency, batchSize: maxBatchSize, batchWindow },
      newTimer,
      (entries) => this.#onAdmitted(entries),
    );
    const gate = this.#gate;
    this.#host = {
      window: DURATIONS,
      newTimer: (entry, kind) => new EntryAlarm(this.#agenda, entry, kind),
      optionsOf: (entry, each) => this.#optionsOf(entry, each),
      isHot: (entry) => this.#isHot(entry),
      nextTick: (entry, lastTick, period) => {
        entry.period = steadyPeriod(period, entry.period);
        return phasedTick(lastTick, entry.period, this.#phaseOf(entry));
      },
      admit: (entry) => {
        const isAdmitted = gate.admit(entry, entry.hasReaders);
        if (isAdmitted) entry.batch = this.#newBatch([entry]);
        return isAdmitted;
      },
      promote: (entry) => gate.promote(entry),
      withdraw: (entry) => gate.withdraw(entry),
      pause: (entry) => gate.release(entry),
      resume: (entry, signal) => gate.resume(entry, entry.hasReaders, signal),
      release: (entry) => this.#onLoadEnd(entry),
      tell: (entry, event, payload) => {
        if (event === 'stop') this.#onEntryStop(entry);
        else if (event === 'start') entry.isStopped = false;
        else {
          this.emit(event, { ...payload, key: entry.key } as never);
        }
        // Nobody reads it, and what it had can't be served any more.
        if (event === 'status' && entry.isCool && !entry.peek()) this.#evict(entry, 'idle');
      },
    };
  }

  /** How many keys there are. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Begins to keep the keys hot. Does nothing if it was begun already.
   *
   * @example
   * ```ts
   * import { WarmCacheMap } from 'warm-cache';
   *
   * const flags = new WarmCacheMap({
   *   loader: (customer: string) => [`${customer}-beta`],
   *   keys: async () => ['acme', 'initech'],
   *   ttl: 60_000,
   * }).start();
   * await flags.ready();
   * console.log(flags.size);
   * ```
   */
  start(): this {
    if (this.#isRunning) return this;
    // Its loads may drain still: they are cut short.
    for (const entry of this.#stopping) void entry.stop();
    this.#tellStop();
    // A listener may have been quicker.
    if (this.#isRunning) return this;
    this.#phase = 'running';
    this.#isStarting = true;
    this.emit('start', {});
    this.#startAll();
    this.#isStarting = false;
    // A listener may have stopped it.
    if (this.#isRunning) void this.#askKeys();
    return this;
  }

  /**
   * Stops, for good or until `start()`: no timer is left, the loads in flight are aborted, and whoever waits gets a
   * {@link StoppedError}. Resolves when all loaders have settled, or their deadlines have passed.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * process.once('SIGTERM', async () => {
   *   await boards.stop();
   * });
   * ```
   */
  async stop(options: StopOptions = {}): Promise<void> {
    if (!this.#isStopped) {
      this.#phase = 'stopped';
      this.#owesStop = true;
      // A listener may have stopped it as its keys were started again: some are stopped still.
      this.#stopping = new Set([...this.#entries.values()].filter(({ isStopped }) => !isStopped));
    }
    this.#asking += 1;
    this.#keysTimer.cancel();
    this.#turnTimer.cancel();
    this.#known?.reject(this.#stoppedError());
    this.#known = undefined;
    const all = [...this.#entries.values(), ...this.#leaving.values()];
    const stopped = all.map((entry) => entry.stop(options));
    if (this.#stopping.size === 0) this.#tellStop();
    // A loader's abort handler may have started it again, before all were stopped.
    if (this.#isRunning) this.#startAll();
    await Promise.all(stopped);
  }

  /**
   * Stops, at the end of the block: `await using boards = new WarmCacheMap(…)`.
   *
   * @example
   * ```ts
   * import { WarmCacheMap } from 'warm-cache';
   *
   * {
   *   await using squares = new WarmCacheMap({ loader: (n: number) => n * n, ttl: 60_000 });
   *   console.log(await squares.get(12));
   * } // stopped here
   * ```
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * The value of a key. Resolves at once while there is one worth serving; joins the load in flight, or starts one, where
   * there is none.
   *
   * @throws {LoadError} There is nothing to serve, and loading failed; its `retryAt` says when the next load may start.
   * @throws {StoppedError} The map is stopped, and the value not fresh any more.
   * @throws {RangeError} `maxAge` is negative or `NaN`.
   * @throws The reason of `signal`.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * console.log(await boards.get('PL'), await boards.get('KR', { maxAge: 5000 }));
   * ```
   */
  get(key: K, options?: GetOptions): Promise<V> {
    const id = this.#options.idOf(key);
    const entry = this.#find(id);
    if (entry) {
      this.#touch(entry);
      return entry.get(options);
    }
    if (this.#isStopped) return this.#rejection();
    const added = this.#add(key, id);
    this.#touch(added);
    // It asks for its load before the loop does, and is put first for it.
    const value = added.get(options);
    if (this.#isRunning) added.begin();
    return value;
  }

  /**
   * The snapshot of a key, while it is fresh or stale. Synchronous, starts nothing, and doesn't count as a read: the key
   * is no longer kept hot for it.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * console.log(boards.peek('PL')?.value ?? 'not yet');
   * ```
   */
  peek(key: K): Snapshot<V> | undefined {
    return this.#entries.get(this.#options.idOf(key))?.peek();
  }

  /**
   * Resolves when each of the `keys` has a value; waits through failed loads.
   *
   * @throws {WarmCacheError} With code `ERR_READY_TIMEOUT`: not all had one within `timeout` ms.
   * @throws {StoppedError} The map is stopped, or was meanwhile.
   * @throws {RangeError} `timeout` is negative or `NaN`.
   * @throws The reason of `signal`.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * boards.start();
   * await boards.ready({ timeout: 10_000 });
   * ```
   */
  ready({ signal, timeout = Infinity }: ReadyOptions = {}): Promise<void> {
    const ready = this.#ready(signal, timeout);
    // As with every promise of a cache, whoever ignores it is not to find an unhandled rejection.
    ready.catch(() => {});
    return ready;
  }

  /**
   * Says that the value of a key is out of date. Resolves with a snapshot whose load **started after the call**; with
   * `undefined` where the key isn't kept hot: then it is loaded when it is next read. The promise may be ignored.
   *
   * @throws {LoadError} That load failed. The value counts as stale until one succeeds.
   * @throws {StoppedError} The map is stopped, or was meanwhile.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * declare function reportMatch(country: string, winner: string): Promise<void>;
   * await reportMatch('PL', 'ace');
   * await boards.invalidate('PL');
   * ```
   */
  invalidate(key: K, options: InvalidateOptions = {}): Promise<Snapshot<V> | undefined> {
    const id = this.#options.idOf(key);
    const entry = this.#find(id);
    if (entry && !entry.isCool) return entry.invalidate(options);
    if (entry) this.#forget(entry);
    else this.#drop(key, id);
    return this.#isStopped ? this.#rejection() : Promise.resolve(undefined);
  }

  /**
   * Says so of each key for which `predicate` answers `true`: of all at once, before any of them is loaded. It looks at
   * every key there is.
   *
   * @returns Resolves when they all are loaded. May be ignored.
   * @throws {AggregateError} Some of these loads failed: its `errors` are theirs.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * const player = 'ace';
   * await boards.invalidateWhere((_country, snapshot) => snapshot?.value.includes(player) ?? true);
   * ```
   */
  invalidateWhere(
    predicate: (key: K, snapshot: Snapshot<V> | undefined) => boolean,
    options: InvalidateOptions = {},
  ): Promise<void> {
    expect('predicate', predicate, 'function');
    const entries = [...this.#entries.values()].filter((entry) =>
      predicate(entry.key, entry.peek()),
    );
    this.#validSince = Date.now();
    this.#gate.isHeld = true;
    const all = settled(entries.map(({ key }) => this.invalidate(key, options)));
    this.#gate.isHeld = false;
    all.catch(() => {});
    return all;
  }

  /**
   * Says so of every key.
   *
   * @returns Resolves when they all are loaded. May be ignored.
   * @throws {AggregateError} Some of these loads failed: its `errors` are theirs.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * await boards.invalidateAll();
   * ```
   */
  invalidateAll(options: InvalidateOptions = {}): Promise<void> {
    return this.invalidateWhere(() => true, options);
  }

  /**
   * Publishes a value that the caller knows, as after its own write. A load that started before can't undo it. Counts as
   * a read of the key.
   *
   * @throws {StoppedError} The map is stopped.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * boards.set('PL', ['ace', 'bolt']);
   * ```
   */
  set(key: K, value: V): Snapshot<V> {
    const id = this.#options.idOf(key);
    const entry = this.#find(id);
    if (!entry && this.#isStopped) throw this.#stoppedError();
    const target = entry ?? this.#add(key, id);
    this.#touch(target);
    const snapshot = target.set(value);
    if (!entry && this.#isRunning) target.begin();
    return snapshot;
  }

  /**
   * Forgets a key: its value is served no more, and a load that is under way is not published. Whoever waits for the key
   * gets a new value. One of the `keys` is loaded again when those are next asked for, or when it is read.
   *
   * @returns Whether there was such a key.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * console.log(boards.delete('PL'));
   * ```
   */
  delete(key: K): boolean {
    const id = this.#options.idOf(key);
    const entry = this.#find(id);
    if (!entry) this.#drop(key, id);
    else {
      const wasPinned = entry.isPinned;
      this.#letGo(entry);
      if (!entry.hasReaders) this.#forget(entry);
      else {
        if (wasPinned) this.#list(entry);
        void entry.invalidate({ purge: true });
      }
    }
    return entry !== undefined;
  }

  /**
   * How one key does; `undefined` where there is no such key. Without a key: how all of them do, which looks at each.
   * Plain data, the same after a trip through JSON.
   *
   * @example
   * ```ts
   * import type { WarmCacheMap } from 'warm-cache';
   *
   * declare const boards: WarmCacheMap<string, string[]>;
   * const { size, failing, oldestAge } = boards.health();
   * console.log(size, failing, oldestAge, boards.health('PL')?.status);
   * ```
   */
  health(): MapHealthReport;
  health(key: K): HealthReport | undefined;
  health(...keys: [] | [key: K]): HealthReport | MapHealthReport | undefined {
    if (keys.length > 0) return this.#entries.get(this.#options.idOf(keys[0] as K))?.health();
    const status: Record<CacheStatus, number> = { NOT_READY: 0, READY: 0, STALE: 0, ERROR: 0 };
    let failing = 0;
    let pinned = 0;
    let cold = 0;
    let idle = 0;
    let loadedAt = Infinity;
    for (const entry of this.#entries.values()) {
      status[entry.status] += 1;
      if (entry.counts.consecutiveFailures > 0) failing += 1;
      if (entry.isPinned) pinned += 1;
      if (entry.isPinned && !entry.peek()) cold += 1;
      if (entry.isCool) idle += 1;
      else loadedAt = Math.min(loadedAt, entry.peek()?.loadedAt ?? Infinity);
    }
    return {
      name: this.name,
      running: this.#isRunning,
      size: this.size,
      pinned,
      keysKnown: this.#areKnown,
      cold,
      idle,
      status,
      failing,
      oldestAge: loadedAt === Infinity ? null : Date.now() - loadedAt,
      inFlight: this.#gate.running,
      queued: this.#gate.queued,
      evicted: this.#evicted,
      ...totalsOf(this.#gone, [...this.#entries.values(), ...this.#leaving.values()]),
    };
  }

  get #isRunning(): boolean {
    return this.#phase === 'running';
  }

  /**
   * How the map does, in one line for people; `console.log(map)` prints it too. It looks at each key.
   *
   * @example
   * ```ts
   * import { WarmCacheMap } from 'warm-cache';
   *
   * const squares = new WarmCacheMap({ name: 'squares', loader: (n: number) => n * n, ttl: 60_000 });
   * console.log(squares.inspect());
   * ```
   */
  override inspect(): string {
    return mapLineOf(this.health());
  }

  get #isStopped(): boolean {
    return this.#phase === 'stopped';
  }

  // Stopping

  /** Those that nobody has read for long, and that have nothing to serve, are forgotten. */
  #startAll(): void {
    for (const entry of this.#entries.values()) {
      if (!this.#isRunning) return;
      if (entry.isBusy || this.#isHot(entry)) entry.start();
      else if (this.#entries.has(entry.id)) entry.begin();
    }
  }

  #onEntryStop(entry: Entry<K, V>): void {
    entry.isStopped = true;
    if (this.#stopping.delete(entry) && this.#stopping.size === 0) this.#tellStop();
  }

  #tellStop(): void {
    this.#stopping.clear();
    if (!this.#owesStop) return;
    this.#owesStop = false;
    this.emit('stop', {});
  }

  // Which keys there are

  #find(id: unknown): Entry<K, V> | undefined {
    const entry = this.#entries.get(id);
    // A listener is quicker than the map itself.
    if (this.#isStarting && this.#isRunning) entry?.start();
    return entry;
  }

  #add(key: K, id: unknown): Entry<K, V> {
    const { each } = this.#options;
    if (each.store && typeof id === 'object' && id !== null) {
      throw new TypeError('Expected `keyOf` to tell objects apart in the `store`');
    }
    const back = this.#leaving.get(id);
    const entry = back ?? new Entry(key, id, this.#ordinal++, each, this.#host);
    this.#entries.set(id, entry);
    if (back) this.#leaving.delete(id);
    entry.isStopped = false;
    if (this.#isRunning) back?.start();
    else back?.reopen();
    return entry;
  }

  /** It was read: it stays, and stays hot. */
  #touch(entry: Entry<K, V>): void {
    entry.readAt = turnNow();
    if (entry.isCool) {
      entry.isCool = false;
      entry.wake();
    }
    if (entry.isPinned) return;
    this.#list(entry);
  }

  #list(entry: Entry<K, V>): void {
    entry.isLeaving = false;
    this.#recency.touch(entry);
    this.#makeRoom();
  }

  #makeRoom(): void {
    while (this.#recency.size > this.#options.maxEntries) {
      const entry = this.#recency.oldest as Entry<K, V>;
      this.#recency.remove(entry);
      if (entry.isBusy) entry.isLeaving = true;
      else this.#evict(entry, 'capacity');
    }
  }

  #evict(entry: Entry<K, V>, reason: 'capacity' | 'idle'): void {
    // A listener may have been quicker.
    if (this.#entries.get(entry.id) !== entry) return;
    this.#evicted += 1;
    this.#leave(entry, false);
    if (!this.#isStopped) this.emit('evict', { key: entry.key, reason });
  }

  /** As `delete()` does: its value is to be served no more, wherever it may be kept. */
  #forget(entry: Entry<K, V>): void {
    this.#leave(entry, true);
  }

  /** Nor is what the store has of a key that isn't here. */
  #drop(key: K, id: unknown): void {
    const { each } = this.#options;
    const leaving = this.#leaving.get(id);
    if (leaving) void leaving.invalidate({ purge: true });
    else if (each.store) this.#forget(new Entry(key, id, this.#ordinal, each, this.#host));
  }

  #leave(entry: Entry<K, V>, purge: boolean): void {
    const { id } = entry;
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
    this.#recency.remove(entry);
    entry.isLeaving = false;
    this.#letGo(entry);
    this.#leaving.set(id, entry);
    void entry.stop();
    if (purge) void entry.invalidate({ purge });
    void entry.stop().then(() => {
      if (this.#leaving.get(id) !== entry) return;
      this.#leaving.delete(id);
      this.#gone.add(entry.counts);
      // Whether such a loader ever settles, nobody would hear of.
      this.#gone.abandoned = 0;
    });
  }

  #pin(key: K, asking: number): void {
    const id = this.#options.idOf(key);
    const entry = this.#entries.get(id) ?? this.#add(key, id);
    entry.pinnedBy = asking;
    if (entry.isPinned) return;
    entry.isLeaving = false;
    this.#recency.remove(entry);
    entry.isPinned = true;
    entry.isCool = false;
    if (this.#isRunning) entry.start();
    entry.wake();
  }

  #unpin(entry: Entry<K, V>): void {
    if (!entry.isPinned) return;
    this.#letGo(entry);
    this.#list(entry);
  }

  /** Whoever waits for all of the keys doesn't wait for this one any more. */
  #letGo(entry: Entry<K, V>): void {
    entry.isPinned = false;
    entry.unpinned?.abort();
    entry.unpinned = undefined;
  }

  #isHot(entry: Entry<K, V>): boolean {
    const unread = Math.abs(turnNow() - entry.readAt);
    if (entry.isPinned || unread < this.#options.idleTime) return true;
    entry.isCool = true;
    // One that is stopped serves what is fresh alone, until it goes on.
    const isThere = entry.isStopped ? entry.hasServable : entry.peek() !== undefined;
    if (!isThere) this.#evict(entry, 'idle');
    return false;
  }

  // Which keys are to be kept hot

  #onKeysTimer(): void {
    this.#keysTimer.cancel();
    if (!this.#isAsking) {
      void this.#askKeys();
      return;
    }
    this.#asking += 1;
    const message = `no keys within ${this.#options.each.loadTimeout} ms`;
    this.#onKeysFailed(new WarmCacheError(this.name, 'ERR_LOAD_TIMEOUT', message));
  }

  async #askKeys(): Promise<void> {
    this.#asking += 1;
    const asking = this.#asking;
    const { each, keys, keysInterval } = this.#options;
    this.#isAsking = true;
    this.#keysTimer.arm(each.loadTimeout);
    try {
      const answer = outsideRequests(keys);
      // A list is there at once.
      const list = isIterable(answer) ? answer : await answer;
      if (asking === this.#asking) await this.#pinAll(list, asking);
    } catch (error) {
      if (asking === this.#asking) this.#onKeysFailed(error);
      return;
    }
    if (asking !== this.#asking) return;
    this.#isAsking = false;
    this.#keysFailures = 0;
    this.#areKnown = true;
    this.#known?.resolve();
    this.#known = undefined;
    this.#keysTimer.cancel();
    if (this.#isRunning) this.#keysTimer.arm(jittered(keysInterval, each.jitter));
  }

  #onKeysFailed(error: unknown): void {
    const { each } = this.#options;
    this.#isAsking = false;
    this.#keysFailures += 1;
    this.#gone.lastError = { message: messageOf(error), at: Date.now() };
    const delay = jittered(backoffDelay(this.#keysFailures, each.backoff), each.jitter);
    this.#keysTimer.cancel();
    if (this.#isRunning || this.#curious > 0) this.#keysTimer.arm(delay);
    this.emit('error', {
      key: undefined,
      error,
      reason: undefined,
      attempt: 0,
      final: false,
      retryAt: Math.round(Date.now() + delay),
      serving: false,
    });
  }

  /** Pins these keys, and lets go of those that aren't among them any more. */
  async #pinAll(keys: Iterable<K>, asking: number): Promise<void> {
    if (typeof keys === 'string') throw new TypeError('Expected keys() to be a list, got a string');
    let start = performance.now();
    for (const key of keys) {
      this.#pin(key, asking);
      if (performance.now() - start >= TURN) {
        await this.#turn();
        start = performance.now();
      }
      // A listener may have stopped it.
      if (asking !== this.#asking) return;
    }
    for (const entry of this.#entries.values()) {
      if (entry.isPinned && entry.pinnedBy !== asking) this.#unpin(entry);
    }
  }

  #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onTurnTimer = resolve;
    this.#turnTimer.arm(0);
    return promise;
  }

  async #ready(signal: AbortSignal | undefined, timeout: number): Promise<void> {
    expect('timeout', timeout, [0]);
    signal?.throwIfAborted();
    if (this.#isStopped) throw this.#stoppedError();
    const end = new AbortController();
    const patience = new Timer(() => {
      const message = `not all keys had a value within ${timeout} ms`;
      end.abort(new WarmCacheError(this.name, 'ERR_READY_TIMEOUT', message));
    });
    const onAbort = (): void => end.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    patience.arm(timeout);
    patience.hold(true);
    try {
      if (!this.#areKnown) await this.#keysKnown(end.signal);
      // Without the loop it is the waiting that has them loaded.
      if (!this.#isRunning) {
        const entries = [...this.#entries.values()].filter(({ isPinned }) => isPinned);
        await Promise.all(entries.map((entry) => this.#readyOf(entry, end.signal)));
      }
      // One after the other: there may be a hundred thousand, and most are there by the time that they are asked for.
      for (const entry of [...this.#entries.values()]) {
        if (entry.isPinned && !entry.peek()) await this.#readyOf(entry, end.signal);
      }
    } finally {
      patience.cancel();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Whoever waits for the keys keeps the process alive. */
  async #keysKnown(signal: AbortSignal): Promise<void> {
    this.#known ??= Promise.withResolvers();
    const { promise } = this.#known;
    promise.catch(() => {});
    this.#curious += 1;
    this.#keysTimer.hold(true);
    // Nobody has asked yet, or not for long: it isn't started.
    if (this.#keysTimer.dueTick === Infinity) void this.#askKeys();
    try {
      await unlessAborted(promise, signal);
    } finally {
      this.#curious -= 1;
      if (this.#curious === 0) this.#keysTimer.hold(false);
    }
  }

  /** One that isn't among the keys any more needs no value. */
  async #readyOf(entry: Entry<K, V>, signal: AbortSignal): Promise<void> {
    entry.unpinned ??= new AbortController();
    try {
      await entry.ready({ signal: AbortSignal.any([signal, entry.unpinned.signal]) });
    } catch (error) {
      if (signal.aborted || this.#isStopped || entry.isPinned) throw error;
    }
  }

  // How they are loaded

  #phaseOf({ ordinal }: Entry<K, V>): number {
    const { maxBatchSize } = this.#options;
    // Of as many groups as are needed for the most part: a power of two, so that a new key seldom moves the others.
    const groups =
      maxBatchSize > 1
        ? 2 ** Math.ceil(Math.log2(Math.max(1, this.size / maxBatchSize)))
        : Infinity;
    return phaseOf(ordinal, this.#offset, groups);
  }

  #optionsOf(entry: Entry<K, V>, each: ResolvedOptions<V>): ResolvedOptions<V> {
    const { key, batch } = entry;
    const { accept, loader, policy, validator } = this.#options.functions;
    return {
      ...each,
      accept: accept && ((next, previous) => accept(next, previous, key)),
      policy: policy && ((context) => policy({ ...context, key })),
      validator: validator && ((context) => validator(key, context)),
      ...(loader
        ? { loader: (context) => loader(key, context) }
        : { loader: (context) => (batch as Batch<K, V>).load(entry, context), retry: NO_RETRY }),
    };
  }

  /** Their loads may start, as one call where they are several. */
  #onAdmitted(entries: readonly Entry<K, V>[]): void {
    const batch = this.#newBatch(entries);
    for (const entry of entries) entry.batch = batch;
    for (const entry of entries) {
      // A listener may have stopped it, as those before it were started.
      if (entry.pass) entry.proceed();
      else batch?.leave(entry);
    }
  }

  /** `undefined` where there is no `loadMany`. */
  #newBatch(entries: readonly Entry<K, V>[]): Batch<K, V> | undefined {
    const { each, functions, idOf, batchWindow } = this.#options;
    const { loadMany } = functions;
    if (!loadMany) return undefined;
    return new Batch<K, V>(entries, {
      loadMany,
      retry: each.retry,
      batchWindow,
      gate: this.#gate,
      idOf,
      newTimer: (onFire) => this.#agenda.newTimer(onFire),
    });
  }

  #onLoadEnd(entry: Entry<K, V>): void {
    this.#gate.release(entry);
    entry.batch?.leave(entry);
    entry.batch = undefined;
    if (!entry.isLeaving) return;
    // Not at once: whoever waits for it has it first.
    queueMicrotask(() => {
      if (entry.isLeaving && !entry.isBusy) this.#evict(entry, 'capacity');
    });
  }

  /** What was kept before all were invalidated is out of date, also where its key isn't here. */
  #guarded(options: ResolvedMapOptions<K, V>): ResolvedMapOptions<K, V> {
    const { each } = options;
    const { store } = each;
    if (!store) return options;
    const guarded: SnapshotStore = {
      get: async (key) => {
        const kept = await store.get(key);
        const loadedAt = (kept as { loadedAt?: number } | undefined)?.loadedAt ?? Infinity;
        return loadedAt <= this.#validSince ? undefined : kept;
      },
      set: (key, kept, ttl) => store.set(key, kept, ttl),
    };
    return { ...options, each: { ...each, store: guarded } };
  }

  #stoppedError(): StoppedError {
    return new StoppedError(this.name, 'ERR_STOPPED', 'the map is stopped');
  }

  #rejection(): Promise<never> {
    const rejection = Promise.reject(this.#stoppedError());
    rejection.catch(() => {});
    return rejection;
  }
}

async function settled(loads: readonly Promise<unknown>[]): Promise<void> {
  const errors = (await Promise.allSettled(loads)).flatMap((load) =>
    load.status === 'rejected' ? [load.reason as unknown] : [],
  );
  if (errors.length > 0) {
    throw new AggregateError(
      errors,
      `${errors.length} of ${loads.length} keys could not be loaded`,
    );
  }
}

function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  return Promise.race([promise, aborted]).finally(() =>
    signal.removeEventListener('abort', onAbort),
  );
}
