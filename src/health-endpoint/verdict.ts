import type { HealthReport } from '../health.ts';
import type { MapHealthReport } from '../map/report.ts';
import { isOfMap } from '../watch/watched.ts';
import { countInWords, durationInWords } from '../watch/words.ts';

/** The draft's words. */
export type Verdict = 'fail' | 'pass' | 'warn';

/** A verdict, and why it isn't `pass`. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
}

type Report = HealthReport | MapHealthReport;

/** Ready to be read from: there is a value, and it isn't too old. */
export function readiness(report: Report, maxAge: number): Judgement {
  const [fails, warns] = isOfMap(report) ? ofMap(report) : ofCache(report);
  const age = ageOf(report);
  if (age !== null && age > maxAge) {
    fails.push(`${durationInWords(age)} old, and may be ${durationInWords(maxAge)}`);
  }
  if (report.abandoned > 0) {
    warns.push(`${countInWords(report.abandoned, 'loader', 'loaders')} past the deadline`);
  }
  return judged(fails, warns);
}

/**
 * Alive: neither a load nor the timer for the next one is stuck, for which only a restart would help. Whether loads fail
 * doesn't matter: a database that is down is still down after a restart, and the values that are served would be lost.
 */
export function liveness(report: Report, stuckAfter: number, now: number): Judgement {
  // A map has one timer for all of its keys: a report of the whole doesn't tell of it.
  if (isOfMap(report)) return judged([], []);
  const { interval, lastContactAt, lastError, load, nextLoadAt, running } = report;
  const isOver = (time: number | null): boolean => time !== null && now - time > stuckAfter;
  if (load && isOver(load.startedAt)) return judged(['a load that never ends'], []);
  if (!running || load) return judged([], []);
  if (isOver(nextLoadAt)) return judged(['a load that is due never starts'], []);
  // Right after a restart the loader of before may run still, and nothing be due.
  const last = Math.max(lastContactAt ?? 0, lastError?.at ?? 0);
  const isIdle = nextLoadAt === null && interval.ms !== null && last > 0;
  return judged(isIdle && isOver(last) ? ['started, and no load is due'] : [], []);
}

/** Of the value; of a map, of the oldest one. */
export function ageOf(report: Report): number | null {
  return isOfMap(report) ? report.oldestAge : report.age;
}

function judged(fails: readonly string[], warns: readonly string[]): Judgement {
  if (fails.length > 0) return { verdict: 'fail', reasons: [...fails, ...warns] };
  return { verdict: warns.length > 0 ? 'warn' : 'pass', reasons: warns };
}

function ofCache({
  consecutiveFailures,
  status,
}: HealthReport): readonly [fails: string[], warns: string[]] {
  const isWarm = status === 'READY' || status === 'STALE';
  const warns = status === 'STALE' ? ['stale'] : [];
  if (consecutiveFailures > 0) {
    warns.push(`${countInWords(consecutiveFailures, 'load', 'loads')} in a row failed`);
  }
  return [isWarm ? [] : ['no value'], warns];
}

function ofMap({
  cold,
  failing,
  keysKnown,
  pinned,
  size,
  status,
}: MapHealthReport): readonly [fails: string[], warns: string[]] {
  const fails = keysKnown ? [] : ['keys not known yet'];
  if (cold > 0) fails.push(`${cold} of ${countInWords(pinned, 'key', 'keys')} without a value`);
  const warns: string[] = [];
  if (status.STALE > 0) warns.push(`${status.STALE} of ${size} stale`);
  if (failing > 0) warns.push(`${failing} of ${size} failing`);
  return [fails, warns];
}
