import { describe, expect, it, vi } from 'vitest';
import { LoadError, type Loader, notModified } from 'warm-cache';
import {
  eventsOf,
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
} from './support/loads.ts';

const newCache = fakeTime();

describe('a load ends as', () => {
  it('published: its value is the new snapshot', async () => {
    const cache = newCache({ loader: () => 'a' });
    await cache.refresh();
    expect(outcomesOf(cache)).toEqual({ published: 1 });
  });

  it('unchanged: nothing was modified', async () => {
    const loader = vi
      .fn<Loader<string>>()
      .mockResolvedValueOnce('a')
      .mockResolvedValue(notModified);
    const cache = newCache({ loader });
    await cache.refresh();
    await cache.refresh();
    expect(outcomesOf(cache)).toEqual({ published: 1, unchanged: 1 });
  });

  it('unchanged: the validator says so', async () => {
    const cache = newCache({ loader: () => 'a', validator: () => 1 });
    await cache.refresh();
    await cache.refresh();
    expect(outcomesOf(cache)).toEqual({ published: 1, unchanged: 1 });
  });

  it('rejected: accept vetoed it', async () => {
    const cache = newCache({ loader: () => 'a', accept: () => false });
    await expect(cache.refresh()).rejects.toThrow('load rejected: vetoed by accept');
    expect(outcomesOf(cache)).toEqual({ rejected: 1 });
  });

  it('failed: the loader threw in all its attempts', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 2, minTimeout: 0 } });
    void cache.refresh();
    await settle();
    expect(outcomesOf(cache)).toEqual({ failed: 1 });
  });

  it('timeout: it did not end within loadTimeout', async () => {
    const cache = newCache({ loader: manualLoader<string>().loader, loadTimeout: 100 });
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(100);
    expect(outcomesOf(cache)).toEqual({ timeout: 1 });
  });

  it('superseded: a newer value was published first', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    void cache.refresh();
    await settle();
    cache.set('mine');
    calls[0]?.resolve('a');
    await settle();
    expect(outcomesOf(cache)).toEqual({ superseded: 1 });
  });

  it('superseded: it was purged', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    void cache.refresh();
    await settle();
    void cache.invalidate({ purge: true });
    calls[0]?.resolve('a');
    await settle();
    expect(outcomesOf(cache)).toEqual({ superseded: 1 });
  });

  it('superseded, not failed: it was purged, and then found nothing modified', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    void cache.refresh();
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    await settle();
    const errors = payloadsOf(cache, 'error');
    void cache.invalidate({ purge: true });
    calls[1]?.resolve(notModified);
    await settle();
    expect(outcomesOf(cache)).toEqual({ published: 1, superseded: 1 });
    expect(errors).toEqual([]);
    expect(cache.health().consecutiveFailures).toBe(0);
  });

  it('stopped: the cache was stopped first', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    void cache.refresh();
    const stopped = cache.stop();
    calls[0]?.resolve('a');
    await stopped;
    expect(outcomesOf(cache)).toEqual({ stopped: 1 });
  });

  it('one of them: as many outcomes as loads', async () => {
    const loader = vi.fn<Loader<string>>(() => new Promise(() => {}));
    loader.mockReturnValueOnce('a').mockReturnValueOnce(notModified).mockReturnValueOnce('bad');
    loader.mockRejectedValueOnce(new Error('down'));
    const options = { ttl: 100, loadTimeout: 10, backoff: { minDelay: 10 } };
    const cache = newCache({ loader, accept: (next) => next !== 'bad', ...options });
    const loads = payloadsOf(cache, 'load');
    cache.start();
    await vi.advanceTimersByTimeAsync(3000);
    void cache.stop();
    const outcomes = outcomesOf(cache);
    expect(outcomes).toMatchObject({ published: 1, unchanged: 1, rejected: 1, failed: 1 });
    expect(outcomes).toHaveProperty('timeout');
    expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(loads.length);
  });
});

describe('a superseded load', () => {
  it('publishes nothing, and no event tells of a new value', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    void cache.refresh();
    await settle();
    const snapshot = cache.set('mine');
    const events = eventsOf(cache);
    calls[0]?.resolve('a');
    await settle();
    expect(events).toEqual([]);
    expect(cache.peek()).toBe(snapshot);
  });

  it('counts as contact, and ends a row of failures', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, backoff: { minDelay: 10 } }).start();
    calls[0]?.reject(new Error('down'));
    await vi.advanceTimersByTimeAsync(10);
    cache.set('mine');
    await vi.advanceTimersByTimeAsync(5);
    calls[1]?.resolve('a');
    await settle();
    expect(cache.health()).toMatchObject({ consecutiveFailures: 0, lastContactAt: Date.now() });
  });
});

describe('accept', () => {
  it('is asked with the result and the previous value, undefined at first', async () => {
    const accept = vi.fn((_next: string, _previous: string | undefined) => true);
    const loader = vi.fn<Loader<string>>().mockResolvedValueOnce('a').mockResolvedValueOnce('b');
    const cache = newCache({ loader, accept });
    await cache.refresh();
    await cache.refresh();
    expect(accept.mock.calls).toEqual([
      ['a', undefined],
      ['b', 'a'],
    ]);
  });

  it('is asked before the result is published', async () => {
    const seen: unknown[] = [];
    const accept = (): boolean => seen.push(cache.peek()) > 0;
    const cache = newCache<string>({ loader: () => 'a', accept });
    await cache.refresh();
    expect(seen).toEqual([undefined]);
  });

  it('is not asked where nothing was modified', async () => {
    const accept = vi.fn(() => true);
    const loader = vi
      .fn<Loader<string>>()
      .mockResolvedValueOnce('a')
      .mockResolvedValue(notModified);
    const cache = newCache({ loader, accept });
    await cache.refresh();
    await cache.refresh();
    expect(accept).toHaveBeenCalledTimes(1);
  });

  it('that vetoes fails the load with ERR_LOAD_REJECTED', async () => {
    const cache = newCache({ loader: () => 'a', accept: () => false });
    const error = await cache.refresh().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LoadError);
    expect(error).toMatchObject({ code: 'ERR_LOAD_REJECTED', retryAt: Date.now() + 1000 });
    expect(cache.peek()).toBeUndefined();
  });

  it('that throws fails the load, with what it threw as cause', async () => {
    const thrown = new TypeError('next is undefined');
    const accept = (): boolean => {
      throw thrown;
    };
    const cache = newCache({ loader: () => 'a', accept });
    await expect(cache.refresh()).rejects.toMatchObject({
      code: 'ERR_LOAD_FAILED',
      cause: thrown,
    });
    expect(outcomesOf(cache)).toEqual({ failed: 1 });
  });
});
