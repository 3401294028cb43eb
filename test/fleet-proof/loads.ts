import type { Verdict, Violation } from './checker.ts';
import { cutOffs, isBackBy, isCutOff, overlaps, quietTimes } from './excuses.ts';
import type { Fate } from './fates.ts';
import type { CountedLoad, Fault, History, Timing } from './history.ts';

/** An interval, shortened by jitter (a tenth of it) and by what a busy machine adds to it unevenly. */
const SHORTEST = 0.85;
/** Ms by which a load may reach the database later than another one. */
const GRACE = 250;

/** Loads that one an interval makes in so many ms, both ends included. */
function perInterval(ms: number, { refreshInterval }: Timing): number {
  return Math.floor(ms / (SHORTEST * refreshInterval)) + 1;
}

/** Counts the loads, as the database did, against what is promised. */
export function checkLoads(
  history: History,
  fates: readonly Fate[],
  report: (violation: Violation) => void,
): Verdict['loads'] {
  const loads = history.loads.toSorted((a, b) => a.from - b.from);
  const promised = promisedLoads(history, fates);
  const alone = loads.filter((load) => load.alone).length;
  if (loads.length > promised) {
    const text = `${loads.length} loads, ${promised} are promised`;
    report({ rule: 'loads', worker: 'all', at: history.to, text });
  }
  let inQuiet = 0;
  for (const quiet of quietTimes(history)) {
    const within = loads.filter(({ from }) => from >= quiet.from && from <= quiet.to);
    inQuiet += within.length;
    checkQuiet(history, within, report);
  }
  return { counted: loads.length, promised, alone, inQuiet };
}

/** However short a part of it is looked at, there aren't more than one an interval. */
function checkQuiet(
  { timing }: History,
  loads: readonly CountedLoad[],
  report: (violation: Violation) => void,
): void {
  for (const [i, first] of loads.entries()) {
    for (let j = i + 1; j < loads.length; j++) {
      const last = loads[j] as CountedLoad;
      const ms = last.from - first.from;
      if (j - i + 1 <= perInterval(ms + GRACE, timing)) continue;
      const text = `${j - i + 1} loads within ${ms.toFixed()} ms, by ${first.worker} to ${last.worker}`;
      report({ rule: 'loads-in-quiet', worker: last.worker, at: last.from, text });
      return;
    }
  }
}

/**
 * At most so many loads:
 *
 * - one an interval, in the whole fleet;
 * - one for each invalidation; two where whoever asks for it is cut off, who loads for itself and tells of it later;
 * - those that processes that are cut off make for themselves, in fact, but for each no more than one an interval;
 * - what else a fault costs, by {@link costOf}.
 */
function promisedLoads(history: History, fates: readonly Fate[]): number {
  const { timing, faults } = history;
  let promised = perInterval(history.to - history.from, timing);
  for (const { call, end, life } of fates) {
    const isCutOff = cutOffs(history, life.worker).some((excuse) =>
      overlaps(excuse, call.at, end?.at ?? life.to),
    );
    promised += isCutOff ? 2 : 1;
  }
  const workers = new Set(history.lives.map(({ worker }) => worker));
  for (const worker of workers) promised += aloneLoads(history, worker);
  for (const { kind } of faults) promised += COSTS[kind];
  return promised;
}

/** Loads that a worker made for itself while it could do nothing else. */
function aloneLoads({ timing, faults, loads }: History, worker: string): number {
  let count = 0;
  let from = -Infinity;
  for (const fault of faults.toSorted((a, b) => a.from - b.from)) {
    if (!isCutOff(fault, worker)) continue;
    const to = isBackBy(fault);
    // Where one follows upon another, what both excuse counts once.
    from = Math.max(from, fault.from);
    if (to <= from) continue;
    const made = loads.filter(
      (load) => load.alone && load.worker === worker && load.from >= from && load.from < to,
    );
    count += Math.min(made.length, perInterval(to - from, timing));
    from = to;
  }
  return count;
}

/** Loads that a fault costs, whatever else goes on. */
const COSTS: Readonly<Record<Fault['kind'], number>> = {
  // The load that was under way is lost.
  kill: 1,
  redis: 1,
  disconnect: 1,
  stall: 1,
  // The same; and for who wakes, whatever was asked is long overdue.
  freeze: 2,
  // The same; and the record is made anew, without a value.
  flush: 2,
  restart: 2,
  // Those that fail there are followed by a rest, but for the first.
  postgres: 2,
  subscriber: 0,
};
