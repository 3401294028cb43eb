import { fatesOf } from './fates.ts';
import type { History, Life } from './history.ts';
import { checkLoads } from './loads.ts';
import { checkReads } from './reads.ts';
import { withStalls } from './stalls.ts';

/** A promise that a history breaks. */
export interface Violation {
  readonly rule: /** A process ended by itself, or printed something. */
    | 'crash'
    /** `invalidate()` never settled, or rejected while nothing was wrong. */
    | 'settles'
    /** `invalidate()` resolved with a value from before the write. */
    | 'barrier'
    /** A process gave an older value after a newer one. */
    | 'back'
    /** The process that invalidated served an older value as fresh. */
    | 'stale-after-call'
    /** A process served an older value as fresh, though it had got the message. */
    | 'stale-after-message'
    /** A process that could reach Redis did so for longer than an interval. */
    | 'stale-after-interval'
    /** More loads than are promised, in all. */
    | 'loads'
    /** The same, while nothing was wrong. */
    | 'loads-in-quiet'
    /** A process didn't serve the newest value as fresh in time, after all faults. */
    | 'recovery';
  readonly worker: string;
  readonly at: number;
  readonly text: string;
}

/** What was looked at: a check of nothing finds nothing. */
export interface Verdict {
  readonly violations: readonly Violation[];
  readonly reads: number;
  readonly freshReads: number;
  readonly invalidations: number;
  readonly messages: number;
  /** Pairs of an invalidation and a process for which each rule could have been broken. */
  readonly judged: Readonly<Record<'call' | 'interval' | 'message', number>>;
  readonly loads: {
    readonly counted: number;
    readonly promised: number;
    /** Made by processes that could not reach the others. */
    readonly alone: number;
    /** While nothing was wrong, and nobody invalidated. */
    readonly inQuiet: number;
  };
  /** Ms until the last process served the newest value as fresh; `undefined`: not asked, or one never did. */
  readonly recovery: number | undefined;
}

/** Holds a history to what a fleet promises. */
export function check(recorded: History): Verdict {
  const history = withStalls(recorded);
  const violations: Violation[] = [];
  const report = (violation: Violation): void => void violations.push(violation);
  for (const life of history.lives) checkEnd(life, report);
  const fates = fatesOf(history, report);
  const judged = checkReads(history, fates, report);
  const loads = checkLoads(history, fates, report);
  const recovery = checkRecovery(history, report);
  let [reads, freshReads, messages] = [0, 0, 0];
  for (const item of history.lives.flatMap(({ items }) => items)) {
    if (item.kind === 'message') messages += 1;
    if (item.kind !== 'reads') continue;
    reads += item.count;
    if (item.fresh) freshReads += item.count;
  }
  violations.sort((a, b) => a.at - b.at);
  const invalidations = fates.length;
  return { violations, reads, freshReads, invalidations, messages, judged, loads, recovery };
}

function checkEnd(life: Life, report: (violation: Violation) => void): void {
  const { worker, end, printed, to } = life;
  if (end === 'crashed') report({ rule: 'crash', worker, at: to, text: `it died: ${printed}` });
  else if (printed) report({ rule: 'crash', worker, at: to, text: `it printed: ${printed}` });
}

/** Those that are alive in the end serve the last write as fresh, within what the protocol takes. */
function checkRecovery(
  { lives, last, timing }: History,
  report: (violation: Violation) => void,
): number | undefined {
  if (!last) return undefined;
  const { lease, refreshInterval, loadTimeout, slack } = timing;
  // A lease that nobody holds any more, the rest after a load that failed, an interval that has just begun, and a load.
  const bound = 2 * (lease + 3 * refreshInterval + loadTimeout) + slack;
  let slowest: number | undefined = 0;
  for (const { worker, items, end, to } of lives) {
    if (end !== 'stopped') continue;
    const there = items.find(
      (item) => item.kind === 'reads' && item.fresh && (item.value ?? 0) >= last.value,
    );
    const took = there?.kind === 'reads' ? Math.max(0, there.from - last.at) : undefined;
    if (took === undefined || took > bound) {
      const text = `it took ${took?.toFixed() ?? 'for ever'} ms of ${bound} to serve ${last.value} as fresh`;
      report({ rule: 'recovery', worker, at: took === undefined ? to : last.at + took, text });
    }
    slowest = took === undefined || slowest === undefined ? undefined : Math.max(slowest, took);
  }
  return slowest;
}
