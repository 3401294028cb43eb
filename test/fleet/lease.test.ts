import { describe, expect, it } from 'vitest';
import { WarmCacheError } from 'warm-cache';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { manualLoader, outcomesOf, payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

/** Ms: the load timeout of these fleets, and a fifth, or half a second if that is more. */
const LEASE = 3600;
const setup = { loadTimeout: 3000, ttl: 10_000 };

it('is renewed at each third while the load goes on, and no longer', async () => {
  const fleet = newFleet(1, setup);
  fleet.source.takes = 2900;
  const [one] = fleet.processes;
  one.cache.start();
  await pass(6000);
  const renewals = fleet.server.log.filter(({ method }) => method === 'renew');
  const from = one.loads[0]?.at ?? 0;
  expect(renewals.map(({ at }) => Math.round(at - from))).toEqual([LEASE / 3, (2 * LEASE) / 3]);
  expect(renewals.map(({ args, answer }) => [args[1], answer])).toEqual([
    [LEASE, true],
    [LEASE, true],
  ]);
});

it.each([
  [100, 600],
  [3000, 3600],
  [30_000, 36_000],
])('outlasts a load that may take %i ms: it is for %i', async (loadTimeout, lease) => {
  const fleet = newFleet(1, { loadTimeout });
  await fleet.ready();
  const claim = fleet.server.log.find(({ method }) => method === 'claim');
  expect(claim?.args[0]).toMatchObject({ leaseTime: lease, force: false, have: 0 });
  expect(lease).toBeGreaterThan(loadTimeout);
});

it.each([
  ['used', 400, 1],
  ['given back, and claimed anew,', 600, 2],
])('is %s where the answer takes %i ms', async (_, takes, claims) => {
  // What is left of it then has to outlast a load.
  const fleet = newFleet(1, { loadTimeout: 1000 });
  const [one] = fleet.processes;
  one.store.hang('answered');
  one.cache.start();
  await pass(takes);
  expect(one.loads).toHaveLength(0);
  one.store.mend();
  await pass(200);
  expect(one.loads).toHaveLength(1);
  const asked = fleet.server.log.filter(({ method }) => method !== 'read');
  const releases = asked.filter(({ method }) => method === 'release');
  expect(asked.filter(({ method }) => method === 'claim')).toHaveLength(claims);
  expect(releases).toHaveLength(claims - 1);
  expect(one.cache.health().shared).toMatchObject({ granted: 1, alone: 0, superseded: 0 });
});

it('is claimed under another name each time', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(5000);
  const claims = fleet.server.log.filter(({ method }) => method === 'claim');
  const holders = claims.map(({ args }) => (args[0] as { holder: string }).holder);
  expect(new Set(holders).size).toBe(claims.length);
  const sources = new Set(fleet.server.log.map(({ source }) => source));
  expect(sources.size).toBe(2);
});

describe('that is lost during a load', () => {
  it('has the load aborted, superseded without a backoff, and claimed again', async () => {
    const fleet = newFleet(1, { ...setup, retry: { retries: 2 } });
    fleet.source.takes = 2500;
    const [one] = fleet.processes;
    const ends = payloadsOf(one.cache, 'loadEnd');
    const errors = payloadsOf(one.cache, 'error');
    one.cache.start();
    await pass(1000);
    fleet.server.wipe();
    fleet.source.write();
    await pass(250);
    expect(ends).toMatchObject([{ outcome: 'superseded', reason: 'start', error: undefined }]);
    expect(one.loads[0]?.signal.reason).toMatchObject({ code: 'ERR_SHARED' });
    expect(one.loads[0]?.signal.reason).toBeInstanceOf(WarmCacheError);
    expect(one.loads).toHaveLength(2);
    expect(one.loads[1]?.reason).toBe('start');
    expect(errors).toEqual([]);
    expect(one.cache.health()).toMatchObject({ consecutiveFailures: 0, abandoned: 1 });
    expect(one.cache.health().shared).toMatchObject({ lost: 1, granted: 2 });
    await outcome(one.cache.ready());
    expect(one.cache.peek()?.value).toBe(2);
    await pass(100);
    expect(one.cache.health().abandoned).toBe(0);
    expect(outcomesOf(one.cache)).toEqual({
      superseded: 1,
      published: 1,
    });
  });

  it('keeps what the loader brings after all from everybody', async () => {
    const { calls, loader } = manualLoader<number>();
    const fleet = newFleet(1, { ...setup, loader });
    const [one] = fleet.processes;
    one.cache.start();
    await pass(1000);
    fleet.server.wipe();
    await pass(250);
    calls[1]?.resolve(2);
    await rest();
    calls[0]?.resolve(1);
    await rest();
    expect(one.cache.peek()?.value).toBe(2);
    const published = fleet.server.log.filter(({ method }) => method === 'publish');
    expect(published.map(({ args }) => args[1])).toMatchObject([{ payload: 't[2]' }]);
  });

  it('is no reason to abort where the store just does not answer', async () => {
    const fleet = newFleet(1, setup);
    fleet.source.takes = 2500;
    const [one] = fleet.processes;
    one.cache.start();
    await pass(1000);
    one.store.cut();
    await pass(1000);
    one.store.mend();
    await pass(600);
    expect(one.loads).toHaveLength(1);
    expect(one.cache.peek()?.value).toBe(1);
    expect(one.cache.health().shared).toMatchObject({ lost: 0, version: 1 });
  });
});

describe('of a process that is paused past its end', () => {
  it('lets nothing of that overwrite what is newer, and the process ends with the newer', async () => {
    const fleet = newFleet(3, { ttl: 3000 });
    const [paused, other, third] = fleet.processes;
    paused.cache.start();
    await pass(10);
    // Its result is on its way to the store for longer than its lease.
    paused.store.hang();
    await pass(60);
    other.cache.start();
    third.cache.start();
    fleet.source.write();
    await pass(1000);
    expect(other.cache.peek()?.value).toBe(2);
    paused.store.mend();
    await pass(400);
    expect(fleet.values).toEqual([2, 2, 2]);
    expect(new Set(fleet.statuses)).toEqual(new Set(['READY']));
    const published = fleet.server.log.filter(({ method }) => method === 'publish');
    const outcomes = published.map(({ answer }) => (answer as { outcome: string }).outcome);
    expect(outcomes).toContain('superseded');
    await pass(3000);
    expect(fleet.values).toEqual([2, 2, 2]);
  });

  it('is published all the same where nobody was let in since', async () => {
    const fleet = newFleet(2, { ttl: 10_000, tier: { timeout: 5000 }, loadTimeout: 2000 });
    const [paused, other] = fleet.processes;
    paused.cache.start();
    await pass(10);
    paused.store.hang();
    await pass(1500);
    paused.store.mend();
    await pass(10);
    other.cache.start();
    await pass(10);
    expect(fleet.values).toEqual([1, 1]);
    expect(fleet.loads).toHaveLength(1);
  });
});

it('is never used for another load than its own', async () => {
  // Of two loads of one process the first is given up, and its loader answers while the second is under way.
  const { calls, loader } = manualLoader<number>();
  const fleet = newFleet(2, { loader, ttl: 5000 });
  const [one] = fleet.processes;
  one.cache.start();
  await pass(400);
  await pass(250);
  expect(calls).toHaveLength(2);
  calls[0]?.resolve(1);
  await pass(10);
  expect(fleet.server.log.filter(({ method }) => method === 'publish')).toEqual([]);
  expect(one.cache.peek()).toBeUndefined();
  calls[1]?.resolve(2);
  await pass(10);
  expect(one.cache.peek()?.value).toBe(2);
});

it('is given back where the claim is answered after nobody waits for it any more', async () => {
  const fleet = newFleet(2);
  const [one, other] = fleet.processes;
  await rest();
  one.store.hang('answered');
  one.cache.start();
  await pass(1100);
  // It loads for itself by then.
  expect(one.loads).toHaveLength(1);
  one.store.mend();
  await pass(1);
  const releases = fleet.server.log.filter(({ method }) => method === 'release');
  expect(releases.length).toBeGreaterThan(0);
  other.cache.start();
  await pass(100);
  expect(other.cache.health().status).toBe('READY');
});

it('has nothing published by a load whose time has run out while its value was made text', async () => {
  const codec = {
    encode: async (value: number) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return value;
    },
    decode: (data: unknown) => data as number,
  };
  const fleet = newFleet(1, { codec });
  fleet.source.takes = 200;
  fleet.caches[0].start();
  await pass(550);
  expect(fleet.caches[0].health().loads.timeout).toBe(1);
  expect(fleet.server.log.map(({ method }) => method)).not.toContain('publish');
  fleet.source.takes = 10;
  await pass(3000);
  expect(fleet.statuses).toEqual(['READY']);
});
