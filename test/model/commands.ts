import fc from 'fast-check';
import { ticks } from './functions.ts';
import type { Course, Gives, Place, Setup } from './scenario.ts';
import type { Act, Intrusion, Scenario, World } from './world.ts';

// Everything that may happen, and in which order.

class Command implements Act {
  readonly #name: string;
  readonly run: Act['run'];

  constructor(name: string, run: Act['run']) {
    this.#name = name;
    this.run = run;
  }

  toString(): string {
    return this.#name;
  }
}

const command = (name: string, run: Act['run']): Command => new Command(name, run);

const answers: readonly Gives[] = [
  'value',
  'value',
  'value',
  'not modified',
  'unacceptable',
  'error in accept',
  'nothing',
  'type error',
  'type error',
  'string error',
  'hostile error',
  'abort error',
];

const gives = fc.constantFrom(...answers);

const calls: readonly [weight: number, command: Command][] = [
  [3, command('start()', (world) => world.start())],
  [1, command('stop()', (world) => world.stop(false))],
  [1, command('stop({ drain: true })', (world) => world.stop(true))],
  [2, command('invalidate()', (world) => world.invalidate(false))],
  [1, command('invalidate({ purge: true })', (world) => world.invalidate(true))],
  [2, command('refresh()', (world) => world.refresh())],
  [2, command('set()', (world) => world.set())],
  [5, command('get()', (world) => world.read(undefined, true))],
  [1, command('get({ signal })', (world) => world.read(undefined, false))],
  [1, command('get({ maxAge: 0 })', (world) => world.read(0, true))],
  [1, command('get({ maxAge: 50 })', (world) => world.read(50, false))],
  [1, command('get({ maxAge: 700 })', (world) => world.read(700, true))],
  [1, command('ready()', (world) => world.ready(undefined))],
  [1, command('ready({ timeout: 150 })', (world) => world.ready(150))],
];

const settled = fc
  .record({ nth: fc.constantFrom(0, 0, 0, 1, 2), gives })
  .map(({ nth, gives }) =>
    command(`the loader's call ${nth} of those open: ${gives}`, (world) =>
      world.settle(nth, gives),
    ),
  );

const givenUp = fc
  .nat(2)
  .map((nth) => command(`reader ${nth} gives up`, (world) => world.giveUp(nth)));

const call: fc.Arbitrary<Command> = fc.oneof(
  ...calls.map(([weight, command]) => ({ weight, arbitrary: fc.constant(command) })),
  { weight: 6, arbitrary: settled },
  { weight: 1, arbitrary: givenUp },
);

const advanced = fc
  .constantFrom(0, 1, 19, 20, 21, 50, 99, 100, 350, 700, 1000, 2500, 6000)
  .map((ms) => command(`${ms} ms pass`, (world) => world.advance(ms)));

const advancedTo = fc
  .record({
    what: fc.constantFrom('deadline', 'expiry', 'retry', 'staleness'),
    by: fc.constantFrom(-1, 0, 1),
  })
  .map(({ what, by }) =>
    command(
      `time passes until the ${what}${by < 0 ? ' - 1' : by > 0 ? ' + 1' : ''}`,
      async (world) => {
        const rest = (world.until(what) ?? 0) + by;
        if (rest > 0 && rest < 10_000) await world.advance(rest);
      },
    ),
  );

const jumped = fc
  .constantFrom(-3_600_000, -900, -10, 10, 900, 3_600_000)
  .map((ms) => command(`the clock jumps by ${ms} ms`, (world) => world.jump(ms)));

/** What is left to happen before the next step: so many microtasks, or everything that takes no time. */
type Gap = number | 'rest';

export interface Step {
  readonly command: Command;
  readonly gap: Gap;
}

const step = (jumps: boolean): fc.Arbitrary<Step> =>
  fc.record({
    command: fc.oneof(
      { weight: 20, arbitrary: call },
      { weight: 5, arbitrary: advanced },
      { weight: 4, arbitrary: advancedTo },
      ...(jumps ? [{ weight: 2, arbitrary: jumped }] : []),
    ),
    gap: fc.oneof(
      { weight: 3, arbitrary: fc.constant('rest' as const) },
      { weight: 2, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 14 }) },
    ),
  });

const places: readonly Place[] = [
  'abort',
  'abort at the deadline',
  'accept',
  'change',
  'error',
  'invalidate',
  'load',
  'loader',
  'refresh',
  'refreshInterval',
  'slow',
  'start',
  'status',
  'stop',
  'unchanged',
  'validator',
];

const intrusion: fc.Arbitrary<Intrusion> = fc.record({
  place: fc.constantFrom(...places),
  nth: fc.nat(3),
  acts: fc.array(call, { minLength: 1, maxLength: 2 }),
});

const hangs: Course = { when: 'hangs', delay: 0, gives: 'value' };

const course: fc.Arbitrary<Course> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(hangs) },
  {
    weight: 5,
    arbitrary: fc.record({
      when: fc.constantFrom('after a time', 'at once', 'within the turn'),
      delay: fc.constantFrom(0, 1, 2, 3, 5, 8, 40, 400, 700, 900),
      gives,
    }),
  },
);

/** What the loader does in the end: works, quickly or slowly, or is down. */
const habits: readonly Course[] = [
  { when: 'within the turn', delay: 3, gives: 'value' },
  { when: 'after a time', delay: 40, gives: 'value' },
  { when: 'after a time', delay: 400, gives: 'value' },
  { when: 'at once', delay: 0, gives: 'type error' },
];

const base: Omit<Setup, 'name'> = {
  ttl: 1000,
  maxStale: 1000,
  loadTimeout: 700,
  retries: 1,
  jitter: 0,
};

const setups: readonly Setup[] = [
  { name: 'ttl = refreshInterval', ...base },
  { name: 'jitter', ...base, jitter: 0.1, retries: 2 },
  { name: 'refreshInterval > ttl', ...base, refreshInterval: 2500, ttl: 800, maxStale: 2000 },
  { name: 'refreshInterval < ttl', ...base, refreshInterval: 300, retries: 0 },
  { name: 'no loop', ...base, refreshInterval: Infinity },
  { name: 'no loop, jitter', ...base, refreshInterval: Infinity, jitter: 0.1, retries: 0 },
  { name: 'maxStale 0', ...base, maxStale: 0 },
  { name: 'loads longer than it is good for', ...base, ttl: 200, maxStale: 100 },
  { name: 'ttl Infinity', ...base, ttl: Infinity, maxStale: 0, refreshInterval: 900, retries: 2 },
  { name: 'accept', ...base, accept: true, retries: 0 },
  { name: 'validator', ...base, validator: ['a', 'a', 'throws', 'a', 'hangs', 'b', 'b', 'hangs'] },
  { name: 'validator, accept', ...base, validator: ['a'], accept: true, retries: 0 },
  { name: 'equals', ...base, equals: true },
  { name: 'equals, validator', ...base, equals: true, validator: ['a', 'b', 'b'], retries: 0 },
  { name: 'refreshInterval()', ...base, intervals: [500, 1000, 'no', Infinity, 1500, -1, 300] },
];

export interface Sequence extends Scenario {
  readonly steps: readonly Step[];
}

/** A cache, what its loader and listeners will do, and what is called in which order. */
export const sequence: fc.Arbitrary<Sequence> = fc.boolean().chain((calm) =>
  fc.record({
    setup: fc.constantFrom(...setups),
    luck: fc.nat(2 ** 31 - 1),
    courses: fc.array(course, { maxLength: 12, size: 'max' }),
    thereafter: fc.constantFrom(hangs, ...habits),
    intrusions: fc.array(intrusion, { maxLength: calm ? 0 : 4, size: 'max' }),
    steps: fc.array(step(!calm), { maxLength: 55, size: 'max' }),
  }),
);

/** Does the steps, and checks after each of them. */
export async function live(world: World, steps: readonly Step[]): Promise<void> {
  for (const { command, gap } of steps) {
    world.timeline.add(
      'call',
      () =>
        `${command}${gap === 0 ? '' : gap === 'rest' ? ', and all that follows' : `, and ${gap} microtasks`}`,
    );
    await command.run(world);
    world.check();
    if (gap === 'rest') {
      await world.advance(0);
      world.checkAtRest();
    } else await ticks(gap);
    world.timeline.add('model', () => `${world.model}`);
  }
  world.timeline.add('call', () => 'the end: stop()');
  await world.end();
}
