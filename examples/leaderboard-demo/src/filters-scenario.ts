import { setTimeout as delay } from 'node:timers/promises';
import type { SupabaseStack } from 'supabase-stack';
import type { MapHealthReport } from 'warm-cache';
import { type FilterLane, HandLane, MapLane } from './filter-lanes.ts';
import { FilterTally } from './filter-tally.ts';
import { FilterTraffic } from './filter-traffic.ts';
import { type Filter, IDLE_TIME, listed, madeUp } from './filters.ts';
import { type FilterReport, filterReportOf } from './filters-report.ts';
import { clientOf, TTL } from './lanes.ts';
import { Matches, type Played } from './matches.ts';
import type { ScenarioOptions } from './scenario.ts';

/** What was measured. */
export interface FiltersOutcome {
  readonly byHand: FilterReport;
  readonly map: FilterReport;
  /** Of the map, at the end. */
  readonly health: MapHealthReport;
}

/** When the phases of one lane began, and the last one ended: ms, by the monotonic clock. */
export interface Phases {
  readonly start: number;
  readonly steady: number;
  readonly writes: number;
  readonly madeUp: number;
  readonly end: number;
}

const WRITES = 2;
/** Ms between two readers, and between two who want what nobody has listed. */
const READ_INTERVAL = 10;
const MADE_UP_INTERVAL = 100;
/** Ms after which a page that nobody reads comes to rest, for the most part: as it is next due after its idle time. */
const REST = IDLE_TIME + TTL;

/**
 * Keeps the pages of all filters hot in two ways, one after the other: in one process each would hold up the other.
 *
 * @throws The reason of `signal`.
 */
export async function playFilters(
  stack: SupabaseStack,
  options: ScenarioOptions,
): Promise<FiltersOutcome> {
  const hand = new HandLane(stack);
  const lane = new MapLane(stack);
  options.onCache?.(lane.pages);
  try {
    const byHand = await playLane(hand, stack, options);
    await hand.stop();
    const map = await playLane(lane, stack, options);
    return { byHand, map, health: lane.pages.health() };
  } finally {
    await Promise.all([hand.stop(), lane.stop()]);
  }
}

/** From the start, under readers, as matches end, and with filters that nobody has listed. */
async function playLane(
  lane: FilterLane,
  stack: SupabaseStack,
  { seconds, signal, progress }: ScenarioOptions,
): Promise<FilterReport> {
  const client = clientOf(stack, 'matches');
  const [filters, matches] = await Promise.all([listed(client), Matches.on(client, { best: 500 })]);
  const tally = new FilterTally(lane);
  const readers = new FilterTraffic(filters, (filter) => tally.read(filter));
  const visitors = new FilterTraffic(madeUp(filters), (filter) => tally.readMadeUp(filter));

  const share = (part: number): Promise<void> =>
    delay(part * seconds * 1000, undefined, { signal });
  /** Takes its part of the time, or as long as the event does; resolves with when it began. */
  const phase = async (
    title: string,
    part: number,
    event?: () => Promise<unknown>,
  ): Promise<number> => {
    progress(`${lane.name.padEnd(10)}${title.padEnd(44)}`);
    const start = performance.now();
    const requests = lane.requests.times.length;
    const waited = tally.waited + tally.madeUp.waited;
    await Promise.all([share(part), event?.()]);
    progress(`${lane.requests.times.length - requests} requests, `);
    progress(`${tally.waited + tally.madeUp.waited - waited} reads waited\n`);
    return start;
  };

  try {
    const start = await phase(`1/4  ${filters.length} pages are loaded`, 0, () =>
      lane.start(signal),
    );
    matches.start();
    readers.start(READ_INTERVAL);
    const steady = await phase('2/4  steady, under readers', 0.5);
    const writes = await phase('3/4  matches end: write, invalidateAll()', 0.15, async () => {
      for (let i = 0; i < WRITES; i++) await announce(await matches.play(), tally);
    });
    const madeUp = await phase('4/4  filters that nobody has listed', 0.35, async () => {
      visitors.start(MADE_UP_INTERVAL);
      await share(0.15);
      await visitors.stop();
      await delay(REST, undefined, { signal });
      await lane.rested(signal);
    });
    const phases = { start, steady, writes, madeUp, end: performance.now() };
    matches.stop();
    await readers.stop();
    return filterReportOf(tally, { listed: filters.length, phases });
  } finally {
    matches.stop();
    await Promise.all([readers.stop(), visitors.stop()]);
  }
}

/** A match that the lane is told of: do the next reads have the winner's new rating, by country, by race and by both? */
async function announce(
  { id, country, race, rating }: Played,
  { lane, writes }: FilterTally,
): Promise<void> {
  const countries = country === null ? [] : [country];
  const filters: Filter[] = [
    { countries: [], race, page: 1 },
    { countries, race, page: 1 },
    ...(country === null ? [] : [{ countries, page: 1 }]),
  ];
  await lane.invalidateAll();
  const pages = await Promise.all(filters.map((filter) => lane.get(filter)));
  writes.announced += 1;
  const isSeen = pages.every((rows) => rows.some((row) => row.id === id && row.rating === rating));
  if (isSeen) writes.seen += 1;
}
