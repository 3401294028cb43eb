import { expect, it } from 'vitest';
import { LoadError } from 'warm-cache';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();
const outage = new Error('the source is gone');

it('has the whole fleet load as rarely as one process would, whatever the traffic on all', async () => {
  const starts = new Map<number, number[]>();
  for (const size of [1, 4, 10]) {
    const fleet = newFleet(size, { maxStale: 100_000 });
    await fleet.ready();
    fleet.source.error = outage;
    const from = performance.now();
    for (let ms = 0; ms < 20_000; ms += 50) {
      for (const cache of fleet.caches) void cache.get();
      await pass(50);
    }
    starts.set(
      size,
      fleet.loads.filter(({ at }) => at > from).map(({ at }) => at - from),
    );
    expect(fleet.values).toEqual(fleet.caches.map(() => 1));
    expect(new Set(fleet.statuses)).toEqual(new Set(['STALE']));
  }
  // 900 ms, then rests of 200, 400, 800, 800 … ms, each after a load of 50 ms.
  const [alone = 0, ...more] = [...starts.values()].map(({ length }) => length);
  expect(alone).toBeGreaterThan(15);
  for (const loads of more) {
    expect(loads).toBeLessThanOrEqual(alone + 1);
    expect(loads).toBeGreaterThan(alone / 2);
  }
});

it('tells those who did not load that it was another, and why', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  const errors = fleet.caches.map((cache) => payloadsOf(cache, 'error'));
  fleet.source.error = outage;
  await pass(1000);
  const loader = fleet.processes.findIndex(({ loads }) => loads.at(-1) === fleet.loads.at(-1));
  const [own] = errors.map((all) => all[0]).filter((_, n) => n === loader);
  const [others] = errors.map((all) => all[0]).filter((_, n) => n !== loader);
  expect(own?.error).toMatchObject({ code: 'ERR_LOAD_FAILED', cause: outage });
  expect(others).toMatchObject({ final: true, serving: true, attempt: 0, reason: undefined });
  expect(others?.error).toBeInstanceOf(LoadError);
  expect(String(others?.error)).toContain('in another process: the source is gone');
  expect(others?.retryAt).toBeGreaterThan(Date.now() - 200);
  const shared = fleet.caches.map((cache) => cache.health().consecutiveFailures);
  for (const failures of shared) expect(failures).toBeGreaterThan(0);
});

it('fails reads at once that have nothing to be served, with retryAt, on all', async () => {
  const fleet = newFleet(3);
  fleet.source.error = outage;
  for (const cache of fleet.caches) cache.start();
  await pass(60);
  // Those who waited for the load that failed rest as well, once they have heard of it.
  for (const cache of fleet.caches) {
    const error = await cache.get().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LoadError);
    expect((error as LoadError).retryAt).toBeGreaterThanOrEqual(Date.now());
    expect((error as LoadError).retryAt).toBeLessThanOrEqual(Date.now() + 200);
    expect(cache.health().status).toBe('ERROR');
  }
  expect(fleet.loads).toHaveLength(1);
  await pass(5000);
  const between = fleet.loads.slice(1).map(({ at }, n) => at - (fleet.loads[n]?.at ?? 0));
  expect(Math.min(...between)).toBeGreaterThan(200);
});

it('fails a read that waits for a load elsewhere as that fails', async () => {
  const fleet = newFleet(2);
  fleet.source.error = outage;
  fleet.source.takes = 200;
  fleet.caches[0].start();
  await pass(10);
  const read = fleet.caches[1].get();
  await expect(outcome(read)).rejects.toThrow('in another process: the source is gone');
  expect(fleet.loads).toHaveLength(1);
});

it('has ready() wait through failed loads of others', async () => {
  const fleet = newFleet(2);
  fleet.source.error = outage;
  fleet.caches[0].start();
  await pass(10);
  const ready = fleet.caches[1].start().ready();
  await pass(700);
  fleet.source.error = undefined;
  await expect(outcome(ready)).resolves.toMatchObject({ value: 1 });
});

it('recovers on all with the first load that succeeds', async () => {
  const fleet = newFleet(4);
  await fleet.ready();
  fleet.source.error = outage;
  await pass(6000);
  expect(fleet.values).toEqual([undefined, undefined, undefined, undefined]);
  fleet.source.error = undefined;
  fleet.source.write();
  const before = fleet.loads.length;
  // The longest rest, and a load.
  await pass(800 + 60);
  expect(fleet.values).toEqual([2, 2, 2, 2]);
  expect(fleet.loads.length - before).toBe(1);
  expect(fleet.caches.map((cache) => cache.health().consecutiveFailures)).toEqual([0, 0, 0, 0]);
});

it('breaks into the rest for an invalidation, once in minDelay', async () => {
  const fleet = newFleet(3, {
    backoff: { minDelay: 1000, maxDelay: 30_000, factor: 20 },
    maxStale: 60_000,
  });
  await fleet.ready();
  fleet.source.error = outage;
  await pass(3000);
  const before = fleet.loads.length;
  void fleet.caches[1].invalidate();
  await pass(100);
  expect(fleet.loads.length - before).toBe(1);
  for (let n = 0; n < 20; n += 1) {
    void fleet.caches[n % 3]?.invalidate();
    await pass(100);
  }
  // 2 s of calls at all three: of each at most one in a second.
  expect(fleet.loads.length - before).toBeLessThanOrEqual(1 + 3 * 3);
  fleet.source.error = undefined;
  fleet.source.write();
  await pass(1000);
  void fleet.caches[2].invalidate();
  await pass(1200);
  expect(fleet.values).toEqual([2, 2, 2]);
});

it('gives way to who takes over where the one who failed is stopped: the rest stays', async () => {
  const fleet = newFleet(2, { backoff: { minDelay: 500, maxDelay: 500 } });
  await fleet.ready();
  fleet.source.error = outage;
  await pass(960);
  const loads = fleet.loads.length;
  const failed = fleet.processes.find(({ loads }) => loads.at(-1) === fleet.loads.at(-1));
  await failed?.cache.stop();
  await pass(300);
  expect(fleet.loads).toHaveLength(loads);
  await pass(300);
  expect(fleet.loads).toHaveLength(loads + 1);
});

it('counts a load that was vetoed, or ran into its deadline, as failed for all', async () => {
  const fleet = newFleet(2, { accept: (next) => next < 2 });
  await fleet.ready();
  fleet.source.write();
  await pass(1500);
  const { loads } = fleet;
  const reasons = fleet.caches.map((cache) => cache.health().lastError?.message);
  expect(reasons.some((reason) => reason?.includes('in another process: vetoed by accept'))).toBe(
    true,
  );
  expect(loads.length).toBeLessThan(5);
  fleet.source.data = 1;
  fleet.source.takes = 1000;
  await pass(3000);
  const later = fleet.caches.map((cache) => cache.health().lastError?.message);
  expect(later.some((reason) => reason?.includes('in another process: no end within 400 ms'))).toBe(
    true,
  );
  // The timers of loaders that were given up are their own.
  fleet.source.takes = 0;
  await pass(2000);
});

it('rests no longer than its own backoff says, whatever the others make of theirs', async () => {
  const fleet = newFleet(1);
  const [one] = fleet.processes;
  const known = { epoch: '', seq: 0, generation: 0, fence: 0, version: 0 };
  const call = { source: 'x', keep: 1e9, known };
  const claim = { holder: 'x', leaseTime: 1000, have: 0, force: false };
  const { record } = await one.store.claim(call, claim);
  const { epoch, generation, fence } = record;
  await one.store.release(call, { epoch, generation, fence, holder: 'x' }, 1e8, 'for ever');
  one.cache.start();
  await rest();
  const error = await one.cache.get().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LoadError);
  expect((error as LoadError).retryAt).toBeLessThanOrEqual(Date.now() + 800);
});
