// What a hundred thousand keys cost one kind of cache, in a process that does nothing else. It answers its parent.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { median, memoryInUse } from '../measure.ts';
import { Random } from '../soak/random.ts';
import { KINDS } from './kinds.ts';

/** Ms: while this is measured nothing else is to be due. */
const NEVER = 3_600_000;
const IDLE = 4000;
const READS = 200_000;
const RELOADS = 20_000;
const ROUNDS = 7;

export interface Result {
  /** Bytes a key. */
  readonly bytes: number;
  /** Us of CPU to load a key at first, the largest part of it at one go in ms, and a key anew. */
  readonly fill: number;
  readonly blocked: number;
  readonly reload: number;
  /** Ns of a read of a random key. */
  readonly read: number;
  /** Of one core, while nothing is due and nobody reads, in percent. */
  readonly idle: number;
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function measured(name: string, count: number): Promise<Result> {
  const make = KINDS[name];
  if (!make) throw new RangeError(`Expected one of ${Object.keys(KINDS)}, got ${name}`);
  const keys = Array.from({ length: count }, (_, i) => `key-${i}`);
  const random = new Random(1);
  // Made before, so that it isn't counted.
  const asked = Array.from({ length: READS }, () => random.pick(keys));
  const before = await memoryInUse();
  const kind = make({ keys, ttl: NEVER, refreshInterval: NEVER, onLoad: () => {} });
  const loop = monitorEventLoopDelay({ resolution: 1 });
  await delay(10);
  loop.enable();
  const fill = (await cpuOf(() => kind.fill(keys))) / count;
  await delay(10);
  loop.disable();
  const bytes = ((await memoryInUse()) - before) / count;
  const reads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (const key of asked) await kind.read(key);
    reads.push(((performance.now() - start) * 1e6) / READS);
  }
  const idle = (await cpuOf(() => delay(IDLE))) / (10 * IDLE);
  const reloads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const some = asked.slice(round * RELOADS, (round + 1) * RELOADS);
    const took = await cpuOf(async () => {
      for (const key of some) await kind.reload(key);
    });
    reloads.push(took / RELOADS);
  }
  await kind.stop();
  return {
    bytes,
    fill,
    blocked: loop.max / 1e6 - 1,
    reload: median(reloads),
    read: median(reads),
    idle,
  };
}

const [name, count] = process.argv.slice(2);
if (process.send) process.send(await measured(name as string, Number(count)));
