import { expect, it } from 'vitest';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { payloadsOf, stateOf } from '../support/loads.ts';

const newFleet = fakeFleet();
const purge = true;

it('drops the value everywhere, and reads wait for the new one', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(100);
  const invalidations = payloadsOf(fleet.caches[2], 'invalidate');
  fleet.source.write();
  const told = fleet.caches[0].invalidate({ purge });
  await rest();
  expect(fleet.values).toEqual([undefined, undefined, undefined]);
  expect(invalidations).toMatchObject([{ purge: true }]);
  const read = fleet.caches[1].get();
  expect(await stateOf(read)).toBe('pending');
  await expect(outcome(read)).resolves.toBe(2);
  await expect(told).resolves.toMatchObject({ value: 2 });
});

it('keeps from all what an older load brings, whoever makes it', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  fleet.source.takes = 200;
  await pass(900);
  const served: unknown[] = [];
  for (const cache of fleet.caches)
    cache.on('refresh', ({ snapshot }) => served.push(snapshot.value));
  const other = fleet.idle;
  await pass(20);
  fleet.source.write();
  void other.cache.invalidate({ purge });
  await pass(1000);
  expect(new Set(served)).toEqual(new Set([2]));
  expect(fleet.values).toEqual([2, 2, 2]);
});

it('leaves nothing for a process that comes later', async () => {
  const fleet = newFleet(1);
  await fleet.ready();
  fleet.source.takes = 300;
  void fleet.caches[0].invalidate({ purge });
  await rest();
  const { cache } = fleet.join();
  cache.start();
  await pass(100);
  expect(cache.peek()).toBeUndefined();
});

it('is not brought back by an answer that was on its way as it was heard of', async () => {
  const fleet = newFleet(2);
  const [one, other] = fleet.processes;
  await fleet.ready();
  fleet.source.takes = 100;
  const late = fleet.join();
  // What it is answered is done before the purge, and arrives after it.
  const { claim } = late.store;
  const arrives = Promise.withResolvers<void>();
  late.store.claim = async (...args) => {
    const answer = await claim(...args);
    await arrives.promise;
    return answer;
  };
  late.cache.start();
  await pass(5);
  late.store.claim = claim;
  void one.cache.invalidate({ purge });
  await pass(5);
  arrives.resolve();
  await pass(5);
  expect(late.cache.peek()).toBeUndefined();
  await pass(300);
  expect(late.cache.health().status).toBe('READY');
  expect(other.cache.health().status).toBe('READY');
});

it('is not brought back by what was read of the same record before it', async () => {
  const fleet = newFleet(2);
  const [one, other] = fleet.processes;
  await fleet.ready();
  await pass(300);
  const { read } = other.store;
  other.store.read = async (call) => {
    const answer = await read(call);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return answer;
  };
  fleet.source.takes = 200;
  one.cache.set(fleet.source.write());
  await pass(5);
  void one.cache.invalidate({ purge });
  await pass(30);
  expect(other.cache.peek()).toBeUndefined();
  other.store.read = read;
  await pass(500);
  expect(fleet.values).toEqual([2, 2]);
});

it('is noticed by who has lost the message, and drops the value there too', async () => {
  const fleet = newFleet(2, { ttl: 5000, loadTimeout: 3000 });
  const [one, other] = fleet.processes;
  other.store.mute = 1;
  await fleet.ready();
  await pass(4000);
  fleet.source.takes = 2500;
  void one.cache.invalidate({ purge });
  await pass(900);
  expect(other.cache.peek()).toBeUndefined();
});

it('stays one where a plain invalidation is called in the same turn, before or after it', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  const [one, other] = fleet.caches;
  const dropped = payloadsOf(other, 'invalidate');
  for (const order of [
    [{}, { purge }, {}],
    [{ purge }, {}],
  ]) {
    await pass(100);
    dropped.length = 0;
    for (const options of order) void one.invalidate(options);
    await pass(1);
    expect(dropped.map((event) => event.purge)).toContain(true);
  }
});
