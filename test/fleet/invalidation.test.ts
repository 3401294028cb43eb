import { describe, expect, it } from 'vitest';
import type { FleetCall } from 'warm-cache/fleet';
import { type FleetProcess, fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { eventsOf, payloadsOf, stateOf } from '../support/loads.ts';

const newFleet = fakeFleet();

it('is a barrier: its value is of a load that began after the call, whoever makes that', async () => {
  const fleet = newFleet(4);
  await fleet.ready();
  for (let round = 0; round < 20; round += 1) {
    await pass(37 * round);
    const { cache } = fleet.processes[round % 4] as FleetProcess;
    const data = fleet.source.write();
    const { value } = await outcome(cache.invalidate());
    expect(value).toBe(data);
  }
});

it('has all others serve the old value as stale from the message on, and has them wait who ask for a young one', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const invalidations = fleet.caches.map((cache) => payloadsOf(cache, 'invalidate'));
  const [one, other, third] = fleet.caches;
  fleet.source.takes = 200;
  fleet.source.write();
  const told = one.invalidate();
  await rest();
  expect(fleet.statuses).toEqual(['STALE', 'STALE', 'STALE']);
  expect(fleet.values).toEqual([1, 1, 1]);
  expect(invalidations).toMatchObject([[{ purge: false }], [{ purge: false }], [{ purge: false }]]);
  await expect(other.get()).resolves.toBe(1);
  const young = third.get({ maxAge: 10_000 });
  expect(await stateOf(young)).toBe('pending');
  await expect(outcome(young)).resolves.toBe(2);
  await expect(told).resolves.toMatchObject({ value: 2 });
  await pass(1);
  expect(fleet.statuses).toEqual(['READY', 'READY', 'READY']);
});

it('has one load made by all of them', async () => {
  const fleet = newFleet(10);
  await fleet.ready();
  await pass(100);
  fleet.source.write();
  const before = fleet.loads.length;
  await outcome(fleet.caches[3].invalidate());
  await pass(10);
  expect(fleet.loads.length - before).toBe(1);
  expect(new Set(fleet.values)).toEqual(new Set([2]));
});

it('is the reason of the load that another makes after it', async () => {
  const fleet = newFleet(2);
  const [one, other] = fleet.processes;
  await fleet.ready();
  await pass(100);
  // The other is to be the one who loads: this one is kept from asking for it.
  one.store.hang('answered');
  void one.cache.invalidate();
  await pass(60);
  one.store.mend();
  expect(other.loads.at(-1)?.reason).toBe('invalidate');
  await pass(100);
  expect(one.cache.health().status).toBe('READY');
});

it('is few words to the store, however often it is called in a turn', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(100);
  const before = fleet.server.log.length;
  const data = fleet.source.write();
  const all = Array.from({ length: 1000 }, () => fleet.caches[0].invalidate());
  const snapshots = await outcome(Promise.all(all));
  expect(new Set(snapshots.map((snapshot) => snapshot?.value))).toEqual(new Set([data]));
  const words = fleet.server.log.slice(before).filter(({ method }) => method === 'invalidate');
  expect(words.length).toBeLessThanOrEqual(2);
  expect(fleet.loads.length).toBeLessThanOrEqual(3);
});

it('supersedes the result of a load that is in flight elsewhere', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  fleet.source.takes = 200;
  await pass(900);
  const { loading } = fleet;
  const other = fleet.idle;
  await pass(20);
  const data = fleet.source.write();
  const { value } = await outcome(other.cache.invalidate());
  expect(value).toBe(data);
  await pass(300);
  expect(fleet.values).toEqual([data, data, data]);
  // The old result was kept from all.
  expect(loading.cache.health().shared?.superseded).toBe(1);
  expect(fleet.loads).toHaveLength(3);
});

it('lets readers have the result of a superseded load here, as stale: progress without end', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  fleet.source.takes = 100;
  const [one] = fleet.caches;
  for (let round = 0; round < 40; round += 1) {
    fleet.source.write();
    void one.invalidate();
    await pass(60);
  }
  const served = fleet.values.map((value) => fleet.source.data - (value ?? 0));
  for (const behind of served) expect(behind).toBeLessThan(10);
  await pass(200);
  expect(fleet.values).toEqual([41, 41]);
});

it('rejects as the load after it does, and the mark stays on all', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  fleet.source.error = new Error('outage');
  fleet.source.write();
  await expect(outcome(fleet.caches[0].invalidate())).rejects.toThrow('outage');
  await pass(10);
  expect(fleet.statuses).toEqual(['STALE', 'STALE']);
  fleet.source.error = undefined;
  await pass(1500);
  expect(fleet.statuses).toEqual(['READY', 'READY']);
  expect(fleet.values).toEqual([2, 2]);
});

it('is told while the loop is not begun, and by who only reads', async () => {
  const fleet = newFleet(2);
  const [one, other] = fleet.caches;
  other.start();
  await outcome(other.ready());
  fleet.source.write();
  await expect(outcome(one.invalidate())).resolves.toMatchObject({ value: 2 });
  await pass(1);
  expect(other.peek()?.value).toBe(2);
});

it('is told nobody by a cache that is stopped', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await fleet.caches[0].stop();
  const before = fleet.server.log.length;
  await expect(fleet.caches[0].invalidate()).rejects.toThrow('stopped');
  await rest();
  expect(fleet.server.log.slice(before).map(({ method }) => method)).not.toContain('invalidate');
});

describe('with messages that are lost', () => {
  it('is noticed by the others at their next tick', async () => {
    const fleet = newFleet(3);
    for (const { store } of fleet.processes) store.mute = 1;
    await fleet.ready();
    await pass(300);
    fleet.source.write();
    await outcome(fleet.caches[1].invalidate());
    expect(fleet.values).toContain(1);
    await pass(1000);
    expect(fleet.values).toEqual([2, 2, 2]);
    expect(fleet.statuses).toEqual(['READY', 'READY', 'READY']);
  });

  it('puts the value out of date that is here, where the load after it is still on its way', async () => {
    const fleet = newFleet(2, { loadTimeout: 3000, ttl: 5000 });
    const [one, other] = fleet.processes;
    other.store.mute = 1;
    await fleet.ready();
    fleet.source.takes = 2500;
    await pass(4000);
    void one.cache.invalidate();
    await pass(1000);
    const events = eventsOf(other.cache);
    await pass(900);
    expect(other.cache.health().status).toBe('STALE');
    expect(events).not.toContain('load');
  });
});

it('names the state that it was told in: seq, generation, fence and epoch as they were last seen', async () => {
  const calls: FleetCall[] = [];
  const fleet = newFleet(1, {
    storeOf: (store) => ({
      ...store,
      name: store.name,
      pollInterval: 1000,
      invalidate: (call, purge) => {
        calls.push(call);
        return store.invalidate(call, purge);
      },
    }),
  });
  await fleet.ready();
  await outcome(fleet.caches[0].invalidate());
  await outcome(fleet.caches[0].invalidate());
  expect(calls.map(({ known }) => ({ ...known, epoch: known.epoch !== '' }))).toEqual([
    { epoch: true, seq: 1, generation: 0, fence: 1, version: 1 },
    { epoch: true, seq: 3, generation: 1, fence: 2, version: 1 },
  ]);
  // ttl + maxStale, the lease, and a minute.
  expect(calls[0]?.keep).toBe(1000 + 1000 + 900 + 60_000);
});

it('starts no load in vain where it comes while the right to load is being asked for', async () => {
  const fleet = newFleet(1);
  const [one] = fleet.processes;
  await fleet.ready();
  const { claim, invalidate } = one.store;
  // Answers take their time.
  const slow = <T>(answer: T): Promise<T> =>
    new Promise((resolve) => setTimeout(() => resolve(answer), 20));
  one.store.claim = async (...args) => slow(await claim(...args));
  one.store.invalidate = async (...args) => invalidate(...(await slow(args)));
  await pass(855);
  expect(fleet.server.log.at(-1)?.method).toBe('claim');
  expect(fleet.loads).toHaveLength(1);
  const data = fleet.source.write();
  await expect(outcome(one.cache.invalidate())).resolves.toMatchObject({ value: data });
  expect(fleet.loads).toHaveLength(2);
  expect(one.cache.health().shared?.superseded).toBe(0);
});
