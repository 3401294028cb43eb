// What ten thousand caches of one kind take: bytes a cache, and the CPU time of a refresh. A process of its own for each
// kind, so that none pays for what another has left: `node --expose-gc bench/fleet.ts warm-cache`.
import { setTimeout as delay } from 'node:timers/promises';
import { WarmCache } from 'warm-cache';
import { median, memoryInUse } from './measure.ts';
import { ByHand, ByHandWithDeadline, loader } from './subjects.ts';

const CACHES = 10_000;
const INTERVAL = 1000;
const ROUNDS = 7;

let loads = 0;
const counted = (): ReturnType<typeof loader> => {
  loads += 1;
  return loader();
};

const kinds: Record<string, () => unknown> = {
  'by hand': () => new ByHand(counted, INTERVAL),
  'by hand, with a deadline': () => new ByHandWithDeadline(counted, INTERVAL),
  // Fresh for longer than an interval: all refresh at one rate then.
  'warm-cache': () =>
    new WarmCache({ loader: counted, ttl: 2 * INTERVAL, refreshInterval: INTERVAL }).start(),
};

const make = kinds[process.argv[2] ?? ''];
if (!make) throw new RangeError(`Expected one of ${Object.keys(kinds)}, got ${process.argv[2]}`);

const before = await memoryInUse();
// Ten are made each ms: caches of a real process don't begin at one moment, nor fire at one.
const caches: unknown[] = [];
for (let tick = 0; tick < INTERVAL; tick++) {
  await delay(1);
  for (let i = 0; i < CACHES / INTERVAL; i++) caches.push(make());
}
await delay(3 * INTERVAL);
const rounds: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const loadsBefore = loads;
  const cpuBefore = process.cpuUsage();
  await delay(INTERVAL);
  const { user, system } = process.cpuUsage(cpuBefore);
  rounds.push((user + system) / (loads - loadsBefore));
}
const bytes = ((await memoryInUse()) - before) / caches.length;
console.log(JSON.stringify({ bytes, us: median(rounds) }));
process.exit();
