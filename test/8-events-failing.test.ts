import { describe, expect, it, vi } from 'vitest';
import { LoadError, type Loader, LoadTimeoutError, notModified } from 'warm-cache';
import { fakeTime, manualLoader, payloadsOf, settle, t0 } from './support/loads.ts';

const makeCache = fakeTime();
const name = 'board';
const newCache: typeof makeCache = (options) => makeCache({ name, ...options });
const down = new Error('down');

/** A cache with a fresh 'a', whose next loads are settled by the test. */
async function warmed(options: { ttl?: number; slowThreshold?: number } = {}) {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader, ...options }).start();
  calls[0]?.resolve('a');
  await cache.ready();
  return { cache, calls };
}

describe('the event error', () => {
  it('tells a load that has failed for good, by its LoadError', async () => {
    const cache = newCache({ loader: (): Promise<string> => Promise.reject(down) });
    const payloads = payloadsOf(cache, 'error');
    const error = await cache.refresh().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LoadError);
    const retryAt = t0 + 1000;
    expect(payloads).toEqual([
      { name, error, reason: 'refresh', attempt: 1, final: true, retryAt, serving: false },
    ]);
    expect(payloads[0]?.error).toBe(error);
    expect(error).toMatchObject({ retryAt });
  });

  it('tells each attempt that will be made again, by what it threw, and when', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue('third');
    loader.mockRejectedValueOnce(down).mockRejectedValueOnce(undefined);
    const retry = { retries: 2, minTimeout: 100, factor: 3, randomize: false };
    const cache = newCache({ loader, retry, backoff: { minDelay: 5000 } });
    const payloads = payloadsOf(cache, 'error');
    cache.start();
    await settle();
    expect(payloads).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(400);
    const common = { name, reason: 'start', serving: false };
    const error = expect.any(LoadError);
    expect(payloads).toEqual([
      { ...common, error: down, attempt: 1, final: false, retryAt: t0 + 100 },
      { ...common, error: undefined, attempt: 2, final: false, retryAt: t0 + 400 },
      { ...common, error, attempt: 3, final: true, retryAt: t0 + 400 + 5000 },
    ]);
  });

  it('tells a load that timed out', async () => {
    const cache = newCache({ loader: manualLoader<string>().loader, loadTimeout: 100 });
    const payloads = payloadsOf(cache, 'error');
    cache.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(payloads).toMatchObject([{ attempt: 1, final: true, retryAt: t0 + 1100 }]);
    expect(payloads[0]?.error).toBeInstanceOf(LoadTimeoutError);
  });

  it('tells a load that was vetoed', async () => {
    const cache = newCache({ loader: () => 'a', accept: () => false });
    const payloads = payloadsOf(cache, 'error');
    void cache.refresh();
    await settle();
    expect(payloads).toMatchObject([{ final: true, error: { code: 'ERR_LOAD_REJECTED' } }]);
  });

  it('tells whether a value is still served', async () => {
    const { cache, calls } = await warmed({ ttl: 1000 });
    const payloads = payloadsOf(cache, 'error');
    void cache.refresh();
    calls[1]?.reject(down);
    await vi.advanceTimersByTimeAsync(1000);
    calls[2]?.reject(down);
    await vi.advanceTimersByTimeAsync(2000);
    calls[3]?.reject(down);
    await settle();
    expect(payloads.map(({ serving }) => serving)).toEqual([true, true, false]);
  });

  it('tells when the next load starts, indeed', async () => {
    const cache = newCache({ loader: (): Promise<string> => Promise.reject(down), jitter: 0.5 });
    const errors = payloadsOf(cache, 'error');
    const loads = payloadsOf(cache, 'load');
    cache.start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(loads.length).toBeGreaterThan(3);
    for (const [index, { startedAt }] of loads.slice(1).entries()) {
      expect(Math.abs(startedAt - (errors[index]?.retryAt ?? 0))).toBeLessThanOrEqual(1);
    }
  });

  it('tells a refreshInterval function that throws: no reason, no attempt, not final', async () => {
    const refreshInterval = (): number => {
      throw down;
    };
    const cache = newCache({ loader: () => 'a', refreshInterval });
    const payloads = payloadsOf(cache, 'error');
    await cache.start().ready();
    await settle();
    expect(payloads.length).toBeGreaterThan(0);
    expect(payloads[0]).toEqual({
      name,
      error: down,
      reason: undefined,
      attempt: 0,
      final: false,
      retryAt: undefined,
      serving: true,
    });
  });

  it('is not there for a load that was stopped', async () => {
    const { cache, calls } = await warmed();
    const payloads = payloadsOf(cache, 'error');
    void cache.refresh();
    void cache.stop();
    calls[1]?.reject(down);
    await settle();
    expect(payloads).toEqual([]);
  });
});

describe('the event slow', () => {
  /** The slow events of one load that takes so long. */
  async function slowEvents(took: number, options: { slowThreshold?: number } = {}) {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, loadTimeout: 10_000, ...options });
    const payloads = payloadsOf(cache, 'slow');
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(took);
    expect(payloads).toHaveLength(took < 10_000 ? 0 : 1);
    calls[0]?.resolve('a');
    await settle();
    return payloads;
  }

  it('tells a load that took longer than slowThreshold, when it has ended', async () => {
    const [payload] = await slowEvents(101, { slowThreshold: 100 });
    expect(payload).toEqual({ name, reason: 'refresh', outcome: 'published', duration: 101 });
  });

  it('is not there for a load that did not', async () => {
    expect(await slowEvents(99, { slowThreshold: 100 })).toEqual([]);
  });

  it('is there from half of loadTimeout on, by default', async () => {
    expect(await slowEvents(4999)).toEqual([]);
    expect(await slowEvents(5001)).toHaveLength(1);
  });

  it('tells a load that timed out', async () => {
    expect(await slowEvents(10_000)).toMatchObject([{ outcome: 'timeout', duration: 10_000 }]);
  });

  it('tells the other outcomes', async () => {
    const { cache, calls } = await warmed({ slowThreshold: 10 });
    const payloads = payloadsOf(cache, 'slow');
    for (const end of [
      () => calls.at(-1)?.resolve(notModified),
      () => cache.set('mine') && calls.at(-1)?.resolve('b'),
      () => calls.at(-1)?.reject(down),
    ]) {
      void cache.refresh();
      await vi.advanceTimersByTimeAsync(11);
      end();
      await settle();
    }
    const outcomes = payloads.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['unchanged', 'superseded', 'failed']);
  });
});
