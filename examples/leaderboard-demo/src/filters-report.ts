import type { FilterTally } from './filter-tally.ts';
import { IDLE_TIME } from './filters.ts';
import type { FiltersOutcome, Phases } from './filters-scenario.ts';
import { TTL } from './lanes.ts';
import { countsOf, type Level, levelOf } from './level.ts';
import { lineOf, marksAt } from './line.ts';
import { count, ms, quantilesOf, table } from './report.ts';

/** What one lane did. */
export interface FilterReport {
  readonly lane: string;
  /** How many filters are listed, and how many pages were loaded again and again at the end. */
  readonly listed: number;
  readonly hotAtEnd: number;
  /** Of listed filters. */
  readonly reads: number;
  readonly waited: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of other filters. */
  readonly madeUp: { readonly filters: number; readonly reads: number; readonly waited: number };
  /** Reads that failed. */
  readonly errors: number;
  readonly writes: { readonly announced: number; readonly seen: number };
  readonly requests: number;
  /** How many were under way together, at most. */
  readonly requestsAtOnce: number;
  /** While all was steady. */
  readonly level: Level;
  /** The requests in each `bar` ms, and in which of them each phase began. */
  readonly load: {
    readonly bar: number;
    readonly counts: readonly number[];
    readonly phases: readonly number[];
  };
}

/** How many times the mean the fullest tenth of a level load may have, and some requests more: of few, one more is much. */
const MOST_UNEVEN = 1.5;
const SPARE = 2;
/** Ms that a bar stands for at least, and how many bars a line of a terminal has room for. */
const BAR = 500;
const BARS = 100;

export function filterReportOf(
  tally: FilterTally,
  { listed, phases }: { readonly listed: number; readonly phases: Phases },
): FilterReport {
  const { lane, latencies, waited, madeUp, errors, writes } = tally;
  const { times, mostAtOnce } = lane.requests;
  const { start, steady, end } = phases;
  const quantile = quantilesOf(latencies);
  const bar = BAR * Math.ceil((end - start) / BAR / BARS);
  return {
    lane: lane.name,
    listed,
    hotAtEnd: lane.hot(),
    reads: latencies.length,
    waited,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    madeUp: { ...madeUp, filters: madeUp.filters.size },
    errors,
    writes: { ...writes },
    requests: times.length,
    requestsAtOnce: mostAtOnce,
    level: levelOf(times, { from: steady, until: phases.writes, interval: TTL }),
    load: {
      bar,
      counts: countsOf(times, { from: start, until: end, width: bar }),
      phases: [start, steady, phases.writes, phases.madeUp].map((began) =>
        Math.floor((began - start) / bar),
      ),
    },
  };
}

/** What was promised and did not hold, a sentence each. */
export function brokenFilterPromises({ byHand, map }: FiltersOutcome): string[] {
  return [
    map.waited > 0 && `${map.waited} reads of listed filters waited for the map`,
    map.errors > 0 && `${map.errors} reads of the map failed`,
    map.writes.seen < map.writes.announced &&
      'a read after an awaited invalidateAll() did not have the write',
    !isLevel(map.level) &&
      `the map usually made ${map.level.usual.toFixed(2)} times the mean requests in a tenth of an interval`,
    map.hotAtEnd > map.listed && 'the map kept pages hot that nobody read any more',
    map.madeUp.waited === 0 && 'no filter was read that is not listed: this run shows nothing',
    isLevel(byHand.level) && 'by hand the load was level: this run shows nothing',
  ].filter((sentence) => sentence !== false);
}

function isLevel({ usual, mean }: Level): boolean {
  return usual * mean <= MOST_UNEVEN * mean + SPARE;
}

const COLUMNS: readonly [title: string, cell: (report: FilterReport) => string][] = [
  ['', ({ lane }) => lane],
  ['reads', ({ reads }) => count(reads)],
  ['waited', ({ waited }) => count(waited)],
  ['p50', ({ p50Ms }) => ms(p50Ms)],
  ['p99', ({ p99Ms }) => ms(p99Ms)],
  ['requests', ({ requests }) => count(requests)],
  ['at once', ({ requestsAtOnce }) => count(requestsAtOnce)],
  ['in a tenth', ({ level }) => level.mean.toFixed(1)],
  ['largest', ({ level }) => count(level.largest)],
  ['usually', ({ level }) => `${level.usual.toFixed(1)}x`],
];

/** The outcome for people. */
export function filtersTextOf({ byHand, map, health }: FiltersOutcome): string {
  const lanes = [byHand, map];
  const most = Math.max(...lanes.flatMap(({ load }) => load.counts));
  const lines = lanes.map(
    ({ lane, load }) =>
      `${lane.padEnd(10)}${lineOf(load.counts, most)}\n${' '.repeat(10)}${marksAt(load.phases)}`,
  );
  const seen = lanes.map(({ lane, writes }) => `${lane} ${writes.seen} of ${writes.announced}`);
  const hot = lanes.map(({ lane, hotAtEnd }) => `${lane} ${hotAtEnd}`);
  const { loads, reads } = health;
  return `
The requests of each ${map.load.bar / 1000} s, up to ${most}, and the phases that began:

${lines.join('\n')}

${table([
  COLUMNS.map(([title]) => title),
  ...lanes.map((report) => COLUMNS.map(([, cell]) => cell(report))),
])}

by hand      a Map, and one setInterval that loads all that is in it, each ${TTL / 1000} s
map          WarmCacheMap: each page has a time of its own within the ${TTL / 1000} s
waited       had no answer at once: the page was not in memory
at once      requests that were under way together, at most: at the start and after a write too
in a tenth   of an interval, while all was steady: the mean, the largest, and how much that usually is beside the mean

A match in the first reads after \`await invalidateAll()\`: ${seen.join('; ')}.
Filters that nobody had listed: ${map.madeUp.filters}, read ${map.madeUp.reads} times, ${map.madeUp.waited} of them before their first load had ended.
Pages still loaded again and again, ${IDLE_TIME / 1000} s and more after the last of those reads: ${hot.join('; ')}.
health() of the map: ${health.size} keys, ${health.pinned} of them always hot, ${health.idle} at rest, ${health.failing} failing; ${count(loads.published)} loads
published, ${count(loads.failed + loads.timeout)} failed; of the reads ${count(reads.fresh)} fresh, ${count(reads.stale)} stale, ${count(reads.waited)} waited.
`;
}
