import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { type Loader, StoppedError } from 'warm-cache';
import {
  countingLoader,
  eventsOf,
  fakeTime,
  manualLoader,
  outcomesOf,
  settle,
  stateOf,
  t0,
} from './support/loads.ts';

const newCache = fakeTime();

describe('start()', () => {
  it('begins the loop, and returns the cache', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader, ttl: 2000, refreshInterval: 1000 });
    expect(cache.health().running).toBe(false);
    expect(cache.start()).toBe(cache);
    expect(cache.health().running).toBe(true);
    await vi.advanceTimersByTimeAsync(2000);
    expect(starts).toEqual([t0, t0 + 1000, t0 + 2000]);
  });

  it('is idempotent: one loop, one load, one event', async () => {
    const { loader, starts } = countingLoader(100);
    const cache = newCache({ loader, ttl: 2000, refreshInterval: 1000 });
    const events = eventsOf(cache);
    cache.start().start();
    await vi.advanceTimersByTimeAsync(50);
    cache.start();
    await vi.advanceTimersByTimeAsync(500);
    expect(cache.start()).toBe(cache);
    await vi.advanceTimersByTimeAsync(450);
    expect(starts).toEqual([t0, t0 + 1000]);
    expect(events.filter((event) => event === 'start')).toHaveLength(1);
  });

  it('during the load of a read takes that as its first', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 1000 });
    const read = cache.get();
    cache.start();
    calls[0]?.resolve('a');
    expect(await read).toBe('a');
    await settle();
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toHaveLength(2);
  });

  it('during a backoff does not make failing worse, and goes on when it is over', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const cache = newCache({ loader, backoff: { minDelay: 1000 } });
    await expect(cache.get()).rejects.toThrow();
    cache.start();
    await vi.advanceTimersByTimeAsync(999);
    expect(loader).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(loader).toHaveBeenCalledTimes(2);
  });
});

describe('stop()', () => {
  it('cancels the timer of the loop', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader, ttl: 1000 }).start();
    await cache.ready();
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(starts).toHaveLength(1);
    expect(cache.health()).toMatchObject({ running: false, nextLoadAt: null, load: null });
  });

  it('cancels the timer of a backoff', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const cache = newCache({ loader }).start();
    await settle();
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(loader).toHaveBeenCalledTimes(1);
  });

  it('aborts the load in flight, with a StoppedError', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ name: 'board', loader }).start();
    await settle();
    void cache.stop();
    const { signal } = calls[0]?.context ?? {};
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toBeInstanceOf(StoppedError);
    expect(signal?.reason).toMatchObject({ code: 'ERR_STOPPED', cacheName: 'board' });
    expect(outcomesOf(cache)).toEqual({ stopped: 1 });
  });

  it('settles all waiters at once, with a StoppedError', async () => {
    const { loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    const waits = [
      cache.get(),
      cache.get({ maxAge: 0 }),
      cache.ready(),
      cache.refresh(),
      cache.invalidate(),
      cache.invalidate({ purge: true }),
    ];
    void cache.stop();
    for (const wait of waits) {
      expect(await stateOf(wait)).toBe('rejected');
      await expect(wait).rejects.toThrow(StoppedError);
    }
  });

  it('resolves when the loader has settled, not before', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    const stopped = cache.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await stateOf(stopped)).toBe('pending');
    calls[0]?.resolve('a');
    expect(await stateOf(stopped)).toBe('fulfilled');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('resolves when a loader that obeys its signal has rejected', async () => {
    const loader: Loader<string> = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const cache = newCache({ loader, retry: { retries: 5, minTimeout: 0 } }).start();
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(outcomesOf(cache)).toEqual({ stopped: 1 });
  });

  it('resolves at the deadline of a loader that hangs', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, loadTimeout: 1000 }).start();
    await vi.advanceTimersByTimeAsync(300);
    const stopped = cache.stop();
    await vi.advanceTimersByTimeAsync(699);
    expect(await stateOf(stopped)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await stateOf(stopped)).toBe('fulfilled');
    expect(vi.getTimerCount()).toBe(0);
    expect(calls[0]?.context.signal.reason).toBeInstanceOf(StoppedError);
  });

  it('resolves at once where no load is in flight', async () => {
    const cache = newCache({ loader: () => 'a' });
    expect(await stateOf(cache.stop())).toBe('fulfilled');
  });

  it('resolves at once where a loader was given up before', async () => {
    const cache = newCache({ loader: manualLoader<string>().loader, loadTimeout: 100 }).start();
    await vi.advanceTimersByTimeAsync(200);
    expect(await stateOf(cache.stop())).toBe('fulfilled');
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends a quick retry's wait at once, and leaves no timer and no listener", async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 3, minTimeout: 5000 } }).start();
    await vi.advanceTimersByTimeAsync(100);
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
    const signal = loader.mock.calls[0]?.[0].signal as AbortSignal;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(loader).toHaveBeenCalledTimes(1);
  });

  it('is idempotent: each call waits for the loader, and there is one event', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    const events = eventsOf(cache);
    const stops = [cache.stop(), cache.stop()];
    await vi.advanceTimersByTimeAsync(100);
    stops.push(cache.stop());
    for (const stop of stops) expect(await stateOf(stop)).toBe('pending');
    calls[0]?.resolve('a');
    await Promise.all(stops);
    await cache.stop();
    expect(events).toEqual(['stop']);
    expect(outcomesOf(cache)).toEqual({ stopped: 1 });
  });

  it('works on a cache that was never started, and ends its load', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const read = cache.get();
    const stopped = cache.stop();
    await expect(read).rejects.toThrow(StoppedError);
    calls[0]?.resolve('a');
    await stopped;
    await expect(cache.get()).rejects.toThrow(StoppedError);
    expect(calls).toHaveLength(1);
  });
});
