// Many caches at once, with compressed intervals, under everything that can happen to them, for minutes: does memory
// stay flat, is nothing left when they are stopped, and was every load counted? `npm run soak -- 10 --seed 7`.
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { OpenTimers } from '../../test/support/open-timers.ts';
import { memoryInUse } from '../measure.ts';
import { trendOf } from './heap.ts';
import { Random } from './random.ts';
import { Subject } from './subject.ts';

const CACHES = 100;
const CYCLES = 100;
const ACTIONS_PER_TICK = 25;
const MOST_ACTIONS_ON_ONE = 4;
/** Loads of each cache before memory is looked at: by then all that it keeps of its last loads is full. */
const WARM_UP_LOADS = 200;
/** Ms between two looks at memory, which cost as much as some thousand loads. */
const SAMPLE_INTERVAL = 1000;
/** Ms that caches which work never take, to stop or to warm up, on any machine. */
const PATIENCE = 180_000;
const PROGRESS_INTERVAL = 5000;
const MOST_SENTENCES = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: String(Date.now() % 1_000_000) } },
});
const minutes = Number(positionals[0] ?? 2);
const seed = Number(values.seed);
if (!(minutes > 0 && minutes < Infinity) || !Number.isSafeInteger(seed)) {
  console.error('npm run soak -- [minutes, 2 by default] [--seed N]');
  process.exit(2);
}

const count = (value: number): string => Math.round(value).toLocaleString('en');
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MB`;

const broken = new Map<string, number>();
const report = (sentence: string): void => {
  if (broken.size < MOST_SENTENCES || broken.has(sentence)) {
    broken.set(sentence, (broken.get(sentence) ?? 0) + 1);
  }
};
process.on('unhandledRejection', (error) => report(`unhandled rejection: ${error}`));
process.on('uncaughtException', (error) => report(`uncaught exception: ${error}`));

/** Acts on caches at random until it is done. */
async function act(
  subjects: readonly Subject[],
  random: Random,
  isDone: () => boolean,
): Promise<void> {
  while (!isDone()) {
    for (let acts = 0; acts < ACTIONS_PER_TICK; ) {
      const subject = random.pick(subjects);
      for (let i = random.from(1, MOST_ACTIONS_ON_ONE); i > 0; i--, acts++) subject.act();
    }
    await delay(1);
  }
}

/** Stops all of them, and looks whether anything is left. */
async function stop(subjects: readonly Subject[], timers: OpenTimers): Promise<void> {
  await Promise.all(subjects.map((subject) => subject.stop()));
  await turn();
  if (timers.count > 0) report(`${timers.count} timers after stop()`);
  const { begun } = totals(subjects);
  // Whatever is asked of them now, they do nothing.
  for (const subject of subjects) for (let i = 0; i < 3; i++) subject.act();
  await delay(10);
  await turn();
  if (totals(subjects).begun !== begun) report('loads after stop()');
  for (const subject of subjects) subject.verify();
}

/** Says what was broken. */
function end(): never {
  for (const [sentence, times] of broken) console.error(`Broken, ${times} x: ${sentence}`);
  process.exit(broken.size > 0 ? 1 : 0);
}

function totals(subjects: readonly Subject[]): { begun: number; published: number } {
  const total = { begun: 0, published: 0 };
  for (const { loads } of subjects) {
    total.begun += loads.begun;
    total.published += loads.published;
  }
  return total;
}

console.log(`${CACHES} caches for ${minutes} min, seed ${seed}, Node ${process.version}`);
const handlesBefore = process.getActiveResourcesInfo().sort().join();
let cycled = performance.now();
// It keeps the process alive as well: no timer of a cache does, nor a stop() that is awaited.
const watchdog = setInterval(() => {
  if (performance.now() - cycled < PATIENCE + (minutes * 60_000) / CYCLES) return;
  report('a stop() never resolves, or a cache hardly loads');
  end();
}, 1000);
const timers = new OpenTimers();
const random = new Random(seed);
const subjects = Array.from(
  { length: CACHES },
  (_, i) => new Subject(`cache ${i}`, new Random(seed + 1 + i), report),
);
for (const subject of subjects) subject.start();
const isWarm = (): boolean => subjects.every(({ loads }) => loads.begun >= WARM_UP_LOADS);
await act(subjects, random, isWarm);
const samples: { loads: number; bytes: number }[] = [];
const began = performance.now();
let printed = began;
let sampled = began;
for (let cycle = 1; cycle <= CYCLES; cycle++) {
  for (const subject of subjects) subject.start();
  const end = began + (cycle / CYCLES) * minutes * 60_000;
  await act(subjects, random, () => performance.now() >= end);
  await stop(subjects, timers);
  cycled = performance.now();
  if (performance.now() - sampled < SAMPLE_INTERVAL && cycle < CYCLES) continue;
  sampled = performance.now();
  const { begun } = totals(subjects);
  const bytes = await memoryInUse();
  samples.push({ loads: begun / 1000, bytes });
  if (performance.now() - printed > PROGRESS_INTERVAL) {
    printed = performance.now();
    const seconds = Math.round((printed - began) / 1000);
    console.log(
      `${seconds} s: ${count(begun)} loads, ${cycle} stops and starts, ${megabytes(bytes)}`,
    );
  }
}
while (subjects.some(({ late }) => late > 0)) await delay(1);
await stop(subjects, timers);
timers[Symbol.dispose]();
clearInterval(watchdog);

const handles = process.getActiveResourcesInfo().sort().join();
if (handles !== handlesBefore) report(`open at the end: ${handles}; before: ${handlesBefore}`);
const { begun, published } = totals(subjects);
const restarts = subjects.reduce((sum, subject) => sum + subject.restarts, 0);
const { slope, margin, growth, mean, isFlat } = trendOf(samples);
if (!isFlat) report('memory grows with the loads');
console.log(`
loads           ${count(begun)}, each counted; ${count(published)} brought a new value
stops, starts   ${CYCLES} of all caches at once, with nothing left; ${count(restarts)} of single ones
memory          ${megabytes(mean)} after gc; ${slope.toFixed(1)} ± ${margin.toFixed(1)} bytes per 1,000 loads,
                which is ${count(growth)} bytes over the run: ${isFlat ? 'flat' : 'it grows'}
`);
end();
