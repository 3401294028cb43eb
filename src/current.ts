import type { LoadOutcome } from './events.ts';
import { type Freshness, freshnessOf } from './freshness.ts';
import type { ContentHash, Load, LoadAnswer, ValidatorToken } from './load.ts';
import type { Alarm } from './scheduler.ts';
import type { Origin, SharedValue } from './shared.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * What one cache has: its snapshot, how fresh that is, and which loads may replace it. Loads are told apart by their
 * sequence number, not by clock times, so that a clock that jumps can't turn an older value into the newer one.
 */
export class Current<T> {
  /** The last one published, expired or not. */
  snapshot: Snapshot<T> | undefined;
  /** Whether it is fresh, as far as the timer knows. */
  fresh: boolean = false;
  /** Its value, resolved, once somebody has read it while it is fresh. */
  #hot: Promise<T> | undefined;
  version = 0;
  /** What the validator answered before the load that made the value. */
  token: ValidatorToken;
  /** Of the value. */
  hash: ContentHash;
  /** Of the value, where it is shared. */
  origin: Origin | undefined;
  /** Only a load from this one on lifts the invalidation; 0 while there is none. */
  #validFrom = 0;
  /** Loads before this one may not publish: a purge or a `set()` came after they began. */
  #publishFrom = 0;
  readonly #ttl: number;
  readonly #maxStale: number;
  readonly #timer: Alarm;

  /** @param timer - Fires as the value turns stale, and as it expires; is to call `disarm` and `settle`. */
  constructor(ttl: number, maxStale: number, timer: Alarm) {
    this.#ttl = ttl;
    this.#maxStale = maxStale;
    this.#timer = timer;
  }

  get freshness(): Freshness {
    return this.snapshot && this.#freshnessAt(ageOf(this.snapshot));
  }

  /** The same promise for all who read the value. */
  get hot(): Promise<T> {
    this.#hot ??= Promise.resolve((this.snapshot as Snapshot<T>).value);
    return this.#hot;
  }

  /** What the validator must answer for a load to be skipped; `undefined` where none may be. */
  get skipToken(): ValidatorToken {
    return this.snapshot && this.#validFrom === 0 ? this.token : undefined;
  }

  /** Whether a value as of `loadedAt`, by this load, is surely no older than `maxAge` ms; 0 is satisfied by none. */
  isYoung(maxAge: number, loaded: { readonly loadedAt: number }, seq = 0): boolean {
    const age = ageOf(loaded);
    const young = maxAge > 0 && age >= 0 && age <= maxAge && seq >= this.#validFrom;
    return young || maxAge === Infinity;
  }

  /** Whether it was invalidated, and nothing has lifted that yet. */
  get isOutdated(): boolean {
    return this.#validFrom > 0;
  }

  /** Whether the result of this load may replace the snapshot. */
  mayPublish(seq: number): boolean {
    return seq >= this.#publishFrom;
  }

  /** Takes the answer of a load, unless something newer stands. */
  answer({ seq, loadedAt }: Load, answer: LoadAnswer<T>): LoadOutcome {
    if (seq >= this.#validFrom) this.#validFrom = 0;
    if (!this.mayPublish(seq)) return 'superseded';
    if (answer.kind === 'published') {
      this.#publish(answer.value, loadedAt, 'loader');
      this.hash = answer.hash;
    } else this.#replace({ ...(this.snapshot as Snapshot<T>), loadedAt });
    this.token = answer.token;
    this.origin = answer.origin;
    return answer.kind;
  }

  /** Takes what another process has loaded, as load `seq`: those before it may not replace it. */
  take(
    { content, token, origin, isCurrent }: SharedValue<T>,
    hash: ContentHash,
    isSame: boolean,
    seq: number,
  ): Snapshot<T> {
    if (!isCurrent) this.#validFrom ||= seq + 1;
    else if (seq >= this.#validFrom) this.#validFrom = 0;
    this.#publishFrom = Math.max(this.#publishFrom, seq);
    this.token = token;
    this.origin = origin;
    const loadedAt = Math.round(Date.now() - (performance.now() - origin.tick));
    if (isSame || !content) return this.#replace({ ...(this.snapshot as Snapshot<T>), loadedAt });
    this.hash = hash;
    return this.#publish(content.value, loadedAt, 'shared');
  }

  /** Takes a value by hand, and bars loads before `seq` from replacing it. */
  set(value: T, hash: ContentHash, seq: number): Snapshot<T> {
    this.token = undefined;
    this.hash = hash;
    this.origin = undefined;
    this.#publishFrom = seq;
    return this.#publish(value, Date.now(), 'set');
  }

  /** Takes a value from before the first load. */
  restore(value: T, hash: ContentHash, loadedAt: number, token: ValidatorToken): Snapshot<T> {
    this.token = token;
    this.hash = hash;
    return this.#publish(value, loadedAt, 'store');
  }

  /** The value is out of date, and only loads from `seq` on can mend that. */
  invalidate(seq: number, purge: boolean): void {
    this.#validFrom = seq;
    this.fresh = false;
    if (!purge) return;
    this.#publishFrom = seq;
    this.snapshot = undefined;
  }

  /** Brings `fresh` and the timer in line with the clock. */
  settle(): Freshness {
    const age = this.snapshot ? ageOf(this.snapshot) : Infinity;
    const freshness = this.#freshnessAt(age);
    this.fresh = freshness === 'fresh';
    const goodFor = this.fresh ? this.#ttl : this.#ttl + this.#maxStale;
    const delay = freshness ? goodFor - Math.max(0, age) : Infinity;
    // A timer that was armed for an older value is early, and arms itself again: a refresh needs none of its own.
    const isEarly = this.#timer.dueTick <= performance.now() + delay;
    if (!isEarly || !freshness) this.#timer.arm(delay);
    return freshness;
  }

  /** The timer has fired, or is not needed. */
  disarm(): void {
    this.#timer.cancel();
  }

  #freshnessAt(age: number): Freshness {
    return freshnessOf(age, this.#validFrom > 0, this.#ttl, this.#maxStale);
  }

  #publish(value: T, loadedAt: number, source: Snapshot<T>['source']): Snapshot<T> {
    this.version += 1;
    return this.#replace({ value, version: this.version, loadedAt, source });
  }

  #replace(snapshot: Snapshot<T>): Snapshot<T> {
    this.#hot = undefined;
    this.snapshot = Object.freeze(snapshot);
    return snapshot;
  }
}

function ageOf({ loadedAt }: { readonly loadedAt: number }): number {
  return Date.now() - loadedAt;
}
