/** What may be done with a value: served as it is, served while a newer one is on its way, never served. */
export type Freshness = 'expired' | 'fresh' | 'stale';

/**
 * How fresh a value of this `age` is. A negative age says that the clock went back: how old the value really is
 * can't be told, so it counts as stale.
 */
export function freshnessOf(
  age: number,
  invalidated: boolean,
  ttl: number,
  maxStale: number,
): Freshness {
  if (age >= ttl + maxStale) return 'expired';
  return !invalidated && age >= 0 && age < ttl ? 'fresh' : 'stale';
}

/** Ms until a value of this `age` becomes less fresh than it is; `Infinity` if it never does. */
export function untilNextFreshness(
  age: number,
  freshness: Freshness,
  ttl: number,
  maxStale: number,
): number {
  if (freshness === 'expired') return Infinity;
  return (freshness === 'fresh' ? ttl : ttl + maxStale) - Math.max(0, age);
}

/** Whether a value of this `age` satisfies a reader who wants it no older than `maxAge`; 0 is satisfied by none. */
export function isWithin(age: number, maxAge: number): boolean {
  return maxAge > 0 && age >= 0 && age <= maxAge;
}
