import type { Scenario } from './scenario.ts';
import { coldHerd } from './scenarios/cold-herd.ts';
import { context } from './scenarios/context.ts';
import { exit } from './scenarios/exit.ts';
import { hang } from './scenarios/hang.ts';
import { longDelay } from './scenarios/long-delay.ts';
import { outage } from './scenarios/outage.ts';
import { race } from './scenarios/race.ts';
import { sparse } from './scenarios/sparse.ts';
import { steady } from './scenarios/steady.ts';
import { storm } from './scenarios/storm.ts';

/** In the order of the columns. */
export const scenarios = {
  coldHerd,
  steady,
  sparse,
  outage,
  hang,
  race,
  storm,
  context,
  exit,
  longDelay,
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
