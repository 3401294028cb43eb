import { describe, expect, it, vi } from 'vitest';
import { StoppedError } from 'warm-cache';
import {
  countingLoader,
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
  stateOf,
} from './support/loads.ts';

const newCache = fakeTime();

/** A cache with a fresh 'a', whose next loads are settled by the test. */
async function warmed(options: { validator?: () => string } = {}) {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader, ...options }).start();
  await settle();
  calls[0]?.resolve('a');
  await cache.ready();
  return { cache, calls };
}

describe('invalidate() resolves', () => {
  it('with a snapshot whose load started after the call', async () => {
    const { cache, calls } = await warmed();
    const invalidated = cache.invalidate();
    expect(await stateOf(invalidated)).toBe('pending');
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('b');
    expect(await invalidated).toMatchObject({ value: 'b', version: 2 });
    expect(cache.peek()).toBe(await invalidated);
  });

  it('not with the load in flight, but with the one follow-up that starts when it ends', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    const invalidated = cache.invalidate();
    await settle();
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('old');
    expect(await stateOf(invalidated)).toBe('pending');
    expect(calls).toHaveLength(3);
    calls[2]?.resolve('new');
    expect((await invalidated).value).toBe('new');
  });

  it('with the follow-up also where the load in flight began in the same millisecond', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    const invalidated = cache.invalidate();
    calls[1]?.resolve('old');
    await settle();
    calls[2]?.resolve('new');
    expect((await invalidated).value).toBe('new');
  });

  it.each([
    ['fails', 'failed'],
    ['times out', 'timeout'],
  ])('with the follow-up also where the load in flight %s', async (_, outcome) => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    const invalidated = cache.invalidate();
    if (outcome === 'failed') calls[1]?.reject(new Error('down'));
    else await vi.advanceTimersByTimeAsync(30_000);
    expect(await stateOf(invalidated)).toBe('pending');
    expect(outcomesOf(cache)).toMatchObject({ [outcome]: 1 });
    calls[2]?.resolve('new');
    expect((await invalidated).value).toBe('new');
  });

  it.each(['invalidate', 'status'] as const)(
    'with the one load that a listener of %s asked for as well',
    async (event) => {
      const { calls, loader } = manualLoader<string>();
      const cache = newCache({ loader });
      cache.set('old');
      cache.once(event, () => cache.get({ maxAge: 0 }));
      const next = cache.invalidate();
      calls[0]?.resolve('a');
      expect((await next).value).toBe('a');
      await settle();
      expect(calls).toHaveLength(1);
      expect(calls[0]?.context.reason).toBe('invalidate');
    },
  );

  it('not at all where a listener of its event stops the cache, be it started again', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    cache.once('invalidate', () => {
      void cache.stop();
      cache.start();
    });
    await expect(cache.invalidate()).rejects.toThrow(StoppedError);
    expect(calls.map(({ context }) => context.reason)).toEqual(['start']);
  });

  it('each time anew: a call during the follow-up has one more', async () => {
    const { cache, calls } = await warmed();
    const first = cache.invalidate();
    await settle();
    const second = cache.invalidate();
    calls[1]?.resolve('b');
    expect((await first).value).toBe('b');
    expect(await stateOf(second)).toBe('pending');
    calls[2]?.resolve('c');
    expect((await second).value).toBe('c');
  });

  it('with a load also where the validator sees no change', async () => {
    const { cache, calls } = await warmed({ validator: () => 'same' });
    const invalidated = cache.invalidate();
    await settle();
    calls[1]?.resolve('b');
    expect((await invalidated).value).toBe('b');
  });

  it('on a cache that was never started, which loads no more than that', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader, ttl: 1000 });
    expect((await cache.invalidate()).value).toBe(1);
    expect((await cache.invalidate()).value).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(starts).toHaveLength(2);
  });
});

describe('1,000 invalidations', () => {
  it('during a load make that load and one more', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    const invalidations = Array.from({ length: 1000 }, () => cache.invalidate());
    calls[1]?.resolve('old');
    await settle();
    calls[2]?.resolve('new');
    const snapshots = new Set(await Promise.all(invalidations));
    expect([...snapshots]).toMatchObject([{ value: 'new' }]);
    await settle();
    expect(calls).toHaveLength(3);
  });

  it('spread over a load make that load and one more', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    for (let i = 0; i < 1000; i += 1) {
      void cache.invalidate();
      await vi.advanceTimersByTimeAsync(1);
    }
    calls[1]?.resolve('old');
    await settle();
    calls[2]?.resolve('new');
    await settle();
    expect(calls).toHaveLength(3);
    expect(cache.health().status).toBe('READY');
  });

  it('at rest make two loads: the one of the first, and its follow-up', async () => {
    const { cache, calls } = await warmed();
    const invalidations = Array.from({ length: 1000 }, () => cache.invalidate());
    await settle();
    calls[1]?.resolve('b');
    await settle();
    calls[2]?.resolve('c');
    await Promise.all(invalidations);
    expect(calls).toHaveLength(3);
  });
});

describe('from the call on', () => {
  it('the old value is served, stale, without waiting', async () => {
    const { cache } = await warmed();
    void cache.invalidate();
    expect(cache.peek()?.value).toBe('a');
    expect(await stateOf(cache.get())).toBe('fulfilled');
    expect(await cache.get()).toBe('a');
    expect(cache.health()).toMatchObject({ status: 'STALE', reads: { fresh: 0, waited: 0 } });
  });

  it('reads of the old value start no load of their own', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    for (let i = 0; i < 100; i += 1) await cache.get();
    calls[1]?.resolve('b');
    await settle();
    expect(calls).toHaveLength(2);
  });

  it('get({ maxAge: 0 }) waits, for a load that started after the read', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    const read = cache.get({ maxAge: 0 });
    calls[1]?.resolve('b');
    expect(await stateOf(read)).toBe('pending');
    calls[2]?.resolve('c');
    expect(await read).toBe('c');
    expect(calls).toHaveLength(3);
  });

  it.each([1, 60_000])('get({ maxAge: %i }) waits for the new value', async (maxAge) => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    const read = cache.get({ maxAge });
    expect(await stateOf(read)).toBe('pending');
    calls[1]?.resolve('b');
    expect(await read).toBe('b');
    expect(calls).toHaveLength(2);
  });

  it.each([0, 60_000])(
    'get({ maxAge: %i }) does not take a load that began before',
    async (maxAge) => {
      const { cache, calls } = await warmed();
      void cache.refresh();
      await settle();
      void cache.invalidate();
      const read = cache.get({ maxAge });
      calls[1]?.resolve('old');
      expect(await stateOf(read)).toBe('pending');
      calls[2]?.resolve('new');
      expect(await read).toBe('new');
      expect(calls).toHaveLength(3);
    },
  );

  it('a value is as fresh as any, once the load of an invalidation has succeeded', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    calls[1]?.resolve('b');
    await settle();
    expect(cache.health().status).toBe('READY');
    expect(await cache.get()).toBe('b');
    expect(cache.health().reads).toMatchObject({ fresh: 1, stale: 0 });
  });
});

describe('a load that began before invalidate(), without purge,', () => {
  it('is published, yet stale', async () => {
    const { cache, calls } = await warmed();
    const refreshed = cache.refresh();
    const refreshes = payloadsOf(cache, 'refresh');
    void cache.invalidate();
    calls[1]?.resolve('newer');
    await settle();
    expect(cache.peek()).toMatchObject({ value: 'newer', version: 2 });
    expect(cache.health().status).toBe('STALE');
    expect(refreshes).toMatchObject([{ snapshot: { value: 'newer' } }]);
    expect((await refreshed).value).toBe('newer');
    expect(outcomesOf(cache)).toEqual({ published: 2 });
  });

  it('is never fresh, for no reader', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    void cache.invalidate();
    calls[1]?.resolve('newer');
    await settle();
    expect(await cache.get()).toBe('newer');
    expect(cache.health().reads).toMatchObject({ fresh: 0, stale: 1 });
    expect(await stateOf(cache.get({ maxAge: 60_000 }))).toBe('pending');
  });

  it('makes progress under endless invalidation', async () => {
    const { loader } = countingLoader(100);
    const cache = newCache({ loader }).start();
    const versions = new Set<number | undefined>();
    for (let i = 0; i < 200; i += 1) {
      void cache.invalidate();
      await vi.advanceTimersByTimeAsync(10);
      versions.add(cache.peek()?.version);
    }
    expect(versions.size).toBeGreaterThan(18);
    expect(cache.health().status).toBe('STALE');
  });

  it('gives a read that began before the call what it waits for', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const read = cache.get();
    void cache.invalidate();
    calls[0]?.resolve('a');
    expect(await read).toBe('a');
  });
});
