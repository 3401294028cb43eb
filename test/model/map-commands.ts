import fc from 'fast-check';
import { ticks } from './functions.ts';
import type { GivesKey, KeysAnswer, MapCourse, MapSetup } from './map-scenario.ts';
import type { MapScenario, MapWorld } from './map-world.ts';

// Everything that may happen to a map, and in which order.

type Run = (world: MapWorld) => Promise<void> | void;

class Command {
  readonly #name: string;
  readonly run: Run;

  constructor(name: string, run: Run) {
    this.#name = name;
    this.run = run;
  }

  toString(): string {
    return this.#name;
  }
}

const command = (name: string, run: Run): Command => new Command(name, run);

const ids = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const id = fc.constantFrom('a', 'a', 'a', 'b', 'b', ...ids);

const answers: readonly GivesKey[] = [
  'value',
  'value',
  'value',
  'value',
  'not modified',
  'unacceptable',
  'error in accept',
  'nothing',
  'missing',
  'type error',
  'type error',
  'string error',
  'hostile error',
  'abort error',
];

const each = fc.array(fc.constantFrom(...answers), { minLength: 1, maxLength: 4 });
const seldom = fc.nat(5).map((n) => n === 0);
const given = fc.record({ each, throws: fc.boolean(), isSloppy: seldom });

const hangs: MapCourse = {
  when: 'hangs',
  delay: 0,
  each: ['value'],
  throws: false,
  isSloppy: false,
};

const course: fc.Arbitrary<MapCourse> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(hangs) },
  {
    weight: 5,
    arbitrary: fc.record({
      when: fc.constantFrom('after a time', 'at once', 'within the turn'),
      delay: fc.constantFrom(0, 1, 2, 3, 5, 8, 40, 400, 700, 900),
      each,
      throws: fc.boolean(),
      isSloppy: seldom,
    }),
  },
);

/** What the loader does in the end. */
const habits: readonly MapCourse[] = [
  { ...hangs, when: 'within the turn', delay: 3 },
  { ...hangs, when: 'after a time', delay: 40 },
  { ...hangs, when: 'after a time', delay: 400 },
  { ...hangs, when: 'after a time', delay: 30, each: ['value', 'type error', 'value'] },
  { ...hangs, when: 'at once', each: ['type error'] },
];

const ofKey: readonly [weight: number, name: string, run: (world: MapWorld, id: string) => void][] =
  [
    [8, 'get(%)', (world, id) => world.get(id, undefined, true)],
    [2, 'get(%, { signal })', (world, id) => world.get(id, undefined, false)],
    [1, 'get(%, { maxAge: 0 })', (world, id) => world.get(id, 0, false)],
    [1, 'get(%, { maxAge: 50 })', (world, id) => world.get(id, 50, true)],
    [1, 'get(%, { maxAge: 700 })', (world, id) => world.get(id, 700, true)],
    [1, 'peek(%)', (world, id) => world.peek(id)],
    [2, 'invalidate(%)', (world, id) => world.invalidate(id, false)],
    [1, 'invalidate(%, { purge: true })', (world, id) => world.invalidate(id, true)],
    [2, 'set(%)', (world, id) => world.set(id)],
    [3, 'delete(%)', (world, id) => world.delete(id)],
  ];

const ofAll: readonly [weight: number, name: string, run: Run][] = [
  [2, 'start()', (world) => world.start()],
  [1, 'stop()', (world) => world.stop(false)],
  [1, 'stop({ drain: true })', (world) => world.stop(true)],
  [1, 'invalidateAll()', (world) => world.invalidateWhere(undefined, false)],
  [1, 'invalidateAll({ purge: true })', (world) => world.invalidateWhere(undefined, true)],
  [2, 'invalidateWhere(a, c)', (world) => world.invalidateWhere(['a', 'c'], false)],
];

const call: fc.Arbitrary<Command> = fc.oneof(
  ...ofKey.map(([weight, name, run]) => ({
    weight: 3 * weight,
    arbitrary: id.map((id) => command(name.replace('%', id), (world) => run(world, id))),
  })),
  ...ofAll.map(([weight, name, run]) => ({
    weight: 2 * weight,
    arbitrary: fc.constant(command(name, run)),
  })),
  {
    weight: 18,
    arbitrary: fc
      .record({ nth: fc.constantFrom(0, 0, 0, 1, 2), given })
      .map(({ nth, given }) =>
        command(`call ${nth} of those open is answered`, (world) =>
          world.settle(nth, { ...hangs, ...given }),
        ),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .nat(2)
      .map((nth) => command(`reader ${nth} gives up`, (world) => world.giveUp(nth))),
  },
);

const advanced = fc
  .constantFrom(0, 1, 4, 5, 6, 19, 20, 21, 50, 99, 100, 350, 700, 1000, 1500, 2500, 6000)
  .map((ms) => command(`${ms} ms pass`, (world) => world.advance(ms)));

const advancedTo = fc
  .record({
    id,
    what: fc.constantFrom('deadline', 'expiry', 'idleness', 'retry', 'staleness'),
    by: fc.constantFrom(-1, 0, 1),
  })
  .map(({ id, what, by }) =>
    command(
      `time passes until the ${what} of ${id}${by < 0 ? ' - 1' : by > 0 ? ' + 1' : ''}`,
      async (world) => {
        const rest = world.until(id, what) + by;
        if (rest > 0 && rest < 10_000) await world.advance(rest);
      },
    ),
  );

const idled = fc.constant(
  command('a rests', (world) => world.advance(Math.max(0, world.until('a', 'idleness') + 300))),
);

const jumped = fc
  .constantFrom(-3_600_000, -900, -10, 10, 900, 3_600_000)
  .map((ms) => command(`the clock jumps by ${ms} ms`, (world) => world.jump(ms)));

export interface MapStep {
  readonly command: Command;
  /** What is left to happen before the next: so many microtasks, or everything that takes no time. */
  readonly gap: number | 'rest';
}

const step = (jumps: boolean, rests: boolean): fc.Arbitrary<MapStep> =>
  fc.record({
    command: fc.oneof(
      { weight: 20, arbitrary: call },
      { weight: 5, arbitrary: advanced },
      { weight: 4, arbitrary: advancedTo },
      ...(rests ? [{ weight: 2, arbitrary: idled }] : []),
      ...(jumps ? [{ weight: 2, arbitrary: jumped }] : []),
    ),
    gap: fc.oneof(
      { weight: 4, arbitrary: fc.constant('rest' as const) },
      { weight: 2, arbitrary: fc.constant(0) },
      // An answer is on its way for that long.
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 5 }) },
      { weight: 2, arbitrary: fc.integer({ min: 6, max: 14 }) },
    ),
  });

const base: Omit<MapSetup, 'name'> = {
  ttl: 1000,
  maxStale: 1000,
  loadTimeout: 700,
  retries: 1,
  jitter: 0,
  concurrency: 10,
  maxEntries: 100,
  idleTime: Infinity,
};

const setups: readonly MapSetup[] = [
  { name: 'slots for all', ...base },
  { name: 'one slot', ...base, concurrency: 1 },
  { name: 'two slots, few entries', ...base, concurrency: 2, maxEntries: 2 },
  { name: 'idle', ...base, idleTime: 1500, jitter: 0.1 },
  { name: 'idle, one slot, three entries', ...base, idleTime: 1500, concurrency: 1, maxEntries: 3 },
  { name: 'keyOf, no loop', ...base, keyOf: true, refreshInterval: Infinity, maxEntries: 3 },
  { name: 'accept', ...base, accept: true, retries: 0, concurrency: 2 },
  { name: 'validator', ...base, validator: ['a', 'a', 'throws', 'a', 'b'], concurrency: 2 },
  { name: 'refreshInterval > ttl', ...base, refreshInterval: 2500, ttl: 800, maxStale: 2000 },
  { name: 'batches', ...base, batch: { size: 3, window: 5 } },
  { name: 'batches, one slot', ...base, concurrency: 1, batch: { size: 2, window: 0 }, retries: 2 },
  {
    name: 'batches, idle, few entries',
    ...base,
    concurrency: 2,
    batch: { size: 4, window: 5 },
    maxEntries: 3,
    idleTime: 1500,
    keyOf: true,
  },
];

const keysAnswer: fc.Arbitrary<KeysAnswer> = fc.record({
  ids: fc.subarray(['a', 'b', 'c', 'd']),
  how: fc.constantFrom('at once', 'at once', 'at once', 'after a time', 'throws', 'hangs'),
});

export interface MapSequence extends MapScenario {
  readonly steps: readonly MapStep[];
}

/** A map, what its loader will do, and what is called in which order. */
export const mapSequence: fc.Arbitrary<MapSequence> = fc.constantFrom(...setups).chain((setup) => {
  const jumps = setup.idleTime === Infinity && setup.name.length % 2 === 0;
  return fc.record({
    setup: fc.constant(setup),
    luck: fc.nat(2 ** 31 - 1),
    courses: fc.array(course, { maxLength: 12, size: 'max' }),
    thereafter: fc.constantFrom(hangs, ...habits),
    keys: fc.array(keysAnswer, { maxLength: 4 }),
    steps: fc.array(step(jumps, setup.idleTime !== Infinity), { maxLength: 55, size: 'max' }),
  });
});

/** Does the steps, and checks after each of them. */
export async function liveInMap(world: MapWorld, steps: readonly MapStep[]): Promise<void> {
  for (const { command, gap } of steps) {
    const after =
      gap === 0 ? '' : gap === 'rest' ? ', and all that follows' : `, ${gap} microtasks`;
    world.timeline.add('call', () => `${command}${after}`);
    await command.run(world);
    world.check();
    if (gap === 'rest') {
      await world.advance(0);
      world.checkAtRest();
    } else await ticks(gap);
    world.timeline.add('model', () => `${world}`);
  }
  world.timeline.add('call', () => 'the end: stop()');
  await world.end();
}
