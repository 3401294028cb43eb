import { describe, expect, it } from 'vitest';
import { type Fleet, fakeFleet, outcome, pass } from '../support/fleet/fleet.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

/** Ms between one load and the next. */
function gapsOf({ loads }: Fleet): number[] {
  return loads.slice(1).map(({ at }, nth) => Math.round(at - (loads[nth]?.at ?? 0)));
}

/** A load of 50 ms begins so early that the value is fresh still as it ends. */
const INTERVAL = 900;

describe.each([1, 2, 4, 10])('a fleet of %i', (size) => {
  it('has one load an interval, and none of its values ever turns stale', async () => {
    const fleet = newFleet(size);
    const stale: string[] = [];
    await fleet.ready();
    for (const cache of fleet.caches) cache.on('status', ({ to }) => stale.push(to));
    await pass(60_000);
    const gaps = gapsOf(fleet);
    // Who has taken a value counts it a ms older: servers tell whole ones.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(INTERVAL - (size > 1 ? 1 : 0));
    expect(Math.max(...gaps)).toBe(INTERVAL);
    expect(fleet.loads).toHaveLength(67);
    expect(stale).toEqual([]);
  });

  it('has one load an interval with all messages lost', async () => {
    const fleet = newFleet(size);
    for (const { store } of fleet.processes) store.mute = 1;
    await fleet.ready();
    await pass(60_000);
    const gaps = gapsOf(fleet);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(INTERVAL);
    expect(fleet.loads.length).toBeGreaterThan(60);
    expect(new Set(fleet.statuses)).toEqual(new Set(['READY']));
  });

  it('has one load an interval on a server that has no messages', async () => {
    const fleet = newFleet(size, {
      storeOf: (store) => ({ ...store, name: store.name, pollInterval: 200, hear: undefined }),
    });
    await fleet.ready();
    fleet.source.write();
    await pass(1200);
    expect(new Set(fleet.values)).toEqual(new Set([2]));
    await pass(58_800);
    const gaps = gapsOf(fleet);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(INTERVAL);
    expect(fleet.loads.length).toBeGreaterThan(60);
    expect(fleet.processes.every(({ store }) => store.ears === 0)).toBe(true);
  });
});

it('reads the record each pollInterval where there are no messages, a little earlier at random', async () => {
  const fleet = newFleet(1, {
    ttl: 100_000,
    storeOf: (store) => ({ ...store, name: store.name, pollInterval: 1000, hear: undefined }),
  });
  await fleet.ready();
  await pass(50_000);
  const reads = fleet.server.log.filter(({ method }) => method === 'read').map(({ at }) => at);
  const gaps = reads.slice(1).map((at, nth) => at - (reads[nth] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(799);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1001);
  expect(new Set(gaps).size).toBeGreaterThan(5);
});

it('has all have what one has loaded, as soon as it has, of one age', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  fleet.source.write();
  await pass(INTERVAL);
  expect(fleet.values).toEqual([2, 2, 2]);
  const loadedAt = fleet.caches.map((cache) => cache.health().loadedAt ?? 0);
  for (const at of loadedAt) expect(Math.abs(at - (loadedAt[0] ?? 0))).toBeLessThanOrEqual(1);
});

it('reads the record once after a message, however many have come meanwhile', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(500);
  const [one, other] = fleet.processes;
  const before = fleet.server.log.length;
  for (let n = 0; n < 20; n += 1) one.cache.set(fleet.source.write());
  await pass(1);
  const reads = fleet.server.log.slice(before).filter(({ method }) => method === 'read');
  expect(other.cache.peek()?.value).toBe(21);
  expect(reads.length).toBeLessThanOrEqual(3);
});

it('asks once for each load, and twice at most where another has it', async () => {
  for (const size of [1, 4]) {
    const fleet = newFleet(size);
    await fleet.ready();
    const before = fleet.server.log.length;
    await pass(9000);
    const claims = fleet.server.log.slice(before).filter(({ method }) => method === 'claim');
    const most = size === 1 ? 10 : 10 * (2 * size - 1);
    expect(claims.length).toBeLessThanOrEqual(most);
    expect(claims.length).toBeGreaterThanOrEqual(10);
  }
});

it('takes a short value from the message that tells of it: the store sends it to nobody again', async () => {
  const fleet = newFleet(3);
  await fleet.ready();
  await pass(500);
  const before = fleet.server.log.length;
  fleet.caches[0].set(fleet.source.write());
  await pass(1);
  expect(fleet.values).toEqual([2, 2, 2]);
  const reads = fleet.server.log.slice(before).filter(({ method }) => method === 'read');
  expect(reads).toHaveLength(2);
  for (const { answer } of reads)
    expect(answer).not.toHaveProperty('entry.payload', expect.anything());
});

it('reads once more where a message comes while it reads', async () => {
  const fleet = newFleet(2, { ttl: 100_000 });
  await fleet.ready();
  await pass(500);
  const [one, other] = fleet.processes;
  const { read } = other.store;
  other.store.read = async (call) => {
    const answer = await read(call);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return answer;
  };
  one.cache.set(fleet.source.write());
  await pass(10);
  one.cache.set(fleet.source.write());
  await pass(40);
  expect(other.cache.peek()?.value).toBe(3);
  other.store.read = read;
  await pass(30);
});

describe('who loads', () => {
  it('is followed by one that begins as early, though it has never loaded', async () => {
    const fleet = newFleet(2);
    fleet.source.takes = 200;
    const [one, other] = fleet.processes;
    await fleet.ready();
    await pass(5000);
    const leads = fleet.loads.length - one.loads.length > one.loads.length ? other : one;
    const follows = leads === one ? other : one;
    const statuses = payloadsOf(follows.cache, 'status');
    const before = follows.loads.length;
    await leads.cache.stop();
    await pass(5000);
    expect(follows.loads.length).toBeGreaterThan(before + 4);
    expect(statuses).toEqual([]);
  });

  it('begins no earlier for a process that was paused as the value came', async () => {
    const fleet = newFleet(2, { loadTimeout: 400 });
    const [one, other] = fleet.processes;
    await fleet.ready();
    await pass(3000);
    // It hears of it half a second after the load began, for a reason of its own.
    other.store.hang();
    void one.cache.refresh();
    await pass(500);
    other.store.mend();
    await pass(1);
    expect(other.cache.peek()?.loadedAt).toBeGreaterThan(Date.now() - 510);
    const { nextLoadAt, loadedAt } = other.cache.health();
    expect((nextLoadAt ?? 0) - (loadedAt ?? 0)).toBeGreaterThan(INTERVAL - 20);
  });

  it('gives way as it is stopped: another loads at once', async () => {
    const fleet = newFleet(2);
    const [one, other] = fleet.processes;
    one.cache.start();
    await pass(10);
    other.cache.start();
    await pass(10);
    expect(one.loads).toHaveLength(1);
    expect(other.loads).toHaveLength(0);
    void one.cache.stop();
    await pass(1);
    expect(other.loads).toHaveLength(1);
    await outcome(other.cache.ready());
    expect(other.cache.peek()?.source).toBe('loader');
  });

  it('is replaced once its lease has fallen where it has died, by one other', async () => {
    const fleet = newFleet(4);
    const [dead, ...others] = fleet.processes;
    dead.cache.start();
    await pass(10);
    expect(dead.loads).toHaveLength(1);
    // Nothing is heard of it any more: its lease of 900 ms is neither renewed nor given back.
    dead.store.hang();
    for (const { cache } of others) cache.start();
    const loads = (): number => others.reduce((sum, { loads }) => sum + loads.length, 0);
    await pass(880);
    expect(loads()).toBe(0);
    await pass(25);
    expect(loads()).toBe(1);
    await pass(60);
    expect(others.map(({ cache }) => cache.peek()?.value)).toEqual([1, 1, 1]);
  });

  it('makes at most two loads a takeover, over many of them', async () => {
    const fleet = newFleet(4);
    await fleet.ready();
    for (let round = 0; round < 12; round += 1) {
      const isLoading = (): boolean => fleet.loads.some(({ isOver }) => !isOver);
      for (let ms = 0; ms < 1000 && !isLoading(); ms += 10) await pass(10);
      const { loading } = fleet;
      const before = fleet.loads.length;
      void loading.cache.stop();
      await pass(200);
      expect(fleet.loads.length - before).toBe(1);
      expect(fleet.statuses.filter((status) => status === 'READY').length).toBeGreaterThanOrEqual(
        3,
      );
      loading.cache.start();
      await pass(1);
    }
    expect(fleet.loads.length).toBeLessThanOrEqual(1 + 2 * 12);
  });
});
