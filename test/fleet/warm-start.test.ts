import { expect, it } from 'vitest';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

it('starts warm from what another has loaded, with its true age, without a load', async () => {
  const fleet = newFleet(1);
  await fleet.ready();
  await pass(250);
  const { cache, loads } = fleet.join();
  const refreshes = payloadsOf(cache, 'refresh');
  cache.start();
  await rest();
  expect(cache.peek()).toMatchObject({ value: 1, version: 1, source: 'shared' });
  // Loaded at 0, published at 50, 250 ms ago; a little older by what the clocks leave open, never younger.
  const { age } = cache.health();
  expect(age).toBeGreaterThanOrEqual(300);
  expect(age).toBeLessThanOrEqual(301);
  expect(refreshes).toMatchObject([{ reason: 'shared', previous: undefined, duration: 0 }]);
  expect(loads).toHaveLength(0);
  await expect(cache.get()).resolves.toBe(1);
});

it('has the next load when it is due for all, whoever came last', async () => {
  const fleet = newFleet(1);
  await fleet.ready();
  await pass(450);
  fleet.join().cache.start();
  await pass(390);
  expect(fleet.loads).toHaveLength(1);
  await pass(15);
  expect(fleet.loads).toHaveLength(2);
});

it('serves what is stale by now, while a load is on its way', async () => {
  const fleet = newFleet(1);
  await fleet.ready();
  await fleet.caches[0].stop();
  await pass(1500);
  fleet.source.write();
  const { cache, loads } = fleet.join();
  cache.start();
  await rest();
  expect(cache.health()).toMatchObject({ status: 'STALE' });
  await expect(cache.get()).resolves.toBe(1);
  expect(loads).toHaveLength(1);
  await pass(50);
  expect(cache.peek()?.value).toBe(2);
  expect(cache.health().status).toBe('READY');
});

it('serves what was invalidated, as stale, while a load is on its way', async () => {
  const fleet = newFleet(1);
  await fleet.ready();
  const [first] = fleet.processes;
  fleet.source.takes = 300;
  void first?.cache.invalidate();
  await rest();
  const { cache } = fleet.join();
  cache.start();
  await rest();
  expect(cache.health().status).toBe('STALE');
  await expect(cache.get()).resolves.toBe(1);
});

it('does not serve what has expired', async () => {
  const fleet = newFleet(1);
  await fleet.ready();
  await fleet.caches[0].stop();
  await pass(2500);
  fleet.source.write();
  const { cache } = fleet.join();
  const value = cache.start().get();
  await rest();
  expect(cache.peek()).toBeUndefined();
  await expect(outcome(value)).resolves.toBe(2);
});

it('has ready() and get() wait for a load that is in flight elsewhere, and start none', async () => {
  const fleet = newFleet(2, { ttl: 10_000, loadTimeout: 5000 });
  fleet.source.takes = 2000;
  const [one, other] = fleet.processes;
  one.cache.start();
  await pass(100);
  other.cache.start();
  const value = other.cache.get();
  const ready = other.cache.ready();
  await pass(1950);
  await expect(value).resolves.toBe(1);
  await expect(ready).resolves.toMatchObject({ value: 1, source: 'shared' });
  expect(other.loads).toHaveLength(0);
});

it('lets a reader give up while it waits for another process, and disturbs nobody', async () => {
  const fleet = newFleet(2);
  fleet.source.takes = 300;
  const [one, other] = fleet.processes;
  one.cache.start();
  await pass(10);
  other.cache.start();
  const impatient = other.cache.get({ signal: AbortSignal.abort(new Error('gave up')) });
  await expect(impatient).rejects.toThrow('gave up');
  await expect(outcome(other.cache.get())).resolves.toBe(1);
  expect(fleet.loads).toHaveLength(1);
});

it('reads through, never started: shares loads, and hears nobody', async () => {
  const fleet = newFleet(3);
  const values = fleet.caches.map((cache) => cache.get());
  await pass(1100);
  await expect(Promise.all(values)).resolves.toEqual([1, 1, 1]);
  expect(fleet.loads).toHaveLength(1);
  expect(fleet.processes.map(({ store }) => store.ears)).toEqual([0, 0, 0]);
  fleet.source.write();
  // Stale by now: the first read has a load made, and all others take what that brings.
  await pass(100);
  for (const cache of fleet.caches) await expect(cache.get()).resolves.toBe(1);
  await pass(1000);
  expect(fleet.loads).toHaveLength(2);
  expect(fleet.values).toEqual([2, 2, 2]);
});

it('waits for the load of another for as long as that goes on', async () => {
  const fleet = newFleet(2, { ttl: 200_000, loadTimeout: 60_000 });
  fleet.source.takes = 55_000;
  const [one, other] = fleet.processes;
  one.cache.start();
  await pass(10);
  other.cache.start();
  await pass(55_000);
  expect(other.cache.peek()).toMatchObject({ value: 1, source: 'shared' });
  expect(fleet.loads).toHaveLength(1);
});
