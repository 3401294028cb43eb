// Whether a refresh is felt: a reader asks for a page every ms, while nothing else happens and while the board is
// loaded from the stack all the time, with one row of a hundred changed from one load to the next.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { median } from '../measure.ts';
import { aim, count, ms, table } from './figures.ts';
import { given } from './source.ts';
import { type Met, type Result, WAYS, type Way } from './way.ts';

const HEADING = ['p50', 'p99', 'p99.9', 'max'];

async function resultOf(way: Way): Promise<Result> {
  const child = fork(join(import.meta.dirname, 'way.ts'), [process.argv[2] as string, way]);
  const ended = once(child, 'exit');
  const result = await Promise.race([once(child, 'message'), ended]);
  if (typeof result[0] !== 'object') throw new Error(`${way}: ended with ${result[0]}`);
  child.disconnect();
  await ended;
  return result[0] as Result;
}

const source = given();
const results: (readonly [Way, Result])[] = [];
for (const way of WAYS) results.push([way, await resultOf(way)]);

type Figures = (met: Met) => readonly number[];
const beyond = ({ quiet, busy }: Result, figures: Figures): number[] =>
  figures(busy).map((figure, i) => figure - (figures(quiet)[i] as number));
const inAll: Figures = (met) => met.inAll;

console.log(`\nA page every ms, from when it was due to having it: ${count(source.rows)} rows\n`);
console.log(
  table([
    ['', 'reads', 'loads', ...HEADING],
    ...results.flatMap(([way, result]) => [
      [way, count(result.busy.reads), count(result.loads.length), ...inAll(result.busy).map(ms)],
      ['  no refresh', count(result.quiet.reads), '', ...inAll(result.quiet).map(ms)],
      ['  beyond that', '', '', ...beyond(result, inAll).map(ms)],
      [
        '  the same of the median round',
        '',
        '',
        ...beyond(result, (met) => met.inMedianRound).map(ms),
      ],
    ]),
  ]),
);
for (const [way, result] of results) {
  if (way !== 'brought up to date in slices') continue;
  const [, , p999, max] = beyond(result, inAll) as [number, number, number, number];
  aim(`${way}, p99.9 beyond no refresh`, p999, 5, ms);
  aim(`${way}, max beyond no refresh`, max, 15, ms);
}

console.log('\nHow late the event loop was meanwhile (monitorEventLoopDelay)\n');
console.log(
  table([
    ['', ...HEADING],
    ...results.flatMap(([way, { quiet, busy }]) => [
      [way, ...busy.lateness.map(ms)],
      ['  no refresh', ...quiet.lateness.map(ms)],
    ]),
  ]),
);

console.log(
  '\nA load with the reader beside it, and how often and how long the collector stopped both\n',
);
const stops = (times: readonly number[]): string[] => [
  count(times.length),
  ms(Math.max(0, ...times)),
];
console.log(
  table([
    ['', 'median', 'longest', 'young', 'longest', 'all', 'longest'],
    ...results.map(([way, { loads, busy }]) => [
      way,
      ms(median(loads)),
      ms(Math.max(...loads)),
      ...stops(busy.young),
      ...stops(busy.all),
    ]),
  ]),
);

console.log(
  '\nThe longest times that the event loop took to come round, and what is known of them\n',
);
const known = (figure: number | undefined): string => (figure === undefined ? '–' : ms(figure));
const longest = (name: string, met: Met): string[][] =>
  met.longest.map(({ start, end, ran, waited, collecting, parsing }) => [
    name,
    ms(end - start),
    known(ran),
    known(waited),
    ms(collecting),
    ms(parsing),
  ]);
console.log(
  table([
    ['', 'took', 'had a core', 'others had it', 'collector', 'JSON.parse'],
    ...results.flatMap(([way, { busy }]) => longest(way, busy)),
    ...results.slice(0, 1).flatMap(([, { quiet }]) => longest('no refresh', quiet)),
  ]),
);
