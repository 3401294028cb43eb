import { Reader } from '../reader.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { Source } from '../source.ts';

interface Case {
  /** Which load is in flight: the first, or a refresh. */
  readonly nth: number;
  /** What it takes, in usual loads: a slow one ends after the one that follows it. */
  readonly slowness: number;
}

const CASES: readonly Case[] = [
  { nth: 1, slowness: 1 },
  { nth: 1, slowness: 4 },
  { nth: 2, slowness: 1 },
  { nth: 2, slowness: 4 },
];

/** Whether the value from before the write is served after all has settled. */
async function oldValueStays({ nth, slowness }: Case, stage: Stage): Promise<boolean> {
  const { create, time, terms } = stage;
  const source = new Source(terms.loadTime);
  if (nth === 1) source.loadTime *= slowness;
  const peer = create(source.load);
  const reader = new Reader(peer, time, terms.ttl);
  await reader.readEach(terms.ttl / 100, 1000, () => source.loads === 1);
  if (nth === 2) source.loadTime *= slowness;
  await reader.readEach(terms.ttl / 100, 1000, () => source.loads === nth);
  source.loadTime = terms.loadTime;
  await time.advance(terms.loadTime / 2);
  source.version = 2;
  void Promise.resolve(peer.invalidate()).catch(() => {});
  // Time enough for the load in flight, and for one after it.
  await reader.readEach(terms.loadTime / 5, 30);
  return reader.last?.version !== 2;
}

export const race: Scenario = {
  title: 'Race',
  meaning:
    'An invalidation race: the source is written and the cache invalidated while a load is under way, which then ends with what it had read before; be it the first load or a refresh, be it done before or after the next load: in how many of these four cases the old value is still served when all has settled.',
  fake: true,
  figures: { old: { label: 'cases in which the old value stays', vital: true } },
  async run(stage) {
    let old = 0;
    for (const each of CASES) old += (await oldValueStays(each, stage)) ? 1 : 0;
    return { old };
  },
  cell: ({ old }) => `${old} of ${CASES.length}`,
};
