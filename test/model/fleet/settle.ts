import { type Course, claim, progress } from './steps.ts';
import { draft, type World } from './world.ts';

// Whether a process mends itself once there are no more faults, with all the others being dead: its calls are answered,
// it hears its messages, leases fall, and it ticks at times.

/** More than any process of the model needs. */
const TICKS = 4;
const MOST_STEPS = 200;

/** Lets happen what happens by itself, in one order out of many. */
const quiet = (before: World, index: number, course: Course): World | undefined => {
  let world = before;
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const next = progress(world, index, course, () => '').next();
    if (next.done) return world;
    world = next.value[1];
  }
  return undefined;
};

const tick = (before: World, index: number, { rules }: Course): World => {
  const next = draft(before, index);
  const { world, me } = next;
  if (world.record?.lease) world.record = { ...world.record, lease: 0, rest: false };
  claim(next, rules, me.awaited > 0);
  return world;
};

const isMended = (world: World, index: number): boolean => {
  const me = world.processes[index];
  return me?.held?.data === world.data && me.fresh && me.awaited === 0 && me.untold === 0;
};

const mends = (before: World, index: number, course: Course): boolean => {
  // Something is written that nobody tells of: the ticks have to find out.
  let world = quiet({ ...before, data: before.data + 1 }, index, course);
  for (let ticks = 0; world && ticks < TICKS; ticks += 1) {
    world = quiet(tick(world, index, course), index, course);
    if (world && isMended(world, index)) return true;
  }
  return false;
};

/** What keeps a process from mending itself; `''`: nothing. */
export const stuckIn = (world: World, course: Course): string =>
  [...world.processes.keys()].every((index) => mends(world, index, course))
    ? ''
    : 'I6: a process never has the newest data as fresh, however often it ticks';
