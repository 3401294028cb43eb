import type { Verdict, Violation } from './checker.ts';
import type { History, Item } from './history.ts';

/** Ms before and after, of what is told of a violation. */
const BEFORE = 2500;
const AFTER = 500;
/** Violations that are told in full. */
const MOST = 5;

/** What was looked at, in some lines. */
export function summaryOf(history: History, verdict: Verdict): string {
  const { reads, freshReads, invalidations, messages, judged, loads, recovery } = verdict;
  const seconds = ((history.to - history.from) / 1000).toFixed(0);
  const kinds = Map.groupBy(history.faults, ({ kind }) => kind);
  const faults = [...kinds].map(([kind, list]) => `${list.length} ${kind}`).join(', ');
  return `
processes       ${history.lives.length} over ${seconds} s
reads           ${reads.toLocaleString('en')}, ${freshReads.toLocaleString('en')} of them fresh
invalidations   ${invalidations}; ${messages} messages heard
judged          ${judged.call} by the call, ${judged.message} by messages, ${judged.interval} by the interval
faults          ${faults || 'none'}
loads           ${loads.counted}, at most ${loads.promised} are promised; ${loads.alone} of processes cut off, ${loads.inQuiet} while all was quiet
recovery        ${recovery === undefined ? 'not asked, or never' : `${recovery.toFixed()} ms`}
violations      ${verdict.violations.length}`;
}

/** What is broken, each with what went on around it. */
export function timelines(history: History, { violations }: Verdict): string {
  return violations
    .slice(0, MOST)
    .map((violation) => timeline(history, violation))
    .join('\n');
}

function timeline(history: History, { rule, worker, at, text }: Violation): string {
  const head = `${secondsOf(history, at)} ${worker}: ${rule}: ${text}`;
  return [head, ...linesOf(history, at - BEFORE, at + AFTER, worker)].join('\n');
}

/** What went on from when to when, in the order of time; `whose` alone, but for invalidations and loads. */
export function linesOf(history: History, begin: number, end: number, whose?: string): string[] {
  const seconds = (ms: number): string => secondsOf(history, ms);
  const lines: [at: number, line: string][] = [];
  const isNear = (from: number, to = from): boolean => to >= begin && from <= end;
  for (const { kind, worker = 'all', from, to, note = '' } of history.faults) {
    if (isNear(from, to))
      lines.push([from, `${worker} FAULT ${kind} ${note} until ${seconds(to)}`]);
  }
  for (const { worker, alone, value, from, to } of history.loads) {
    const until = to === undefined ? 'it is cut off' : seconds(to);
    const by = alone ? ' for itself' : '';
    if (isNear(from)) lines.push([from, `${worker} loads ${value}${by} until ${until}`]);
  }
  for (const { worker, items } of history.lives) {
    for (const item of items) {
      const when = item.kind === 'reads' ? item.from : item.at;
      const isTold = whose === undefined || whose === worker || /^(inv|set)/.test(item.kind);
      if (isTold && isNear(when, item.kind === 'reads' ? item.to : when)) {
        lines.push([when, `${worker} ${lineOf(item, seconds)}`]);
      }
    }
  }
  lines.sort(([a], [b]) => a - b);
  return lines.map(([when, line]) => `  ${seconds(when)} ${line}`);
}

function secondsOf({ from }: History, ms: number): string {
  return ((ms - from) / 1000).toFixed(3);
}

function lineOf(item: Item, seconds: (ms: number) => string): string {
  if (item.kind === 'reads') {
    const { how, value, fresh, count, to } = item;
    return `${how} ${value} ${fresh ? 'fresh' : 'stale'} x ${count} until ${seconds(to)}`;
  }
  const { kind, at: _, ...rest } = item;
  return `${kind} ${JSON.stringify(rest)}`.slice(0, 400);
}
