import type { Fault, History } from './history.ts';

/** From when to when something can't be asked of a worker. */
export interface Excuse {
  readonly from: number;
  readonly to: number;
}

/** Faults during which a worker can't hear from Redis how things are, nor tell it. */
const CUT_OFF: ReadonlySet<Fault['kind']> = new Set([
  'disconnect',
  'flush',
  'freeze',
  'redis',
  'restart',
  'stall',
]);

/** Ms within which a client is connected again. */
const RECONNECT = 1500;
/** Ms within which a cache that was cut off for long tries whether it still is. */
const LONGEST_TRY = 10_000;

/** When the one whom a fault hit surely deals with the others again; until then it loads for itself. */
export function isBackBy({ kind, from, to }: Fault): number {
  return CUT_OFF.has(kind) ? to + RECONNECT + Math.min(to - from, LONGEST_TRY) : to;
}

/** Whether it keeps the worker from Redis. */
export function isCutOff({ kind, worker: whose }: Fault, worker: string): boolean {
  return CUT_OFF.has(kind) && (whose ?? worker) === worker;
}

/** When the worker is cut off from what the fleet shares, until it surely has compared again. */
export function cutOffs({ faults }: History, worker: string): Excuse[] {
  return faults
    .filter((fault) => isCutOff(fault, worker))
    .map(({ from, to }) => ({ from, to: to + RECONNECT }))
    .sort((a, b) => a.from - b.from);
}

export function overlaps(excuse: Excuse, from: number, to: number): boolean {
  return excuse.from <= to && from <= excuse.to;
}

/** The first moment from `from` on by which the worker had `span` ms without an excuse. */
export function afterWithout(excuses: readonly Excuse[], from: number, span: number): number {
  let start = from;
  for (const excuse of excuses) {
    if (overlaps(excuse, start, start + span)) start = Math.max(start, excuse.to);
  }
  return start + span;
}

/** The parts of the run in which nothing but reads went on, each begun when what went before has died away. */
export function quietTimes(history: History): Excuse[] {
  const { refreshInterval, loadTimeout, lease, slack } = history.timing;
  const fade = lease + 2 * refreshInterval + loadTimeout + slack;
  const disturbances: Excuse[] = history.faults.map((fault) => ({
    from: fault.from,
    to: isBackBy(fault) + fade,
  }));
  for (const { items, to } of history.lives) {
    const ends = new Map<number, number>();
    for (const item of items) if (item.kind === 'settled') ends.set(item.id, item.at);
    for (const item of items) {
      if (item.kind !== 'invalidate') continue;
      disturbances.push({ from: item.at, to: (ends.get(item.id) ?? to) + fade });
    }
  }
  const quiet: Excuse[] = [];
  let from = history.from + fade;
  for (const next of disturbances.sort((a, b) => a.from - b.from)) {
    if (next.from > from) quiet.push({ from, to: next.from });
    from = Math.max(from, next.to);
  }
  if (history.to > from) quiet.push({ from, to: history.to });
  return quiet;
}
