import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { LoadError, StoppedError, WarmCache } from 'warm-cache';
import { type FleetEar, fleetTier } from 'warm-cache/fleet';
import { type Fleet, fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { memoryServer } from '../support/fleet/memory-store.ts';
import { eventsOf, payloadsOf, stateOf } from '../support/loads.ts';

const newFleet = fakeFleet();

async function resting(fleet: Fleet): Promise<void> {
  fleet.source.error = new Error('outage');
  await pass(100);
}

/** What the first process does as it is stopped. */
const phases: [string, (fleet: Fleet) => Promise<void>][] = [
  ['has just begun', async () => {}],
  ['asks for the right to load', async () => await undefined],
  [
    'waits for the load of another',
    async (fleet) => {
      await fleet.caches[0].stop();
      fleet.caches[1].start();
      await pass(5);
      fleet.caches[0].start();
      await pass(5);
      expect(fleet.processes[0].loads).toHaveLength(0);
    },
  ],
  ['loads', () => pass(25)],
  [
    'publishes',
    async (fleet) => {
      await pass(10);
      fleet.processes[0].store.hang('answered');
      await pass(60);
    },
  ],
  [
    'tells of an invalidation',
    async (fleet) => {
      await pass(100);
      fleet.processes[0].store.hang('asked');
      void fleet.caches[0].invalidate();
      await rest();
    },
  ],
  [
    'tells of a value',
    async (fleet) => {
      await pass(100);
      fleet.processes[0].store.hang('asked');
      fleet.caches[0].set(7);
      await rest();
    },
  ],
  [
    'compares',
    async (fleet) => {
      await pass(100);
      fleet.processes[0].store.hang('answered');
      fleet.forge({ v: 1 });
      fleet.caches[1].set(7);
      await rest();
    },
  ],
  ['rests', resting],
  [
    'can not reach the store',
    async (fleet) => {
      await pass(100);
      fleet.processes[0].store.cut();
      void fleet.caches[0].invalidate();
      await pass(3000);
    },
  ],
];

describe.each(phases)('stop(), while it %s', (_, reach) => {
  it('ends all, leaves nothing, and nothing comes after it', async () => {
    const fleet = newFleet(2);
    const [one, other] = fleet.processes;
    one.cache.start();
    await reach(fleet);
    const events = eventsOf(one.cache);
    const waiting = one.cache.get({ maxAge: 0 }).catch((error: unknown) => error);
    const from = performance.now();
    const stopped = one.cache.stop();
    // While it rests a read fails at once; else it waits, and for nothing.
    expect(await waiting).toBeInstanceOf(reach === resting ? LoadError : StoppedError);
    await outcome(stopped);
    // The load's deadline and the store's timeout are the most that it waits for.
    expect(performance.now() - from).toBeLessThanOrEqual(1000 + 400);
    await outcome(other.cache.stop());
    expect(one.store.ears).toBe(0);
    const before = events.length;
    one.store.mend();
    await pass(3000);
    expect(events).toHaveLength(before);
    expect(events.at(-1)).toBe('stop');
    expect(one.cache.health().running).toBe(false);
  });

  it('can be begun again, and all is as ever', async () => {
    const fleet = newFleet(2);
    const [one, other] = fleet.processes;
    one.cache.start();
    await reach(fleet);
    await outcome(one.cache.stop());
    fleet.source.error = undefined;
    one.store.mend();
    one.cache.start();
    other.cache.start();
    await pass(3500);
    expect(fleet.statuses).toEqual(['READY', 'READY']);
    expect(fleet.processes.map(({ store }) => store.ears)).toEqual([1, 1]);
    const data = fleet.source.write();
    await expect(outcome(one.cache.invalidate())).resolves.toMatchObject({ value: data });
    await pass(20);
    expect(fleet.values).toEqual([data, data]);
  });
});

it('is not held up by a store that hangs for longer than its timeout', async () => {
  const fleet = newFleet(1, { tier: { timeout: 300 } });
  fleet.source.takes = 20;
  const [one] = fleet.processes;
  one.cache.start();
  await pass(10);
  one.store.hang();
  const from = performance.now();
  await outcome(one.cache.stop());
  expect(performance.now() - from).toBeLessThanOrEqual(300);
});

it('lets a load finish that is drained, and the others have it', async () => {
  const fleet = newFleet(2);
  const [one, other] = fleet.processes;
  one.cache.start();
  await pass(10);
  other.cache.start();
  const stopped = one.cache.stop({ drain: true });
  expect(await stateOf(stopped)).toBe('pending');
  await outcome(stopped);
  await pass(1);
  expect(fleet.values).toEqual([1, 1]);
  expect(fleet.loads).toHaveLength(1);
  expect(one.cache.health().loads.published).toBe(1);
  expect(one.store.ears).toBe(0);
});

it('is stopped at the end of a block', async () => {
  const server = memoryServer();
  const store = server.store();
  {
    await using cache = new WarmCache({ loader: () => 1, ttl: 1000, shared: fleetTier(store) });
    await outcome(cache.start().ready());
    await rest();
    expect(store.ears).toBe(1);
  }
  expect(store.ears).toBe(0);
});

it('has a stop right after a start, and that again and again, leave one ear at most', async () => {
  const fleet = newFleet(1);
  const [one] = fleet.processes;
  for (let n = 0; n < 20; n += 1) {
    one.cache.start();
    for (let ticks = 0; ticks < n; ticks += 1) await undefined;
    void one.cache.stop();
  }
  one.cache.start();
  await pass(500);
  expect(one.store.ears).toBe(1);
  expect(one.cache.health().status).toBe('READY');
});

it('lets two caches of one process share one tier', async () => {
  const server = memoryServer();
  const shared = fleetTier(server.store());
  let loads = 0;
  const caches = [1, 2].map((n) =>
    newFleet.keep(
      new WarmCache({ name: `${n}`, ttl: 1000, jitter: 0, loader: () => ++loads, shared }),
    ),
  );
  await outcome(Promise.all(caches.map((cache) => cache.start().ready())));
  await pass(10);
  expect(loads).toBe(1);
  await outcome(caches[0]?.invalidate() ?? Promise.reject());
  await pass(1);
  expect(caches.map((cache) => cache.peek()?.value)).toEqual([2, 2]);
});

it('is not held up by listeners and loaders that throw', async () => {
  const fleet = newFleet(2);
  for (const cache of fleet.caches) {
    for (const event of [
      'refresh',
      'invalidate',
      'status',
      'load',
      'unchanged',
      'error',
    ] as const) {
      cache.on(event, () => {
        throw new Error('listener');
      });
      cache.on(event, () => Promise.reject(new Error('listener')));
    }
  }
  await fleet.ready();
  fleet.source.write();
  await outcome(fleet.caches[0].invalidate());
  await pass(10);
  expect(fleet.values).toEqual([2, 2]);
});

it('lets listeners stop the cache, or call it, as a value of another comes', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const [one, other, third] = fleet.caches;
  const events = eventsOf(other);
  other.once('refresh', () => void other.stop());
  third.once('refresh', () => void third.invalidate());
  one.set(fleet.source.write());
  await pass(300);
  expect(events.at(-1)).toBe('stop');
  expect(third.health().status).toBe('READY');
  expect(one.peek()?.value).toBe(2);
});

it('loads, asks and hears outside the async context of whoever calls it', async () => {
  const requests = new AsyncLocalStorage<string>();
  const seen = new Set<string | undefined>();
  const see = (): void => void seen.add(requests.getStore());
  const server = memoryServer();
  const store = server.store();
  const { claim, hear, invalidate, publish, put, read, release, renew } = store;
  const seeing = <A extends unknown[], R>(method: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      see();
      return method(...args);
    };
  };
  const cache = requests.run('construction', () =>
    newFleet.keep(
      new WarmCache({
        ttl: 1000,
        loader: () => {
          see();
          return 1;
        },
        shared: fleetTier({
          name: 'seeing',
          pollInterval: 1000,
          hear: seeing(hear),
          read: seeing(read),
          claim: seeing(claim),
          renew: seeing(renew),
          publish: seeing(publish),
          release: seeing(release),
          invalidate: seeing(invalidate),
          put: seeing(put),
        }),
      }),
    ),
  );
  requests.run('start', () => cache.start());
  await requests.run('get', () => outcome(cache.get()));
  await requests.run('invalidate', () => outcome(cache.invalidate()));
  await requests.run('refresh', () => outcome(cache.refresh()));
  requests.run('set', () => cache.set(2));
  await pass(2000);
  await requests.run('stop', () => outcome(cache.stop()));
  expect(seen).toEqual(new Set([undefined]));
});

it('serves after stop() what is fresh still, and tells nobody of anything', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(10);
  const [one, other] = fleet.caches;
  await one.stop();
  const refreshes = payloadsOf(one, 'refresh');
  other.set(fleet.source.write());
  await pass(10);
  expect(refreshes).toEqual([]);
  await expect(one.get()).resolves.toBe(1);
  await pass(2000);
  await expect(one.get()).rejects.toBeInstanceOf(StoppedError);
});

it('heeds no ear that is kept by the store after stop()', async () => {
  let kept: FleetEar | undefined;
  const fleet = newFleet(1, {
    storeOf: (store) => ({
      ...store,
      name: store.name,
      pollInterval: 1000,
      hear: (ear) => {
        kept = ear;
        return store.hear(ear);
      },
    }),
  });
  await fleet.ready();
  await pass(300);
  const [one] = fleet.processes;
  await one.cache.stop();
  const before = { asked: fleet.server.log.length, health: one.cache.health() };
  kept?.onMessage('garbage');
  kept?.onDisconnect();
  kept?.onConnect();
  await pass(300);
  expect(fleet.server.log).toHaveLength(before.asked);
  expect(one.cache.health().shared).toEqual(before.health.shared);
});
