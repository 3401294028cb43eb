/** How a value may be served: as it is, or while a newer one is on its way; `undefined`: never. */
export type Freshness = 'fresh' | 'stale' | undefined;

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
  if (!invalidated && age >= 0 && age < ttl) return 'fresh';
  return age < ttl + maxStale ? 'stale' : undefined;
}
