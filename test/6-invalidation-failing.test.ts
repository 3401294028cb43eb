import { describe, expect, it, vi } from 'vitest';
import { LoadError, type Loader } from 'warm-cache';
import { fakeTime, manualLoader, settle } from './support/loads.ts';

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

describe('an invalidation whose load fails', () => {
  const down = new Error('down');

  it("rejects with the load's error", async () => {
    const { cache, calls } = await warmed();
    const invalidated = cache.invalidate();
    calls[1]?.reject(down);
    await expect(invalidated).rejects.toThrow(LoadError);
    await expect(invalidated).rejects.toMatchObject({ code: 'ERR_LOAD_FAILED', cause: down });
  });

  it('is no unhandled rejection where its promise is ignored', async () => {
    // An unhandled rejection would fail the run.
    const cache = newCache({ loader: () => Promise.reject(down) });
    void cache.invalidate();
    void cache.invalidate({ purge: true });
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(cache.health().loads.failed).toBeGreaterThan(0);
  });

  it('leaves its mark until a load that started after it succeeds', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    calls[1]?.reject(down);
    await settle();
    expect(cache.health().status).toBe('STALE');
    expect(await cache.get()).toBe('a');
    expect(cache.health().reads).toMatchObject({ fresh: 0, stale: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    calls[2]?.resolve('b');
    await settle();
    expect(cache.health().status).toBe('READY');
  });

  it('leaves its mark through stop() and start()', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    calls[1]?.reject(down);
    await settle();
    await cache.stop();
    await expect(cache.get()).rejects.toMatchObject({ code: 'ERR_STOPPED' });
    cache.start();
    expect(cache.health().status).toBe('STALE');
    calls[2]?.resolve('b');
    await settle();
    expect(cache.health().status).toBe('READY');
  });

  it('leaves its mark where the result was vetoed', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValueOnce('a').mockResolvedValue('bad');
    const cache = newCache({ loader, accept: (next) => next !== 'bad' });
    await cache.refresh();
    await expect(cache.invalidate()).rejects.toMatchObject({ code: 'ERR_LOAD_REJECTED' });
    expect(cache.health().status).toBe('STALE');
  });
});
