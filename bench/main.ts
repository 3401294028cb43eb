// What a read, a cache and a refresh cost, beside the floors, what people write by hand, and lru-cache.
// Figures of one run compare with each other, and with no other run's.
import { setTimeout as delay } from 'node:timers/promises';
import { WarmCache } from 'warm-cache';
import { sink } from './compiled.ts';
import { interleaved, median, memoryInUse } from './measure.ts';
import { ByHand, loader, readers } from './subjects.ts';

const ROUNDS = 15;
const CACHES = 10_000;
const INTERVAL = 1000;

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

interface Fleet {
  /** Ends them all, and tells how many loads there were. */
  stop(): Promise<void>;
}

let loads = 0;
const counted = (): ReturnType<typeof loader> => {
  loads += 1;
  return loader();
};

/** One of the fleet is made each tenth of a ms: caches of a real process don't begin at one moment, nor fire at one. */
async function spread<C>(make: () => C): Promise<C[]> {
  const caches: C[] = [];
  for (let tick = 0; tick < INTERVAL; tick++) {
    await delay(1);
    for (let i = 0; i < CACHES / INTERVAL; i++) caches.push(make());
  }
  return caches;
}

const fleets: Record<string, () => Promise<Fleet>> = {
  async 'by hand'() {
    const caches = await spread(() => new ByHand(counted, INTERVAL));
    return {
      async stop() {
        for (const cache of caches) cache.stop();
      },
    };
  },
  async 'warm-cache'() {
    // Fresh for longer than an interval: both refresh at the same rate then.
    const options = { loader: counted, ttl: 2 * INTERVAL, refreshInterval: INTERVAL };
    const caches = await spread(() => new WarmCache(options).start());
    return {
      async stop() {
        await Promise.all(caches.map((cache) => cache.stop()));
      },
    };
  },
};

/** Bytes a cache, and the CPU time of a refresh in us, while they refresh by themselves. */
async function measure(make: () => Promise<Fleet>): Promise<[bytes: number, us: number]> {
  const before = await memoryInUse();
  const fleet = await make();
  await delay(3 * INTERVAL);
  const rounds: number[] = [];
  for (let round = 0; round < 5; round++) {
    const loadsBefore = loads;
    const cpuBefore = process.cpuUsage();
    await delay(INTERVAL);
    const { user, system } = process.cpuUsage(cpuBefore);
    rounds.push((user + system) / (loads - loadsBefore));
  }
  const bytes = ((await memoryInUse()) - before) / CACHES;
  await fleet.stop();
  return [bytes, median(rounds)];
}

const subjects = await readers();
print('A read of a warm value, synchronous', await interleaved(subjects.sync, ROUNDS, 5e6), 'ns');
print('A read of a warm value, awaited', await interleaved(subjects.async, ROUNDS, 5e5), 'ns');

const bytes = new Map<string, number>();
const cpu = new Map<string, number>();
for (const [name, make] of Object.entries(fleets)) {
  const [size, us] = await measure(make);
  bytes.set(name, size);
  cpu.set(name, us);
}
print(`A cache, of ${CACHES} that refresh, native memory included`, bytes, 'bytes');
print('A refresh, CPU time', cpu, 'us');
console.log(
  `\nNode ${process.version}, ${process.arch}; medians of interleaved rounds (${sink % 2})`,
);
