import { wrongIn } from './invariants.ts';
import { RULES, type Rules } from './rules.ts';
import { type Search, search } from './search.ts';
import { stuckIn } from './settle.ts';
import type { Setup } from './setups.ts';
import { stepsOf } from './steps.ts';
import { type Budget, keyOf, type World, warm } from './world.ts';

const NEVER: Budget = {
  ...{ claims: 0, invalidations: 0, purges: 0, puts: 0, losses: 0 },
  ...{ timeouts: 0, failures: 0, expiries: 0, wipes: 0, rewinds: 0 },
};

/** Looks at what may become of a fleet that keeps to these rules. */
export const explore = (setup: Setup, limit: number, rules: Rules = RULES): Search => {
  const { size, budget, unordered = false } = setup;
  const course = { rules, unordered };
  return search<World>(
    {
      first: warm(size, { ...NEVER, ...budget }),
      steps: (world) => stepsOf(world, course),
      key: keyOf,
      wrong: (world) => wrongIn(world) || stuckIn(world, course),
    },
    limit,
  );
};
