import { type Freshness, freshnessOf, isWithin, untilNextFreshness } from './freshness.ts';
import type { ValidatorToken } from './load.ts';
import { Timer } from './scheduler.ts';
import type { Snapshot, SnapshotSource } from './snapshot.ts';

/**
 * What one cache has: its snapshot, how fresh that is, and which loads may replace it. Loads are told apart by their
 * sequence number, not by clock times, so that a clock that jumps can't turn an older value into the newer one.
 */
export class Current<T> {
  /** The last one published, expired or not. */
  snapshot: Snapshot<T> | undefined;
  /** The snapshot while `peek()` may give it, kept right by a timer. */
  served: Snapshot<T> | undefined;
  /** Its value, resolved, while it is fresh as far as the timer knows. */
  hot: Promise<T> | undefined;
  /** What the validator answered before the load that made the value. */
  token: ValidatorToken;
  version = 0;

  /** Only a load from this one on lifts the invalidation; 0 while there is none. */
  #validFrom = 0;
  /** Loads before this one may not publish: a purge or a `set()` came after they began. */
  #publishFrom = 0;
  #lastFreshness: Freshness | undefined;
  readonly #ttl: number;
  readonly #maxStale: number;
  readonly #timer: Timer;

  /** `onFreshness` is called as the value turns stale, and as it expires. */
  constructor(ttl: number, maxStale: number, onFreshness: () => void) {
    this.#ttl = ttl;
    this.#maxStale = maxStale;
    this.#timer = new Timer(onFreshness);
  }

  get invalidated(): boolean {
    return this.#validFrom > 0;
  }

  /** `undefined` while there is no value. */
  freshness(now: number): Freshness | undefined {
    const age = this.#age(now);
    return age === undefined
      ? undefined
      : freshnessOf(age, this.invalidated, this.#ttl, this.#maxStale);
  }

  /** Whether the value is surely no older than `maxAge` ms. */
  isWithin(now: number, maxAge: number): boolean {
    return maxAge === Infinity || (!this.invalidated && isWithin(this.#age(now) ?? -1, maxAge));
  }

  /** Whether the result of this load may replace the snapshot. */
  mayPublish(seq: number): boolean {
    return seq >= this.#publishFrom;
  }

  publish(value: T, loadedAt: number, source: SnapshotSource): Snapshot<T> {
    this.version += 1;
    return this.#replace({ value, version: this.version, loadedAt, source });
  }

  /** The value was found unchanged as of `loadedAt`. */
  renew(loadedAt: number): void {
    if (this.snapshot) this.#replace({ ...this.snapshot, loadedAt });
  }

  /** Whether what this load brings is as of later than the last invalidation. */
  isConfirmedBy(seq: number): boolean {
    return seq >= this.#validFrom;
  }

  /** A load has ended well: what was invalidated before it began is put right. */
  confirm(seq: number): void {
    if (this.isConfirmedBy(seq)) this.#validFrom = 0;
  }

  /** The value is out of date, and only loads from `seq` on can mend that. */
  invalidate(seq: number): void {
    this.#validFrom = seq;
    this.hot = undefined;
  }

  /** Drops the value, and what loads before `seq` will bring. */
  purge(seq: number): void {
    this.snapshot = undefined;
    this.supersede(seq);
  }

  /** Bars loads before `seq` from publishing. */
  supersede(seq: number): void {
    this.#publishFrom = seq;
    this.token = undefined;
  }

  /** Brings `served`, `hot` and the timer in line with the clock, and tells the freshness. */
  settle(now: number): Freshness | undefined {
    const { snapshot } = this;
    const freshness = this.freshness(now);
    const changed = freshness !== this.#lastFreshness;
    this.#lastFreshness = freshness;
    this.served = freshness === 'expired' ? undefined : snapshot;
    if (freshness !== 'fresh') this.hot = undefined;
    else if (snapshot) this.hot ??= Promise.resolve(snapshot.value);
    // While the value is fresh, a timer that was armed for an older one is early, and arms itself again.
    if (freshness !== 'fresh' || changed || !this.#timer.armed) {
      this.#timer.arm(
        freshness === undefined
          ? Infinity
          : untilNextFreshness(this.#age(now) ?? 0, freshness, this.#ttl, this.#maxStale),
      );
    }
    return freshness;
  }

  /** Leaves no timer, and nothing for `peek()` that only a timer could keep right. */
  rest(): void {
    this.#timer.cancel();
    this.served = undefined;
  }

  #age(now: number): number | undefined {
    return this.snapshot && now - this.snapshot.loadedAt;
  }

  #replace(snapshot: Snapshot<T>): Snapshot<T> {
    this.hot = undefined;
    this.snapshot = Object.freeze(snapshot);
    return snapshot;
  }
}
