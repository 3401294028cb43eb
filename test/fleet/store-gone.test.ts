import { describe, expect, it } from 'vitest';
import { WarmCacheError } from 'warm-cache';
import { type Fleet, fakeFleet, outcome, pass } from '../support/fleet/fleet.ts';
import { payloadsOf, stateOf } from '../support/loads.ts';

const newFleet = fakeFleet();

const ways: [string, (fleet: Fleet) => void][] = [
  ['is cut off', (fleet) => fleet.processes.forEach(({ store }) => void store.cut())],
  ['hangs', (fleet) => fleet.processes.forEach(({ store }) => void store.hang())],
];

describe.each(ways)('a store that %s', (_, lose) => {
  it('is nothing that a read notices: each process loads for itself', async () => {
    const fleet = newFleet(4, { ttl: 4000 });
    await fleet.ready();
    lose(fleet);
    for (let ms = 0; ms < 30_000; ms += 100) {
      for (const cache of fleet.caches) {
        const read = cache.get();
        expect(await stateOf(read)).toBe('fulfilled');
      }
      await pass(100);
    }
    expect(fleet.caches.map((cache) => cache.health().reads.waited)).toEqual([0, 0, 0, 0]);
    for (const cache of fleet.caches) {
      expect(cache.health().shared).toMatchObject({ connected: false });
      expect(cache.health().shared?.alone).toBeGreaterThan(5);
      expect(cache.peek()?.source).toBe('loader');
      expect(cache.health().shared?.version).toBe(null);
    }
  });

  it('has ten load at most once an interval each, spread over it', async () => {
    const fleet = newFleet(10);
    fleet.source.takes = 10;
    await fleet.ready();
    await pass(500);
    lose(fleet);
    await pass(5000);
    const from = performance.now();
    await pass(20_000);
    const phases: number[] = [];
    for (const { loads } of fleet.processes) {
      const mine = loads.filter(({ at }) => at >= from).map(({ at }) => at);
      const gaps = mine.slice(1).map((at, n) => at - (mine[n] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThan(900);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(1000);
      phases.push((mine[0] ?? 0) % 940);
    }
    phases.sort((a, b) => a - b);
    const largest = Math.max(
      ...phases.map((at, n) => at - (phases[n - 1] ?? (phases.at(-1) ?? 0) - 940)),
    );
    // Ten at random leave no half of the interval free, but once in fifty times.
    expect(largest).toBeLessThan(700);
  });

  it('is told once as it goes', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    const errors = fleet.caches.map((cache) => payloadsOf(cache, 'error'));
    lose(fleet);
    await pass(20_000);
    for (const told of errors) {
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({ serving: true, final: false, attempt: 0, reason: undefined });
      expect(told[0]?.error).toMatchObject({ code: 'ERR_SHARED', cacheName: told[0]?.name });
      expect(String(told[0]?.error)).toContain('memory cache is gone');
    }
  });

  it('has invalidate() reject, and the value here be loaded all the same', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    lose(fleet);
    await pass(2500);
    fleet.source.write();
    const [one] = fleet.caches;
    const error: unknown = await outcome(
      one.invalidate().then(
        () => 'told',
        (reason: unknown) => reason,
      ),
    );
    expect(error).toBeInstanceOf(WarmCacheError);
    expect(error).toMatchObject({ code: 'ERR_SHARED' });
    await pass(1200);
    expect(one.peek()?.value).toBe(2);
    expect(one.health()).toMatchObject({ status: 'READY', shared: { untold: true } });
  });

  it('is where a cold process loads for itself', async () => {
    const fleet = newFleet(2);
    lose(fleet);
    const values = fleet.caches.map((cache) => cache.start().get());
    await pass(1100);
    await expect(Promise.all(values)).resolves.toEqual([1, 1]);
    // The second of each is at its place in the first interval.
    expect(fleet.loads.length).toBeLessThanOrEqual(4);
  });
});

it('is tried again at growing intervals of at most ten seconds', async () => {
  const fleet = newFleet(1, { ttl: 10_000_000, refreshInterval: 10_000_000 });
  const tried: number[] = [];
  const [one] = fleet.processes;
  await fleet.ready();
  one.store.cut();
  const { read } = one.store ?? {};
  if (one && read) {
    one.store.read = (call) => {
      tried.push(performance.now());
      return read(call);
    };
  }
  await pass(100_000);
  const gaps = tried.slice(1).map((at, n) => at - (tried[n] ?? 0));
  expect(tried.length).toBeLessThan(40);
  expect(gaps[0]).toBeLessThanOrEqual(500);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(10_001);
  expect(Math.min(...gaps.slice(-5))).toBeGreaterThanOrEqual(5000);
  one.store.mend();
  await pass(10_000);
  expect(one.cache.health().shared?.connected).toBe(true);
});

it('is asked nothing for a read or a load while it is not to be tried yet', async () => {
  const fleet = newFleet(1, { ttl: 100 });
  await fleet.ready();
  const [one] = fleet.processes;
  one.store.cut();
  await pass(20_000);
  let asked = 0;
  const { claim } = one.store ?? {};
  if (one && claim) {
    one.store.claim = (...args) => {
      asked += 1;
      return claim(...args);
    };
  }
  await pass(5000);
  expect(one.loads.length).toBeGreaterThan(40);
  expect(asked).toBe(0);
});

it('waits so long for an answer as the tier says', async () => {
  const fleet = newFleet(1, { tier: { timeout: 70 } });
  const [one] = fleet.processes;
  one.store.hang();
  one.cache.start();
  await pass(69);
  expect(fleet.loads).toHaveLength(0);
  await pass(2);
  expect(fleet.loads).toHaveLength(1);
});
