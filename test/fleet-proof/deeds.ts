import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import type { Deed, Step } from './plan.ts';
import { PASS } from './proxy.ts';
import type { Servers } from './servers.ts';

/** At most so many faults at a time: a fleet of which nothing works has nothing to be held to. */
const MOST_AT_ONCE = 2;

/** Does what is planned, when it is due; what would hit the same worker twice at a time, or too many, is left out. */
export async function perform(
  fleet: Fleet,
  servers: Servers,
  plan: readonly Step[],
): Promise<void> {
  const began = performance.now();
  const busy = new Set<string>();
  const underway = new Set<Promise<void>>();
  for (const { at, deed } of plan) {
    await delay(Math.max(0, began + at - performance.now()));
    const isFault = deed.do !== 'invalidate';
    const whom = 'worker' in deed ? deed.worker : isFault ? 'redis' : '';
    if (isFault && (busy.has(whom) || busy.size >= MOST_AT_ONCE)) continue;
    if (isFault) busy.add(whom);
    const done = act(fleet, servers, deed).finally(() => {
      if (isFault) busy.delete(whom);
    });
    // Whatever goes wrong is heard of in the end.
    done.catch(() => {});
    underway.add(done);
  }
  await Promise.all(underway);
}

async function act(fleet: Fleet, servers: Servers, deed: Deed): Promise<void> {
  switch (deed.do) {
    case 'invalidate':
      await Promise.all(deed.workers.map((worker) => fleet.invalidate(worker)));
      return;
    case 'kill':
      await fleet.kill(deed.worker, deed.ms);
      return;
    case 'freeze':
      await freeze(fleet, deed.worker, () => delay(deed.ms));
      return;
    case 'trouble': {
      const hop = fleet.hop(deed.worker, deed.target);
      const during = async (): Promise<void> => {
        hop.trouble = deed.trouble;
        await delay(deed.ms);
        hop.trouble = PASS;
      };
      await fleet.fault(deed.target, deed.worker, during, JSON.stringify(deed.trouble));
      return;
    }
    case 'restart':
      await restart(fleet, servers, () => delay(deed.ms));
      return;
    case 'flush':
      await fleet.fault('flush', undefined, async () => void (await servers.redis.ask('FLUSHALL')));
      return;
    case 'disconnect':
      await fleet.fault('disconnect', undefined, async () => {
        await servers.redis.ask('CLIENT KILL TYPE normal');
        await servers.redis.ask('CLIENT KILL TYPE pubsub');
      });
  }
}

/** Stops a process, all of it and at once, while `during` lasts. */
export function freeze(fleet: Fleet, worker: string, during: () => Promise<void>): Promise<void> {
  return fleet.fault('freeze', worker, async () => {
    const { process } = { process: fleet.process(worker) };
    process.signal('SIGSTOP');
    try {
      await during();
    } finally {
      process.signal('SIGCONT');
    }
  });
}

/** Redis is gone while `during` lasts, and then there again, empty. */
export function restart(
  fleet: Fleet,
  { redis }: Servers,
  during: () => Promise<void>,
): Promise<void> {
  return fleet.fault('restart', undefined, async () => {
    await redis.stop();
    try {
      await during();
    } finally {
      await redis.start();
    }
  });
}
