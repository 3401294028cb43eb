import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WarmCache } from 'warm-cache';
import { countingLoader, manualLoader, settle } from './support/loads.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const readThrough = { refreshInterval: Infinity, retry: { retries: 0 }, jitter: 0 } as const;

describe('a snapshot', () => {
  it('is frozen, and tells value, version, start of its load and source', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    const startedAt = Date.now();
    const ready = cache.ready();
    await vi.advanceTimersByTimeAsync(300);
    calls[0]?.resolve('a');
    const snapshot = await ready;
    expect(snapshot).toEqual({ value: 'a', version: 1, loadedAt: startedAt, source: 'loader' });
    expect(Object.isFrozen(snapshot)).toBe(true);
    expect(cache.peek()).toBe(snapshot);
  });

  it('has a version that grows by one at each publish, by load or by hand', async () => {
    const cache = new WarmCache({ loader: countingLoader().loader, ttl: 1000, ...readThrough });
    expect((await cache.refresh()).version).toBe(1);
    expect(cache.set(7)).toMatchObject({ version: 2, source: 'set', value: 7 });
    expect((await cache.refresh()).version).toBe(3);
    await cache.invalidate({ purge: true });
    expect(cache.peek()?.version).toBe(4);
  });
});

describe('a value', () => {
  async function warmed(options: { ttl: number; maxStale?: number }) {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ...readThrough, ...options });
    const ready = cache.ready();
    calls[0]?.resolve('a');
    await ready;
    return { cache, calls };
  }

  it('is fresh while its age is less than ttl', async () => {
    const { cache, calls } = await warmed({ ttl: 1000 });
    await vi.advanceTimersByTimeAsync(999);
    expect(await cache.get()).toBe('a');
    expect(cache.health()).toMatchObject({ status: 'READY', age: 999, reads: { fresh: 1 } });
    expect(calls).toHaveLength(1);
  });

  it('is stale from ttl on, and served', async () => {
    const { cache, calls } = await warmed({ ttl: 1000 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(cache.health().status).toBe('STALE');
    expect(await cache.get()).toBe('a');
    expect(cache.health().reads).toMatchObject({ fresh: 0, stale: 1, waited: 0 });
    expect(calls).toHaveLength(2);
  });

  it('is stale until just before ttl + maxStale, and expired from then on', async () => {
    const { cache } = await warmed({ ttl: 1000, maxStale: 500 });
    await vi.advanceTimersByTimeAsync(1499);
    expect(cache.peek()?.value).toBe('a');
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.peek()).toBeUndefined();
  });

  it('is never served once it has expired', async () => {
    const { cache, calls } = await warmed({ ttl: 1000, maxStale: 500 });
    await vi.advanceTimersByTimeAsync(1500);
    const read = cache.get();
    await settle();
    expect(cache.health().reads).toMatchObject({ fresh: 0, stale: 0, waited: 1 });
    calls[1]?.resolve('b');
    expect(await read).toBe('b');
  });

  it('is stale from its invalidation on', async () => {
    const { cache } = await warmed({ ttl: 1000 });
    void cache.invalidate();
    expect(cache.health().status).toBe('STALE');
    expect(await cache.get()).toBe('a');
    expect(cache.health().reads).toMatchObject({ fresh: 0, stale: 1 });
  });

  it('of negative age, the clock having gone back, is stale', async () => {
    const { cache, calls } = await warmed({ ttl: 1000 });
    vi.setSystemTime(Date.now() - 1);
    expect(cache.health()).toMatchObject({ status: 'STALE', age: -1 });
    expect(await cache.get()).toBe('a');
    expect(calls).toHaveLength(2);
  });

  it.each([undefined, null, 0, '', false])('may be %s', async (value) => {
    const cache = new WarmCache({ loader: () => value, ttl: 1000, ...readThrough });
    expect(await cache.get()).toBe(value);
    expect(await cache.get()).toBe(value);
    expect(cache.health().reads).toMatchObject({ waited: 1, fresh: 1 });
    expect(cache.peek()).toMatchObject({ value });
  });
});
