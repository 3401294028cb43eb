// One way to refresh the board, in a process that does nothing else, as a service has it: what a reader meets meanwhile,
// and while nothing is refreshed, in turn. It answers its parent with the figures.
import { setTimeout as delay } from 'node:timers/promises';
import type { SupabaseClient } from '@supabase/supabase-js';
import { PLAYER_RACES } from 'supabase-stack';
import type { WarmCache } from 'warm-cache';
import { Leaderboard, type LeaderboardEntry } from 'warm-cache/leaderboard';
import { median } from '../measure.ts';
import { Random } from '../soak/random.ts';
import { quantile } from './figures.ts';
import { queriesOf, Reader } from './reader.ts';
import { changing, coldCache, countingClient, given, loaderOf } from './source.ts';
import { type Turn, watch } from './turns.ts';

export const WAYS = [
  'fetched, nothing built',
  'brought up to date in slices',
  'built anew in slices',
  'built at once',
] as const;
export type Way = (typeof WAYS)[number];

/** What a reader met, in ms. */
export interface Met {
  readonly reads: number;
  readonly inAll: readonly number[];
  /** What happens once in a while to the whole machine is not in it. */
  readonly inMedianRound: readonly number[];
  /** How late the event loop was: the median of the rounds; the maximum, of all. */
  readonly lateness: readonly number[];
  readonly young: readonly number[];
  readonly all: readonly number[];
  readonly longest: readonly Turn[];
}

export interface Result {
  readonly quiet: Met;
  readonly busy: Met;
  /** Ms of each load. */
  readonly loads: readonly number[];
}

const QUANTILES = [0.5, 0.99, 0.999, 1] as const;

/** Ms that a reader reads for with and without, in each round; a load that is under way then is read to its end. */
const PHASE = 4000;
const ROUNDS = 10;
/** Where a load takes longer than a phase. */
const FEW_ROUNDS = 1;
const MANY_ROWS = 100_000;
/** How many of the longest turns of the event loop are taken apart. */
const LONGEST = 6;
const PAGE_SIZE = 1000;
/** Of how many rows one changes from one load to the next. */
const OF_WHICH_ONE_CHANGES = 100;

/** All rows, page by page, as people write it. */
async function* pages(
  client: SupabaseClient,
  signal: AbortSignal,
): AsyncGenerator<LeaderboardEntry[]> {
  const { key, player, name, country, race, score } = PLAYER_RACES.columns;
  const select = `key:${key}::text,player:${player}::text,name:${name},country:${country},race:${race},score:${score}`;
  for (let last: string | undefined; ; ) {
    const query = client.from(PLAYER_RACES.table).select(select).order(key).limit(PAGE_SIZE);
    if (last !== undefined) query.gt(key, last);
    const { data } = await query.abortSignal(signal).throwOnError();
    const rows = data as unknown as LeaderboardEntry[];
    last = rows.at(-1)?.key;
    if (last === undefined) return;
    yield rows;
  }
}

function cacheFor(way: Way, client: SupabaseClient): WarmCache<Leaderboard> {
  const loader = loaderOf(client, 'in full');
  switch (way) {
    case 'brought up to date in slices':
      return coldCache(loader);
    case 'built anew in slices':
      return coldCache((context) => loader({ ...context, previous: undefined }));
    case 'built at once':
      return coldCache(async ({ signal }) => {
        const rows: LeaderboardEntry[] = [];
        for await (const page of pages(client, signal)) rows.push(...page);
        return new Leaderboard(rows);
      });
    case 'fetched, nothing built': {
      // What is fetched is thrown away: what a load costs before there is any board.
      return coldCache(async (context) => {
        const { signal, previous } = context;
        if (!previous) return loader(context);
        for await (const _ of pages(client, signal));
        return previous.value;
      });
    }
  }
}

async function measured(way: Way): Promise<Result> {
  const source = given();
  await using ladder = await changing(source);
  watch();
  const { client } = countingClient(source);
  const cache = cacheFor(way, client);
  const queries = queriesOf(await cache.get(), new Random(1));
  const quiet = new Reader(cache, queries);
  const busy = new Reader(cache, queries);
  const loads: number[] = [];
  const refresh = async (): Promise<void> => {
    const end = performance.now() + PHASE;
    while (performance.now() < end) {
      await ladder.change(Math.ceil(source.rows / OF_WHICH_ONE_CHANGES));
      const start = performance.now();
      await cache.refresh();
      loads.push(performance.now() - start);
    }
  };
  // What it took to make ready is not to be collected while it is measured.
  globalThis.gc?.();
  for (let round = 0; round < (source.rows > MANY_ROWS ? FEW_ROUNDS : ROUNDS); round++) {
    await quiet.during(() => delay(PHASE));
    await busy.during(refresh);
  }
  await cache.stop();
  return { quiet: metBy(quiet), busy: metBy(busy), loads };
}

function metBy({ latencies, loops, turns }: Reader): Met {
  const rounds = latencies.map(quantilesOf);
  return {
    reads: latencies.flat().length,
    inAll: quantilesOf(latencies.flat()),
    inMedianRound: QUANTILES.map((_, i) => median(rounds.map((round) => round[i] as number))),
    // Without the ms that the histogram itself waits.
    lateness: [
      ...[50, 99, 99.9].map((q) => median(loops.map((loop) => loop.percentile(q))) / 1e6 - 1),
      Math.max(...loops.map(({ max }) => max)) / 1e6 - 1,
    ],
    young: turns.collections('young'),
    all: turns.collections('all'),
    longest: turns.longest(LONGEST),
  };
}

function quantilesOf(latencies: readonly number[]): number[] {
  const sorted = Float64Array.from(latencies).sort();
  return QUANTILES.map((q) => quantile(sorted, q));
}

if (process.send) process.send(await measured(process.argv[3] as Way));
