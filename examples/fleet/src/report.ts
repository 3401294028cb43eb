import { count, ms, quantilesOf, table } from 'leaderboard-demo';
import type { Outcome } from './play.ts';
import type { ReplicaProcess } from './replica-process.ts';
import { numberOf, sum } from './stage.ts';

/** One process's row of the table, from all its lives. */
export interface ProcessReport {
  readonly process: string;
  readonly reads: number;
  readonly waited: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Queries, as the database counted them. */
  readonly queries: number;
}

export function processReport(
  process: string,
  lives: readonly ReplicaProcess[],
  queries: number,
): ProcessReport {
  const quantile = quantilesOf(lives.flatMap(({ reads }) => reads.times));
  return {
    process,
    reads: sum(lives.map(({ reads }) => reads.times.length)),
    waited: sum(lives.map(({ reads }) => reads.waited)),
    failed: sum(lives.map(({ reads }) => reads.failed)),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
    queries,
  };
}

/** What was promised and did not hold, a sentence each. */
export function brokenPromises(outcome: Outcome): string[] {
  const { replicas, before, started, after, written, killed, restarted, outage } = outcome;
  const fleet = outcome.processes.filter(({ process }) => process.startsWith('after'));
  const waited = sum(fleet.map((one) => one.waited));
  const failed = sum(fleet.map((one) => one.failed));
  const isOneEach = (counted: readonly number[]): boolean =>
    Math.abs(sum(counted) - counted.length) <= 1;
  return [
    waited > 0 && `${waited} reads of the fleet waited`,
    failed > 0 && `${failed} reads of the fleet failed`,
    started.loads !== 1 && `the fleet started by ${started.loads} loads`,
    !isOneEach(after) && `the fleet loaded ${sum(after)} times in ${after.length} intervals`,
    !written.isSeen && 'a read after an awaited invalidate() did not have the write',
    killed.more > 1 && `${killed.more} loads more followed the one that was cut off`,
    !restarted.isShared && 'the process that was started again did not get its value of the fleet',
    outage && !isOneEach(outage.after) && 'the fleet was none after the outage',
    sum(before) < replicas * (before.length - 1) &&
      'the processes loaded less each for itself than they should: this run shows nothing',
  ].filter((sentence) => typeof sentence === 'string');
}

const COLUMNS: readonly [title: string, cell: (report: ProcessReport) => string][] = [
  ['reads', ({ reads }) => count(reads)],
  ['waited', ({ waited }) => count(waited)],
  ['failed', ({ failed }) => count(failed)],
  ['p50', ({ p50Ms }) => ms(p50Ms)],
  ['p99', ({ p99Ms }) => ms(p99Ms)],
  ['max', ({ maxMs }) => ms(maxMs)],
  ['queries', ({ queries }) => count(queries)],
];

/** The outcome for people. */
export function textOf(outcome: Outcome, interval: number): string {
  const { replicas, before, after, outage, killed, processes } = outcome;
  const counted = (name: string, counts: readonly number[]): string[] => [
    name,
    `${counts.length}`,
    `${sum(counts)}`,
    (sum(counts) / counts.length).toFixed(1),
  ];
  return `
${table([
  ['', ...COLUMNS.map(([title]) => title)],
  ...processes.map((report) => [
    `${report.process.replace(/-.*/, '')}, process ${numberOf(report.process)}`,
    ...COLUMNS.map(([, cell]) => cell(report)),
  ]),
])}

before          WarmCache in ${replicas} processes, each for itself
after           the same, \`shared\` by Redis; process ${numberOf(killed.process)} was killed, and started again
waited          had no answer at once: the board was not in memory
p50, p99, max   from the call to a page in hand
queries         of the board, one a load: counted in the database, as each begins

${table([
  ['', 'intervals', 'queries', 'an interval'],
  counted('before', before),
  counted('after', after),
  ...(outage
    ? [counted('after, Redis stopped', outage.during), counted('after, Redis back', outage.after)]
    : []),
])}

An interval is ${interval / 1000} s. A write asks for one load more, and so does a load that is cut off.
`;
}
