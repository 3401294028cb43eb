import { vi } from 'vitest';
import {
  type CacheStatus,
  LoadError,
  type Snapshot,
  StoppedError,
  type WarmCacheMap,
  type WarmCacheMapEvents,
  type WarmCacheMapOptions,
} from 'warm-cache';
import { MapFunctions } from './map-functions.ts';
import { idOf, type Key, type KeysAnswer, type MapCourse, type MapSetup } from './map-scenario.ts';
import { type Fate, type Load, Model, type Moment, type Rules, type Waiter } from './model.ts';
import { Timeline } from './timeline.ts';
import { nameOf, outcomeOf, sameSnapshot, shown } from './words.ts';

// The real map, its loaders and listeners, and whoever calls it, beside one model for each key: each is told what is done
// to its key and seen of it. What the keys have in common is checked here: slots, batches, which keys there are.

export interface MapScenario {
  readonly setup: MapSetup;
  readonly courses: readonly MapCourse[];
  /** When there are no more of them. */
  readonly thereafter: MapCourse;
  readonly keys: readonly KeysAnswer[];
  /** What chance has to say: the seed of `Math.random`. */
  readonly luck: number;
}

/** A key that the map keeps. */
export interface Kept {
  readonly id: string;
  readonly model: Model;
  /** As told; and what is told first of one that is back. */
  status: CacheStatus;
  back: CacheStatus | undefined;
  isPinned: boolean;
  /** Which asking for the keys has named it last. */
  pinnedBy: number;
  /** When it was last no longer pinned; and when it was last read, by the wall clock. */
  letGoAt: number;
  readAt: number;
  /** Was the least recently read, and has a load under way. */
  isLeaving: boolean;
  /** Since when it is seen to wait for a slot, and whether a reader has waited meanwhile. */
  queuedAt: number | undefined;
  hadReaders: boolean;
  /** Since when it is kept, and how many loads of the loop it has had. */
  readonly since: number;
  loads: number;
  /** Calls of `invalidate()` that have an event; and events, of `error` the final ones. */
  invalidations: number;
  readonly told: Record<'error' | 'invalidate' | 'refresh' | 'unchanged', number>;
}

interface Watched {
  readonly id: string;
  readonly waiter: Waiter;
  readonly controller: AbortController | undefined;
  seen: Fate | { readonly error: string } | undefined;
}

interface Stopping {
  readonly loads: readonly { readonly load: Load; readonly model: Model }[];
  isOver: boolean;
}

/** An `invalidateWhere()`: it ends when all these have. */
interface Sweep {
  readonly waiters: Pick<Waiter, 'fate'>[];
  seen: 'nothing' | 'resolved' | { readonly errors: readonly string[] };
}

export type MapClass = new (
  options: WarmCacheMapOptions<Key, unknown>,
) => WarmCacheMap<Key, unknown>;

const RETRY_DELAY = 20;
const MIN_DELAY = 100;
const MAX_DELAY = 400;
/** Ms that `keys` takes, where it does. */
export const KEYS_DELAY = 50;
const oops: Error = new Error('a listener that throws');
const outcomes = ['published', 'unchanged', 'rejected', 'failed', 'timeout', 'superseded'] as const;

/** One map, and everything around it. */
export class MapWorld {
  readonly map: WarmCacheMap<Key, unknown>;
  readonly timeline: Timeline;
  readonly functions: MapFunctions;
  readonly kept: Map<string, Kept> = new Map();
  phase: 'new' | 'running' | 'stopped' = 'new';
  /** Those that `invalidateWhere()`, as it goes on, has still to invalidate. */
  readonly unmarked: Set<Kept> = new Set();
  readonly #setup: MapSetup;
  readonly #rules: Rules;
  readonly #zero: number = performance.now();
  readonly #seen: Record<string, number>;
  readonly #broken: string[] = [];
  /** Those that are gone, until their loader has settled. */
  readonly #ghosts: Map<string, Kept> = new Map();
  /** All there have ever been. */
  readonly #models: Model[] = [];
  /** Those that aren't pinned, the least recently read first. */
  #recency: string[] = [];
  /** What must be evicted by the call that goes on; `isSure`: it has no load under way. */
  #evictions: { readonly id: string; readonly isSure: boolean }[] = [];
  #evicted = 0;
  #watched: Watched[] = [];
  readonly #stops: Stopping[] = [];
  readonly #sweeps: Sweep[] = [];
  #asking = -1;
  /** When the keys must be asked for. */
  #keysDue = { from: -Infinity, to: Infinity };
  /** The wall clock has jumped: how long a key is unread isn't sure any more. */
  #hasJumped = false;
  /** When all slots were last seen taken. */
  #crowdedAt = -Infinity;
  #isSilent = false;
  #stopEvents = 0;

  /** @param seen - Counts what did occur, over all worlds. */
  constructor(
    { setup, courses, thereafter, keys, luck }: MapScenario,
    isRead: boolean,
    Class: MapClass,
    seen: Record<string, number>,
  ) {
    this.#setup = setup;
    this.#seen = seen;
    this.timeline = new Timeline(isRead);
    const functions = new MapFunctions(this, setup, courses, thereafter, keys, luck);
    this.functions = functions;
    let random = luck + 1;
    // Chance has to come again with the seed.
    Math.random = () => {
      random = (random * 16_807) % (2 ** 31 - 1);
      return random / 2 ** 31;
    };
    const { ttl, maxStale, loadTimeout, retries, jitter, batch } = setup;
    const { concurrency, maxEntries, idleTime, refreshInterval = ttl } = setup;
    this.#rules = {
      ttl,
      maxStale,
      refreshInterval,
      loadTimeout,
      retries,
      retryDelay: RETRY_DELAY,
      minDelay: MIN_DELAY,
      maxDelay: MAX_DELAY,
      jitter,
      window: 4,
      shared: { gathering: batch ? batch.window + 1 : 0, isBatched: batch !== undefined },
    };
    this.map = new Class({
      ttl,
      maxStale,
      loadTimeout,
      jitter,
      refreshInterval,
      concurrency,
      maxEntries,
      idleTime,
      keys: () => functions.keys(),
      ...(setup.keyOf && { keyOf: idOf }),
      ...(batch
        ? {
            loadMany: (keys, context) => functions.loadMany(keys, context) as never,
            maxBatchSize: batch.size,
            batchWindow: batch.window,
          }
        : { loader: (key: Key, context) => functions.load(key, context) }),
      retry: { retries, minTimeout: RETRY_DELAY, randomize: false },
      backoff: { minDelay: MIN_DELAY, maxDelay: MAX_DELAY },
      accept: setup.accept ? (next) => functions.accept(next) : undefined,
      validator: setup.validator ? (key) => functions.validate(key) : undefined,
    });
    this.#listen();
  }

  get at(): Moment {
    return { wall: Date.now(), tick: performance.now() - this.#zero };
  }

  newKey(id: string): Key {
    return this.#setup.keyOf ? { id } : id;
  }

  /** A situation that the tests are to come by did occur. */
  see(what: string): void {
    this.#seen[what] = (this.#seen[what] ?? 0) + 1;
  }

  // Which keys there are

  /** Whether it can't be told if its loader has been seen to settle: then the key may be one of old or a new one. */
  isUnclear(id: string): boolean {
    const ghost = this.#ghosts.get(id)?.model;
    const isSettled = ghost?.slot === undefined || ghost.isFree(ghost.slot, this.at);
    const isGhostUnclear = ghost !== undefined && isSettled;
    return isGhostUnclear || this.#isBackoffUnclear(this.kept.get(id));
  }

  #add(id: string): Kept {
    const ghost = this.#ghosts.get(id);
    const model = ghost?.model ?? new Model(this.#rules);
    const kept: Kept = ghost ?? {
      id,
      model,
      status: 'NOT_READY',
      back: undefined,
      isPinned: false,
      pinnedBy: -1,
      letGoAt: -Infinity,
      since: this.at.tick,
      loads: 0,
      readAt: 0,
      isLeaving: false,
      queuedAt: undefined,
      hadReaders: false,
      invalidations: 0,
      told: { error: 0, invalidate: 0, refresh: 0, unchanged: 0 },
    };
    this.kept.set(id, kept);
    if (ghost) {
      this.see('a deleted key that is there again while its loader runs');
      this.#ghosts.delete(id);
      model.now(this.at);
      if (this.phase === 'running') {
        model.start();
        model.started();
      } else model.phase = 'new';
      const status = model.status(this.at);
      kept.back = status === kept.status ? undefined : status;
    } else {
      this.#models.push(model);
      model.now(this.at);
    }
    return kept;
  }

  #remove(kept: Kept): void {
    this.kept.delete(kept.id);
    this.#leaveRecency(kept);
    kept.isLeaving = false;
    kept.isPinned = false;
    this.#leaveQueue(kept);
    kept.model.stop(false);
    if (kept.model.phase !== 'stopped') kept.model.stopped();
    this.#ghosts.set(kept.id, kept);
  }

  #forget(kept: Kept): void {
    this.#remove(kept);
    kept.model.invalidate(true);
  }

  #leaveQueue(kept: Kept): void {
    kept.queuedAt = undefined;
    kept.hadReaders = false;
  }

  #leaveRecency({ id }: Kept): void {
    this.#recency = this.#recency.filter((other) => other !== id);
  }

  #isHot({ isPinned, readAt }: Kept): boolean {
    return isPinned || Math.abs(Date.now() - readAt) < this.#setup.idleTime;
  }

  #touch(kept: Kept): void {
    const wasHot = this.#isHot(kept);
    kept.readAt = Date.now();
    if (!wasHot) {
      if (this.phase === 'running') this.see('an idle key that is read again');
      kept.model.wake(this.at);
    }
    if (kept.isPinned) return;
    kept.isLeaving = false;
    this.#use(kept);
  }

  /** It is the most recently read; the least goes, if there are too many. */
  #use(kept: Kept): void {
    this.#leaveRecency(kept);
    this.#recency.push(kept.id);
    while (this.#recency.length > this.#setup.maxEntries) {
      const id = this.#recency.shift() as string;
      const oldest = this.kept.get(id) as Kept;
      oldest.isLeaving = true;
      if (!oldest.model.isBusy(this.at))
        this.#evictions.push({ id, isSure: oldest.model.isQuiet(this.at) });
      else this.see('one that has to leave while it loads');
    }
  }

  /** Those that had to go are gone. */
  #endEvictions(): void {
    if (this.phase === 'stopped') this.look();
    for (const { id, isSure } of this.#evictions) {
      if (isSure && this.kept.has(id))
        this.#broken.push(`${id} is not evicted, the least recently read`);
    }
    this.#evictions = [];
  }

  /** `yes` if the map surely counts it as idle. */
  #coolness(kept: Kept): 'maybe' | 'no' | 'yes' {
    const { idle } = this.map.health();
    const maybe = [...this.kept.values()].filter((kept) => !kept.isPinned && !this.#isHot(kept));
    if (idle === 0 || !maybe.includes(kept)) return 'no';
    return idle === maybe.length ? 'yes' : 'maybe';
  }

  // What is done to the map

  start(): void {
    this.look();
    if (this.phase === 'running') {
      this.map.start();
      return;
    }
    const { at } = this;
    const all = [...this.kept.values()];
    const idle = all.filter((kept) => !this.#isHot(kept) && !kept.model.isBusy(at));
    const isUnclear = all.some(
      (kept) => this.#isBackoffUnclear(kept) || (!this.#isHot(kept) && kept.model.isSettling(at)),
    );
    if (isUnclear) return;
    this.phase = 'running';
    this.#isSilent = false;
    const gone = idle.filter(({ model }) => !model.isServable(at));
    for (const kept of this.kept.values()) {
      const { model } = kept;
      if (gone.includes(kept)) continue;
      model.start();
      if (model.phase === 'draining') model.stopped();
      if (idle.includes(kept)) model.begin(at);
      else if (model.phase !== 'running') model.started();
    }
    const { tick } = at;
    this.#keysDue = { from: tick, to: tick };
    this.map.start();
    for (const kept of gone) {
      const isGone = this.kept.get(kept.id) !== kept;
      this.expect(isGone, `${kept.id} has no value and is not read, and is there`);
    }
  }

  stop(drain: boolean): void {
    this.look();
    const all = [...this.kept.values(), ...this.#ghosts.values()];
    const loads = all.flatMap(({ model }) => (model.slot ? [{ load: model.slot, model }] : []));
    const isNew = this.phase !== 'stopped';
    for (const kept of all) this.#leaveQueue(kept);
    this.phase = 'stopped';
    this.#asking = -1;
    for (const { model } of all) {
      model.stop(drain);
      if (model.phase !== 'draining' || !drain) {
        if (model.phase !== 'stopped') model.stopped();
      }
    }
    const stopping: Stopping = { loads, isOver: false };
    this.#stops.push(stopping);
    const stops = this.#stopEvents;
    this.map.stop({ drain }).then(
      () => {
        stopping.isOver = true;
        this.look();
        this.expect(this.#mayBeStopped(stopping), 'stop() resolves, and a loader runs still');
      },
      (error) => this.#broken.push(`stop() rejects: ${error}`),
    );
    const isDue = isNew && !drain;
    this.expect(!isDue || this.#stopEvents > stops, 'stop() is not told');
  }

  #mayBeStopped({ loads }: Stopping): boolean {
    const { tick } = this.at;
    return loads.every(({ load, model }) => {
      const isPast = tick >= load.at.tick + this.#rules.loadTimeout;
      const isSettled = load.outcome !== undefined && (!load.open || isPast);
      // In a batch it may be on behalf of others that the call goes on.
      return isSettled || model.slot !== load;
    });
  }

  get(id: string, maxAge: number | undefined, isPatient: boolean): void {
    this.look();
    const there = this.kept.get(id);
    const call = maxAge === undefined ? `get(${id})` : `get(${id}, { maxAge: ${maxAge} })`;
    const controller = isPatient ? undefined : new AbortController();
    const options = { maxAge, signal: controller?.signal };
    const isPlain = maxAge === undefined && isPatient;
    const read = (): Promise<unknown> =>
      isPlain ? this.map.get(this.newKey(id)) : this.map.get(this.newKey(id), options);
    if (!there && this.phase === 'stopped') {
      this.#expectStopped(call, read());
      return;
    }
    if (this.isUnclear(id)) return;
    const kept = there ?? this.#add(id);
    this.#touch(kept);
    const waiter = kept.model.read(this.at, call, maxAge);
    if (!waiter.fate) kept.hadReaders = true;
    if (!waiter.fate && kept.queuedAt !== undefined) this.see('a reader that waits for a slot');
    const value = read();
    this.#endEvictions();
    if (!there && this.phase === 'running') kept.model.begin(this.at);
    this.#watch(id, waiter, value, controller);
  }

  /** Whether a backoff is over that nobody waits for: it may have been for a load that still waits for a slot. */
  #isBackoffUnclear(kept: Kept | undefined): boolean {
    return kept?.model.isUnsure(this.at, true) === true;
  }

  #expectStopped(call: string, promise: Promise<unknown>): void {
    promise.then(
      () => this.#broken.push(`${call} resolves after stop()`),
      (error) => this.expect(error instanceof StoppedError, `${call} rejects with ${error}`),
    );
  }

  peek(id: string): void {
    this.look();
    const model = this.kept.get(id)?.model;
    const peeked = this.map.peek(this.newKey(id));
    if (!model) this.expect(!peeked, `peek(${id}) gives ${shown(peeked)}`);
    else if (model.peekIsSure(this.at)) {
      this.expectSame(`peek(${id})`, peeked, model.servable(this.at));
    } else if (peeked) this.expectSame(`peek(${id})`, peeked, model.snapshot);
  }

  invalidate(id: string, purge: boolean): void {
    this.look();
    const kept = this.kept.get(id);
    const invalidated = (): Promise<unknown> => this.map.invalidate(this.newKey(id), { purge });
    if (!kept) {
      this.#ghosts.get(id)?.model.invalidate(true);
      this.#expectNothing(id, invalidated());
      return;
    }
    const coolness = this.#coolness(kept);
    if (coolness === 'maybe' || this.#isBackoffUnclear(kept)) return;
    if (coolness === 'yes') {
      this.see('an idle key that is invalidated');
      this.#forget(kept);
      this.#expectNothing(id, invalidated());
    } else this.#watch(id, this.#invalidated(kept, purge), invalidated());
  }

  #invalidated(kept: Kept, purge: boolean): Waiter {
    if (kept.model.phase !== 'stopped') kept.invalidations += 1;
    return kept.model.invalidate(purge);
  }

  #expectNothing(id: string, promise: Promise<unknown>): void {
    if (this.phase === 'stopped') {
      this.#expectStopped(`invalidate(${id})`, promise);
      return;
    }
    promise.then(
      (snapshot) => this.expect(!snapshot, `invalidate(${id}) gives ${shown(snapshot)}`),
      (error) => this.#broken.push(`invalidate(${id}) rejects with ${error}`),
    );
  }

  invalidateWhere(ids: readonly string[] | undefined, purge: boolean): void {
    this.look();
    const which = [...this.kept.values()].filter(({ id }) => !ids || ids.includes(id));
    const cool = which.filter((kept) => this.#coolness(kept) === 'yes');
    const isUnclear = which.some(
      (kept) => this.#isBackoffUnclear(kept) || this.#coolness(kept) === 'maybe',
    );
    if (isUnclear) return;
    const sweep: Sweep = { waiters: [], seen: 'nothing' };
    const asked: string[] = [];
    const predicate = (key: Key, snapshot: Snapshot<unknown> | undefined): boolean => {
      const id = idOf(key);
      asked.push(id);
      if (served.has(id)) this.expectSame(`predicate(${id})`, snapshot, served.get(id));
      return !ids || ids.includes(id);
    };
    const ids_ = [...this.kept.keys()];
    const sure = [...this.kept.values()].filter(({ model }) => model.peekIsSure(this.at));
    const served = new Map(sure.map(({ id, model }) => [id, model.servable(this.at)]));
    for (const kept of which) {
      if (cool.includes(kept)) {
        this.#forget(kept);
        if (this.phase === 'stopped') sweep.waiters.push({ fate: { error: 'stopped' } });
      } else {
        sweep.waiters.push(this.#invalidated(kept, purge));
        this.unmarked.add(kept);
      }
    }
    const before = new Set(ids_);
    const swept = ids
      ? this.map.invalidateWhere(predicate, { purge })
      : this.map.invalidateAll({ purge });
    this.unmarked.clear();
    this.expect(
      !ids || (asked.length === before.size && asked.every((id) => before.has(id))),
      `the predicate is asked about ${asked}; the keys are ${ids_}`,
    );
    if (sweep.waiters.length > 1) this.see('several keys invalidated at once');
    this.#sweeps.push(sweep);
    swept.then(
      () => {
        sweep.seen = 'resolved';
      },
      (error: unknown) => {
        const errors = error instanceof AggregateError ? error.errors : [error];
        sweep.seen = { errors: errors.map(nameOf) };
      },
    );
  }

  #checkSweep({ waiters, seen }: Sweep): void {
    const errors = waiters.flatMap(({ fate }) => (fate && 'error' in fate ? [fate.error] : []));
    const isWaiting = waiters.some(({ fate }) => !fate);
    const due = isWaiting ? 'nothing' : errors.length > 0 ? { errors } : 'resolved';
    const same = JSON.stringify(seen) === JSON.stringify(due);
    this.expect(same, `invalidateWhere() ends with ${shown(seen)}; it must with ${shown(due)}`);
  }

  set(id: string): void {
    this.look();
    const there = this.kept.get(id);
    const value = this.functions.newValue('set');
    if (!there && this.phase === 'stopped') {
      let error: unknown;
      try {
        this.map.set(this.newKey(id), value);
      } catch (thrown) {
        error = thrown;
      }
      this.expect(error instanceof StoppedError, `set(${id}) throws ${error}`);
      return;
    }
    if (this.isUnclear(id)) return;
    const kept = there ?? this.#add(id);
    this.#touch(kept);
    const due = kept.model.set(this.at, value);
    let given: Snapshot<unknown> | undefined;
    try {
      given = this.map.set(this.newKey(id), value);
    } catch (error) {
      this.expect(error instanceof StoppedError, `set(${id}) throws ${error}`);
    }
    this.#endEvictions();
    if (!there && this.phase === 'running') kept.model.begin(this.at);
    this.expectSame(`set(${id})`, given, due);
  }

  delete(id: string): void {
    this.look();
    const kept = this.kept.get(id);
    if (this.#isBackoffUnclear(kept)) return;
    if (kept?.model.hasReaders) {
      this.see('a key that is deleted while readers wait');
      if (kept.isPinned) {
        kept.isPinned = false;
        kept.letGoAt = this.at.tick;
        this.#use(kept);
      }
      this.#invalidated(kept, true);
    } else if (kept) this.#forget(kept);
    else this.#ghosts.get(id)?.model.invalidate(true);
    const given = this.map.delete(this.newKey(id));
    this.#endEvictions();
    this.expect(given === (kept !== undefined), `delete(${id}) gives ${given}`);
  }

  giveUp(nth: number): void {
    this.look();
    const waiting = this.#watched.filter(({ controller, waiter }) => controller && !waiter.fate);
    const reader = waiting.at(nth % Math.max(1, waiting.length));
    const model = reader && this.kept.get(reader.id)?.model;
    if (!reader || !model) return;
    model.giveUp(reader.waiter);
    reader.controller?.abort('gave up');
  }

  jump(by: number): void {
    this.#hasJumped = true;
    for (const model of this.#models) model.jump();
    vi.setSystemTime(Date.now() + by);
  }

  async advance(by: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(by);
    this.look();
  }

  /** Ms from now to something that is to come for a key. */
  until(id: string, what: 'deadline' | 'expiry' | 'idleness' | 'retry' | 'staleness'): number {
    const { at } = this;
    const kept = this.kept.get(id);
    if (!kept) return 0;
    const { loadTimeout, ttl, maxStale } = this.#rules;
    const { slot, snapshot, backoff } = kept.model;
    if (what === 'deadline') return slot ? slot.at.tick + loadTimeout - at.tick : 0;
    if (what === 'retry') return backoff ? Math.ceil(backoff.latest - at.tick) : 0;
    if (what === 'idleness') return kept.readAt + this.#setup.idleTime - at.wall;
    const goodFor = what === 'expiry' ? ttl + maxStale : ttl;
    return snapshot ? snapshot.loadedAt + goodFor - at.wall : 0;
  }

  settle(nth: number, course: MapCourse): void {
    this.look();
    this.functions.open.at(nth % Math.max(1, this.functions.open.length))?.settle(course);
  }

  // Which keys are to be hot

  keysAsked(nth: number, how: KeysAnswer['how']): void {
    this.#asking = nth;
    const { tick } = this.at;
    const { from, to } = this.#keysDue;
    const isDue = tick >= from - 1 && this.phase === 'running';
    this.expect(isDue, `the keys are asked for, which are due from ${from} to ${to}`);
    const { refreshInterval = 0, loadTimeout, jitter } = this.#rules;
    const isFailing = how === 'throws' || how === 'hangs';
    const start = tick + (how === 'hangs' ? loadTimeout : how === 'after a time' ? KEYS_DELAY : 0);
    this.#keysDue = {
      from: start + (isFailing ? MIN_DELAY : refreshInterval) * (1 - jitter),
      to: start + (isFailing ? MAX_DELAY : refreshInterval),
    };
  }

  /** The map is about to learn that this key is among them. */
  pinned(id: string, nth: number): void {
    this.look();
    this.expect(nth === this.#asking, 'the keys of an asking that is over are looked at');
    const there = this.kept.get(id);
    const kept = there ?? this.#add(id);
    const { model } = kept;
    kept.pinnedBy = nth;
    if (kept.isPinned) return;
    kept.isLeaving = false;
    this.#leaveRecency(kept);
    if (!this.#isHot(kept)) model.wake(this.at);
    kept.isPinned = true;
    model.isHot = true;
    model.start();
    if (this.phase === 'running' && model.phase === 'new') model.started();
    this.see('a key that is pinned');
  }

  /** It is about to let go of the others. */
  allPinned(nth: number): void {
    this.look();
    for (const kept of this.kept.values()) {
      if (!kept.isPinned || kept.pinnedBy === nth) continue;
      kept.isPinned = false;
      kept.letGoAt = this.at.tick;
      this.see('a key that is no longer pinned');
      this.#use(kept);
    }
    queueMicrotask(() => this.#endEvictions());
  }

  // What is seen of it

  #listen(): void {
    type Events = WarmCacheMapEvents<Key, unknown>;
    const { map } = this;
    const listen = <E extends keyof Events>(
      event: E,
      see: (payload: Events[E], kept: Kept) => void,
    ): void => {
      const listener = (payload: Events[E]): void => {
        this.timeline.add('cache', () => `emits ${event} ${shown(payload)}`);
        this.expect(!this.#isSilent || event === 'start', `${event} after stop()`);
        const key = 'key' in payload ? payload.key : undefined;
        const kept = key === undefined ? undefined : this.kept.get(idOf(key as Key));
        if (kept) {
          this.look(true);
          see(payload, kept);
        } else if (key !== undefined) {
          this.#broken.push(`${event} of ${idOf(key as Key)}: there is no such key`);
        } else if (event === 'stop') {
          this.#stopEvents += 1;
          this.#isSilent = true;
        } else if (event === 'start') this.#isSilent = false;
        throw oops;
      };
      map.on(event, listener as never);
    };
    listen('load', ({ reason, startedAt }, kept) => this.#onLoad(kept, reason, startedAt));
    listen('refresh', ({ snapshot, reason }, kept) => {
      kept.told.refresh += 1;
      if (reason !== 'set') this.#seeEnd(kept, 'published');
      this.expectSame(`the snapshot of refresh of ${kept.id}`, snapshot, kept.model.snapshot);
    });
    listen('unchanged', ({ snapshot }, kept) => {
      kept.told.unchanged += 1;
      this.#seeEnd(kept, 'unchanged');
      this.expectSame(`the snapshot of unchanged of ${kept.id}`, snapshot, kept.model.snapshot);
    });
    listen('error', ({ error, final, retryAt, attempt, serving, reason }, kept) => {
      const { model } = kept;
      if (!final) {
        const { loading } = model;
        const isItsOwn = reason === loading?.reason && attempt === loading?.attempt;
        const isOfValidator = attempt === 0;
        this.expect(isItsOwn || isOfValidator, `error of ${kept.id}: attempt ${attempt}`);
        return;
      }
      kept.told.error += 1;
      if (!(error instanceof LoadError)) {
        this.#broken.push(`the final error is ${error}`);
        return;
      }
      this.#seeEnd(kept, outcomeOf(error));
      this.expect(retryAt === error.retryAt, 'error and event differ in retryAt');
      const isServing = model.servable(this.at) !== undefined;
      this.expect(serving === isServing, `serving ${kept.id}: ${serving}`);
      model.retryTold(this.at, error.retryAt);
    });
    listen('invalidate', (_, kept) => {
      kept.told.invalidate += 1;
      this.unmarked.delete(kept);
    });
    listen('status', ({ from, to }, kept) => {
      const { status, model, id } = kept;
      this.expect(from === status && from !== to, `${id}: status from ${from}, was ${status}`);
      kept.status = to;
      const due = kept.back ?? model.status(this.at);
      kept.back = undefined;
      this.expect(to === due, `${id}: status to ${to}, is ${due}`);
    });
    listen('evict', ({ reason }, kept) => this.#onEvict(kept, reason));
    listen('slow', () => {});
    listen('change', () => {});
    listen('start', () => {});
    listen('stop', () => {});
  }

  #onLoad(kept: Kept, reason: string, startedAt: number): void {
    const { id, model } = kept;
    const { at } = this;
    this.expect(startedAt === at.wall, 'startedAt is not now');
    this.expect(this.kept.get(id) === kept, `a load of ${id}, which is gone`);
    kept.hadReaders ||= model.hasReaders;
    for (const other of this.kept.values()) {
      if (other === kept || other.queuedAt === undefined) continue;
      if (!other.model.isAsked) continue;
      const isRead = other.model.hasReaders;
      other.hadReaders ||= isRead;
      const isLater = model.askedSince > other.queuedAt;
      this.expect(
        !isRead || kept.hadReaders,
        `${id} is loaded, though nobody reads it, before ${other.id}, which is read`,
      );
      // One whose reader gave up may stand in either queue.
      const isSure = [kept, other].every(
        ({ hadReaders, model }) => hadReaders === model.hasReaders,
      );
      const isLike = isSure && other.hadReaders === kept.hadReaders;
      this.expect(
        !isLater || !isLike,
        `${id} is loaded before ${other.id}, which waits for longer`,
      );
      if (isRead && kept.hadReaders) this.see('readers that wait their turn');
      if (!other.hadReaders && kept.hadReaders) this.see('a reader that comes first');
    }
    // One that isn't read rests, unless its load had to wait.
    const unread = at.wall - kept.readAt - this.#setup.idleTime;
    const idleSince = Math.max(at.tick - unread, kept.letGoAt);
    const isOfLoop = reason === 'interval' || (reason === 'retry' && !model.hasReaders);
    const mustRest = !this.#hasJumped && !kept.isPinned && this.#crowdedAt < idleSince - 1;
    const idle = at.tick - idleSince - (this.#rules.shared?.gathering ?? 0);
    this.expect(!isOfLoop || !mustRest || idle <= 0, `${id} is loaded, idle for ${idle} ms`);
    if (reason === 'interval') kept.loads += 1;
    const most = 4 + (2 * (at.tick - kept.since)) / this.#shortestPeriod;
    this.expect(kept.loads <= most, `${kept.loads} loads of ${id} by the loop, at most ${most}`);
    this.#leaveQueue(kept);
    model.loadStarted(at, reason as Load['reason']);
  }

  /** As soon as may be after the last load, so that the next has ended while the value is good; and 5 % for the phases. */
  get #shortestPeriod(): number {
    const { ttl, maxStale, refreshInterval = ttl } = this.#rules;
    const goodFor = refreshInterval <= ttl ? ttl : ttl + maxStale;
    return Math.min(refreshInterval, goodFor / 2) / 1.05;
  }

  #onEvict(kept: Kept, reason: 'capacity' | 'idle'): void {
    const { id, model } = kept;
    this.see(`evicted: ${reason}`);
    this.#evicted += 1;
    this.#endUnseen(kept);
    this.expect(!kept.isPinned, `${id} is evicted, though pinned`);
    this.expect(!model.loading || reason === 'idle', `${id} is evicted while it loads`);
    this.expect(!model.hasReaders, `${id} is evicted while it is read`);
    if (reason === 'idle') {
      this.expect(!this.#isHot(kept), `${id} is idle, though read`);
      const isServed = model.peekIsSure(this.at) && model.servable(this.at) !== undefined;
      this.expect(!isServed, `${id} is evicted, though there is a value`);
    } else {
      this.expect(kept.isLeaving, `${id} is evicted, the order is ${this.#recency}`);
      const [first] = this.#evictions;
      if (first) {
        const at = this.#evictions.findIndex((eviction) => eviction.id === id);
        const passed = this.#evictions.splice(0, at + 1).slice(0, -1);
        this.expect(at >= 0, `${id} is evicted, before ${first.id}`);
        for (const { id: other, isSure } of passed)
          this.expect(!isSure, `${id} is evicted before ${other}`);
      }
    }
    this.#remove(kept);
  }

  /** A load's end that was seen by an event; the counters may have told it already. */
  #seeEnd(kept: Kept, outcome: (typeof outcomes)[number]): void {
    const loads = this.map.health(this.newKey(kept.id))?.loads;
    if (loads && kept.model.loads[outcome] < loads[outcome]) this.#end(kept, outcome);
  }

  #end(kept: Kept, outcome: (typeof outcomes)[number]): void {
    const { model } = kept;
    model.loadEnded(this.at, outcome);
    kept.hadReaders = model.hasReaders;
    if (model.phase === 'draining') model.stopped();
  }

  /** One that has left had its load ended before: if that wasn't told, it was superseded. */
  #endUnseen(kept: Kept): void {
    const hasEnded = kept.isLeaving && kept.model.mayHaveEnded(this.at);
    if (hasEnded) this.#end(kept, 'superseded');
  }

  /**
   * Sees what has no event: loads that ended superseded, backoffs that nobody waited for.
   *
   * @param isWithin - A call of the map's goes on: some that have got their slots may not have begun yet.
   */
  look(isWithin = false): void {
    const { at } = this;
    const isCrowded = this.functions.running.length >= this.#setup.concurrency;
    if (isCrowded) this.#crowdedAt = at.tick;
    for (const kept of this.kept.values()) {
      const { model } = kept;
      // After stop() one that had to leave does so untold.
      if (this.phase === 'stopped' && kept.isLeaving && !this.map.health(this.newKey(kept.id))) {
        this.#evicted += 1;
        this.#endUnseen(kept);
        this.#remove(kept);
        continue;
      }
      model.isHot = this.#isHot(kept);
      if (model.mayHaveEnded(at)) {
        const loads = this.map.health(this.newKey(kept.id))?.loads;
        for (const outcome of outcomes) {
          if (loads && loads[outcome] > model.loads[outcome]) this.#end(kept, outcome);
        }
      }
      model.now(at);
      if (!isWithin && model.isUnsure(at, true)) {
        const health = this.map.health(this.newKey(kept.id));
        const isOver = health?.nextLoadAt === null && health.load === null;
        if (isOver && this.map.health().queued === 0) model.backoffEnded();
      }
    }
  }

  #watch(
    id: string,
    waiter: Waiter,
    promise: Promise<unknown>,
    controller?: AbortController,
  ): void {
    const watched: Watched = { id, waiter, controller, seen: undefined };
    this.#watched.push(watched);
    promise.then(
      (value) => {
        this.look();
        this.timeline.add('cache', () => `${waiter.call} gives ${shown(value)}`);
        watched.seen =
          waiter.kind === 'read' ? { value } : { snapshot: value as Snapshot<unknown> };
        this.#expectFate(watched);
      },
      (error: unknown) => {
        this.look();
        this.timeline.add('cache', () => `${waiter.call} rejects with ${shown(error)}`);
        watched.seen = { error: nameOf(error) };
        this.#expectFate(watched);
      },
    );
  }

  #expectFate({ id, waiter, seen }: Watched): void {
    const due = waiter.fate;
    const isSame =
      (seen === undefined && due === undefined) ||
      (seen &&
        due &&
        ('error' in seen
          ? 'error' in due && seen.error === due.error
          : 'value' in seen
            ? 'value' in due && Object.is(seen.value, due.value)
            : 'snapshot' in due &&
              seen.snapshot !== undefined &&
              sameSnapshot(seen.snapshot, due.snapshot)));
    if (isSame) return;
    const is = seen ? `ends with ${shown(seen)}` : 'waits';
    const must = due ? `end with ${shown(due)}` : 'wait';
    this.#broken.push(`${waiter.call} of ${id} ${is}; it must ${must}`);
  }

  expectSame(
    what: string,
    given: Snapshot<unknown> | undefined,
    due: Snapshot<unknown> | undefined,
  ): void {
    const isSame = given && due ? sameSnapshot(given, due) : given === due;
    if (!isSame) this.#broken.push(`${what} is ${shown(given)}; it must be ${shown(due)}`);
  }

  expect(holds: unknown, otherwise: string): void {
    if (!holds) this.#broken.push(otherwise);
  }

  /** To be asked at any time between two calls. */
  check(): void {
    this.look();
    for (const id of this.kept.keys()) this.peek(id);
    const { size } = this.map;
    this.expect(size === this.kept.size, `${size} keys; there must be ${[...this.kept.keys()]}`);
    this.#report();
  }

  /** To be asked where nothing is left to happen. */
  checkAtRest(): void {
    this.look();
    const { at, map } = this;
    for (const [id, { model }] of this.#ghosts) {
      if (!model.slot || model.isFree(model.slot, at)) this.#ghosts.delete(id);
    }
    const isCrowded = this.#isCrowded();
    if (isCrowded) this.#crowdedAt = at.tick;
    for (const kept of this.kept.values()) this.#checkKey(kept, isCrowded);
    for (const watched of this.#watched) this.#expectFate(watched);
    this.#watched = this.#watched.filter(({ seen }) => !seen);
    for (const sweep of this.#sweeps) this.#checkSweep(sweep);
    for (const stopping of this.#stops) {
      const isDue = this.#mayBeStopped(stopping);
      this.expect(stopping.isOver === isDue, `stop() ${isDue ? 'has not' : 'has'} resolved`);
    }
    const health = map.health();
    const is = (name: string, given: unknown, due: unknown): void => {
      if (given !== due) this.#broken.push(`health().${name} is ${given}; it must be ${due}`);
    };
    const all = [...this.kept.values()];
    is('running', health.running, this.phase === 'running');
    is('evicted', health.evicted, this.#evicted);
    is('pinned', health.pinned, all.filter(({ isPinned }) => isPinned).length);
    for (const status of ['NOT_READY', 'READY', 'STALE', 'ERROR'] as const) {
      const those = all.filter(({ model }) => model.status(at) === status);
      is(`status.${status}`, health.status[status], those.length);
    }
    is('failing', health.failing, all.filter(({ model }) => model.failures > 0).length);
    const sum = (of: (model: Model) => number): number =>
      this.#models.reduce((sum, model) => sum + of(model), 0);
    for (const outcome of [...outcomes, 'stopped'] as const) {
      is(
        `loads.${outcome}`,
        health.loads[outcome],
        sum(({ loads }) => loads[outcome]),
      );
    }
    for (const kind of ['fresh', 'stale', 'failed', 'waited'] as const) {
      is(
        `reads.${kind}`,
        health.reads[kind],
        sum(({ reads }) => reads[kind]),
      );
    }
    const { to } = this.#keysDue;
    const isAsked = this.phase !== 'running' || at.tick <= to + 1;
    this.expect(isAsked, `the keys are not asked for, due by ${to}`);
    if (!this.#setup.batch) is('inFlight', health.inFlight, this.functions.running.length);
    this.#checkIdle(health.idle);
    const isBare = this.phase === 'stopped' && this.#models.every(({ slot }) => !slot);
    const timers = vi.getTimerCount() - this.functions.timers;
    this.expect(!isBare || timers === 0, `${timers} timers after stop()`);
    this.check();
  }

  /** All slots are taken, or it can't be told: of a batch not all loads have come to the loader yet. */
  #isCrowded(): boolean {
    const { running } = this.functions;
    if (running.length >= this.#setup.concurrency) return true;
    const called = running.flatMap(({ members }) => members.map(({ load }) => load));
    const all = [...this.kept.values(), ...this.#ghosts.values()];
    return all.some(({ model: { slot } }) => {
      const isResting = slot?.retryAt !== undefined || (slot?.outcome !== undefined && !slot.open);
      return slot && !isResting && !called.includes(slot);
    });
  }

  #checkKey(kept: Kept, isCrowded: boolean): void {
    const { at, map } = this;
    const { id, model, told } = kept;
    model.isCrowded = isCrowded;
    if (this.#hasJumped && this.#setup.idleTime !== Infinity && !kept.isPinned) model.isHot = false;
    model.atRest(at);
    if (kept.queuedAt === undefined && model.isAsked) {
      kept.queuedAt = at.tick;
      kept.hadReaders ||= model.hasReaders;
    }
    if (model.isAsked && isCrowded) this.see('a load that waits for a slot');
    const isStaying = this.phase !== 'running' || !kept.isLeaving || !model.isQuiet(at);
    this.expect(isStaying, `${id} had to leave, and is there`);
    const health = map.health(this.newKey(id));
    if (!health) {
      this.#broken.push(`there is no ${id}`);
      return;
    }
    const { loading, snapshot } = model;
    const is = (name: string, given: unknown, due: unknown): void => {
      if (given !== due) this.#broken.push(`health(${id}).${name} is ${given}; it must be ${due}`);
    };
    is('status', health.status, model.status(at));
    is('running', health.running, model.phase === 'running');
    is('version', health.version, model.version);
    is('age', health.age, snapshot ? at.wall - snapshot.loadedAt : null);
    is('consecutiveFailures', health.consecutiveFailures, model.failures);
    is('abandoned', health.abandoned, model.abandoned.size);
    is('load.reason', health.load?.reason, loading?.reason);
    is('load.attempt', health.load?.attempt, loading?.attempt);
    is('load.startedAt', health.load?.startedAt, loading?.at.wall);
    for (const outcome of [...outcomes, 'stopped'] as const) {
      is(`loads.${outcome}`, health.loads[outcome], model.loads[outcome]);
    }
    for (const kind of ['fresh', 'stale', 'failed', 'waited'] as const) {
      is(`reads.${kind}`, health.reads[kind], model.reads[kind]);
    }
    if (model.statusIsTold) is('status, as told,', kept.status, model.status(at));
    const { unchanged, failed, rejected, timeout } = model.loads;
    is('events of refresh', told.refresh, model.version);
    is('events of unchanged', told.unchanged, unchanged);
    is('final events of error', told.error, failed + rejected + timeout);
    is('events of invalidate', told.invalidate, kept.invalidations);
  }

  /** Those rest that nobody reads; and go, once there is nothing to serve. */
  #checkIdle(idle: number): void {
    if (this.#hasJumped) return;
    const { at } = this;
    const cool = [...this.kept.values()].filter((kept) => !kept.isPinned && !this.#isHot(kept));
    const surely = cool.filter(
      ({ model }) => model.mustRest(at) && this.#crowdedAt < 0 && this.phase === 'running',
    );
    const isRight = idle >= surely.length && idle <= cool.length;
    this.expect(isRight, `${idle} idle; there must be ${surely.length} to ${cool.length}`);
    if (surely.length > 0) this.see('an idle key');
    for (const { id, model } of surely) {
      this.expect(model.servable(at), `${id} is idle and has no value, and is there`);
    }
  }

  #report(): void {
    const broken = [...this.#broken, ...this.#models.flatMap(({ broken }) => broken)];
    if (broken.length === 0) return;
    for (const what of broken) this.timeline.add('model', () => `✗ ${what}`);
    throw new Error(broken.join('\n'));
  }

  /** Nobody waits for ever, and nothing is left. */
  async end(): Promise<void> {
    this.stop(false);
    await this.advance(0);
    this.checkAtRest();
    await this.advance(this.#rules.loadTimeout);
    this.checkAtRest();
    while (this.functions.open.length > 0) this.functions.open[0]?.settle(good);
    await this.advance(100);
    this.checkAtRest();
    const timers = vi.getTimerCount() - this.functions.timers;
    this.expect(timers === 0, `${timers} timers are left`);
    this.#report();
  }

  toString(): string {
    return [...this.kept.values()].map(({ id, model }) => `${id}: ${model}`).join(' | ');
  }
}

const good: MapCourse = {
  when: 'hangs',
  delay: 0,
  each: ['value'],
  throws: false,
  isSloppy: false,
};
