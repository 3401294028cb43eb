import type { CacheStatus, LoadOutcome, LoadReason, Snapshot } from 'warm-cache';
import { sameSnapshot } from './words.ts';

// What a cache promises, as a machine that can be read in one go. It has no timer, no promise and no clock: it is told
// what was called and what was seen of the loads, and says what may be served, how a load must end, who must have been
// answered with what, and what has to happen by now. Nothing here is taken from the implementation.

/** The two clocks: `wall` may jump, `tick` may not. Both in ms. */
export interface Moment {
  readonly wall: number;
  readonly tick: number;
}

/** The options, without defaults. */
export interface Rules {
  readonly ttl: number;
  readonly maxStale: number;
  /** `undefined`: a function, whose answers are told. */
  readonly refreshInterval: number | undefined;
  /** Whether two values are the same; where it can't be said, they are not. By identity they are anyway. */
  readonly same?: ((next: unknown, previous: unknown) => boolean) | undefined;
  readonly loadTimeout: number;
  readonly retries: number;
  /** Before the first retry; each further one waits twice as long. */
  readonly retryDelay: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly jitter: number;
  /** Of how many loads it is known what they took. */
  readonly window?: number;
  /** Of one cache among many that share what loads there may be at a time. */
  readonly shared?: {
    /** Ms for which loads are gathered. */
    readonly gathering: number;
    /** Several of them are one call: its retries are given what stood before the first. */
    readonly isBatched: boolean;
  };
}

/** What the loader gave, and what `accept` makes of it. */
export type Answer =
  | { readonly kind: 'value'; readonly value: unknown; readonly accept: boolean | 'throws' }
  | { readonly kind: 'notModified' }
  | { readonly kind: 'error'; readonly endsAttempts: boolean };

type Success = 'published' | 'superseded' | 'unchanged';
export type Failure = Exclude<LoadOutcome, Success | 'stopped'>;

/** What became of a promise. */
export type Fate =
  | { readonly value: unknown }
  | { readonly snapshot: Snapshot<unknown> }
  | { readonly error: Failure | 'gave up' | 'ready timeout' | 'stopped' };

export interface Waiter {
  readonly call: string;
  readonly kind: 'demand' | 'read' | 'ready';
  /** The first load whose end answers it. */
  since: number;
  /** When it gives up by itself. */
  readonly until: number;
  /** How it must end; `undefined` while it has to wait. */
  fate: Fate | undefined;
}

export interface Load {
  readonly seq: number;
  readonly reason: LoadReason;
  readonly at: Moment;
  readonly jumps: number;
  outcome: LoadOutcome | undefined;
  /** How often the loader was called. */
  attempt: number;
  /** Which of the caller's functions runs. */
  open: 'loader' | 'validator' | undefined;
  /** The snapshot as the attempt began. */
  previous: Snapshot<unknown> | undefined;
  token: unknown;
  skipped: boolean;
  /** When the next attempt is due. */
  retryAt: number | undefined;
  /** What it comes to, once no attempt is left; and since when. */
  verdict: Answer | undefined;
  settledAt: number;
}

interface Backoff {
  readonly outcome: Failure;
  /** No load but a demanded one before; and the next one no later. */
  readonly earliest: number;
  readonly latest: number;
}

/** What a timer of whole milliseconds may be early or late. */
const GRAIN = 1;

export class Model {
  /** What was broken, in words. */
  readonly broken: string[] = [];
  phase: 'draining' | 'new' | 'running' | 'stopped' = 'new';
  snapshot: Snapshot<unknown> | undefined;
  version = 0;
  /** The load in flight; or one that was stopped, until its loader has settled or its deadline has passed. */
  slot: Load | undefined;
  backoff: Backoff | undefined;
  failures = 0;
  /** Loads are numbered as they start. */
  lastSeq = 0;
  readonly reads = { fresh: 0, stale: 0, waited: 0, failed: 0 };
  readonly loads: Record<LoadOutcome, number> = {
    published: 0,
    unchanged: 0,
    rejected: 0,
    failed: 0,
    timeout: 0,
    superseded: 0,
    stopped: 0,
  };
  /** Loads that were given up while their loader ran on. */
  readonly abandoned: Set<Load> = new Set();
  /** Among many: whether it is to be kept hot, and whether a load that is due may have to wait for the others. */
  isHot = true;
  isCrowded = false;
  readonly #rules: Rules;
  #waiters: Waiter[] = [];
  #lastStart = -Infinity;
  #lastEnd = -Infinity;
  /** What the last loads that answered took. */
  #durations: number[] = [];
  /** What a function of `refreshInterval` answered since the last load. */
  #interval: number | undefined;
  /** Why a load is wanted at once. */
  readonly #asked: Set<LoadReason> = new Set();
  /** Since when, and since when the loop goes on after a rest. */
  #askedAt = -Infinity;
  #wokenAt = -Infinity;
  /** When the last load was seen to let the next one start. */
  #freeAt = -Infinity;
  #now = -Infinity;
  /** When a demand last had a load start during an outage. */
  #lastDemand = -Infinity;
  /** Only a load from this one on lifts the invalidation; 0: there is none. */
  #validFrom = 0;
  /** Loads before this one may not replace the value. */
  #publishFrom = 0;
  /** What the validator said before the load that made the value. */
  #token: unknown;
  /** How often the wall clock has jumped; as of when the value is; and whether a read has seen it expire since. */
  #jumps = 0;
  #madeAfter = 0;
  #seenExpired = false;
  /** A stop that has to be told by its event. */
  #halting = false;
  /** A change that has to be told by its event; from what. */
  #untold: { readonly previous: Snapshot<unknown> | undefined } | undefined;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  // What may be served

  #age(at: Moment): number {
    return this.snapshot ? at.wall - this.snapshot.loadedAt : Infinity;
  }

  /** Whether it is served, and as what. */
  freshness(at: Moment): 'fresh' | 'stale' | undefined {
    const { ttl, maxStale } = this.#rules;
    const age = this.#age(at);
    if (!this.snapshot) return undefined;
    if (this.#validFrom === 0 && age >= 0 && age < ttl) return 'fresh';
    return age < ttl + maxStale && !this.isStopped ? 'stale' : undefined;
  }

  /** Whether there is a value that is served, or will be once it is started again. */
  isServable(at: Moment): boolean {
    const { ttl, maxStale } = this.#rules;
    return this.snapshot !== undefined && this.#age(at) < ttl + maxStale;
  }

  servable(at: Moment): Snapshot<unknown> | undefined {
    return this.freshness(at) && this.snapshot;
  }

  /** `peek()` goes by a timer: after the clock has jumped, either may be right until somebody reads. */
  peekIsSure(at: Moment): boolean {
    return !this.#isSkewed || (this.#seenExpired && !this.servable(at));
  }

  status(at: Moment): CacheStatus {
    const freshness = this.freshness(at);
    if (freshness) return freshness === 'fresh' ? 'READY' : 'STALE';
    return this.failures > 0 ? 'ERROR' : 'NOT_READY';
  }

  /** Whether the `status` events have told the status by now. */
  get statusIsTold(): boolean {
    return !this.isStopped && !this.#isSkewed;
  }

  get #isSkewed(): boolean {
    return this.snapshot !== undefined && this.#jumps !== this.#madeAfter;
  }

  get isStopped(): boolean {
    return this.phase === 'stopped' || this.phase === 'draining';
  }

  get loading(): Load | undefined {
    return this.slot?.outcome === undefined ? this.slot : undefined;
  }

  // What is called

  read(
    at: Moment,
    call: string,
    maxAge = Infinity,
    kind: 'read' | 'ready' = 'read',
    until = Infinity,
  ): Waiter {
    const snapshot = this.servable(at);
    const wait = (since: number, fate?: Fate): Waiter =>
      this.#wait({ call, kind, since, until, fate });
    const count = (what: keyof Model['reads']): void => {
      if (kind === 'read') this.reads[what] += 1;
    };
    if (snapshot && this.#isYoung(at.wall - snapshot.loadedAt, maxAge, Infinity)) {
      const freshness = this.freshness(at) as 'fresh' | 'stale';
      count(freshness);
      if (freshness === 'stale' && kind === 'read') this.#askIfIdle(at);
      return wait(0, kind === 'read' ? { value: snapshot.value } : { snapshot });
    }
    if (!snapshot && kind === 'read') this.#seenExpired = true;
    if (this.backoff && kind === 'read') {
      count('failed');
      return wait(0, { error: this.backoff.outcome });
    }
    if (this.isStopped) {
      count('failed');
      return wait(0, { error: 'stopped' });
    }
    if (kind === 'ready') {
      this.#askIfIdle(at);
      return wait(0);
    }
    count('waited');
    const load = this.loading;
    const joins =
      load && this.#mayPublish(load) && this.#isYoung(at.wall - load.at.wall, maxAge, load.seq);
    if (!joins) this.#ask('read');
    return wait(joins ? load.seq : this.lastSeq + 1);
  }

  /** The value must be no older than `maxAge`, and not invalidated; 0 asks for a load after the call. */
  #isYoung(age: number, maxAge: number, seq: number): boolean {
    if (maxAge === Infinity) return true;
    const valid = seq === Infinity ? this.#validFrom === 0 : seq >= this.#validFrom;
    return maxAge > 0 && age >= 0 && age <= maxAge && valid;
  }

  refresh(): Waiter {
    const load = this.loading;
    const joins = load && this.#mayPublish(load);
    return this.#demand('refresh', joins ? load.seq : this.lastSeq + 1, !joins);
  }

  invalidate(purge: boolean): Waiter {
    const since = this.lastSeq + 1;
    this.#validFrom = since;
    if (purge) {
      this.#publishFrom = since;
      this.snapshot = undefined;
      this.#untold = undefined;
      for (const waiter of this.#waiting) waiter.since = Math.max(waiter.since, since);
    }
    return this.#demand('invalidate', since, true);
  }

  #demand(reason: 'invalidate' | 'refresh', since: number, ask: boolean): Waiter {
    if (ask) this.#ask(reason);
    const fate: Fate | undefined = this.isStopped ? { error: 'stopped' } : undefined;
    return this.#wait({ call: `${reason}()`, kind: 'demand', since, until: Infinity, fate });
  }

  /** The snapshot that it must give; `undefined`: it must throw. */
  set(at: Moment, value: unknown): Snapshot<unknown> | undefined {
    if (this.isStopped) return undefined;
    this.#publishFrom = this.lastSeq + 1;
    this.#token = undefined;
    this.#publish(value, at.wall, 'set', this.#jumps);
    this.#answer((waiter) => waiter.kind !== 'demand');
    return this.snapshot;
  }

  start(): void {
    if (this.phase === 'draining') this.#halting = true;
  }

  stop(drain: boolean): void {
    if (drain && this.loading) this.phase = 'draining';
    else if (this.phase !== 'stopped') this.#halting = true;
  }

  giveUp(waiter: Waiter): void {
    waiter.fate = { error: 'gave up' };
  }

  jump(): void {
    this.#jumps += 1;
    this.#seenExpired = false;
  }

  // What is seen

  /** Runs from now on, with what it has. */
  begin(at: Moment): void {
    if (this.phase === 'running') return;
    this.phase = 'running';
    this.#wokenAt = at.tick;
    if (this.#lastStart === -Infinity) this.#lastStart = at.tick;
  }

  /** Is hot again. */
  wake(at: Moment): void {
    this.isHot = true;
    this.#wokenAt = at.tick;
  }

  started(): void {
    this.#expect(this.phase === 'new' || this.phase === 'stopped', `started while ${this.phase}`);
    this.phase = 'running';
    this.#wokenAt = this.#now;
    if (!this.loading && !this.backoff) this.#ask('start');
  }

  stopped(): void {
    this.#expect(this.#halting, 'stopped, and nobody asked for it');
    this.#halting = false;
    this.phase = 'stopped';
    this.#untold = undefined;
    if (this.loading) this.#end(this.loading, 'stopped');
    this.backoff = undefined;
    this.#asked.clear();
    for (const waiter of this.#waiting) this.#disappoint(waiter, 'stopped');
  }

  loadStarted(at: Moment, reason: LoadReason): void {
    this.#now = at.tick;
    if (this.slot && this.isFree(this.slot, at)) this.#leaveSlot(this.slot);
    this.#expect(!this.slot, `load ${this.slot?.seq} runs still, and another begins`);
    this.#expect(!this.isStopped, 'a load begins after stop()');
    const allowed = this.#whyLoad(at);
    this.#expect(allowed.has(reason), `a load of reason ${reason}: ${this.#says(allowed)}`);
    if (this.backoff && this.#asked.size > 0) this.#lastDemand = at.tick;
    this.backoff = undefined;
    this.#asked.clear();
    this.#interval = undefined;
    this.lastSeq += 1;
    this.#lastStart = at.tick;
    this.slot = {
      seq: this.lastSeq,
      reason,
      at,
      jumps: this.#jumps,
      outcome: undefined,
      attempt: 0,
      open: undefined,
      previous: undefined,
      token: undefined,
      skipped: false,
      retryAt: undefined,
      verdict: undefined,
      settledAt: Infinity,
    };
  }

  #says(allowed: ReadonlySet<string>): string {
    return allowed.size > 0 ? `only ${[...allowed].join(' or ')} may be` : 'none may begin now';
  }

  /** The reasons that a load may have now. */
  #whyLoad(at: Moment): ReadonlySet<LoadReason> {
    const asked = new Set(this.#asked);
    if (this.backoff) {
      const isOver = at.tick >= this.backoff.earliest;
      // One that had to wait for others is made, though nobody wants it any more.
      const isDue = isOver && (this.#isWanted || this.#rules.shared !== undefined);
      if (isDue && asked.size === 0) return new Set(['retry']);
      const demandIsDue = at.tick >= this.#lastDemand + this.#rules.minDelay - GRAIN;
      return isOver || demandIsDue ? asked : new Set();
    }
    const loop = this.#loopWindow();
    if (asked.size > 0) return asked;
    return new Set(loop && at.tick >= loop.earliest ? ['interval'] : []);
  }

  /** Whether a load follows the backoff. */
  get #isWanted(): boolean {
    const isKept = this.phase === 'running' && this.isHot;
    return isKept || this.#asked.size > 0 || this.#waiting.length > 0;
  }

  /** When the loop's next load must start. */
  #loopWindow(): { readonly earliest: number; readonly latest: number } | undefined {
    const { ttl, maxStale, jitter, refreshInterval } = this.#rules;
    const interval = refreshInterval ?? this.#interval;
    if (this.phase !== 'running' || interval === undefined || interval === Infinity)
      return undefined;
    // Early enough for a load as slow as any of the last to end while the value is good, but at most by half of the time.
    const goodFor = interval <= ttl ? ttl : ttl + maxStale;
    const slowest = Math.min(
      interval,
      goodFor - Math.min(Math.max(0, ...this.#durations), goodFor / 2),
    );
    // Those that share come in their phase: at any time within the interval.
    const soonest = this.#rules.shared ? 1 : Math.min(interval, goodFor / 2) * (1 - jitter);
    return {
      earliest: this.#lastStart + soonest - GRAIN,
      latest: Math.max(this.#lastStart + slowest, this.#lastEnd + GRAIN, this.#wokenAt) + GRAIN,
    };
  }

  intervalTold(interval: number): void {
    this.#interval = interval;
  }

  validatorCalled(): Load | undefined {
    const load = this.loading;
    this.#expect(load && load.attempt === 0 && !load.open, 'a validator without a load');
    if (!load) return undefined;
    load.open = 'validator';
    load.previous = this.snapshot;
    load.token = this.snapshot && this.#validFrom === 0 ? this.#token : undefined;
    return load;
  }

  /** `undefined`: it threw. */
  validatorAnswered(at: Moment, load: Load, token: unknown): void {
    load.open = undefined;
    this.abandoned.delete(load);
    if (load.outcome) return;
    load.skipped = token !== undefined && Object.is(token, load.token);
    load.token = token;
    if (load.skipped) this.#settle(at, load, { kind: 'notModified' });
  }

  loaderCalled(at: Moment, attempt: number, hasValidator: boolean): Load | undefined {
    const load = this.loading;
    this.#expect(load, 'the loader is called, and no load is in flight');
    if (!load) return undefined;
    const { retryAt } = load;
    this.#expect(!load.open, 'the loader is called while it runs');
    this.#expect(!load.verdict, 'the loader is called after its load was decided');
    this.#expect(attempt === load.attempt + 1, `attempt ${attempt} after ${load.attempt}`);
    this.#expect(
      attempt === 1 || (retryAt !== undefined && at.tick >= retryAt),
      `attempt ${attempt} at ${at.tick}, due at ${retryAt}`,
    );
    load.open = 'loader';
    load.attempt = attempt;
    load.retryAt = undefined;
    const isGiven = attempt > 1 ? !this.#rules.shared?.isBatched : !hasValidator;
    if (isGiven) load.previous = this.snapshot;
    return load;
  }

  loaderAnswered(at: Moment, load: Load, answer: Answer): void {
    load.open = undefined;
    this.abandoned.delete(load);
    if (load.outcome) return;
    const { retries, retryDelay } = this.#rules;
    const again = answer.kind === 'error' && !answer.endsAttempts && load.attempt <= retries;
    if (again) load.retryAt = at.tick + retryDelay * 2 ** (load.attempt - 1);
    else this.#settle(at, load, answer);
  }

  #settle(at: Moment, load: Load, answer: Answer): void {
    load.verdict = answer;
    load.settledAt = at.tick;
  }

  /** Whether the load in flight has answered, or is past its deadline: then its end may be seen at any time. */
  mayHaveEnded(at: Moment): boolean {
    const load = this.loading;
    return load !== undefined && (load.verdict !== undefined || at.tick >= this.#deadline(load));
  }

  #deadline(load: Load): number {
    return load.at.tick + this.#rules.loadTimeout;
  }

  loadEnded(at: Moment, outcome: Exclude<LoadOutcome, 'stopped'>): void {
    this.#now = at.tick;
    const load = this.loading;
    this.#expect(load, `a load ends as ${outcome}, and none is in flight`);
    if (!load) return;
    if (outcome === 'timeout') {
      this.#expect(at.tick >= this.#deadline(load), 'a timeout before the deadline');
      this.#expect(
        !load.verdict || load.settledAt === at.tick,
        'a timeout of a load that had answered',
      );
    } else {
      const due = this.#outcomeOf(load);
      this.#expect(outcome === due, `load ${load.seq} ends as ${outcome}; it must be ${due}`);
    }
    // An end that has no event is seen later than it comes.
    const tick = Math.min(at.tick, load.settledAt);
    this.#end(load, outcome);
    if (outcome === 'published' || outcome === 'unchanged' || outcome === 'superseded') {
      this.#succeeded(tick, load, outcome);
    } else this.#failed(at, load, outcome);
    if (this.phase === 'draining') this.#halting = true;
    this.#leaveSlot(load);
    this.#lastEnd = tick;
    // A loader that outlives its deadline is given up.
    if (load.open) this.abandoned.add(load);
  }

  #outcomeOf({ seq, verdict, previous }: Load): LoadOutcome | 'still in flight' {
    if (!verdict) return 'still in flight';
    const isNewest = seq >= this.#publishFrom;
    if (verdict.kind === 'error') return 'failed';
    if (verdict.kind === 'notModified') {
      if (!previous) return 'failed';
      return isNewest ? 'unchanged' : 'superseded';
    }
    if (verdict.accept !== true) return verdict.accept === 'throws' ? 'failed' : 'rejected';
    if (!isNewest) return 'superseded';
    const { same } = this.#rules;
    const { snapshot } = this;
    return snapshot && same?.(verdict.value, snapshot.value) ? 'unchanged' : 'published';
  }

  #end(load: Load, outcome: LoadOutcome): void {
    load.outcome = outcome;
    this.loads[outcome] += 1;
  }

  #leaveSlot(load: Load): void {
    this.slot = undefined;
    this.#freeAt = this.#now;
    if (load.open) this.abandoned.add(load);
  }

  #succeeded(tick: number, load: Load, outcome: Success): void {
    this.failures = 0;
    const { window = 100 } = this.#rules;
    this.#durations = [tick - load.at.tick, ...this.#durations].slice(0, window);
    if (load.seq >= this.#validFrom) this.#validFrom = 0;
    if (outcome !== 'superseded') {
      this.#token = load.token;
      const {
        verdict,
        at: { wall },
      } = load;
      if (verdict?.kind === 'value' && outcome === 'published') {
        this.#publish(verdict.value, wall, 'loader', load.jumps);
      } else {
        this.snapshot = { ...(this.snapshot as Snapshot<unknown>), loadedAt: wall };
        this.#madeAfter = load.jumps;
        this.#seenExpired = false;
      }
    }
    this.#answer((waiter) => waiter.since <= load.seq);
  }

  #failed(at: Moment, load: Load, outcome: Failure): void {
    const { minDelay, maxDelay, jitter } = this.#rules;
    this.failures += 1;
    const delay = Math.min(maxDelay, minDelay * 2 ** (this.failures - 1));
    this.backoff = {
      outcome,
      earliest: at.tick + delay * (1 - jitter) - GRAIN,
      latest: at.tick + delay + GRAIN,
    };
    // Reads have no load started during an outage.
    this.#asked.delete('read');
    for (const waiter of this.#waiting) {
      if (waiter.since <= load.seq && waiter.kind !== 'ready') this.#disappoint(waiter, outcome);
    }
  }

  /** `change` has told of what stands now, and what that has replaced. */
  changeTold(previous: Snapshot<unknown> | undefined): void {
    this.#expect(this.#untold, 'change tells of a value that is the same');
    const due = this.#untold?.previous;
    const isRight = previous === due || (previous && due && sameSnapshot(previous, due));
    this.#expect(!this.#untold || isRight, `change tells of v${previous?.version} before`);
    this.#untold = undefined;
  }

  /** To be asked where nothing is left to happen. */
  changesAreTold(): void {
    this.#expect(!this.#untold, 'change has not told of the value');
  }

  /** `error` has told when the next load may start. */
  retryTold(at: Moment, retryAt: number): void {
    const { backoff } = this;
    if (!backoff) return;
    const tick = at.tick + retryAt - at.wall;
    const { earliest, latest } = backoff;
    this.#expect(
      tick >= earliest && tick <= latest,
      `retryAt ${tick}: not within ${earliest} to ${latest}`,
    );
    this.backoff = { ...backoff, earliest: tick - GRAIN - 0.5, latest: tick + GRAIN };
  }

  /**
   * Whether it can't be told by the clock alone if a backoff that nobody waits for is over; `mayBeLate`: nor at any time
   * after.
   */
  isUnsure({ tick }: Moment, mayBeLate = false): boolean {
    const { backoff } = this;
    const latest = mayBeLate ? Infinity : (backoff?.latest ?? 0);
    return backoff !== undefined && !this.#isWanted && tick >= backoff.earliest && tick <= latest;
  }

  /** A backoff that is over, and that nobody waits for, ends without a load. */
  backoffEnded(): void {
    this.backoff = undefined;
  }

  /** Time has passed. */
  now({ tick }: Moment): void {
    this.#now = tick;
    // Where it shares, that is seen instead: a load that was due then may still wait for its turn.
    if (this.#rules.shared) return;
    if (this.backoff && !this.#isWanted && tick > this.backoff.latest) this.backoffEnded();
  }

  /** Whether a load that was stopped lets the next one start. */
  isFree(load: Load, at: Moment): boolean {
    return load.outcome !== undefined && (!load.open || at.tick >= this.#deadline(load));
  }

  // What must have happened

  /** To be asked where nothing is left to happen without time passing, or somebody doing something. */
  atRest(at: Moment): void {
    this.now(at);
    const { slot, backoff } = this;
    if (slot && this.isFree(slot, at)) this.#leaveSlot(slot);
    this.#expect(!this.#halting, 'not stopped, though asked to');
    const load = this.loading;
    if (load) this.#expectProgress(at, load);
    if (this.slot || this.phase === 'stopped') return;
    this.#expect(this.phase !== 'draining', 'draining, and nothing is in flight');
    if (this.isCrowded) return;
    const { shared } = this.#rules;
    const tick = at.tick - (shared?.gathering ?? 0);
    if (backoff && this.#isWanted) {
      const since = Math.max(this.#askedAt, this.#freeAt, this.#lastDemand + this.#rules.minDelay);
      const demandAt = this.#asked.size > 0 ? since : Infinity;
      const due = Math.min(backoff.latest, demandAt + GRAIN);
      this.#expect(tick <= due, `no load, which was due at ${due} after the backoff`);
    }
    if (backoff) return;
    const asked = [...this.#asked].join(', ');
    const isGathered = shared && tick <= Math.max(this.#askedAt, this.#freeAt);
    this.#expect(asked === '' || isGathered, `no load, though asked for by ${asked}`);
    const loop = this.#loopWindow();
    const { refreshInterval } = this.#rules;
    const isTold = refreshInterval !== undefined || this.#interval !== undefined;
    this.#expect(
      this.phase !== 'running' || isTold,
      'the function of refreshInterval was not asked',
    );
    this.#expect(
      !loop || !this.isHot || tick <= loop.latest,
      `no load at ${tick}, which the loop had to start by ${loop?.latest}`,
    );
  }

  #expectProgress({ tick }: Moment, { seq, open, verdict, retryAt, at }: Load): void {
    const { loadTimeout } = this.#rules;
    this.#expect(!verdict, `load ${seq} has its answer, and hasn't ended`);
    this.#expect(tick < at.tick + loadTimeout, `load ${seq} outlives its deadline`);
    this.#expect(open || retryAt !== undefined, `load ${seq} doesn't call the loader`);
    const isLate = retryAt !== undefined && tick > retryAt && !this.isCrowded;
    this.#expect(!isLate, `load ${seq} does not try again, due at ${retryAt}`);
  }

  /** Whether a timer for the next load must be there; `undefined`: none may. */
  get nextLoad(): boolean {
    if (this.slot || this.phase === 'stopped') return false;
    if (this.backoff || this.#asked.size > 0) return true;
    return this.#loopWindow() !== undefined;
  }

  // What those that it shares with must know

  /** Whether a load is asked for that may start, as far as it is concerned. */
  get isAsked(): boolean {
    return this.#asked.size > 0 && !this.slot && !this.backoff && !this.isStopped;
  }

  /** Since when at the longest. */
  get askedSince(): number {
    const askedAt = Math.max(this.#askedAt, this.#lastEnd);
    // The loop may have wanted it before.
    const loop = this.#loopWindow();
    return !this.isAsked || (loop && loop.earliest < askedAt) ? -Infinity : askedAt;
  }

  /** Whether somebody waits for a value, be it which it may. */
  get hasReaders(): boolean {
    return this.#waiting.some(({ kind }) => kind !== 'demand');
  }

  /** Whether it is loading, or somebody wants it to. */
  isBusy(at: Moment): boolean {
    const isTaken = this.slot !== undefined && !this.isFree(this.slot, at);
    return isTaken || this.isAsked || this.#waiting.length > 0;
  }

  /** Whether the loader of a load that was stopped has only just settled: its end may be a few microtasks away. */
  isSettling(at: Moment): boolean {
    return this.slot !== undefined && this.isFree(this.slot, at) && !this.slot.open;
  }

  /** Whether there is no load, and by `at` none is due: neither of the loop nor after a failure. */
  isQuiet(at: Moment): boolean {
    const { tick } = at;
    const loop = this.#loopWindow();
    const isEarly = !loop || tick < loop.earliest;
    const isBusy = this.slot !== undefined || this.isBusy(at);
    return !isBusy && (this.backoff ? tick < this.backoff.earliest : isEarly);
  }

  /** Whether it surely rests, being no longer hot. */
  mustRest(at: Moment): boolean {
    const { tick } = at;
    const loop = this.#loopWindow();
    const isBusy = this.slot !== undefined || this.isBusy(at);
    const isWaited = isBusy || this.#isWanted || this.backoff || this.phase !== 'running';
    return !isWaited && loop !== undefined && tick > loop.latest + GRAIN;
  }

  // Who waits

  get #waiting(): Waiter[] {
    return this.#waiters.filter(({ fate }) => !fate);
  }

  #wait(waiter: Waiter): Waiter {
    if (!waiter.fate) this.#waiters = [...this.#waiting, waiter];
    return waiter;
  }

  /** All these get the snapshot. */
  #answer(who: (waiter: Waiter) => boolean): void {
    const { snapshot } = this;
    if (!snapshot) return;
    for (const waiter of this.#waiting) {
      if (!who(waiter)) continue;
      waiter.fate = waiter.kind === 'read' ? { value: snapshot.value } : { snapshot };
    }
  }

  #disappoint(waiter: Waiter, error: Failure | 'stopped'): void {
    waiter.fate = { error };
    if (waiter.kind === 'read') this.reads.failed += 1;
  }

  #ask(reason: LoadReason): void {
    if (this.isStopped) return;
    if (this.#asked.size === 0) this.#askedAt = this.#now;
    this.#asked.add(reason);
  }

  #askIfIdle(at: Moment): void {
    const isIdle = !this.slot || this.isFree(this.slot, at);
    if (isIdle && !this.backoff) this.#ask('read');
  }

  #mayPublish({ seq }: Load): boolean {
    return seq >= this.#publishFrom;
  }

  #publish(
    value: unknown,
    loadedAt: number,
    source: Snapshot<unknown>['source'],
    jumps: number,
  ): void {
    const { snapshot: previous } = this;
    const { same } = this.#rules;
    const isSame =
      previous && (Object.is(value, previous.value) || same?.(value, previous.value) === true);
    // Whoever is told of the last of several has been told of all.
    if (!isSame) this.#untold = (previous && this.#untold) ?? { previous };
    this.version += 1;
    this.snapshot = { value, version: this.version, loadedAt, source };
    this.#madeAfter = jumps;
    this.#seenExpired = false;
  }

  #expect(holds: unknown, otherwise: string): void {
    if (!holds) this.broken.push(otherwise);
  }

  /** The state in a few words. */
  toString(): string {
    const { slot, backoff, snapshot, phase } = this;
    const waiting = this.#waiting.length;
    return [
      phase,
      snapshot ? `v${snapshot.version}${this.#validFrom > 0 ? ' invalidated' : ''}` : 'no value',
      slot && `load ${slot.seq} ${slot.outcome ? 'stopped, its loader runs' : 'in flight'}`,
      backoff && `backs off until ${backoff.earliest}..${backoff.latest}`,
      this.#asked.size > 0 && `load wanted by ${[...this.#asked].join(', ')}`,
      waiting > 0 && `${waiting} wait`,
    ]
      .filter(Boolean)
      .join('; ');
  }
}
