import { describe, expect, it } from 'vitest';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

it('has all share one load an interval again', async () => {
  const fleet = newFleet(4);
  await fleet.ready();
  for (const { store } of fleet.processes) store.cut();
  await pass(4000);
  for (const { store } of fleet.processes) store.mend();
  await pass(6000);
  expect(fleet.caches.map((cache) => cache.health().shared?.connected)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  const before = fleet.loads.length;
  await pass(9000);
  expect(fleet.loads.length - before).toBeLessThanOrEqual(11);
  expect(fleet.loads.length - before).toBeGreaterThanOrEqual(9);
  const alone = fleet.caches.map((cache) => cache.health().shared?.alone);
  await pass(3000);
  expect(fleet.caches.map((cache) => cache.health().shared?.alone)).toEqual(alone);
});

it('is asked again by who only reads, after a while', async () => {
  const fleet = newFleet(1);
  const [one] = fleet.processes;
  one.store.cut();
  await outcome(one.cache.get());
  expect(one.cache.health().shared).toMatchObject({ alone: 1, connected: false });
  one.store.mend();
  await outcome(one.cache.get({ maxAge: 0 }));
  expect(one.cache.health().shared).toMatchObject({ alone: 2, connected: false });
  await pass(300);
  await outcome(one.cache.get({ maxAge: 0 }));
  expect(one.cache.health().shared).toMatchObject({ alone: 2, granted: 1, connected: true });
});

it('is told of the invalidation that it missed, and the others reload', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  const [one, other] = fleet.processes;
  one.store.cut();
  await pass(300);
  fleet.source.write();
  await expect(outcome(one.cache.invalidate())).rejects.toMatchObject({
    code: 'ERR_SHARED',
  });
  expect(other.cache.peek()?.value).toBe(1);
  const invalidations = payloadsOf(other.cache, 'invalidate');
  one.store.mend();
  await pass(700);
  expect(invalidations).toMatchObject([{ purge: false }]);
  expect(fleet.values).toEqual([2, 2, 2]);
  expect(one.cache.health().shared?.untold).toBe(false);
});

it('is told of a purge, though a plain invalidation came after that', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  const [one, other] = fleet.processes;
  const invalidations = payloadsOf(other.cache, 'invalidate');
  one.store.cut();
  await pass(10);
  void one.cache.invalidate({ purge: true });
  await pass(100);
  void one.cache.invalidate();
  await pass(100);
  one.store.mend();
  await pass(700);
  expect(invalidations).toMatchObject([{ purge: true }]);
});

it.each([true, false])('is told of what was on its way as it went: purge %s', async (purge) => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(100);
  const [one, other] = fleet.processes;
  const invalidations = payloadsOf(other.cache, 'invalidate');
  one.store.hang();
  fleet.source.write();
  const told = one.cache.invalidate({ purge });
  await rest();
  one.store.cut();
  await expect(outcome(told)).rejects.toMatchObject({ code: 'ERR_SHARED' });
  expect(invalidations).toEqual([]);
  one.store.mend();
  await pass(700);
  expect(invalidations).toMatchObject([{ purge }]);
  expect(other.cache.peek()?.value).toBe(2);
});

it('is told of what failed to be told again and again, and nobody finds a rejection', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(100);
  const [one] = fleet.processes;
  one.store.cut();
  await pass(10);
  one.cache.set(fleet.source.write());
  const { invalidate } = one.store;
  let fails = 0;
  one.store.invalidate = () => {
    fails += 1;
    return Promise.reject(new Error('read only'));
  };
  one.store.mend();
  await pass(5000);
  expect(fails).toBeGreaterThan(2);
  expect(one.cache.health().shared?.untold).toBe(true);
  one.store.invalidate = invalidate;
  await pass(12_000);
  expect(one.cache.health().shared?.untold).toBe(false);
  expect(fleet.values).toEqual([2, 2]);
});

it('is told once of what was invalidated many times', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  const [one] = fleet.processes;
  one.store.cut();
  await pass(10);
  for (let n = 0; n < 50; n += 1) {
    void one.cache.invalidate();
    await pass(10);
  }
  const before = fleet.server.log.length;
  one.store.mend();
  await pass(700);
  const words = fleet.server.log.slice(before).filter(({ method }) => method === 'invalidate');
  expect(words).toHaveLength(1);
});

it('is told of an invalidation whose answer was lost on the way', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(100);
  const [one] = fleet.processes;
  one.store.hang('answered');
  fleet.source.write();
  const told = one.cache.invalidate();
  await rest();
  one.store.cut();
  await expect(outcome(told)).rejects.toMatchObject({ code: 'ERR_SHARED' });
  one.store.mend();
  await pass(1500);
  expect(fleet.values).toEqual([2, 2]);
  expect(one.cache.health().shared?.untold).toBe(false);
});

it('does not leave a word untold that came to grief just as it was back', async () => {
  for (let gap = 0; gap < 12; gap += 1) {
    const fleet = newFleet(2);
    await fleet.ready();
    await pass(100);
    const [one] = fleet.processes;
    one.store.cut();
    void one.cache.invalidate();
    void one.cache.refresh();
    for (let n = 0; n < gap; n += 1) await undefined;
    one.store.mend();
    void one.cache.refresh();
    await pass(3000);
    expect(one.cache.health().shared).toMatchObject({ untold: false, connected: true });
    const before = fleet.loads.length;
    await pass(1800);
    expect(fleet.loads.length - before).toBe(2);
  }
});

describe('of the value that was loaded alone and the entry', () => {
  it('the younger stays: the own one, until there is a newer', async () => {
    const fleet = newFleet(2, { ttl: 100_000 });
    await fleet.ready();
    const [one, other] = fleet.processes;
    one.store.cut();
    await pass(300);
    fleet.source.write();
    await outcome(one.cache.refresh());
    const served: number[] = [];
    one.cache.on('refresh', ({ snapshot }) => served.push(snapshot.value));
    one.store.mend();
    await pass(11_000);
    expect(one.cache.health().shared).toMatchObject({ connected: true, version: null });
    expect(one.cache.peek()?.value).toBe(2);
    expect(other.cache.peek()?.value).toBe(1);
    expect(served).toEqual([]);
    // Its next load is everybody's.
    await outcome(one.cache.refresh());
    await pass(10);
    expect(fleet.values).toEqual([2, 2]);
    expect(one.cache.health().shared?.version).toBe(2);
  });

  it('the younger stays: the entry', async () => {
    const fleet = newFleet(2, { ttl: 100_000 });
    await fleet.ready();
    const [one, other] = fleet.processes;
    one.store.cut();
    await pass(300);
    await outcome(one.cache.refresh());
    fleet.source.write();
    await pass(100);
    await outcome(other.cache.refresh());
    const before = fleet.loads.length;
    one.store.mend();
    await pass(11_000);
    expect(one.cache.peek()).toMatchObject({ value: 2, source: 'shared' });
    expect(fleet.loads).toHaveLength(before);
  });
});

it('is harmless where answers come late, to whatever was asked', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  const served: number[][] = fleet.caches.map((cache) => {
    const values: number[] = [];
    cache.on('refresh', ({ snapshot }) => values.push(snapshot.value));
    return values;
  });
  for (let round = 0; round < 8; round += 1) {
    const process = fleet.processes[round % 3];
    process?.store.hang('answered');
    fleet.source.write();
    void process?.cache.invalidate();
    await pass(1300);
    fleet.source.write();
    void fleet.processes[(round + 1) % 3]?.cache.invalidate();
    await pass(200);
    process?.store.mend();
    await pass(1500);
    expect(new Set(fleet.values)).toEqual(new Set([fleet.source.data]));
  }
  for (const values of served) expect(values).toEqual(values.toSorted((a, b) => a - b));
});
