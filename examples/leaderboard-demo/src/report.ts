import { TTL } from './lanes.ts';
import type { Outcome } from './scenario.ts';
import type { Tally } from './tally.ts';

/** One lane's row of the table. */
export interface LaneReport {
  readonly lane: string;
  readonly reads: number;
  readonly waited: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly loadsPerMinute: number;
  readonly requestsPerMinute: number;
  readonly errors: number;
  readonly oldestMs: number;
  readonly writes: number;
  readonly writesSeen: number;
  readonly slowestWriteMs: number;
}

/** By the nearest rank, with two digits behind the point. */
export function quantilesOf(numbers: readonly number[]): (q: number) => number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (q) =>
    Math.round((sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0) * 100) / 100;
}

export function reportOf(tally: Tally, seconds: number): LaneReport {
  const quantile = quantilesOf(tally.latencies);
  const perMinute = (count: number): number => Math.round((count * 60) / seconds);
  return {
    lane: tally.lane.name,
    reads: tally.reads,
    waited: tally.waited,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
    loadsPerMinute: perMinute(tally.loads),
    requestsPerMinute: perMinute(tally.requests),
    errors: tally.errors,
    oldestMs: Math.round(tally.oldest),
    writes: tally.writes.length,
    writesSeen: tally.writes.filter(({ seen }) => seen).length,
    slowestWriteMs: Math.round(Math.max(0, ...tally.writes.map(({ ms }) => ms))),
  };
}

/** What was promised and did not hold, a sentence each. */
export function brokenPromises({ before, after, afterLoads, recoveryMs }: Outcome): string[] {
  return [
    after.waited > 0 && `${after.waited} reads waited of the lane that is kept hot`,
    after.errors > 0 && `${after.errors} reads failed of the lane that is kept hot`,
    after.writesSeen < after.writes &&
      'a read after an awaited invalidate() did not have the write',
    recoveryMs === null && 'the lane that is kept hot was not up to date after the outage',
    afterLoads.delta === 0 && 'no load of the lane that is kept hot read only what had changed',
    before.waited === 0 && 'no read of the lazy lane waited: this run shows nothing',
    before.errors === 0 && 'no read of the lazy lane failed: this run shows nothing',
  ].filter((sentence) => sentence !== false);
}

export const count = (value: number): string => value.toLocaleString('en');
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

const COLUMNS: readonly [title: string, cell: (report: LaneReport) => string][] = [
  ['', ({ lane }) => lane],
  ['reads', ({ reads }) => count(reads)],
  ['waited', ({ waited }) => count(waited)],
  ['p50', ({ p50Ms }) => ms(p50Ms)],
  ['p99', ({ p99Ms }) => ms(p99Ms)],
  ['max', ({ maxMs }) => ms(maxMs)],
  ['loads/min', ({ loadsPerMinute }) => count(loadsPerMinute)],
  ['requests/min', ({ requestsPerMinute }) => count(requestsPerMinute)],
  ['errors seen', ({ errors }) => count(errors)],
  ['oldest served', ({ oldestMs }) => `${(oldestMs / 1000).toFixed(1)} s`],
];

/** The outcome for people. */
export function textOf(outcome: Outcome, rows: number): string {
  const { before, after, afterLoads, recoveryMs, loopBlockedMs } = outcome;
  const intervals = Math.round(60_000 / TTL);
  const pages = Math.ceil(rows / 1000);
  const measured = (report: LaneReport): string[] => [
    `${report.lane}, measured`,
    `${ms(report.p50Ms)} mostly, ${ms(report.maxMs)} at most`,
    `${count(report.loadsPerMinute)} loads in ${count(report.requestsPerMinute)} requests a minute`,
  ];
  const written = ({ lane, writes, writesSeen, slowestWriteMs }: LaneReport): string =>
    `${lane} ${writesSeen} of ${writes}, in ${slowestWriteMs} ms at most`;
  return `
${table([
  COLUMNS.map(([title]) => title),
  ...[before, after].map((report) => COLUMNS.map(([, cell]) => cell(report))),
])}

before          a lazy cache: who reads after it has expired waits for the load, or gets its error
after           WarmCache: the same table, database and process; once it has a board it asks for what has changed
waited          had no answer at once: the board was not in memory
p50, p99, max   from the call to a page in hand, of the reads that got one
loads           of the board, done or tried: all ${count(rows)} rows are ${count(pages + 1)} requests or more

The event loop, which both lanes and the database's gateway share, was blocked for ${loopBlockedMs} ms at most.
Loads of after: ${afterLoads.full} full, ${afterLoads.delta} delta, ${afterLoads.unchanged} unchanged, ${afterLoads.failed} failed.

${table([
  ['', 'a read', 'the database'],
  [
    "the bot's first cache, promised",
    '7–20 ms always',
    `1 query an interval: ${intervals} a minute`,
  ],
  measured(before),
  measured(after),
])}

A match in the first read after \`await invalidate()\`: ${written(before)}; ${written(after)}.
Up to date after the outage: ${recoveryMs} ms after the API was back.
WarmCache begins each load before the last value expires, and invalidate() asks for one more: hence the loads.
`;
}

/** The first row is the heading; the first column stands left. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('   ');
  const [header, ...body] = rows.map(line) as [string, ...string[]];
  return [header, '─'.repeat(header.length), ...body].join('\n');
}
