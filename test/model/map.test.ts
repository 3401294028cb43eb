import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  type InvalidateOptions,
  type Snapshot,
  type StopOptions,
  WarmCacheMap,
  type WarmCacheMapOptions,
} from 'warm-cache';
import { liveInMap, type MapSequence, mapSequence } from './map-commands.ts';
import type { Key } from './map-scenario.ts';
import { type MapClass, MapWorld } from './map-world.ts';

// The map beside a model of each of its keys, under random sequences of everything that can happen.
//
//   RUNS=200000 npm test -- test/model/map          more of them
//   SEED=… RUN_PATH=… npm test -- test/model/map    the same again

const { RUNS, SEED, RUN_PATH } = process.env;
const runs = Number(RUNS ?? 3000);
// The same ones each time, so that it is a change that turns it red; where RUNS asks for more, chance draws them.
const seed = SEED ?? (RUNS === undefined ? '1' : undefined);
const t0 = 1_700_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: t0 });
  // Thousands of errors are made, and nobody looks where.
  Error.stackTraceLimit = 0;
});
const { random } = Math;
const { stackTraceLimit } = Error;
afterEach(() => {
  Error.stackTraceLimit = stackTraceLimit;
  Math.random = random;
  vi.useRealTimers();
});

/** A map at the beginning of time. */
async function newWorld(
  scenario: MapSequence,
  Class: MapClass,
  isRead: boolean,
  seen: Record<string, number>,
): Promise<MapWorld> {
  // What goes on still of the one before, where that was broken off, is not to reach into this one.
  await vi.advanceTimersByTimeAsync(0);
  vi.clearAllTimers();
  // Phases go by a clock that never jumps: it has to begin anew too.
  vi.useRealTimers();
  vi.useFakeTimers({ now: t0 - 1 });
  vi.advanceTimersByTime(1);
  return new MapWorld(scenario, isRead, Class, seen);
}

/** The shortest sequence that shows the map to be wrong, as a timeline; `undefined`: there was none. */
async function refutation(
  Class: MapClass,
  parameters: fc.Parameters<[MapSequence]>,
  seen: Record<string, number> = {},
): Promise<string | undefined> {
  const result = await fc.check(
    fc.asyncProperty(mapSequence, async (lived) => {
      await liveInMap(await newWorld(lived, Class, false, seen), lived.steps);
    }),
    parameters,
  );
  if (!result.failed) return undefined;
  const [lived] = result.counterexample ?? [];
  if (!lived) return `no sequence was tried to its end: ${result.errorInstance}`;
  const world = await newWorld(lived, Class, true, {});
  const why = await liveInMap(world, lived.steps).then(
    () => 'it holds, when lived again',
    (error: Error) => error.message,
  );
  const { setup, courses, thereafter, keys } = lived;
  return [
    why,
    '',
    `${result.numRuns} sequences, ${result.numShrinks} times made smaller. The same again:`,
    `  SEED=${result.seed} RUN_PATH=${result.counterexamplePath} npm test -- test/model/map`,
    '',
    `the map: ${JSON.stringify(setup)}`,
    `its keys: ${JSON.stringify(keys)}`,
    `the loader: ${JSON.stringify([...courses, thereafter])}`,
    '',
    `${world.timeline}`,
  ].join('\n');
}

/** What must occur in the runs, for them to say anything of it. */
const situations = [
  'a batch of several',
  'a batch that fails in part',
  'a deleted key that is there again while its loader runs',
  'a key that is deleted while readers wait',
  'a key that is no longer pinned',
  'a key that is pinned',
  'a load that waits for a slot',
  'a missing key',
  'a reader that comes first',
  'a reader that waits for a slot',
  'a retry',
  'an answer after the end',
  'an idle key',
  'an idle key that is invalidated',
  'an idle key that is read again',
  'evicted: capacity',
  'evicted: idle',
  'one that has to leave while it loads',
  'readers that wait their turn',
  'several keys invalidated at once',
];

it('does for each key what the contract says, whatever happens, in whatever order', {
  timeout: 3_600_000,
}, async () => {
  const parameters = {
    numRuns: runs,
    ...(seed && { seed: Number(seed) }),
    ...(RUN_PATH && { path: RUN_PATH }),
  };
  const seen: Record<string, number> = {};
  const broken = await refutation(WarmCacheMap, parameters, seen);
  if (broken) expect.fail(broken);
  if (SEED || runs < 3000) return;
  expect(situations.filter((situation) => !seen[situation])).toEqual([]);
});

// Maps with a fault, each of which must be found out: else the test above would say nothing.

type Options = WarmCacheMapOptions<Key, unknown>;

/** One with other options than it is given. */
function withOptions(change: (options: Options) => Partial<Options>): MapClass {
  return class extends WarmCacheMap<Key, unknown> {
    constructor(options: Options) {
      super({ ...options, ...change(options) });
    }
  };
}

class DeletesNothing extends WarmCacheMap<Key, unknown> {
  override delete(key: Key): boolean {
    return this.health(key) !== undefined;
  }
}

class WithoutBarrier extends WarmCacheMap<Key, unknown> {
  override invalidate(
    key: Key,
    options?: InvalidateOptions,
  ): Promise<Snapshot<unknown> | undefined> {
    if (!this.health(key)?.load) return super.invalidate(key, options);
    return this.get(key, { maxAge: 1000 }).then(() => this.peek(key));
  }
}

class ReadsAsItPeeks extends WarmCacheMap<Key, unknown> {
  override peek(key: Key): Snapshot<unknown> | undefined {
    const snapshot = super.peek(key);
    if (snapshot) void this.get(key);
    return snapshot;
  }
}

class SweepsOneByOne extends WarmCacheMap<Key, unknown> {
  override invalidateAll(options?: InvalidateOptions): Promise<void> {
    const keys: Key[] = [];
    void this.invalidateWhere((key) => !keys.push(key));
    return Promise.all(keys.map((key) => this.invalidate(key, options))).then(() => {});
  }
}

class LeavesTimer extends WarmCacheMap<Key, unknown> {
  override stop(options?: StopOptions): Promise<void> {
    setTimeout(() => {}, 2 ** 30);
    return super.stop(options);
  }
}

class HastyStop extends WarmCacheMap<Key, unknown> {
  override async stop(options?: StopOptions): Promise<void> {
    void super.stop(options);
  }
}

it.each<[string, MapClass]>([
  [
    'that loads more at a time',
    withOptions(({ concurrency = 1 }) => ({ concurrency: concurrency + 1 })),
  ],
  ['that loads less at a time', withOptions(() => ({ concurrency: 1 }))],
  [
    'that calls for too many',
    withOptions(({ maxBatchSize = 1 }) => ({ maxBatchSize: maxBatchSize + 1 })),
  ],
  ['that keeps too many', withOptions(({ maxEntries = 1 }) => ({ maxEntries: maxEntries + 1 }))],
  [
    'that keeps too few',
    withOptions(({ maxEntries = 3 }) => ({ maxEntries: Math.max(1, maxEntries - 1) })),
  ],
  ['that keeps all hot', withOptions(() => ({ idleTime: Infinity }))],
  [
    'that gathers for too long',
    withOptions(({ batchWindow = 0 }) => ({ batchWindow: batchWindow + 50 })),
  ],
  ['that has no keys of its own', withOptions(() => ({ keys: [] }))],
  ['whose delete() does nothing', DeletesNothing],
  ['whose invalidate() takes a load in flight', WithoutBarrier],
  ['whose peek() counts as a read', ReadsAsItPeeks],
  ['whose invalidateAll() loads one before it marks the others', SweepsOneByOne],
  ['whose stop() leaves a timer', LeavesTimer],
  ['whose stop() does not wait for the loaders', HastyStop],
])('a map %s is found out', async (_, Class) => {
  expect(await refutation(Class, { numRuns: 1000, seed: 1 })).toBeTypeOf('string');
});
