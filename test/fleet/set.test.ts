import { expect, it } from 'vitest';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

it('is taken by all, without a load', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const refreshes = payloadsOf(fleet.caches[1], 'refresh');
  fleet.caches[0].set(fleet.source.write());
  await pass(1);
  expect(fleet.values).toEqual([2, 2, 2]);
  expect(fleet.statuses).toEqual(['READY', 'READY', 'READY']);
  expect(refreshes).toMatchObject([{ reason: 'shared', snapshot: { source: 'shared' } }]);
  expect(fleet.caches[0].peek()?.source).toBe('set');
  expect(fleet.caches[0].health().shared?.version).toBe(2);
  expect(fleet.loads).toHaveLength(1);
});

it('is not undone by a load that began before it, here', async () => {
  const fleet = newFleet(2);
  const [one] = fleet.processes;
  one.cache.start();
  await pass(10);
  expect(one.loads).toHaveLength(1);
  fleet.caches[1].start();
  one.cache.set(fleet.source.write());
  await pass(300);
  expect(fleet.values).toEqual([2, 2]);
  expect(one.cache.health().loads.superseded).toBe(1);
});

it('is not undone by a load that began before it, elsewhere', async () => {
  const fleet = newFleet(3);
  const [one, other] = fleet.processes;
  one.cache.start();
  await pass(10);
  expect(one.loads).toHaveLength(1);
  other.cache.start();
  fleet.caches[2].start();
  await pass(10);
  const undone: unknown[] = [];
  for (const cache of fleet.caches) {
    cache.on('refresh', ({ snapshot }) => undone.push(snapshot.value));
  }
  other.cache.set(fleet.source.write());
  await pass(300);
  expect(fleet.values).toEqual([2, 2, 2]);
  expect(new Set(undone)).toEqual(new Set([2]));
});

it('ends alike for all where two are set at once', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const [one, other] = fleet.caches;
  one.set(fleet.source.write());
  other.set(fleet.source.write());
  await pass(1000);
  expect(fleet.values).toEqual([3, 3, 3]);
});

it('is told once for those that follow one another in a turn: the last one', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(100);
  for (let n = 0; n < 100; n += 1) fleet.caches[0].set(fleet.source.write());
  await pass(1);
  expect(fleet.server.log.filter(({ method }) => method === 'put').length).toBeLessThanOrEqual(2);
  expect(fleet.values).toEqual([101, 101]);
});

it('lets go of its load where an invalidation comes right after it: all load anew', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const [one] = fleet.caches;
  one.set(fleet.source.write());
  const data = fleet.source.write();
  await expect(outcome(one.invalidate())).resolves.toMatchObject({
    value: data,
  });
  await pass(10);
  expect(fleet.values).toEqual([data, data, data]);
});

it('does not lift an invalidation that came before it', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const [one] = fleet.caches;
  const told = one.invalidate();
  one.set(fleet.source.write());
  await rest();
  expect(one.health().status).toBe('STALE');
  await expect(outcome(told)).resolves.toMatchObject({ value: 2, source: 'loader' });
  await pass(100);
  expect(fleet.loads.length).toBeLessThanOrEqual(4);
  expect(fleet.statuses).toEqual(['READY', 'READY', 'READY']);
  expect(fleet.values).toEqual([2, 2, 2]);
});

it('is out of date for all where an invalidation came between it and the server', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(100);
  const [one, other] = fleet.processes;
  one.store.hang();
  // An old value, which the invalidation means.
  one.cache.set(2);
  await pass(10);
  fleet.source.data = 3;
  void other.cache.invalidate();
  await pass(100);
  one.store.mend();
  await pass(1);
  expect(other.cache.peek()?.value).not.toBe(2);
  await pass(1000);
  expect(fleet.values).toEqual([3, 3]);
});

it('is told as an invalidation on return where the store is gone', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const [one, ...others] = fleet.processes;
  one.store.cut();
  await pass(10);
  one.cache.set(fleet.source.write());
  await pass(10);
  expect(one.cache.peek()?.value).toBe(2);
  expect(others.map(({ cache }) => cache.peek()?.value)).toEqual([1, 1]);
  expect(one.cache.health().shared).toMatchObject({ untold: true, connected: false });
  one.store.mend();
  await pass(400);
  expect(fleet.values).toEqual([2, 2, 2]);
  expect(one.cache.health().shared).toMatchObject({ untold: false, connected: true });
});

it('knows what it was set in the knowledge of, however long it takes to be made text', async () => {
  const fleet = newFleet(2, { ttl: 100_000 });
  fleet.source.takes = 10;
  await fleet.ready();
  const codec = {
    encode: async (value: number) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      // As it is without a codec.
      return [value];
    },
    decode: (data: unknown) => (data as number[])[0] ?? 0,
  };
  const slow = fleet.join({ codec });
  slow.cache.start();
  await pass(300);
  slow.cache.set(2);
  await pass(10);
  fleet.source.data = 3;
  const served: number[] = [];
  fleet.caches[1].on('refresh', ({ snapshot }) => served.push(snapshot.value));
  await outcome(fleet.caches[0].invalidate());
  // It has the record read, and knows all by then.
  slow.store.cut();
  slow.store.mend();
  await pass(300);
  expect(slow.cache.health().shared?.generation).toBe(1);
  await pass(1000);
  expect(served).not.toContain(2);
  expect(fleet.caches[1].peek()?.value).toBe(3);
});
