import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FleetWorld } from '../support/fleet/fleet-world.ts';
import { type Faults, type Step, schedule } from '../support/fleet/schedule.ts';
import { runs } from '../support/runs.ts';

// A fleet under random schedules of everything that can happen.
//
//   FLEET_RUNS=20000 npm test -- test/fleet/schedules            more of them
//   SEED=… RUN_PATH=… npm test -- test/fleet/schedules -t …      the same again

const t0 = 1_700_000_000_000;
const { random } = Math;
const { stackTraceLimit } = Error;

beforeEach(() => {
  vi.useFakeTimers({ now: t0 });
  // Thousands of errors are made, and nobody looks where.
  Error.stackTraceLimit = 0;
});
afterEach(() => {
  Error.stackTraceLimit = stackTraceLimit;
  Math.random = random;
  vi.useRealTimers();
});

/** Chance comes again with the seed. */
function seeded(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 16_807) % (2 ** 31 - 1);
    return state / 2 ** 31;
  };
}

/** The same schedules each time, unless more or others are asked for: with a seed of its own a run is for finding faults. */
function usual(): { readonly seed?: number } {
  return process.env['FLEET_RUNS'] === undefined ? { seed: 1 } : {};
}

async function lived(size: number, luck: number, steps: readonly Step[]): Promise<FleetWorld> {
  vi.clearAllTimers();
  Math.random = seeded(luck);
  const world = new FleetWorld(size);
  await world.live(steps);
  await world.recover();
  await world.end();
  return world;
}

/** The shortest schedule that breaks a promise, as a timeline; `undefined`: there was none. */
async function refutation(may: Faults, count: number): Promise<string | undefined> {
  const lives = fc.tuple(fc.integer({ min: 2, max: 4 }), fc.nat(), schedule(may));
  const result = await fc.check(
    fc.asyncProperty(lives, async ([size, luck, steps]) => {
      const { broken } = await lived(size, luck, steps);
      return broken.length === 0;
    }),
    { ...usual(), ...runs('FLEET_RUNS', count) } as fc.Parameters<[[number, number, Step[]]]>,
  );
  if (!result.failed) return undefined;
  const [life] = result.counterexample ?? [];
  if (!life) return `no schedule was tried to its end: ${result.errorInstance}`;
  const { timeline } = await lived(...life);
  return [
    `${result.numRuns} schedules, ${result.numShrinks} times made smaller. The same again:`,
    `  SEED=${result.seed} RUN_PATH=${result.counterexamplePath} npm test -- test/fleet/schedules`,
    '',
    `${life[0]} processes, luck ${life[1]}`,
    ...timeline,
  ].join('\n');
}

it.each<[Faults, string]>([
  ['nothing', 'while all is well'],
  ['connections', 'with connections that fail'],
  ['server', 'with a server that loses what it was told'],
])('holds its promises under random schedules: %s fails', { timeout: 3_600_000 }, async (may) => {
  const broken = await refutation(may, 300);
  if (broken) expect.fail(broken);
});
