import { describe, expect, it, vi } from 'vitest';
import { LoadError, type Loader } from 'warm-cache';
import { fakeTime, manualLoader, settle, stateOf, t0 } from './support/loads.ts';

const newCache = fakeTime();
const backoff = { minDelay: 1000, maxDelay: 50_000, factor: 50 } as const;

/** A cache that backs off for a second, then for 50: its loader is down. And when its loads began. */
async function backingOff(first?: string) {
  const times: number[] = [];
  const loader = vi.fn<Loader<string>>(async () => {
    times.push(Date.now() - t0);
    throw new Error('down');
  });
  const cache = newCache({ loader, ttl: 10_000, maxStale: Infinity, backoff });
  if (first !== undefined) cache.set(first);
  cache.start();
  await vi.advanceTimersByTimeAsync(1000);
  times.length = 0;
  return { cache, loader, times };
}

describe('an invalidation during backoff', () => {
  it('loads at once', async () => {
    const { cache, times } = await backingOff();
    await vi.advanceTimersByTimeAsync(2000);
    void cache.invalidate();
    await settle();
    expect(times).toEqual([3000]);
  });

  it('resolves, where the loader is up again, and the backoff is over', async () => {
    const { cache, loader } = await backingOff();
    await vi.advanceTimersByTimeAsync(2000);
    loader.mockResolvedValue('up');
    expect((await cache.invalidate()).value).toBe('up');
    expect(cache.health()).toMatchObject({ status: 'READY', consecutiveFailures: 0 });
    expect(cache.health().nextLoadAt).toBeGreaterThan(Date.now() + 5000);
  });

  it('rejects, where the loader is down still, and the backoff goes on', async () => {
    const { cache, times } = await backingOff();
    await vi.advanceTimersByTimeAsync(2000);
    await expect(cache.invalidate()).rejects.toThrow(LoadError);
    await vi.advanceTimersByTimeAsync(49_999);
    expect(times).toEqual([3000]);
    await vi.advanceTimersByTimeAsync(1);
    expect(times).toEqual([3000, 53_000]);
  });

  it.each([
    ['invalidate', 1],
    ['invalidate', 250],
    ['refresh', 100],
  ] as const)('makes at most one load per minDelay: %s() every %i ms', async (method, every) => {
    const { cache, times } = await backingOff();
    await vi.advanceTimersByTimeAsync(2000);
    for (let i = 0; i < 10_000 / every; i += 1) {
      void cache[method]();
      await vi.advanceTimersByTimeAsync(every);
    }
    expect(times.length).toBeLessThanOrEqual(11);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(new Set(gaps)).toEqual(new Set([1000]));
  });

  it('that had to wait for the minDelay loads then, not at the end of the backoff', async () => {
    const { cache, loader, times } = await backingOff();
    await vi.advanceTimersByTimeAsync(2000);
    await expect(cache.invalidate()).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(400);
    const second = cache.invalidate();
    expect(await stateOf(second)).toBe('pending');
    loader.mockResolvedValue('up');
    await vi.advanceTimersByTimeAsync(599);
    expect(await stateOf(second)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect((await second).value).toBe('up');
    expect(times).toEqual([3000]);
    expect(cache.peek()?.loadedAt).toBe(t0 + 4000);
  });

  it('has its loads start one after the other, not together', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, backoff }).start();
    calls[0]?.reject(new Error('down'));
    await settle();
    void cache.invalidate();
    void cache.invalidate();
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls).toHaveLength(2);
  });
});

describe('reads during backoff', () => {
  it('add no load to the ones of invalidations, with a value to serve', async () => {
    const { cache, times } = await backingOff('mine');
    void cache.invalidate();
    await settle();
    for (let i = 0; i < 500; i += 1) {
      expect(await cache.get()).toBe('mine');
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(times).toHaveLength(1);
  });

  it('add no load to the ones of invalidations, without one', async () => {
    const { cache, times } = await backingOff('mine');
    void cache.invalidate({ purge: true });
    await settle();
    for (let i = 0; i < 500; i += 1) {
      await expect(cache.get()).rejects.toThrow(LoadError);
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(times).toHaveLength(1);
  });

  it('add no load when they came during the load that failed', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, backoff }).start();
    cache.set('mine');
    void cache.get({ maxAge: 0 });
    calls[0]?.reject(new Error('down'));
    await vi.advanceTimersByTimeAsync(999);
    expect(calls).toHaveLength(1);
  });

  it('add no load while an invalidation waits for its minDelay', async () => {
    const { cache, times } = await backingOff('mine');
    for (let i = 0; i < 500; i += 1) {
      void cache.invalidate();
      await cache.get();
      void cache.get({ maxAge: 0 });
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(times.length).toBeLessThanOrEqual(6);
  });
});
