import { describe, expect, it } from 'vitest';
import {
  type FleetLoad,
  type FleetProcess,
  fakeFleet,
  outcome,
  pass,
  rest,
} from '../support/fleet/fleet.ts';
import { stateOf } from '../support/loads.ts';

const newFleet = fakeFleet();

describe('refresh()', () => {
  it.each([300, 900])(
    'shares a load that is in flight elsewhere, %i ms after the last',
    async (ms) => {
      const fleet = newFleet(2);
      await fleet.ready();
      fleet.source.takes = 200;
      await pass(ms);
      // Their own load is due at 900 ms.
      if (ms < 900) void fleet.caches[0].refresh();
      await pass(50);
      expect(fleet.loads).toHaveLength(2);
      fleet.source.write();
      const { value } = await outcome(fleet.idle.cache.refresh());
      expect(value).toBe(1);
      await pass(100);
      expect(fleet.loads).toHaveLength(2);
    },
  );

  it('is not satisfied by what was published before', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    await pass(100);
    fleet.source.write();
    const [, other] = fleet.caches;
    await expect(outcome(other.refresh())).resolves.toMatchObject({
      value: 2,
    });
    await pass(10);
    expect(fleet.loads).toHaveLength(2);
    expect(fleet.values).toEqual([2, 2]);
  });

  it('is not satisfied by what was published since this process last looked', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    await pass(100);
    const [one, other] = fleet.processes;
    other.store.mute = 1;
    fleet.source.write();
    await outcome(one.cache.refresh());
    expect(other.cache.peek()?.value).toBe(1);
    fleet.source.write();
    const refreshed = other.cache.refresh();
    await expect(outcome(refreshed)).resolves.toMatchObject({ value: 3 });
  });

  it('ends with what it has loaded, though an older value of another is taken meanwhile', async () => {
    const fleet = newFleet(2, { ttl: 100_000 });
    await fleet.ready();
    await pass(300);
    const [one, other] = fleet.processes;
    other.store.mute = 1;
    fleet.source.write();
    await outcome(one.cache.refresh());
    fleet.source.write();
    fleet.source.takes = 350;
    const refreshed = other.cache.refresh();
    await rest();
    // It has the record read.
    other.store.cut();
    other.store.mend();
    await pass(300);
    expect(other.cache.peek()?.value).toBe(2);
    await expect(outcome(refreshed)).resolves.toMatchObject({ value: 3, source: 'loader' });
    expect(other.cache.health().loads).toMatchObject({ published: 1, superseded: 0 });
    await pass(1);
    expect(fleet.values).toEqual([3, 3]);
  });

  it('breaks into the rest after a failed load', async () => {
    const fleet = newFleet(2, { backoff: { minDelay: 10_000, maxDelay: 20_000 } });
    await fleet.ready();
    fleet.source.error = new Error('outage');
    await pass(1000);
    const before = fleet.loads.length;
    fleet.source.error = undefined;
    fleet.source.write();
    const failed = fleet.loads.at(-1);
    const idle = fleet.processes.find(({ loads }) => !loads.includes(failed as FleetLoad));
    const refreshed = (idle as FleetProcess).cache.refresh();
    expect(fleet.loads).toHaveLength(before);
    await pass(200);
    expect(await stateOf(refreshed)).toBe('fulfilled');
    expect(fleet.values).toEqual([2, 2]);
  });
});

describe('get({ maxAge })', () => {
  it('of 0 is not satisfied by a load that began before the call, elsewhere', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    fleet.source.takes = 200;
    await pass(900);
    const other = fleet.idle;
    await pass(50);
    const data = fleet.source.write();
    await expect(outcome(other.cache.get({ maxAge: 0 }))).resolves.toBe(data);
  });

  it('of 0 is not satisfied by a load that began in the very ms before it, elsewhere', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    await pass(300);
    const [one, other] = fleet.caches;
    void one.refresh();
    await rest();
    expect(fleet.loads).toHaveLength(2);
    const data = fleet.source.write();
    await expect(outcome(other.get({ maxAge: 0 }))).resolves.toBe(data);
  });

  it('of 0 is satisfied by the load of another that begins after it', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    const [one, other] = fleet.processes;
    await pass(100);
    fleet.source.takes = 100;
    void one.cache.refresh();
    await pass(20);
    fleet.source.write();
    const read = other.cache.get({ maxAge: 0 });
    const young = one.cache.get({ maxAge: 0 });
    await expect(outcome(Promise.all([read, young]))).resolves.toEqual([2, 2]);
    expect(fleet.loads).toHaveLength(3);
  });

  it('is satisfied by a load elsewhere that is young enough', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    await pass(600);
    fleet.source.takes = 200;
    const [one, other] = fleet.processes;
    void one.cache.refresh();
    await pass(100);
    const before = fleet.loads.length;
    const young = other.cache.get({ maxAge: 300 });
    expect(await stateOf(young)).toBe('pending');
    await expect(outcome(young)).resolves.toBe(1);
    expect(fleet.loads.length).toBe(before);
  });

  it('is satisfied at once by what was published elsewhere, if that is young enough', async () => {
    const fleet = newFleet(2);
    await fleet.ready();
    await pass(100);
    const [, other] = fleet.caches;
    expect(await stateOf(other.get({ maxAge: 200 }))).toBe('fulfilled');
    expect(await stateOf(other.get({ maxAge: 100 }))).toBe('pending');
    await pass(100);
  });

  it('is not satisfied by a young value that is out of date', async () => {
    const fleet = newFleet(3);
    await fleet.ready();
    await pass(100);
    const [one, other, third] = fleet.processes;
    fleet.source.takes = 300;
    void one.cache.invalidate();
    await pass(5);
    const read = other.cache.get({ maxAge: 5000 });
    // By hand, of before the invalidation as far as that process says.
    third.cache.set(1);
    await pass(50);
    fleet.source.write();
    expect(await stateOf(read)).toBe('pending');
    await pass(700);
    expect(await stateOf(read)).toBe('fulfilled');
  });
});
