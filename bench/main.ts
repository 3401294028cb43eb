// What a read, a cache and a refresh cost, beside the floors, what people write by hand, and lru-cache.
// Figures of one run compare with each other, and with no other run's.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { sink } from './compiled.ts';
import { interleaved, median } from './measure.ts';
import { readers } from './subjects.ts';

const ROUNDS = 15;
/** Of a fleet of each kind, in turn. */
const FLEETS = 3;
const KINDS = ['by hand', 'by hand, with a deadline', 'warm-cache'];

function print(title: string, figures: Map<string, number>, unit: string): void {
  console.log(`\n${title}\n`);
  const [first] = figures.values();
  for (const [name, figure] of figures) {
    const ratio = `${(figure / (first as number)).toFixed(2)} x`;
    console.log(
      `  ${name.padEnd(28)} ${figure.toFixed(1).padStart(8)} ${unit} ${ratio.padStart(9)}`,
    );
  }
}

interface Cost {
  readonly bytes: number;
  readonly us: number;
}

function fleetOf(kind: string): Cost {
  const args = ['--expose-gc', join(import.meta.dirname, 'fleet.ts'), kind];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Cost;
}

const subjects = await readers();
print('A read of a warm value, synchronous', await interleaved(subjects.sync, ROUNDS, 5e6), 'ns');
print('A read of a warm value, awaited', await interleaved(subjects.async, ROUNDS, 5e5), 'ns');

const costs = new Map(KINDS.map((kind) => [kind, [] as Cost[]]));
for (let round = 0; round < FLEETS; round++) {
  for (const [kind, fleets] of costs) fleets.push(fleetOf(kind));
}
const medians = (of: (cost: Cost) => number): Map<string, number> =>
  new Map([...costs].map(([kind, fleets]) => [kind, median(fleets.map(of))]));
print(
  'A cache, of 10,000 that refresh, native memory included',
  medians(({ bytes }) => bytes),
  'bytes',
);
print(
  'A refresh, CPU time',
  medians(({ us }) => us),
  'us',
);
console.log(
  `\nNode ${process.version}, ${process.arch}; medians of interleaved rounds (${sink % 2})`,
);
