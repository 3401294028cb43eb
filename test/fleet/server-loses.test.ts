import { expect, it } from 'vitest';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

it('that lost everything begins another epoch: values are out of date, and one load fills it again', async () => {
  const fleet = newFleet(4);
  await fleet.ready();
  const epoch = fleet.caches[0].health().shared?.epoch;
  expect(epoch).not.toBe(null);
  await pass(100);
  fleet.server.wipe();
  fleet.source.write();
  const before = fleet.loads.length;
  await pass(1300);
  expect(fleet.values).toEqual([2, 2, 2, 2]);
  const shared = fleet.caches.map((cache) => cache.health().shared);
  expect(new Set(shared.map((report) => report?.epoch)).size).toBe(1);
  expect(shared[0]?.epoch).not.toBe(epoch);
  expect(fleet.loads.length - before).toBeLessThanOrEqual(2);
});

it('marks the value out of date where it may have missed an invalidation of the lost epoch', async () => {
  const fleet = newFleet(2, { ttl: 10_000 });
  const [one, other] = fleet.processes;
  await fleet.ready();
  await pass(100);
  other.store.mute = 1;
  fleet.source.write();
  await outcome(one.cache.invalidate());
  expect(other.cache.peek()?.value).toBe(1);
  fleet.server.wipe();
  other.store.mute = 0;
  fleet.source.takes = 400;
  void one.cache.refresh();
  const invalidations = payloadsOf(other.cache, 'invalidate');
  void one.cache.invalidate();
  await pass(300);
  expect(invalidations.length).toBeGreaterThan(0);
  expect(other.cache.health().status).toBe('STALE');
  fleet.source.takes = 50;
  await pass(2000);
  expect(fleet.values).toEqual([2, 2]);
  expect(fleet.statuses).toEqual(['READY', 'READY']);
});

it('that lost its last writes begins another epoch as soon as anybody knows better', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const copy = fleet.server.copy();
  const epoch = fleet.caches[0].health().shared?.epoch;
  fleet.source.write();
  await outcome(fleet.caches[0].invalidate());
  fleet.server.rewind(copy);
  fleet.source.write();
  await outcome(fleet.caches[1].invalidate());
  await pass(300);
  expect(fleet.values).toEqual([3, 3, 3]);
  expect(fleet.statuses).toEqual(['READY', 'READY', 'READY']);
  expect(fleet.caches[2].health().shared?.epoch).not.toBe(epoch);
});

it('that lost an invalidation, and nothing else, is found out by who has told it', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  fleet.source.takes = 200;
  await pass(900);
  const telling = fleet.idle;
  await pass(50);
  const copy = fleet.server.copy();
  for (const { store } of fleet.processes) store.mute = 1;
  fleet.source.write();
  const told = telling.cache.invalidate();
  await rest();
  fleet.server.rewind(copy);
  await expect(outcome(told)).resolves.toMatchObject({ value: 2 });
  await pass(2000);
  expect(fleet.values).toEqual([2, 2]);
});

it('that lost a value that all have is told it again at the next load', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  fleet.server.wipe();
  await pass(1200);
  const { cache } = fleet.join();
  cache.start();
  await rest();
  expect(cache.peek()).toMatchObject({ value: 1, source: 'shared' });
});

it('leaves nobody with the old numbers where another value got one of them', async () => {
  // A copy of the server from before a value takes over, twice: versions and fences are given out again.
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(100);
  const copy = fleet.server.copy();
  const [one, other] = fleet.processes;
  other.store.mute = 1;
  fleet.source.write();
  await outcome(one.cache.invalidate());
  fleet.server.rewind(copy);
  fleet.source.write();
  other.store.mute = 0;
  await outcome(other.cache.invalidate());
  await pass(2500);
  expect(fleet.values).toEqual([3, 3]);
});

it('that begins another epoch puts the value out of date until a load says that it is true', async () => {
  const fleet = newFleet(1, { ttl: 100_000, loadTimeout: 3000 });
  const [one] = fleet.processes;
  await fleet.ready();
  await pass(300);
  const invalidations = payloadsOf(one.cache, 'invalidate');
  fleet.source.takes = 2000;
  fleet.server.wipe();
  one.store.cut();
  one.store.mend();
  await pass(400);
  expect(invalidations).toMatchObject([{ purge: false }]);
  expect(one.cache.health()).toMatchObject({ status: 'STALE', load: { reason: 'invalidate' } });
  await pass(2000);
  expect(one.cache.health().status).toBe('READY');
});

it('that lost an invalidation is told it again by who has heard of it', async () => {
  const fleet = newFleet(3, { ttl: 100_000 });
  const [telling, hearing, loading] = fleet.processes;
  await fleet.ready();
  await pass(300);
  fleet.source.takes = 300;
  void loading.cache.refresh();
  await pass(50);
  const copy = fleet.server.copy();
  loading.store.mute = 1;
  // Lost in the moment in which it is heard: nobody has an answer that tells of it.
  hearing.cache.once('invalidate', () => {
    fleet.server.rewind(copy);
    telling.store.cut();
  });
  fleet.source.write();
  void telling.cache.invalidate();
  await pass(1);
  expect(hearing.cache.health().status).toBe('STALE');
  await pass(1200);
  expect(hearing.cache.peek()?.value).toBe(2);
  expect(hearing.cache.health().status).toBe('READY');
});

it('gave out a version twice: who has the first of that name asks for the second', async () => {
  const fleet = newFleet(2, { ttl: 100_000 });
  await fleet.ready();
  await pass(300);
  const copy = fleet.server.copy();
  fleet.source.write();
  await outcome(fleet.caches[0].refresh());
  await pass(300);
  expect(fleet.values).toEqual([2, 2]);
  fleet.server.rewind(copy);
  const third = fleet.join();
  third.cache.start();
  await pass(300);
  expect(third.cache.peek()?.value).toBe(1);
  fleet.source.write();
  await outcome(third.cache.refresh());
  await outcome(third.cache.refresh());
  await pass(600);
  expect(fleet.values).toEqual([3, 3, 3]);
});
