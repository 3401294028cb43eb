import { vi } from 'vitest';
import {
  type CacheStatus,
  LoadError,
  type Snapshot,
  StoppedError,
  type WarmCache,
  type WarmCacheOptions,
} from 'warm-cache';
import { Functions } from './functions.ts';
import { type Fate, type Load, Model, type Moment, type Rules, type Waiter } from './model.ts';
import type { Course, Gives, Place, Setup } from './scenario.ts';
import { Timeline } from './timeline.ts';
import { nameOf, outcomeOf, sameSnapshot, shown } from './words.ts';

// The real cache, its loader and listeners, and whoever calls it: everything that is done or seen is told to the model.

/** Something to do, at once. */
export interface Act {
  run(world: World): Promise<void> | void;
  toString(): string;
}

/** What is done there, the `nth` time that it is come by. */
export interface Intrusion {
  readonly place: Place;
  readonly nth: number;
  readonly acts: readonly Act[];
}

export interface Scenario {
  readonly setup: Setup;
  readonly courses: readonly Course[];
  /** When there are no more of them. */
  readonly thereafter: Course;
  readonly intrusions: readonly Intrusion[];
  /** What chance has to say: the seed of `Math.random`. */
  readonly luck: number;
}

const RETRY_DELAY = 20;
const MIN_DELAY = 100;
const MAX_DELAY = 400;
const SLOW = 30;

interface Watched {
  readonly waiter: Waiter;
  readonly controller: AbortController | undefined;
  seen: Fate | { readonly error: string } | undefined;
}

interface Stopping {
  readonly load: Load | undefined;
  isOver: boolean;
}

/** The class of caches to try; broken ones, to see them found out. */
export type CacheClass = new (options: WarmCacheOptions<unknown>) => WarmCache<unknown>;

/** One cache, and everything around it. */
export class World {
  readonly cache: WarmCache<unknown>;
  readonly model: Model;
  readonly timeline: Timeline;
  readonly functions: Functions;
  readonly #zero: number = performance.now();
  readonly #rules: Rules;
  readonly #intrusions: readonly Intrusion[];
  readonly #visits: Partial<Record<Place, number>> = {};
  readonly #broken: string[] = [];
  #watched: Watched[] = [];
  readonly #stops: Stopping[] = [];
  #status: CacheStatus = 'NOT_READY';
  #stopEvents = 0;
  /** Events, of `error` the final ones. */
  readonly #told = { refresh: 0, unchanged: 0, error: 0, invalidate: 0 } as Record<Place, number>;
  /** Calls of `invalidate()` that have an event. */
  #invalidations = 0;
  // Which calls of the cache are going on.
  #isReading = false;
  /** Reads that may or may not count as having waited. */
  #unsureWaits = 0;
  /** From then on nobody calls the cache from within. */
  #isOver = false;
  /** Attempts that `error` told of, and that are tried again. */
  #retriesTold = 0;

  constructor(scenario: Scenario, isRead: boolean, Cache: CacheClass) {
    const { setup, intrusions, luck } = scenario;
    this.timeline = new Timeline(isRead);
    this.functions = new Functions(this, scenario);
    const { functions } = this;
    this.#intrusions = intrusions;
    let random = luck + 1;
    // Chance has to come again with the seed.
    Math.random = () => {
      random = (random * 16_807) % (2 ** 31 - 1);
      return random / 2 ** 31;
    };
    const { ttl, maxStale, loadTimeout, retries, jitter, refreshInterval, intervals } = setup;
    this.#rules = {
      ttl,
      maxStale,
      refreshInterval: intervals ? undefined : (refreshInterval ?? ttl),
      loadTimeout,
      retries,
      retryDelay: RETRY_DELAY,
      minDelay: MIN_DELAY,
      maxDelay: MAX_DELAY,
      jitter,
      same: setup.equals ? (next, previous) => functions.same(next, previous) : undefined,
    };
    this.model = new Model(this.#rules);
    this.cache = new Cache({
      ttl,
      maxStale,
      loadTimeout,
      jitter,
      loader: (context) => functions.load(context),
      refreshInterval: intervals ? () => functions.refreshInterval(intervals) : refreshInterval,
      retry: { retries, minTimeout: RETRY_DELAY, randomize: false },
      backoff: { minDelay: MIN_DELAY, maxDelay: MAX_DELAY },
      slowThreshold: SLOW,
      accept: setup.accept ? (next) => functions.accept(next) : undefined,
      equals: setup.equals ? (next, previous) => functions.equals(next, previous) : undefined,
      validator: setup.validator ? (context) => functions.validate(context) : undefined,
    });
    this.#listen();
  }

  get at(): Moment {
    return { wall: Date.now(), tick: performance.now() - this.#zero };
  }

  // What is done to the cache

  start(): void {
    this.see();
    const { phase } = this.model;
    this.model.start();
    this.cache.start();
    this.expect(phase === 'running' || this.#visits.start, '`start` was not told');
  }

  stop(drain: boolean): void {
    this.see();
    const { model } = this;
    const { loading, slot, phase } = model;
    const stops = this.#stopEvents;
    model.stop(drain);
    const stopping: Stopping = { load: slot, isOver: false };
    this.#stops.push(stopping);
    this.cache.stop({ drain }).then(
      () => {
        stopping.isOver = true;
        this.see();
        this.expect(this.#mayBeStopped(stopping), 'stop() resolves, and the loader runs still');
      },
      (error) => this.#broken.push(`stop() rejects: ${error}`),
    );
    const isDue = phase !== 'stopped' && !(drain && loading);
    this.expect(!isDue || this.#stopEvents > stops, 'stop() did not stop');
  }

  #mayBeStopped({ load }: Stopping): boolean {
    if (!load) return true;
    const isPast = this.at.tick >= load.at.tick + this.#rules.loadTimeout;
    return load.outcome !== undefined && (!load.open || isPast);
  }

  invalidate(purge: boolean): void {
    this.see();
    const waiter = this.model.invalidate(purge);
    if (this.model.phase !== 'stopped') this.#invalidations += 1;
    this.#watch(waiter, this.cache.invalidate({ purge }));
  }

  refresh(): void {
    this.see();
    const waiter = this.model.refresh();
    this.#watch(waiter, this.cache.refresh());
  }

  set(): void {
    this.see();
    const value = this.functions.newValue('set');
    const due = this.model.set(this.at, value);
    let given: Snapshot<unknown> | undefined;
    try {
      given = this.cache.set(value);
    } catch (error) {
      this.expect(error instanceof StoppedError, `set() throws ${error}`);
    }
    this.expectSame('set()', given, due);
  }

  read(maxAge: number | undefined, isPatient: boolean): void {
    this.see();
    const call = maxAge === undefined ? 'get()' : `get({ maxAge: ${maxAge} })`;
    const waiter = this.model.read(this.at, call, maxAge);
    const controller = isPatient ? undefined : new AbortController();
    const options = { maxAge, signal: controller?.signal };
    const isPlain = maxAge === undefined && isPatient;
    const waits = waiter.fate === undefined;
    this.#isReading = true;
    const value = isPlain ? this.cache.get() : this.cache.get(options);
    this.#isReading = false;
    this.#watch(waiter, value, controller);
    // Stopped by a listener of its own load: who is to say if it has waited?
    if (waits && (waiter.fate || this.model.isStopped)) this.#unsureWaits += 1;
  }

  ready(timeout: number | undefined): void {
    this.see();
    const until = timeout === undefined ? Infinity : this.at.tick + timeout;
    const waiter = this.model.read(this.at, 'ready()', undefined, 'ready', until);
    this.#watch(waiter, this.cache.ready({ timeout }));
  }

  giveUp(nth: number): void {
    this.see();
    const waiting = this.#watched.filter(({ controller, waiter }) => controller && !waiter.fate);
    const reader = waiting.at(nth % Math.max(1, waiting.length));
    if (!reader) return;
    this.model.giveUp(reader.waiter);
    reader.controller?.abort('gave up');
  }

  jump(by: number): void {
    this.model.jump();
    vi.setSystemTime(Date.now() + by);
  }

  async advance(by: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(by);
    this.model.now(this.at);
  }

  /** Ms from now to something that is to come. */
  until(what: 'deadline' | 'expiry' | 'retry' | 'staleness'): number | undefined {
    const { model, at } = this;
    const { loadTimeout, ttl, maxStale } = this.#rules;
    const { slot, snapshot, backoff } = model;
    if (what === 'deadline') return slot && slot.at.tick + loadTimeout - at.tick;
    if (what === 'retry') return backoff && Math.ceil(backoff.latest - at.tick);
    const goodFor = what === 'expiry' ? ttl + maxStale : ttl;
    return snapshot && snapshot.loadedAt + goodFor - at.wall;
  }

  settle(nth: number, gives: Gives): void {
    this.see();
    this.functions.open.at(nth % Math.max(1, this.functions.open.length))?.settle(gives);
  }

  // What is seen of it

  #listen(): void {
    const { cache, model } = this;
    const listen = <E extends Place & Parameters<typeof cache.on>[0]>(
      event: E,
      see: (payload: Parameters<Parameters<typeof cache.on<E>>[1]>[0]) => void,
    ): void => {
      cache.on(event, (payload) => {
        this.see();
        this.timeline.add('cache', () => `emits ${event} ${shown(payload)}`);
        if (event !== 'error' || (payload as { final?: boolean }).final) this.#told[event] += 1;
        const isLate = model.phase === 'stopped' && event !== 'start' && event !== 'stop';
        this.expect(!isLate, `${event} after stop()`);
        see(payload);
        this.visit(event);
        throw oops;
      });
    };
    listen('load', ({ reason, startedAt }) => {
      this.expect(startedAt === Date.now(), 'startedAt is not now');
      model.loadStarted(this.at, reason);
    });
    listen('refresh', ({ snapshot, reason }) => {
      if (reason !== 'set') this.#seeEnd('published');
      this.expectSame('the snapshot of refresh', snapshot, model.snapshot);
    });
    listen('change', ({ snapshot, previous }) => {
      this.expectSame('the snapshot of change', snapshot, model.snapshot);
      model.changeTold(previous);
    });
    listen('unchanged', ({ snapshot }) => {
      this.#seeEnd('unchanged');
      this.expectSame('the snapshot of unchanged', snapshot, model.snapshot);
    });
    listen('error', ({ error, final, retryAt, attempt, serving, reason }) => {
      if (!final) {
        const { loading } = model;
        const isOfAttempt = attempt === 0 || attempt === loading?.attempt;
        const isItsOwn = reason === loading?.reason && isOfAttempt;
        this.expect(reason === undefined || isItsOwn, 'error tells of a load that is over');
        if (attempt > 0 && retryAt !== undefined) this.#retriesTold += 1;
        return;
      }
      if (!(error instanceof LoadError)) {
        this.#broken.push(`the final error is ${error}`);
        return;
      }
      this.#seeEnd(outcomeOf(error));
      this.expect(retryAt === error.retryAt, 'error and event differ in retryAt');
      this.expect(serving === (model.servable(this.at) !== undefined), `serving: ${serving}`);
      model.retryTold(this.at, error.retryAt);
    });
    listen('slow', ({ outcome, duration }) => {
      this.expect(duration > SLOW, `slow tells of ${duration} ms`);
      this.expect(outcome !== 'stopped', 'slow tells of a stopped load');
    });
    listen('invalidate', () => {});
    listen('status', ({ from, to }) => {
      this.expect(from === this.#status && from !== to, `status from ${from}, was ${this.#status}`);
      this.#status = to;
      this.expect(to === model.status(this.at), `status to ${to}, is ${model.status(this.at)}`);
    });
    listen('start', () => model.started());
    listen('stop', () => {
      this.#stopEvents += 1;
      model.stopped();
    });
  }

  /** A load's end that was seen by an event; the counters may have told it already. */
  #seeEnd(outcome: Parameters<Model['loadEnded']>[1]): void {
    const { loads } = this.cache.health();
    if (this.model.loads[outcome] < loads[outcome]) this.#end(outcome);
  }

  #end(outcome: Parameters<Model['loadEnded']>[1]): void {
    this.model.loadEnded(this.at, outcome);
  }

  /** Sees what has no event: a load that ended superseded, a backoff that nobody waited for. */
  see(): void {
    const { model, at } = this;
    if (model.mayHaveEnded(at)) {
      const { loads } = this.cache.health();
      for (const outcome of outcomes) {
        if (loads[outcome] > model.loads[outcome]) this.#end(outcome);
      }
    }
    if (model.isUnsure(at)) {
      const { nextLoadAt, load } = this.cache.health();
      if (nextLoadAt === null && load === null) model.backoffEnded();
    }
    model.now(at);
  }

  /** The user's function at this place is called: it may call the cache in turn. */
  visit(place: Place): void {
    const nth = this.#visits[place] ?? 0;
    this.#visits[place] = nth + 1;
    // Amidst of a call not everything may be told yet, but what is given must be there.
    const peeked = this.cache.peek();
    if (peeked) this.expectSame('peek()', peeked, this.model.snapshot);
    if (this.#isOver) return;
    for (const intrusion of this.#intrusions) {
      if (intrusion.place !== place || intrusion.nth !== nth) continue;
      this.timeline.depth += 1;
      for (const act of intrusion.acts) {
        // A read that finds the value expired, after a jump of the clock, tells the status before it goes on. What a
        // listener does then comes before the read, and the model has it the other way round: a matter of taste.
        if (this.#isReading && place === 'status') continue;
        this.timeline.add('call', () => `in ${place}: ${act}`);
        void act.run(this);
      }
      this.timeline.depth -= 1;
    }
  }

  #watch(waiter: Waiter, promise: Promise<unknown>, controller?: AbortController): void {
    const watched: Watched = { waiter, controller, seen: undefined };
    this.#watched.push(watched);
    promise.then(
      (value) => {
        this.see();
        this.timeline.add('cache', () => `${waiter.call} gives ${shown(value)}`);
        watched.seen =
          waiter.kind === 'read' ? { value } : { snapshot: value as Snapshot<unknown> };
        this.#expectFate(watched);
      },
      (error: unknown) => {
        this.see();
        this.timeline.add('cache', () => `${waiter.call} rejects with ${shown(error)}`);
        watched.seen = { error: nameOf(error) };
        const isPast = this.at.tick >= waiter.until;
        if (watched.seen.error === 'ready timeout' && isPast)
          waiter.fate ??= { error: 'ready timeout' };
        this.#expectFate(watched);
      },
    );
  }

  #expectFate({ waiter, seen }: Watched): void {
    const due = waiter.fate;
    const isSame =
      (seen === undefined && due === undefined) ||
      (seen &&
        due &&
        ('error' in seen
          ? 'error' in due && seen.error === due.error
          : 'value' in seen
            ? 'value' in due && Object.is(seen.value, due.value)
            : 'snapshot' in due && sameSnapshot(seen.snapshot, due.snapshot)));
    if (isSame) return;
    const is = seen ? `ends with ${shown(seen)}` : 'waits';
    this.#broken.push(`${waiter.call} ${is}; it must ${due ? `end with ${shown(due)}` : 'wait'}`);
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
    this.see();
    const { model, cache, at } = this;
    const peeked = cache.peek();
    const due = model.servable(at);
    if (peeked && !model.snapshot)
      this.#broken.push(`peek() gives ${shown(peeked)}; there is none`);
    else if (peeked) this.expectSame('peek()', peeked, model.snapshot);
    if (model.peekIsSure(at)) this.expectSame('peek()', peeked, due);
    this.#report();
  }

  /** To be asked where nothing is left to happen. */
  checkAtRest(): void {
    this.see();
    const { model, cache, at } = this;
    model.atRest(at);
    model.changesAreTold();
    for (const watched of this.#watched) this.#expectFate(watched);
    this.#watched = this.#watched.filter(({ seen }) => !seen);
    for (const stopping of this.#stops) {
      const isDue = this.#mayBeStopped(stopping);
      this.expect(stopping.isOver === isDue, `stop() ${isDue ? 'has not' : 'has'} resolved`);
    }
    const health = cache.health();
    const { loading, snapshot } = model;
    const is = (name: string, given: unknown, due: unknown): void => {
      if (given !== due) this.#broken.push(`health().${name} is ${given}; it must be ${due}`);
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
    is('nextLoadAt', health.nextLoadAt !== null, model.nextLoad);
    for (const outcome of [...outcomes, 'stopped'] as const) {
      is(`loads.${outcome}`, health.loads[outcome], model.loads[outcome]);
    }
    for (const kind of ['fresh', 'stale', 'failed'] as const) {
      is(`reads.${kind}`, health.reads[kind], model.reads[kind]);
    }
    const { waited } = health.reads;
    const most = model.reads.waited;
    is('reads.waited', Math.min(most, Math.max(waited, most - this.#unsureWaits)), waited);
    if (model.statusIsTold) {
      this.expect(this.#status === health.status, `status, as told, is ${this.#status}`);
    }
    // The end of a load may forestall the telling.
    const isCalm = this.#stopEvents === 0 && model.loads.timeout === 0;
    const [told, made] = [this.#retriesTold, this.functions.retries];
    const isTold = isCalm ? told === made : told <= made;
    this.expect(isTold, `error told of ${told} retries, of ${made}`);
    this.#checkEvents();
    this.#checkTimers();
    this.check();
  }

  /** Everything that has an event has been told, once. */
  #checkEvents(): void {
    const { unchanged, failed, rejected, timeout } = this.model.loads;
    const due = {
      refresh: this.model.version,
      unchanged,
      error: failed + rejected + timeout,
      invalidate: this.#invalidations,
    };
    for (const event of ['refresh', 'unchanged', 'error', 'invalidate'] as const) {
      const told = this.#told[event];
      this.expect(told === due[event], `${event} was told ${told} times, of ${due[event]}`);
    }
  }

  /** One for the next load or the deadline of the one in flight; one that keeps `peek()` right. */
  #checkTimers(): void {
    const { model, at } = this;
    const waiting = this.#watched.filter(
      ({ waiter: { fate, until } }) => !fate && until !== Infinity && until > at.tick,
    );
    const needed =
      (model.slot || model.nextLoad ? 1 : 0) +
      (model.loading?.retryAt === undefined ? 0 : 1) +
      waiting.length;
    const timers = vi.getTimerCount() - this.functions.timers;
    const most = model.phase === 'stopped' ? needed : needed + 1;
    const range = needed === most ? `${needed}` : `${needed} or ${most}`;
    this.expect(timers >= needed && timers <= most, `${timers} timers; there must be ${range}`);
  }

  #report(): void {
    if (this.#broken.length + this.model.broken.length === 0) return;
    const broken = [...this.#broken, ...this.model.broken];
    for (const what of broken) this.timeline.add('model', () => `✗ ${what}`);
    throw new Error(broken.join('\n'));
  }

  /** Nobody waits for ever, and nothing is left. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.stop(false);
    await this.advance(0);
    this.checkAtRest();
    await this.advance(this.#rules.loadTimeout);
    this.checkAtRest();
    while (this.functions.open.length > 0) this.functions.open[0]?.settle('value');
    await this.advance(100);
    this.checkAtRest();
    const timers = vi.getTimerCount() - this.functions.timers;
    this.expect(timers === 0, `${timers} timers are left`);
    this.#report();
  }
}

/** What listeners throw. */
const oops: Error = new Error('a listener that throws');

const outcomes = ['published', 'unchanged', 'rejected', 'failed', 'timeout', 'superseded'] as const;
