import { describe, expect, it, vi } from 'vitest';
import { type HealthReport, type Loader, notModified } from 'warm-cache';
import { fakeTime, manualLoader, outcomesOf, settle, t0 } from './support/loads.ts';

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

/** A cache whose loads take as long as the list says, after one another; and what came of it. */
async function durationsOf(took: readonly number[]): Promise<HealthReport['durations']> {
  const { calls, loader } = manualLoader<number>();
  const cache = newCache({ loader, loadTimeout: 1_000_000 });
  for (const ms of took) {
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(ms);
    calls.at(-1)?.resolve(ms);
    await settle();
  }
  return cache.health().durations;
}

describe('the load in flight', () => {
  it('is told with its reason, its attempt, and since when', async () => {
    const { calls, loader } = manualLoader<string>();
    const retry = { retries: 1, minTimeout: 100, randomize: false };
    const cache = newCache({ loader, retry }).start();
    await settle();
    expect(cache.health().load).toEqual({ reason: 'start', attempt: 1, startedAt: t0 });
    calls[0]?.reject(down);
    await vi.advanceTimersByTimeAsync(100);
    const health = cache.health();
    expect(health.load).toEqual({ reason: 'start', attempt: 2, startedAt: t0 });
    expect(health.nextLoadAt).toBeNull();
    calls[1]?.resolve('a');
    await settle();
    expect(cache.health().load).toBeNull();
  });

  it('is attempt 0 while the validator is asked', () => {
    const validator = (): Promise<number> => new Promise(() => {});
    const cache = newCache({ loader: () => 'a', validator }).start();
    expect(cache.health().load).toEqual({ reason: 'start', attempt: 0, startedAt: t0 });
  });

  it('is none once it was given up, or stopped', async () => {
    const { cache } = await warmed({ loadTimeout: 100 });
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(100);
    expect(cache.health()).toMatchObject({ load: null, abandoned: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(cache.health().load).not.toBeNull();
    void cache.stop();
    expect(cache.health().load).toBeNull();
  });
});

describe('the next load', () => {
  it('is told as the loop has it', async () => {
    const cache = newCache({ loader: () => 'a', ttl: 5000, refreshInterval: 1000 }).start();
    await vi.advanceTimersByTimeAsync(1500);
    expect(cache.health().nextLoadAt).toBe(t0 + 2000);
  });

  it('is told as the backoff has it', async () => {
    const cache = newCache({ loader: (): Promise<string> => Promise.reject(down) }).start();
    await settle();
    expect(cache.health().nextLoadAt).toBe(t0 + 1000);
  });

  it('is told where an invalidation waits for its minDelay', async () => {
    const backoff = { minDelay: 1000, factor: 10 };
    const cache = newCache({ loader: (): Promise<string> => Promise.reject(down), backoff });
    cache.start();
    await expect(cache.invalidate()).rejects.toThrow();
    void cache.invalidate();
    expect(cache.health().nextLoadAt).toBe(t0 + 1000);
  });

  it('is by the clock as it is now, also where that has jumped', async () => {
    const cache = newCache({ loader: () => 'a', refreshInterval: 2000 }).start();
    await cache.ready();
    await settle();
    await vi.advanceTimersByTimeAsync(500);
    vi.setSystemTime(t0 - 3_600_000);
    expect(cache.health().nextLoadAt).toBe(t0 - 3_600_000 + 1500);
  });

  it('is none without a loop', async () => {
    const { loader } = manualLoader<string>();
    const never = newCache({ loader });
    never.set('mine');
    expect(never.health().nextLoadAt).toBeNull();
    const cache = newCache({ loader: () => 'a', refreshInterval: Infinity }).start();
    await cache.ready();
    await settle();
    expect(cache.health().nextLoadAt).toBeNull();
  });

  it('is none after stop(), also while the loader has not settled yet', async () => {
    const { cache } = await warmed();
    void cache.refresh();
    void cache.stop();
    expect(cache.health()).toMatchObject({ running: false, nextLoadAt: null });
  });
});

describe('durations', () => {
  it('are the median, the 99th percentile and the longest', async () => {
    const took = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1);
    expect(await durationsOf(took)).toEqual({ p50: 50, p99: 99, max: 100 });
  });

  it('are of the last 100 loads', async () => {
    expect(await durationsOf([500, ...new Array(99).fill(3)])).toMatchObject({ max: 500 });
    expect(await durationsOf([500, ...new Array(100).fill(3)])).toEqual({ p50: 3, p99: 3, max: 3 });
  });

  it('are of loads that answered: also unchanged, or superseded, not failed or given up', async () => {
    const { cache, calls } = await warmed({ loadTimeout: 100 });
    const ends: [number, () => unknown][] = [
      [20, () => calls.at(-1)?.resolve(notModified)],
      [30, () => cache.set('mine') && calls.at(-1)?.resolve('b')],
      [40, () => calls.at(-1)?.reject(down)],
      [100, () => {}],
    ];
    for (const [ms, end] of ends) {
      void cache.refresh();
      await vi.advanceTimersByTimeAsync(ms);
      end();
      await settle();
    }
    expect(outcomesOf(cache)).toMatchObject({ unchanged: 1, superseded: 1, failed: 1 });
    expect(cache.health().durations).toMatchObject({ p50: 20, max: 30 });
  });

  it('are of the whole load, its retries included', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValue('a').mockRejectedValueOnce(down);
    const retry = { retries: 1, minTimeout: 300, randomize: false };
    const cache = newCache({ loader, retry }).start();
    await vi.advanceTimersByTimeAsync(300);
    expect(cache.health().durations?.max).toBe(300);
  });
});
