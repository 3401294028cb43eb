import { describe, expect, it, vi } from 'vitest';
import { type Loader, StoppedError } from 'warm-cache';
import { fakeTime, manualLoader, settle } from './support/loads.ts';

const newCache = fakeTime();
const down = new Error('down');
const none = { fresh: 0, stale: 0, waited: 0, failed: 0 };

/** A read-through cache with a fresh 'a', whose next loads are settled by the test; its reads are counted from 0. */
async function warmed(options: { maxStale?: number } = {}) {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader, ttl: 1000, refreshInterval: Infinity, ...options });
  void cache.refresh();
  calls[0]?.resolve('a');
  await settle();
  return { cache, calls };
}

describe('reads are counted', () => {
  it('as fresh, answered at once with a fresh value', async () => {
    const { cache } = await warmed();
    await cache.get();
    await cache.get({ maxAge: 1000 });
    expect(cache.health().reads).toEqual({ ...none, fresh: 2 });
  });

  it('as stale, answered at once with a stale value', async () => {
    const { cache } = await warmed();
    await vi.advanceTimersByTimeAsync(1000);
    await cache.get();
    await cache.get({ maxAge: 1500 });
    expect(cache.health().reads).toEqual({ ...none, stale: 2 });
  });

  it('as stale, where the value was invalidated', async () => {
    const { cache } = await warmed();
    void cache.invalidate();
    await cache.get();
    expect(cache.health().reads).toEqual({ ...none, stale: 1 });
  });

  it('as waited, each one that had to', async () => {
    const { cache, calls } = await warmed({ maxStale: 0 });
    await vi.advanceTimersByTimeAsync(1000);
    const reads = [cache.get(), cache.get(), cache.get({ maxAge: 500 })];
    expect(cache.health().reads).toEqual({ ...none, waited: 3 });
    calls[1]?.resolve('b');
    await Promise.all(reads);
    expect(cache.health().reads).toEqual({ ...none, waited: 3 });
  });

  it('as waited and failed, where the load failed that they waited for', async () => {
    const { cache, calls } = await warmed({ maxStale: 0 });
    await vi.advanceTimersByTimeAsync(1000);
    const reads = [cache.get(), cache.get()];
    calls[1]?.reject(down);
    await Promise.allSettled(reads);
    expect(cache.health().reads).toEqual({ ...none, waited: 2, failed: 2 });
  });

  it('as failed alone, where they failed at once', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(down);
    const cache = newCache({ loader });
    await expect(cache.refresh()).rejects.toThrow();
    await expect(cache.get()).rejects.toThrow();
    expect(cache.health().reads).toEqual({ ...none, failed: 1 });
  });

  it('as failed, where the cache was stopped', async () => {
    const { cache } = await warmed();
    await cache.stop();
    await cache.get();
    await vi.advanceTimersByTimeAsync(1000);
    await expect(cache.get()).rejects.toThrow(StoppedError);
    expect(cache.health().reads).toEqual({ ...none, fresh: 1, failed: 1 });
  });

  it('not as failed, where the reader itself gave up', async () => {
    const { cache } = await warmed();
    const controller = new AbortController();
    const read = cache.get({ maxAge: 0, signal: controller.signal });
    controller.abort();
    await expect(read).rejects.toThrow();
    await expect(cache.get({ signal: controller.signal })).rejects.toThrow();
    expect(cache.health().reads).toEqual({ ...none, waited: 1 });
  });

  it('only of get(): peek(), ready(), refresh() and invalidate() are none', async () => {
    const { cache, calls } = await warmed();
    cache.peek();
    await cache.ready();
    void cache.refresh();
    calls[1]?.resolve('b');
    await settle();
    void cache.invalidate();
    expect(cache.health().reads).toEqual(none);
  });
});
