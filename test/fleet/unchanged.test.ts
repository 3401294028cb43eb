import { isDeepStrictEqual } from 'node:util';
import { expect, it, vi } from 'vitest';
import { notModified, WarmCache } from 'warm-cache';
import { fleetTier } from 'warm-cache/fleet';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { memoryServer } from '../support/fleet/memory-store.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

it('renews the entry for all: the same value, a new age, and it keeps its version', async () => {
  const fleet = newFleet(3, { equals: isDeepStrictEqual });
  await fleet.ready();
  await pass(100);
  const unchanged = fleet.caches.map((cache) => payloadsOf(cache, 'unchanged'));
  const refreshes = fleet.caches.map((cache) => payloadsOf(cache, 'refresh'));
  const before = fleet.caches.map((cache) => cache.peek());
  await pass(850);
  const reasons = unchanged.map(([event]) => event?.reason).toSorted();
  expect(reasons).toEqual(['interval', 'shared', 'shared']);
  expect(refreshes).toEqual([[], [], []]);
  fleet.caches.forEach((cache, n) => {
    expect(cache.peek()).toMatchObject({ version: 1, value: 1 });
    expect(cache.peek()?.loadedAt).toBeGreaterThan((before[n]?.loadedAt ?? 0) + 800);
    expect(cache.health().shared?.version).toBe(1);
  });
  expect(fleet.server.messages.map((text) => JSON.parse(text).act)).toEqual(['publish', 'renew']);
});

it('keeps the identity of the value on all, and tells no change', async () => {
  const server = memoryServer();
  const caches = [0, 1].map((n) =>
    newFleet.keep(
      new WarmCache({
        name: `${n}`,
        ttl: 1000,
        jitter: 0,
        loader: () => ({ rows: [1, 2, 3] }),
        shared: fleetTier(server.store()),
      }),
    ),
  );
  await outcome(Promise.all(caches.map((cache) => cache.start().ready())));
  const before = caches.map((cache) => cache.peek()?.value);
  const changes = caches.map((cache) => payloadsOf(cache, 'change'));
  await pass(5000);
  caches.forEach((cache, n) => {
    expect(cache.peek()?.value).toBe(before[n]);
  });
  expect(changes).toEqual([[], []]);
});

it.each([
  ['equals', { equals: (next: number, previous: number) => next === previous }],
  ['contentHash', { contentHash: (value: number) => value }],
  [
    'notModified',
    { loader: ({ previous }: { previous?: unknown }) => (previous ? notModified : 1) },
  ],
  ['nothing of it', {}],
] satisfies [string, object][])('needs no value to be sent again: with %s', async (_, options) => {
  const fleet = newFleet(2, options);
  await fleet.ready();
  await pass(10_000);
  const records = fleet.server.log.map(({ answer }) => answer as { record?: object } & object);
  const payloads = records.map((answer) => JSON.stringify(answer ?? {}).includes('"payload"'));
  expect(payloads.filter(Boolean).length).toBeLessThanOrEqual(2);
  expect(fleet.caches.map((cache) => cache.health().version)).toEqual([1, 1]);
  expect(fleet.statuses).toEqual(['READY', 'READY']);
});

it('has the token of the validator travel: who takes over skips the load', async () => {
  const validator = vi.fn(() => 'etag 1');
  const fleet = newFleet(2, { validator });
  const [one, other] = fleet.processes;
  await fleet.ready();
  await pass(10);
  expect(fleet.loads).toHaveLength(1);
  await one.cache.stop();
  await pass(5000);
  expect(other.loads.length + one.loads.length).toBe(1);
  expect(other.cache.health().skipped).toBeGreaterThan(3);
  expect(other.cache.health().status).toBe('READY');
  validator.mockReturnValue('etag 2');
  fleet.source.write();
  await pass(1100);
  expect(other.cache.peek()?.value).toBe(2);
  expect(other.loads).toHaveLength(fleet.loads.includes(one.loads[0] as never) ? 1 : 2);
});

it('has a number stay a number as a token', async () => {
  const fleet = newFleet(2, { validator: () => 7 });
  const [one, other] = fleet.processes;
  await fleet.ready();
  await one.cache.stop();
  await pass(3000);
  expect(other.cache.health().skipped).toBeGreaterThan(1);
});

it('does not let the validator skip the load after the invalidation of another', async () => {
  const fleet = newFleet(3, { validator: () => 'etag' });
  await fleet.ready();
  await pass(100);
  for (const one of fleet.caches) {
    const before = fleet.loads.length;
    await outcome(one.invalidate());
    await pass(60);
    expect(fleet.loads.length - before).toBe(1);
  }
});

it('publishes the value where the version that was found unchanged is gone', async () => {
  const fleet = newFleet(1, { loader: ({ previous }) => (previous ? notModified : 1) });
  await fleet.ready();
  await pass(100);
  fleet.server.wipe();
  await pass(2500);
  const { cache } = fleet.join();
  cache.start();
  await rest();
  expect(cache.peek()).toMatchObject({ value: 1, source: 'shared' });
});

it('has each see what is equal by its own options', async () => {
  const fleet = newFleet(2, { equals: (next, previous) => next % 10 === previous % 10 });
  await fleet.ready();
  await pass(100);
  const [one, other] = fleet.caches;
  const changes = payloadsOf(other, 'change');
  const unchanged = payloadsOf(other, 'unchanged');
  one.set(11);
  await rest();
  expect(changes).toEqual([]);
  expect(unchanged).toMatchObject([{ reason: 'shared', snapshot: { value: 1 } }]);
});

it('survives functions that throw as a value is taken, and tells of them', async () => {
  const broken = (): never => {
    throw new Error('broken');
  };
  const fleet = newFleet(2, { equals: broken, contentHash: broken });
  await fleet.ready();
  const [one, other] = fleet.caches;
  const errors = payloadsOf(other, 'error');
  one.set(2);
  await rest();
  expect(other.peek()?.value).toBe(2);
  expect(errors.map(({ error }) => String(error))).toContain('Error: broken');
});

it('sends the value where the store does not have the version that was found unchanged', async () => {
  const fleet = newFleet(1, {
    loader: ({ previous }) => (previous ? notModified : 1),
    storeOf: (store) => ({
      ...store,
      name: store.name,
      pollInterval: 1000,
      publish: async (call, grant, what) =>
        'version' in what
          ? { record: await store.read(call), outcome: 'missing' }
          : store.publish(call, grant, what),
    }),
  });
  await fleet.ready();
  await pass(5000);
  const published = fleet.server.log.filter(({ method }) => method === 'publish');
  expect(published.length).toBeGreaterThan(4);
  for (const { args } of published) expect(args[1]).toMatchObject({ payload: 't[1]' });
  expect(fleet.statuses).toEqual(['READY']);
});

it('takes nothing where a function of the options stops the cache, or sets another value', async () => {
  for (const act of ['stop', 'set'] as const) {
    const fleet = newFleet(1);
    const own = fleet.join({
      equals: () => {
        if (isArmed) void (act === 'stop' ? own.cache.stop() : own.cache.set(7));
        isArmed = false;
        return false;
      },
    });
    let isArmed = false;
    await fleet.ready();
    await pass(100);
    isArmed = true;
    const refreshes = payloadsOf(own.cache, 'refresh');
    fleet.caches[0].set(fleet.source.write());
    await rest();
    const shared = refreshes.filter(({ reason }) => reason === 'shared');
    expect(shared).toEqual([]);
    expect(isArmed).toBe(false);
  }
});
