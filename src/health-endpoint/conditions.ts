/**
 * Why a cache is bad:
 *
 * - `failures`: so many loads in a row failed
 * - `age`: the value is too old, or there has been none for too long
 * - `slow`: so many loads in a row took too long
 *
 * @example
 * ```ts
 * import type { AlertReason } from 'warm-cache/health';
 *
 * const advice: Record<AlertReason, string> = {
 *   failures: 'is the database up?',
 *   age: 'are loads still started?',
 *   slow: 'is an index missing?',
 * };
 * ```
 */
export type AlertReason = 'age' | 'failures' | 'slow';

interface Limits {
  /** Bad loads in a row until it is bad. */
  readonly failures: number;
  /** Ms. */
  readonly slow: number;
  /** Good loads in a row until it is well. */
  readonly loads: number;
  /** Ms since the first of the good ones. */
  readonly time: number;
}

/** What is held against a cache, or a key. */
interface Condition {
  readonly reasons: Set<AlertReason>;
  /** Since the last good load. */
  failures: number;
  slow: number;
  /** Good loads since the last bad one. */
  good: number;
  /** When the first of them ended, by `performance.now()`. */
  goodSince: number;
}

/** Stands for the age of the whole: nobody else has this key. */
const AGE = Symbol('age');

/**
 * How the loads of a cache, or of each key of a map, have been doing. Only what isn't well is kept, and an event costs the
 * same however many keys are bad.
 */
export class Conditions {
  readonly #limits: Limits;
  readonly #all = new Map<unknown, Condition>();
  /** How many are bad for which reason. */
  readonly #counts: Record<AlertReason, number> = { age: 0, failures: 0, slow: 0 };

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  onFailure(key: unknown): void {
    const condition = this.#of(key);
    condition.failures += 1;
    this.#onBadLoad(condition);
  }

  /** @returns Ms until the key may be well again by time alone. */
  onAnswer(key: unknown, duration: number): number {
    // Once it isn't too old any more, any load counts.
    const age = this.#all.get(AGE);
    if (age && age.goodSince < Infinity) age.good += 1;
    this.#settle(AGE);
    if (duration > this.#limits.slow) {
      const condition = this.#of(key);
      condition.slow += 1;
      this.#onBadLoad(condition);
      return Infinity;
    }
    const condition = this.#all.get(key);
    if (!condition) return Infinity;
    condition.failures = 0;
    condition.slow = 0;
    this.#onGood(condition);
    return this.#settle(key);
  }

  /** @param isTooOld - As of now. */
  onAge(isTooOld: boolean): void {
    if (isTooOld) {
      const condition = this.#of(AGE);
      condition.good = 0;
      condition.goodSince = Infinity;
      this.#blame(condition, 'age');
      return;
    }
    const condition = this.#all.get(AGE);
    if (condition?.goodSince === Infinity) this.#onGood(condition);
    this.#settle(AGE);
  }

  forget(key: unknown): void {
    for (const reason of this.#all.get(key)?.reasons ?? []) this.#counts[reason] -= 1;
    this.#all.delete(key);
  }

  clear(): void {
    for (const key of this.#all.keys()) this.forget(key);
  }

  /**
   * Looks at all of them: forgets those that are gone, or well by now.
   *
   * @returns Ms until more may be, by time alone.
   */
  sweep(isThere: (key: unknown) => boolean): number {
    let next = Infinity;
    for (const key of this.#all.keys()) {
      if (key !== AGE && !isThere(key)) this.forget(key);
      else next = Math.min(next, this.#settle(key));
    }
    return next;
  }

  /** Why it is bad; none: it isn't. */
  reasons(): AlertReason[] {
    const { age, failures, slow } = this.#counts;
    const reasons: AlertReason[] = failures > 0 ? ['failures'] : [];
    if (slow > 0) reasons.push('slow');
    if (age > 0) reasons.push('age');
    return reasons;
  }

  /** Which keys are bad. */
  badKeys(): unknown[] {
    return [...this.#all]
      .filter(([key, { reasons }]) => reasons.size > 0 && key !== AGE && key !== undefined)
      .map(([key]) => key);
  }

  #of(key: unknown): Condition {
    const known = this.#all.get(key);
    if (known) return known;
    const condition: Condition = {
      reasons: new Set(),
      failures: 0,
      slow: 0,
      good: 0,
      goodSince: Infinity,
    };
    this.#all.set(key, condition);
    return condition;
  }

  #onBadLoad(condition: Condition): void {
    condition.good = 0;
    condition.goodSince = Infinity;
    const { failures, slow } = condition;
    if (failures + slow < this.#limits.failures) return;
    if (failures > 0) this.#blame(condition, 'failures');
    if (slow > 0) this.#blame(condition, 'slow');
  }

  #onGood(condition: Condition): void {
    condition.good += 1;
    if (condition.goodSince === Infinity) condition.goodSince = performance.now();
  }

  #blame({ reasons }: Condition, reason: AlertReason): void {
    if (!reasons.has(reason)) this.#counts[reason] += 1;
    reasons.add(reason);
  }

  /** Forgets what is well. @returns Ms until it may be, by time alone. */
  #settle(key: unknown): number {
    const condition = this.#all.get(key);
    if (!condition || condition.goodSince === Infinity) return Infinity;
    const { loads, time } = this.#limits;
    const rest = condition.goodSince + time - performance.now();
    const isWell = condition.reasons.size === 0 || condition.good >= loads || rest <= 0;
    if (isWell) this.forget(key);
    return isWell ? Infinity : rest;
  }
}
