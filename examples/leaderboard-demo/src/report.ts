import type { Lane } from './lanes.ts';
import type { Reads } from './traffic.ts';

/** One lane's row of the table. */
export interface LaneReport {
  readonly lane: string;
  readonly reads: number;
  readonly waited: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly queriesPerMinute: number;
  readonly requestsPerMinute: number;
  readonly errors: number;
  readonly oldestMs: number;
}

export function reportOf(lane: Lane, reads: Reads, requests: number, seconds: number): LaneReport {
  const sorted = reads.latencies.toSorted((a, b) => a - b);
  const quantile = (q: number): number =>
    Math.round((sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0) * 100) / 100;
  const perMinute = (count: number): number => Math.round((count * 60) / seconds);
  return {
    lane: lane.name,
    reads: sorted.length + reads.errors,
    waited: reads.waited,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
    queriesPerMinute: perMinute(lane.loads()),
    requestsPerMinute: perMinute(requests),
    errors: reads.errors,
    oldestMs: Math.round(reads.oldest),
  };
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

const COLUMNS: readonly [title: string, cell: (report: LaneReport) => string][] = [
  ['', ({ lane }) => lane],
  ['reads', ({ reads }) => String(reads)],
  ['waited', ({ waited }) => String(waited)],
  ['p50', ({ p50Ms }) => ms(p50Ms)],
  ['p99', ({ p99Ms }) => ms(p99Ms)],
  ['max', ({ maxMs }) => ms(maxMs)],
  ['queries/min', ({ queriesPerMinute }) => String(queriesPerMinute)],
  ['errors seen', ({ errors }) => String(errors)],
  ['oldest served', ({ oldestMs }) => `${(oldestMs / 1000).toFixed(1)} s`],
];

export function table(reports: readonly LaneReport[]): string {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...reports.map((report) => COLUMNS.map(([, cell]) => cell(report))),
  ];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('   ');
  const [header, ...body] = rows.map(line) as [string, ...string[]];
  return [header, '─'.repeat(header.length), ...body].join('\n');
}
