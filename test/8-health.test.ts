import { describe, expect, it, vi } from 'vitest';
import { type Loader, notModified } from 'warm-cache';
import { fakeTime, manualLoader, settle, t0 } from './support/loads.ts';

const newCache = fakeTime();
const down = new Error('down');

/** A cache with a fresh 'a', whose next loads are settled by the test. */
async function warmed(options: { ttl?: number; loadTimeout?: number } = {}) {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader, ...options }).start();
  calls[0]?.resolve('a');
  await cache.ready();
  return { cache, calls };
}

describe('health()', () => {
  it('of a new cache says that there is nothing yet', () => {
    const cache = newCache({ name: 'board', loader: () => 'a' });
    expect(cache.health()).toEqual({
      name: 'board',
      status: 'NOT_READY',
      running: false,
      age: null,
      loadedAt: null,
      version: 0,
      lastContactAt: null,
      lastChangeAt: null,
      consecutiveFailures: 0,
      lastError: null,
      load: null,
      nextLoadAt: null,
      interval: { ms: 60_000, why: 'refreshInterval' },
      abandoned: 0,
      durations: null,
      loads: {
        published: 0,
        unchanged: 0,
        rejected: 0,
        failed: 0,
        timeout: 0,
        superseded: 0,
        stopped: 0,
      },
      probes: 0,
      skipped: 0,
      reads: { fresh: 0, stale: 0, waited: 0, failed: 0 },
      shared: null,
    });
  });

  it('of a running cache says how it does', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 5000, refreshInterval: 1000 }).start();
    await vi.advanceTimersByTimeAsync(40);
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(60);
    expect(cache.health()).toMatchObject({
      name: 'warm-cache',
      status: 'READY',
      running: true,
      age: 100,
      loadedAt: t0,
      version: 1,
      lastContactAt: t0 + 40,
      lastChangeAt: t0 + 40,
      load: null,
      nextLoadAt: t0 + 1000,
      durations: { p50: 40, p99: 40, max: 40 },
    });
  });

  it.each<[string, (cache: Awaited<ReturnType<typeof warmed>>['cache']) => unknown]>([
    ['fresh', () => {}],
    ['invalidated', (cache) => cache.invalidate()],
    ['purged', (cache) => cache.invalidate({ purge: true })],
    ['stopped', (cache) => cache.stop()],
    ['set', (cache) => cache.set('mine')],
  ])('is the same after a trip through JSON: %s', async (_, act) => {
    const { cache } = await warmed();
    void act(cache);
    await settle();
    const health = cache.health();
    expect(JSON.parse(JSON.stringify(health))).toStrictEqual(health);
  });

  it('is the same after a trip through JSON: failing, with whatever was thrown', async () => {
    for (const thrown of [down, undefined, Symbol('down'), Object.create(null), 1n]) {
      const cache = newCache({ loader: (): Promise<string> => Promise.reject(thrown) }).start();
      await settle();
      const health = cache.health();
      expect(health.lastError?.message).toEqual(expect.any(String));
      expect(JSON.parse(JSON.stringify(health))).toStrictEqual(health);
    }
  });

  it('is a report of its moment, which what happens later does not change', async () => {
    const { cache } = await warmed();
    const health = cache.health();
    const copy = structuredClone(health);
    await cache.get();
    void cache.invalidate();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(health).toEqual(copy);
    expect(cache.health()).not.toEqual(copy);
  });
});

describe('age and loadedAt', () => {
  it('are of the value that stands, be it expired', async () => {
    const { cache } = await warmed({ ttl: 100 });
    await vi.advanceTimersByTimeAsync(500);
    expect(cache.health()).toMatchObject({ age: 500, loadedAt: t0, version: 1 });
    cache.set('mine');
    expect(cache.health()).toMatchObject({ age: 0, loadedAt: t0 + 500, version: 2 });
  });

  it('are of when the load started', async () => {
    const { cache, calls } = await warmed();
    await vi.advanceTimersByTimeAsync(500);
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(200);
    calls[1]?.resolve('b');
    await settle();
    expect(cache.health()).toMatchObject({ age: 200, loadedAt: t0 + 500 });
  });
});

describe('the last contact is told apart from the last change:', () => {
  it('a load that found nothing modified is contact', async () => {
    const { cache, calls } = await warmed();
    await vi.advanceTimersByTimeAsync(100);
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(50);
    calls[1]?.resolve(notModified);
    await settle();
    expect(cache.health()).toMatchObject({ lastContactAt: t0 + 150, lastChangeAt: t0 });
  });

  it('a load that failed is neither', async () => {
    const { cache, calls } = await warmed();
    await vi.advanceTimersByTimeAsync(100);
    void cache.refresh();
    calls[1]?.reject(down);
    await settle();
    expect(cache.health()).toMatchObject({ lastContactAt: t0, lastChangeAt: t0 });
  });

  it('set() is a change', async () => {
    const { cache } = await warmed();
    await vi.advanceTimersByTimeAsync(100);
    cache.set('mine');
    expect(cache.health()).toMatchObject({ lastContactAt: t0, lastChangeAt: t0 + 100 });
  });

  it('a load with a new value is both', async () => {
    const { cache, calls } = await warmed();
    await vi.advanceTimersByTimeAsync(100);
    void cache.refresh();
    calls[1]?.resolve('b');
    await settle();
    expect(cache.health()).toMatchObject({ lastContactAt: t0 + 100, lastChangeAt: t0 + 100 });
  });
});

describe('failures', () => {
  it('in a row are counted, until a load succeeds', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(down);
    const cache = newCache({ loader, backoff: { minDelay: 100, factor: 1 } }).start();
    await vi.advanceTimersByTimeAsync(200);
    expect(cache.health().consecutiveFailures).toBe(3);
    loader.mockResolvedValue('a');
    await vi.advanceTimersByTimeAsync(100);
    expect(cache.health().consecutiveFailures).toBe(0);
  });

  it.each<[string, () => string | typeof notModified | Promise<string>]>([
    ['vetoed', () => 'bad'],
    ['timed out', () => new Promise(() => {})],
    ['without a previous value', () => notModified],
  ])('in a row are counted too where the load was %s', async (_, loader) => {
    const accept = (): boolean => false;
    const cache = newCache<string>({ loader, accept, loadTimeout: 50, backoff: { minDelay: 100 } });
    cache.start();
    await vi.advanceTimersByTimeAsync(99);
    expect(cache.health().consecutiveFailures).toBe(1);
    await vi.advanceTimersByTimeAsync(102);
    expect(cache.health().consecutiveFailures).toBe(2);
  });

  it('leave the message of the last one, and when, after a success too', async () => {
    const { cache, calls } = await warmed();
    await vi.advanceTimersByTimeAsync(100);
    const refreshed = cache.refresh();
    calls[1]?.reject(down);
    const { message } = (await refreshed.catch((error: unknown) => error)) as Error;
    const lastError = { message, at: t0 + 100 };
    expect(message).toContain('down');
    expect(cache.health().lastError).toEqual(lastError);
    await vi.advanceTimersByTimeAsync(1000);
    calls[2]?.resolve('b');
    await settle();
    expect(cache.health().lastError).toEqual(lastError);
  });
});
