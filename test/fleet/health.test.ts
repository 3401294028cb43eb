import { describe, expect, it } from 'vitest';
import { WarmCache } from 'warm-cache';
import { fleetTier } from 'warm-cache/fleet';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { memoryServer } from '../support/fleet/memory-store.ts';
import { eventsOf, payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

const nothing = {
  store: 'memory cache',
  connected: true,
  hearing: false,
  epoch: null,
  generation: 0,
  version: null,
  granted: 0,
  alone: 0,
  taken: 0,
  superseded: 0,
  lost: 0,
  refused: 0,
  untold: false,
};

it('tells of the part in the fleet, from the beginning on', async () => {
  const fleet = newFleet(2);
  const [one, other] = fleet.processes;
  expect(one.cache.health().shared).toEqual(nothing);
  one.cache.start();
  await rest();
  expect(one.cache.health().shared).toEqual({
    ...nothing,
    hearing: true,
    epoch: expect.any(String),
    granted: 1,
  });
  await pass(100);
  other.cache.start();
  await pass(5);
  const { epoch } = one.cache.health().shared ?? {};
  expect(other.cache.health().shared).toEqual({
    ...nothing,
    hearing: true,
    epoch,
    version: 1,
    taken: 1,
  });
  fleet.source.write();
  await outcome(one.cache.invalidate());
  await pass(5);
  for (const { cache } of fleet.processes) {
    expect(cache.health().shared).toMatchObject({ generation: 1, version: 2, untold: false });
  }
  const sum = fleet.caches.map((cache) => cache.health().shared);
  expect(sum.reduce((all, report) => all + (report?.granted ?? 0), 0)).toBe(2);
  expect(sum.reduce((all, report) => all + (report?.taken ?? 0), 0)).toBe(2);
  await one.cache.stop();
  expect(one.cache.health().shared).toMatchObject({ hearing: false });
});

it('is null without a fleet', () => {
  const cache = newFleet.keep(new WarmCache({ ttl: 1000, loader: () => 1 }));
  expect(cache.health().shared).toBe(null);
});

it('is the same after a trip through JSON, in whatever state', async () => {
  const fleet = newFleet(2);
  const check = (): void => {
    for (const cache of fleet.caches) {
      expect(JSON.parse(JSON.stringify(cache.health()))).toEqual(cache.health());
    }
  };
  check();
  await fleet.ready();
  check();
  fleet.processes[0].store.cut();
  void fleet.caches[0].invalidate();
  await pass(500);
  check();
  fleet.processes[0].store.mend();
  await pass(500);
  check();
});

it('tells whether the others are heard', async () => {
  const fleet = newFleet(1);
  await fleet.ready();
  const [one] = fleet.processes;
  await rest();
  expect(one.cache.health().shared).toMatchObject({ connected: true, hearing: true });
  one.store.cut();
  await rest();
  expect(one.cache.health().shared).toMatchObject({ connected: false, hearing: false });
  one.store.mend();
  await pass(600);
  expect(one.cache.health().shared).toMatchObject({ connected: true, hearing: true });
});

it('has no version while the value is of this process alone, or none is there', async () => {
  const fleet = newFleet(1);
  await fleet.ready();
  const [one] = fleet.processes;
  expect(one.cache.health().shared?.version).toBe(1);
  fleet.source.takes = 200;
  void one.cache.invalidate({ purge: true });
  await rest();
  expect(one.cache.health().shared?.version).toBe(null);
  await pass(300);
  expect(one.cache.health().shared?.version).toBe(2);
  one.store.cut();
  await outcome(one.cache.refresh());
  expect(one.cache.health().shared?.version).toBe(null);
});

describe('events', () => {
  it('come in order as a value of another comes', async () => {
    const fleet = newFleet(1);
    await fleet.ready();
    const { cache } = fleet.join();
    const events = eventsOf(cache);
    const changes = payloadsOf(cache, 'change');
    const statuses = payloadsOf(cache, 'status');
    cache.start();
    await rest();
    expect(events).toEqual(['start', 'refresh', 'status']);
    expect(changes).toMatchObject([
      { reason: 'shared', previous: undefined, snapshot: { value: 1 } },
    ]);
    expect(statuses).toMatchObject([{ from: 'NOT_READY', to: 'READY' }]);
  });

  it('come in order as another invalidates, and loads', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    await pass(100);
    const [one, other] = fleet.processes;
    // Kept from asking, it doesn't load itself.
    const { claim } = other.store;
    const events = eventsOf(other.cache);
    other.store.claim = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return claim(...args);
    };
    fleet.source.write();
    void one.cache.invalidate();
    await pass(100);
    expect(events).toEqual(['invalidate', 'status', 'refresh', 'status']);
  });

  it('have the payload of what is taken: what was there before, and no duration', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    await pass(100);
    const [one, other] = fleet.caches;
    const refreshes = payloadsOf(other, 'refresh');
    const previous = other.peek();
    one.set(fleet.source.write());
    await rest();
    expect(refreshes).toEqual([
      { name: other.name, reason: 'shared', duration: 0, previous, snapshot: other.peek() },
    ]);
    expect(other.peek()).toMatchObject({ version: 2, source: 'shared' });
    expect(Object.isFrozen(other.peek())).toBe(true);
  });

  it('tell of a value that can not be shared, and the cache serves it', async () => {
    const server = memoryServer();
    const cache = newFleet.keep(
      new WarmCache<{ act: () => number }>({
        name: 'acting',
        ttl: 1000,
        jitter: 0,
        loader: () => ({ act: () => 1 }),
        shared: fleetTier(server.store()),
      }),
    );
    const errors = payloadsOf(cache, 'error');
    await outcome(cache.start().ready());
    expect(cache.peek()?.value.act()).toBe(1);
    expect(cache.health()).toMatchObject({ status: 'READY', shared: { version: null } });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      error: { code: 'ERR_SHARED' },
      serving: false,
      final: false,
    });
    expect(String(errors[0]?.error)).toContain("acting: the value can't be shared");
    expect(errors[0]).toHaveProperty('error.cause', expect.any(TypeError));
    // Nobody is kept waiting for its lease.
    expect(server.log.at(-1)).toMatchObject({ method: 'release' });
    await pass(3000);
    expect(cache.health().status).toBe('READY');
  });

  it('tell of one that is too large', async () => {
    const fleet = newFleet(1, { tier: { maxBytes: 2 } });
    const errors = payloadsOf(fleet.caches[0], 'error');
    await fleet.ready();
    expect(fleet.values).toEqual([1]);
    expect(String(errors[0]?.error)).toContain(
      'the value takes 3 bytes as text, and maxBytes is 2',
    );
  });
});

describe('fleetTier()', () => {
  it.each([
    [undefined, {}, TypeError],
    [null, {}, TypeError],
    ['redis://', {}, TypeError],
    [{}, null, TypeError],
    [{}, { timeout: '1' }, TypeError],
    [{}, { timeout: 0 }, RangeError],
    [{}, { timeout: Infinity }, RangeError],
    [{}, { timeout: Number.NaN }, RangeError],
    [{}, { maxBytes: 0 }, RangeError],
    [{}, { maxBytes: Infinity }, RangeError],
  ])('refuses %o with %o', (store, options, type) => {
    expect(() => fleetTier(store as never, options as never)).toThrow(type);
  });
});
