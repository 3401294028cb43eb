import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { type Loader, notModified } from 'warm-cache';
import { fakeTime, manualLoader, outcomesOf, payloadsOf, settle, t0 } from './support/loads.ts';

const newCache = fakeTime();

describe('the context of a load', () => {
  it('has signal, previous, attempt, reason and notModified', async () => {
    const { calls, loader } = manualLoader<string>();
    void newCache({ loader }).refresh();
    await settle();
    expect(calls[0]?.context).toEqual({
      signal: expect.any(AbortSignal),
      previous: undefined,
      attempt: 1,
      reason: 'refresh',
      notModified,
    });
  });

  it('has a signal of its own for each load, which a success leaves as it is', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    for (const value of ['a', 'b']) {
      const refreshed = cache.refresh();
      calls.at(-1)?.resolve(value);
      await refreshed;
    }
    const [first, second] = calls.map(({ context }) => context.signal);
    expect(second).not.toBe(first);
    await cache.stop();
    expect([first?.aborted, second?.aborted]).toEqual([false, false]);
  });

  it('has a signal that the cache leaves no listener on', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValue('a');
    loader.mockRejectedValueOnce(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 1, minTimeout: 10 } });
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(20);
    const signal = loader.mock.calls[1]?.[0].signal as AbortSignal;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('previous', () => {
  it.each([
    ['fresh', 50],
    ['stale', 150],
    ['expired', 250],
  ])('is the current snapshot, also one that is %s', async (_, age) => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 100, maxStale: 100 });
    const first = cache.refresh();
    calls[0]?.resolve('a');
    const snapshot = await first;
    await vi.advanceTimersByTimeAsync(age);
    void cache.refresh();
    await settle();
    expect(calls[1]?.context.previous).toBe(snapshot);
  });

  it('is undefined until the first value is there', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    newCache({ loader, backoff: { minDelay: 10 } }).start();
    await vi.advanceTimersByTimeAsync(10);
    expect(loader.mock.calls.map(([{ previous }]) => previous)).toEqual([undefined, undefined]);
  });

  it('is the last good snapshot after a failed load', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, backoff: { minDelay: 10 } }).start();
    calls[0]?.resolve('a');
    const snapshot = await cache.ready();
    const refreshed = cache.refresh();
    calls[1]?.reject(new Error('down'));
    await expect(refreshed).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(10);
    expect(calls[2]?.context).toMatchObject({ previous: snapshot, reason: 'retry' });
  });

  it('is undefined after a purge', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const first = cache.get();
    calls[0]?.resolve('a');
    await first;
    void cache.invalidate({ purge: true });
    await settle();
    expect(calls[1]?.context.previous).toBeUndefined();
  });

  it('may be a snapshot that was set', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const snapshot = cache.set('mine');
    void cache.refresh();
    await settle();
    expect(calls[0]?.context.previous).toBe(snapshot);
  });
});

describe('reason', () => {
  it('is start, then interval', async () => {
    const { calls, loader } = manualLoader<string>();
    newCache({ loader, ttl: 1000 }).start();
    await settle();
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls.map(({ context }) => context.reason)).toEqual(['start', 'interval']);
  });

  it('is read, for a read with nothing to serve and for one of a stale value', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 1000 });
    void cache.get();
    await settle();
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(1500);
    expect(await cache.get()).toBe('a');
    await settle();
    expect(calls.map(({ context }) => context.reason)).toEqual(['read', 'read']);
  });

  it('is invalidate, at once and as a follow-up', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    void cache.invalidate();
    await settle();
    void cache.invalidate();
    calls[0]?.resolve('a');
    await settle();
    expect(calls.map(({ context }) => context.reason)).toEqual(['invalidate', 'invalidate']);
  });

  it('is invalidate also where a read waits for the same follow-up', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    void cache.refresh();
    await settle();
    void cache.get({ maxAge: 0 });
    void cache.invalidate();
    void cache.get({ maxAge: 0 });
    calls[0]?.resolve('a');
    await settle();
    expect(calls[1]?.context.reason).toBe('invalidate');
  });

  it('is retry for the load after a failed one, not for an attempt', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const retry = { retries: 1, minTimeout: 0 };
    newCache({ loader, retry, backoff: { minDelay: 100 } }).start();
    await vi.advanceTimersByTimeAsync(100);
    expect(loader.mock.calls.map(([{ attempt, reason }]) => [attempt, reason])).toEqual([
      [1, 'start'],
      [2, 'start'],
      [1, 'retry'],
      [2, 'retry'],
    ]);
  });

  it('is the same in the events of the load', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const loads = payloadsOf(cache, 'load');
    const refreshes = payloadsOf(cache, 'refresh');
    void cache.refresh();
    await settle();
    calls[0]?.resolve('a');
    await settle();
    expect([loads[0]?.reason, refreshes[0]?.reason]).toEqual(['refresh', 'refresh']);
  });
});

describe('notModified', () => {
  it('keeps the value and its version, and renews its age', async () => {
    const { calls, loader } = manualLoader<object>();
    const cache = newCache({ loader, ttl: 1000, refreshInterval: Infinity });
    const value = {};
    const first = cache.get();
    calls[0]?.resolve(value);
    await first;
    await vi.advanceTimersByTimeAsync(900);
    const refreshed = cache.refresh();
    await vi.advanceTimersByTimeAsync(50);
    calls[1]?.resolve(notModified);
    expect(await refreshed).toEqual({ value, version: 1, loadedAt: t0 + 900, source: 'loader' });
    expect((await refreshed).value).toBe(value);
    expect(cache.peek()).toBe(await refreshed);
    await vi.advanceTimersByTimeAsync(949);
    expect(cache.health()).toMatchObject({ status: 'READY', age: 999 });
    expect(outcomesOf(cache)).toEqual({ published: 1, unchanged: 1 });
  });

  it('brings an expired value back, and lifts an invalidation', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 100, maxStale: 0 });
    const first = cache.get();
    calls[0]?.resolve('a');
    await first;
    await vi.advanceTimersByTimeAsync(100);
    expect(cache.peek()).toBeUndefined();
    const invalidated = cache.invalidate();
    calls[1]?.resolve(notModified);
    await invalidated;
    expect(cache.peek()?.value).toBe('a');
    expect(cache.health().status).toBe('READY');
  });

  it('keeps a value of undefined too', async () => {
    const loader = vi.fn<Loader<undefined>>().mockResolvedValueOnce(undefined);
    loader.mockResolvedValue(notModified);
    const cache = newCache({ loader });
    await cache.refresh();
    expect(await cache.refresh()).toMatchObject({ value: undefined, version: 1 });
    expect(outcomesOf(cache)).toEqual({ published: 1, unchanged: 1 });
  });

  it('fails the load where there is no previous value', async () => {
    const cache = newCache<string>({ loader: ({ notModified: same }) => same });
    await expect(cache.get()).rejects.toMatchObject({
      code: 'ERR_LOAD_FAILED',
      message: expect.stringContaining('notModified without a previous value'),
    });
    expect(cache.peek()).toBeUndefined();
    expect(outcomesOf(cache)).toEqual({ failed: 1 });
  });
});
