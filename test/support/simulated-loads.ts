import type { IntervalChoice, RefreshIntervalContext } from 'warm-cache';

export const SECOND = 1000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

/** The function that a policy is, and that says why. */
export type Policy = (context: RefreshIntervalContext) => IntervalChoice;

/** The context of a load that took no time and brought a new value nobody reads, but for what is said. */
export function contextOf(known: Partial<RefreshIntervalContext> = {}): RefreshIntervalContext {
  return {
    now: 0,
    lastDuration: 0,
    reads: 0,
    readRate: 0,
    changed: true,
    unchangedStreak: 0,
    failures: 0,
    age: 0,
    interval: 60_000,
    ...known,
  };
}

/** One load of a simulation: when it started, and what the policy said when it had ended. */
export interface SimulatedLoad extends IntervalChoice {
  readonly start: number;
}

/** What the source and its readers are like in a simulation. */
export interface World {
  /** Ms that a load takes which starts then. */
  readonly duration?: (start: number) => number;
  /** Reads a second. */
  readonly readRate?: (now: number) => number;
  /** Whether the value changes after the one and until the other. */
  readonly changes?: (after: number, until: number) => boolean;
  /** In force before the first load has ended. */
  readonly ttl?: number;
}

/** The loads of a cache with that policy, from the first one's start on; no jitter, and nothing ever turns stale. */
export function simulate(
  policy: Policy,
  from: number,
  to: number,
  world: World = {},
): SimulatedLoad[] {
  const { duration = () => 0, readRate = () => 0, changes = () => true, ttl = MINUTE } = world;
  const loads: SimulatedLoad[] = [];
  let interval = ttl;
  let unchangedStreak = 0;
  let asked = from;
  let previous = Number.NEGATIVE_INFINITY;
  for (let start = from; start < to; ) {
    const lastDuration = duration(start);
    const now = start + lastDuration;
    const changed = changes(previous, start);
    unchangedStreak = changed ? 0 : unchangedStreak + 1;
    const rate = readRate(now);
    const choice = policy({
      now,
      lastDuration,
      reads: (rate * (now - asked)) / SECOND,
      readRate: rate,
      changed,
      unchangedStreak,
      failures: 0,
      age: lastDuration,
      interval,
    });
    loads.push({ start, ...choice });
    previous = start;
    asked = now;
    interval = choice.interval;
    start = Math.max(now, start + interval);
  }
  return loads;
}
