/** What each key's phase is ahead of the one before: of all fractions the one that spreads any number of them most evenly. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Periods are rounded down to powers of this. */
const STEP = 1.05;
/** How many such steps a period may be longer before the phases follow it. */
const SLACK = 3;

/**
 * The phase of the `n`-th key, from 0 to 1: its loads are due in this part of each period. Phases by the golden ratio
 * are spread evenly after any number of keys (Knuth, The Art of Computer Programming, volume 3, 6.4: Fibonacci hashing).
 *
 * @param groups - Keys that go into one call have one phase: how many such groups there are; `Infinity`: each key for
 * itself.
 */
export function phaseOf(n: number, offset: number, groups: number = Infinity): number {
  const phase = (n * GOLDEN + offset) % 1;
  return groups === Infinity ? phase : (Math.floor(phase * groups) + offset) / groups;
}

/**
 * The period that phases are counted in: at most the one that is asked for, and the one from before as long as that is
 * nearly so long. A period that varies a little, as it does with what loads take, is not to move the moments of a key.
 *
 * @param former - The one from before; 0 where there is none.
 */
export function steadyPeriod(period: number, former: number): number {
  if (former <= period && period < former * STEP ** SLACK) return former;
  return Math.min(period, STEP ** Math.floor(Math.log(period) / Math.log(STEP)));
}

/**
 * When a key's next load is due: at the moment of its phase that comes at most a period after `lastTick`. Keys that were
 * loaded at one time, at the start or as all were invalidated, are spread over the period after.
 */
export function phasedTick(lastTick: number, period: number, phase: number): number {
  if (period === Infinity) return Infinity;
  // A tick that fell on the moment itself is past it, be it by a rounding error less.
  const periods = Math.floor((lastTick + period) / period - phase + 1e-6);
  return (periods + phase) * period;
}
