import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type GetOptions,
  type InvalidateOptions,
  type Snapshot,
  type StopOptions,
  WarmCache,
  type WarmCacheOptions,
} from 'warm-cache';
import { live, type Sequence, sequence } from './commands.ts';
import type { Course } from './scenario.ts';
import { type CacheClass, World } from './world.ts';

// The cache beside the model of its contract, under random sequences of everything that can happen.
//
//   RUNS=200000 npm test -- test/model          more of them
//   SEED=… RUN_PATH=… npm test -- test/model    the same again

const { RUNS = '5000', SEED, RUN_PATH } = process.env;
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

/** A cache at the beginning of time. */
async function newWorld(scenario: Sequence, Cache: CacheClass, isRead: boolean): Promise<World> {
  // What goes on still of the one before, where that was broken off, is not to reach into this one.
  await vi.advanceTimersByTimeAsync(0);
  vi.clearAllTimers();
  vi.setSystemTime(t0);
  return new World(scenario, isRead, Cache);
}

/** The shortest sequence that shows the cache to be wrong, as a timeline; `undefined`: there was none. */
async function refutation(
  Cache: CacheClass,
  parameters: fc.Parameters<[Sequence]>,
): Promise<string | undefined> {
  const result = await fc.check(
    fc.asyncProperty(sequence, async (lived) => {
      await live(await newWorld(lived, Cache, false), lived.steps);
    }),
    parameters,
  );
  if (!result.failed) return undefined;
  const [lived] = result.counterexample ?? [];
  if (!lived) return `no sequence was tried to its end: ${result.errorInstance}`;
  const world = await newWorld(lived, Cache, true);
  const why = await live(world, lived.steps).then(
    () => 'it holds, when lived again',
    (error: Error) => error.message,
  );
  const { setup, courses, thereafter } = lived;
  const told = ({ when, delay, gives }: Course): string =>
    when === 'hangs' ? when : `${gives} ${when}${when === 'at once' ? '' : ` ${delay}`}`;
  return [
    why,
    '',
    `${result.numRuns} sequences, ${result.numShrinks} times made smaller. The same again:`,
    `  SEED=${result.seed} RUN_PATH=${result.counterexamplePath} npm test -- test/model`,
    '',
    `the cache: ${JSON.stringify(setup)}`,
    `the loader: ${[...courses, thereafter].map(told).join(', ')}`,
    '',
    `${world.timeline}`,
  ].join('\n');
}

it('does what its contract says, whatever happens, in whatever order', {
  timeout: 3_600_000,
}, async () => {
  const parameters = {
    numRuns: Number(RUNS),
    ...(SEED && { seed: Number(SEED) }),
    ...(RUN_PATH && { path: RUN_PATH }),
  };
  const broken = await refutation(WarmCache, parameters);
  if (broken) expect.fail(broken);
});

// Caches with a fault, each of which must be found out: else the test above would say nothing.

class WithoutBarrier extends WarmCache<unknown> {
  override invalidate(options?: InvalidateOptions): Promise<Snapshot<unknown>> {
    return this.health().load ? this.refresh() : super.invalidate(options);
  }
}

class WaitingReads extends WarmCache<unknown> {
  override async get(options?: GetOptions): Promise<unknown> {
    return options?.maxAge ? super.get(options) : (await this.refresh()).value;
  }
}

class BlindPeek extends WarmCache<unknown> {
  override peek(): undefined {
    return undefined;
  }
}

class HastyStop extends WarmCache<unknown> {
  override async stop(options?: StopOptions): Promise<void> {
    void super.stop(options);
  }
}

class LeavesTimer extends WarmCache<unknown> {
  override stop(options?: StopOptions): Promise<void> {
    setTimeout(() => {}, 2 ** 30);
    return super.stop(options);
  }
}

class LoadsTooOften extends WarmCache<unknown> {
  override get(options?: GetOptions): Promise<unknown> {
    void this.refresh();
    return super.get(options);
  }
}

class TellsTooMuch extends WarmCache<unknown> {
  constructor(options: WarmCacheOptions<unknown>) {
    super(options);
    const on = this.on.bind(this);
    this.on = (event, listener) =>
      on(event === 'change' ? ('refresh' as typeof event) : event, listener);
  }
}

class DeafToEquals extends WarmCache<unknown> {
  constructor(options: WarmCacheOptions<unknown>) {
    super({ ...options, equals: undefined });
  }
}

describe('a cache', () => {
  it.each<[string, CacheClass]>([
    ['whose invalidate() takes a load in flight', WithoutBarrier],
    ['whose reads wait while there is a value', WaitingReads],
    ['whose peek() sees nothing', BlindPeek],
    ['whose stop() does not wait for the loader', HastyStop],
    ['whose stop() leaves a timer', LeavesTimer],
    ['whose reads have loads started in an outage', LoadsTooOften],
    ['whose change comes with each refresh', TellsTooMuch],
    ['that does not heed equals', DeafToEquals],
  ])('%s is found out', async (_, Cache) => {
    expect(await refutation(Cache, { numRuns: 1000, seed: 1 })).toBeTypeOf('string');
  });

  it('that is found out is shown by the shortest timeline, with what was expected', async () => {
    const shown = await refutation(WithoutBarrier, { numRuns: 1000, seed: 1 });
    expect(shown).toMatch(/│ start\(\)|│ refresh\(\)|│ get\(.*\)|│ ready\(.*\)/);
    expect(shown).toMatch(/│ {3}cache {2}calls the loader, attempt 1/);
    expect(shown).toMatch(/│ invalidate\(.*\)/);
    expect(shown).toMatch(/│ {3}model {2}✗ .*invalidate/);
    expect(shown?.split('\n').length).toBeLessThan(30);
  });

  it('that is found out is found out again by its seed and path', async () => {
    const shown = await refutation(WithoutBarrier, { numRuns: 1000, seed: 1 });
    const [, seed, path = ''] = /SEED=(\S+) RUN_PATH=(\S+)/.exec(shown ?? '') ?? [];
    const again = await refutation(WithoutBarrier, { numRuns: 1, seed: Number(seed), path });
    const timelineOf = (text = ''): string => text.slice(text.indexOf('the cache:'));
    expect(timelineOf(again)).toBe(timelineOf(shown));
  });
});
