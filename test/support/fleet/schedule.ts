import fc from 'fast-check';
import type { FleetWorld } from './fleet-world.ts';

// Everything that may happen to a fleet, and in which order.

/** Something that happens, and what is left to happen before the next: so many microtasks, or all that takes no time. */
export interface Step {
  readonly name: string;
  readonly run: (world: FleetWorld) => Promise<void> | void;
  readonly gap: number | 'rest';
}

type Act = Pick<Step, 'name' | 'run'>;

const act = (name: string, run: Step['run']): fc.Arbitrary<Act> => fc.constant({ name, run });

const process = fc.nat(3);

/** The same to any of the processes. */
const each = (
  name: string,
  run: (world: FleetWorld, n: number) => Promise<void> | void,
): fc.Arbitrary<Act> =>
  process.map((n) => ({
    name: `${name} at ${n}`,
    run: (world) => run(world, n % world.size),
  }));

const passes = fc
  .constantFrom(1, 5, 20, 49, 50, 60, 100, 250, 400, 450, 900, 1000, 1900)
  .map((ms): Act => ({ name: `${ms} ms pass`, run: (world) => world.pass(ms) }));

const takes = fc.constantFrom(0, 10, 50, 200, 390, 700).map(
  (ms): Act => ({
    name: `loads take ${ms} ms`,
    run: (world) => world.takes(ms),
  }),
);

const calls: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: act('write', (world) => void world.write()) },
  { weight: 5, arbitrary: each('write and invalidate', (world, n) => world.invalidate(n, false)) },
  { weight: 2, arbitrary: each('write and purge', (world, n) => world.invalidate(n, true)) },
  { weight: 3, arbitrary: each('write and set', (world, n) => world.set(n)) },
  { weight: 1, arbitrary: each('refresh', (world, n) => world.refresh(n)) },
  { weight: 1, arbitrary: each('get({ maxAge: 0 })', (world, n) => world.read(n, 0)) },
  { weight: 1, arbitrary: each('get({ maxAge: 300 })', (world, n) => world.read(n, 300)) },
  { weight: 1, arbitrary: each('get()', (world, n) => world.read(n, Infinity)) },
);

const lifecycle: fc.Arbitrary<Act> = fc.oneof(
  { weight: 1, arbitrary: each('stop', (world, n) => world.stop(n, false)) },
  { weight: 1, arbitrary: each('drain', (world, n) => world.stop(n, true)) },
  { weight: 1, arbitrary: act('another joins', (world) => world.join()) },
  { weight: 3, arbitrary: each('start', (world, n) => world.start(n)) },
);

const loader: fc.Arbitrary<Act> = fc.oneof(
  takes,
  act('loads fail', (world) => world.fails(true)),
  act('loads succeed', (world) => world.fails(false)),
);

const faults: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: each('cut', (world, n) => world.cut(n)) },
  { weight: 2, arbitrary: each('hang', (world, n) => world.hang(n, 'asked')) },
  { weight: 2, arbitrary: each('hang, answered', (world, n) => world.hang(n, 'answered')) },
  { weight: 6, arbitrary: each('mend', (world, n) => world.mend(n)) },
  { weight: 2, arbitrary: each('lose messages', (world, n) => world.mute(n, 1)) },
  { weight: 1, arbitrary: each('lose half of the messages', (world, n) => world.mute(n, 0.5)) },
  { weight: 2, arbitrary: each('lose no messages', (world, n) => world.mute(n, 0)) },
);

const losses: fc.Arbitrary<Act> = fc.oneof(
  { weight: 1, arbitrary: act('wipe', (world) => world.wipe()) },
  { weight: 2, arbitrary: act('copy', (world) => world.copy()) },
  { weight: 1, arbitrary: act('rewind', (world) => world.rewind()) },
);

const gap = fc.oneof(
  { weight: 3, arbitrary: fc.constant('rest' as const) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 12 }) },
);

/** What may go wrong in a schedule. */
export type Faults = 'connections' | 'nothing' | 'server';

/** Steps in a random order, with nothing wrong but what is said. */
export function schedule(may: Faults): fc.Arbitrary<Step[]> {
  const acts = fc.oneof(
    { weight: 10, arbitrary: passes },
    { weight: 10, arbitrary: calls },
    { weight: 2, arbitrary: lifecycle },
    { weight: 2, arbitrary: loader },
    ...(may === 'nothing' ? [] : [{ weight: 7, arbitrary: faults }]),
    ...(may === 'server' ? [{ weight: 4, arbitrary: losses }] : []),
  );
  const step = fc.tuple(acts, gap).map(([{ name, run }, gap]): Step => ({ name, run, gap }));
  return fc.array(step, { minLength: 3, maxLength: 24, size: 'max' });
}
