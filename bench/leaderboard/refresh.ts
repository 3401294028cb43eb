// Whether a refresh is felt: a reader asks for a page every ms, while nothing else happens and while the board is
// loaded from the stack all the time, in turn.
import { setTimeout as delay } from 'node:timers/promises';
import type { SupabaseClient } from '@supabase/supabase-js';
import type { WarmCache } from 'warm-cache';
import { Leaderboard, type LeaderboardEntry } from 'warm-cache/leaderboard';
import { median } from '../measure.ts';
import { Random } from '../soak/random.ts';
import { aim, count, ms, quantile, table } from './figures.ts';
import { queriesOf, Reader } from './reader.ts';
import { cacheOf, coldCache, countingClient, given, TABLE } from './source.ts';
import { watch } from './turns.ts';

/** Ms that each way is read for, in each round; a load that is under way then is read to its end. */
const PHASE = 4000;
const ROUNDS = 5;
/** Where a load takes longer than a phase. */
const FEW_ROUNDS = 1;
const MANY_ROWS = 100_000;
/** How many of the longest turns of the event loop are taken apart. */
const LONGEST = 8;
const PAGE_SIZE = 1000;

/** One way to refresh the board, or not to, and what a reader meets meanwhile. */
class Way {
  readonly name: string;
  readonly reader: Reader;
  /** Ms of each load. */
  readonly loads: number[] = [];
  readonly #cache: WarmCache<Leaderboard> | undefined;

  /** @param cache - What is refreshed all the time. */
  constructor(name: string, reader: Reader, cache?: WarmCache<Leaderboard>) {
    this.name = name;
    this.reader = reader;
    this.#cache = cache;
  }

  async phase(): Promise<void> {
    // What another way has left is not to be collected now.
    globalThis.gc?.();
    const cache = this.#cache;
    await this.reader.during(() => (cache ? this.#refresh(cache) : delay(PHASE)));
  }

  async #refresh(cache: WarmCache<Leaderboard>): Promise<void> {
    const end = performance.now() + PHASE;
    for (let start = performance.now(); start < end; start = performance.now()) {
      await cache.refresh();
      this.loads.push(performance.now() - start);
    }
  }
}

/** All rows, page by page, as people write it. */
async function* pages(
  client: SupabaseClient,
  signal: AbortSignal,
): AsyncGenerator<LeaderboardEntry[]> {
  const { key, player, name, country, race, score } = TABLE.columns;
  const select = `key:${key}::text,player:${player}::text,name:${name},country:${country},race:${race},score:${score}`;
  for (let last: string | undefined; ; ) {
    const query = client.from(TABLE.table).select(select).order(key).limit(PAGE_SIZE);
    if (last !== undefined) query.gt(key, last);
    const { data } = await query.abortSignal(signal).throwOnError();
    const rows = data as unknown as LeaderboardEntry[];
    last = rows.at(-1)?.key;
    if (last === undefined) return;
    yield rows;
  }
}

const source = given();
watch();
const { client } = countingClient(source);
const inSlices = cacheOf(client, 'in full');
await inSlices.refresh();
const board = await inSlices.get();
/** What is fetched is thrown away: what a load costs before there is any board. */
const unbuilt = coldCache(async ({ signal }) => {
  for await (const _ of pages(client, signal));
  return board;
});
/** All rows are fetched, and then all is built. */
const atOnce = coldCache(async ({ signal }) => {
  const rows: LeaderboardEntry[] = [];
  for await (const page of pages(client, signal)) rows.push(...page);
  return new Leaderboard(rows);
});
atOnce.set(board);
const queries = queriesOf(board, new Random(1));
const quiet = new Way('no refresh', new Reader(inSlices, queries));
const fetched = new Way('fetched, nothing built', new Reader(inSlices, queries), unbuilt);
const sliced = new Way('built in slices', new Reader(inSlices, queries), inSlices);
const whole = new Way('built at once', new Reader(atOnce, queries), atOnce);
const ways = [quiet, fetched, sliced, whole];
for (let round = 0; round < (source.rows > MANY_ROWS ? FEW_ROUNDS : ROUNDS); round++) {
  for (const way of ways) await way.phase();
}

const QUANTILES = [0.5, 0.99, 0.999, 1];
const reads = ways.map(({ reader: { latencies } }) => {
  const sorted = Float64Array.from(latencies).sort();
  return QUANTILES.map((q) => quantile(sorted, q));
});
const calm = reads[0] as number[];
const beyond = (figures: readonly number[]): number[] =>
  figures.map((figure, i) => figure - (calm[i] as number));
/** The median of the rounds, and the longest of all; without the ms that the histogram itself waits. */
const lateness = ({ reader: { loops } }: Way): number[] => [
  ...[50, 99, 99.9].map((q) => median(loops.map((loop) => loop.percentile(q))) / 1e6 - 1),
  Math.max(...loops.map(({ max }) => max)) / 1e6 - 1,
];

console.log(`\nA page every ms, from when it was due to having it: ${count(source.rows)} rows\n`);
const HEADING = ['p50', 'p99', 'p99.9', 'max'];
console.log(
  table([
    ['', 'reads', 'loads', ...HEADING],
    ...ways.map(({ name, loads, reader }, i) => [
      name,
      count(reader.latencies.length),
      count(loads.length),
      ...(reads[i] as number[]).map(ms),
    ]),
    ...ways
      .slice(1)
      .map(({ name }, i) => [
        `${name}, beyond no refresh`,
        '',
        '',
        ...beyond(reads[i + 1] as number[]).map(ms),
      ]),
  ]),
);
const [, , p999, max] = beyond(reads[ways.indexOf(sliced)] as number[]) as [
  number,
  number,
  number,
  number,
];
aim('built in slices, p99.9 beyond no refresh', p999, 5, ms);
aim('built in slices, max beyond no refresh', max, 15, ms);

console.log('\nHow late the event loop was meanwhile (monitorEventLoopDelay)\n');
console.log(table([['', ...HEADING], ...ways.map((way) => [way.name, ...lateness(way).map(ms)])]));

console.log(
  '\nA load with the reader beside it, and how often and how long the collector stopped both\n',
);
const stops = ({ reader: { turns } }: Way, kind: 'young' | 'all'): string[] => {
  const times = turns.collections(kind);
  return [count(times.length), ms(Math.max(0, ...times))];
};
console.log(
  table([
    ['', 'median', 'longest', 'young', 'longest', 'all', 'longest'],
    ...ways.map((way) => [
      way.name,
      ...(way.loads.length > 0 ? [ms(median(way.loads)), ms(Math.max(...way.loads))] : ['', '']),
      ...stops(way, 'young'),
      ...stops(way, 'all'),
    ]),
  ]),
);

console.log(
  '\nThe longest times that the event loop took to come round, and what is known of them\n',
);
const known = (figure: number | undefined): string => (figure === undefined ? '–' : ms(figure));
console.log(
  table([
    ['', 'took', 'had a core', 'others had it', 'collector', 'JSON.parse'],
    ...ways.flatMap(({ name, reader: { turns } }) =>
      turns
        .longest(LONGEST)
        .map(({ start, end, ran, waited, collecting, parsing }) => [
          name,
          ms(end - start),
          known(ran),
          known(waited),
          ms(collecting),
          ms(parsing),
        ]),
    ),
  ]),
);
