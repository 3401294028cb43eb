// One scenario with one peer, in a process of its own: `child.ts <scenario> <adapter> [--close]`. Writes its figures to
// descriptor 3.
import { writeSync } from 'node:fs';
import { loadAdapter } from './adapters.ts';
import { type Figures, TERMS } from './scenario.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';
import { fakeTime, realTime } from './time.ts';

/** What a child tells. */
export interface Report {
  readonly figures: Figures;
  /** Promises that rejected unhandled, each of which would have ended the process. */
  readonly unhandled: number;
}

const [, , name, file] = process.argv as [string, string, ScenarioName, string];
let unhandled = 0;
process.on('unhandledRejection', () => {
  unhandled += 1;
});

const scenario = scenarios[name];
const time = scenario.fake ? fakeTime() : realTime;
const adapter = await loadAdapter(file);
const figures = await scenario.run({
  time,
  terms: TERMS,
  create: (load, terms = TERMS) => adapter.create(load, terms),
});
// JSON has no infinity.
const infinite = (_key: string, value: unknown): unknown => (value === Infinity ? '∞' : value);
writeSync(3, JSON.stringify({ figures, unhandled } satisfies Report, infinite));
// Whether it ends by itself is for one scenario to tell.
if (name !== 'exit') process.exit();
