// What a read, a cache and a refresh cost, beside the floors, what people write by hand, and lru-cache.
// Figures of one run compare with each other, and with no other run's.
import { WarmCache } from 'warm-cache';
import { interleaved, median, memoryInUse } from './measure.ts';
import { ByHand, loader, readers, sink } from './subjects.ts';

const ROUNDS = 15;
const CACHES = 10_000;

function print(title: string, figures: Map<string, number>, unit: string, base: string): void {
  console.log(`\n${title}\n`);
  const floor = figures.get(base) as number;
  for (const [name, figure] of figures) {
    const ratio = `${(figure / floor).toFixed(2)} x`;
    console.log(`  ${name.padEnd(30)} ${figure.toFixed(1).padStart(9)} ${unit} ${ratio.padStart(9)}`);
  }
}

/** A fleet of caches of one kind: how it is made, refreshed by hand, and ended. */
interface Fleet<C> {
  readonly name: string;
  readonly make: () => C;
  readonly refresh: (cache: C) => Promise<unknown>;
  readonly stop: (cache: C) => void;
}

async function measure<C>({ make, refresh, stop }: Fleet<C>): Promise<[bytes: number, us: number]> {
  const before = await memoryInUse();
  const caches = Array.from({ length: CACHES }, make);
  for (const cache of caches) await refresh(cache);
  const bytes = ((await memoryInUse()) - before) / CACHES;
  const rounds: number[] = [];
  for (let round = 0; round < 9; round++) {
    const { user, system } = process.cpuUsage();
    for (const cache of caches) await refresh(cache);
    const used = process.cpuUsage({ user, system });
    rounds.push((used.user + used.system) / CACHES);
  }
  for (const cache of caches) stop(cache);
  return [bytes, median(rounds)];
}

const subjects = await readers();
print(
  'A read of a warm value, synchronous',
  await interleaved(subjects.sync, ROUNDS, 5_000_000),
  'ns',
  'a field read',
);
print(
  'A read of a warm value, awaited',
  await interleaved(subjects.async, ROUNDS, 500_000),
  'ns',
  'await of a resolved promise',
);

const bytes = new Map<string, number>();
const cpu = new Map<string, number>();
const byHand: Fleet<ByHand> = {
  name: 'by hand',
  make: () => new ByHand(loader, 600_000),
  refresh: (cache) => cache.refresh(),
  stop: (cache) => cache.stop(),
};
const warm: Fleet<WarmCache<unknown>> = {
  name: 'warm-cache',
  make: () => new WarmCache<unknown>({ loader, ttl: 600_000 }).start(),
  refresh: (cache) => cache.refresh(),
  stop: (cache) => void cache.stop(),
};
for (const fleet of [byHand, warm] as Fleet<never>[]) {
  const [size, us] = await measure(fleet);
  bytes.set(fleet.name, size);
  cpu.set(fleet.name, us);
}
print(`A cache, of ${CACHES}, native memory included`, bytes, 'bytes', 'by hand');
print('A refresh, CPU time', cpu, 'us', 'by hand');
console.log(`\nNode ${process.version}, ${process.arch}; medians of interleaved rounds (${sink % 2})`);
