import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { type Loader, StoppedError, WarmCache, WarmCacheError } from 'warm-cache';
import { countingLoader, fakeTime, manualLoader, settle, stateOf } from './support/loads.ts';

const newCache = fakeTime();
const down = new Error('down');

/** A loader that fails so many times, then answers 'a'. */
function downAtFirst(times: number) {
  const loader = vi.fn<Loader<string>>().mockResolvedValue('a');
  for (let i = 0; i < times; i += 1) loader.mockRejectedValueOnce(down);
  return loader;
}

describe('ready()', () => {
  it('resolves with the first snapshot', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    const ready = cache.ready();
    expect(await stateOf(ready)).toBe('pending');
    calls[0]?.resolve('a');
    expect(await ready).toMatchObject({ value: 'a', version: 1 });
    expect(cache.peek()).toBe(await ready);
  });

  it('resolves at once, and loads nothing, where there is a value', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader });
    const snapshot = cache.set(100);
    expect(await cache.ready()).toBe(snapshot);
    expect(starts).toEqual([]);
  });

  it('joins the load in flight', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    void cache.ready();
    void cache.ready();
    await settle();
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['started', true],
    ['never started', false],
  ])('waits through failed loads, on a cache that was %s', async (_, started) => {
    const loader = downAtFirst(3);
    const cache = newCache({ loader, backoff: { minDelay: 100 } });
    if (started) cache.start();
    const ready = cache.ready();
    await vi.advanceTimersByTimeAsync(699);
    expect(await stateOf(ready)).toBe('pending');
    expect(loader).toHaveBeenCalledTimes(3);
    await vi.advanceTimersByTimeAsync(1);
    expect((await ready).value).toBe('a');
  });

  it('waits through loads that time out, and ones that are vetoed', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValue('a');
    loader.mockReturnValueOnce(new Promise(() => {})).mockResolvedValueOnce('bad');
    const accept = (next: string): boolean => next !== 'bad';
    const cache = newCache({ loader, accept, loadTimeout: 100, backoff: { minDelay: 100 } });
    const ready = cache.ready();
    await vi.advanceTimersByTimeAsync(1000);
    expect((await ready).value).toBe('a');
  });

  it('during a backoff waits for its end', async () => {
    const loader = downAtFirst(1);
    const cache = newCache({ loader, backoff: { minDelay: 100 } });
    await expect(cache.get()).rejects.toThrow();
    const ready = cache.ready();
    await vi.advanceTimersByTimeAsync(99);
    expect(loader).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await ready).value).toBe('a');
  });

  it('on a cache that was never started leaves no loop behind', async () => {
    const { loader, starts } = countingLoader();
    await newCache({ loader, ttl: 1000 }).ready();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(starts).toHaveLength(1);
  });

  it('rejects with a StoppedError when the cache is stopped, or was', async () => {
    const cache = newCache({ loader: downAtFirst(100) }).start();
    const ready = cache.ready();
    await settle();
    await cache.stop();
    await expect(ready).rejects.toThrow(StoppedError);
    await expect(cache.ready()).rejects.toThrow(StoppedError);
  });

  it('may be ignored', async () => {
    // An unhandled rejection would fail the run.
    const cache = newCache({ loader: downAtFirst(100) });
    void cache.ready({ timeout: 10 });
    void cache.ready({ signal: AbortSignal.abort() });
    void cache.ready();
    await vi.advanceTimersByTimeAsync(10);
    await cache.stop();
  });
});

describe('ready({ timeout })', () => {
  it.each([true, false])('gives up after so many ms, started: %s', async (started) => {
    const cache = newCache({ name: 'board', loader: downAtFirst(100) });
    if (started) cache.start();
    const ready = cache.ready({ timeout: 5000 });
    await vi.advanceTimersByTimeAsync(4999);
    expect(await stateOf(ready)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    await expect(ready).rejects.toThrow(WarmCacheError);
    await expect(ready).rejects.toMatchObject({
      code: 'ERR_READY_TIMEOUT',
      cacheName: 'board',
      cause: { code: 'ERR_LOAD_FAILED' },
    });
  });

  it('gives up on a load that takes too long, which goes on for the others', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const ready = cache.ready({ timeout: 100 });
    const other = cache.ready({ timeout: 10_000 });
    await vi.advanceTimersByTimeAsync(100);
    await expect(ready).rejects.toMatchObject({ code: 'ERR_READY_TIMEOUT' });
    expect(calls[0]?.context.signal.aborted).toBe(false);
    calls[0]?.resolve('a');
    expect((await other).value).toBe('a');
  });

  it('leaves no timer when the value is there, or the cache stopped', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const ready = cache.ready({ timeout: 100_000 });
    calls[0]?.resolve('a');
    await ready;
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
    const stopped = newCache({ loader: downAtFirst(100) });
    void stopped.ready({ timeout: 100_000 });
    await settle();
    await stopped.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('on a cache that was never started ends the loading, when all have given up', async () => {
    const loader = downAtFirst(100);
    void newCache({ loader, backoff: { minDelay: 100, factor: 1 } }).ready({ timeout: 1000 });
    await vi.advanceTimersByTimeAsync(1000);
    const { length } = loader.mock.calls;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(loader.mock.calls.length - length).toBeLessThanOrEqual(1);
  });

  it('rejects what is no time, by name', () => {
    const cache = newCache({ loader: manualLoader<string>().loader });
    expect(() => cache.ready({ timeout: -1 })).toThrow(RangeError);
    expect(() => cache.ready({ timeout: Number.NaN })).toThrow('`timeout`');
  });

  it('may be 0: there is a value, or not', async () => {
    const cache = newCache({ loader: manualLoader<string>().loader });
    const ready = cache.ready({ timeout: 0 });
    await vi.advanceTimersByTimeAsync(1);
    await expect(ready).rejects.toMatchObject({ code: 'ERR_READY_TIMEOUT' });
    cache.set('mine');
    expect((await cache.ready({ timeout: 0 })).value).toBe('mine');
  });
});

describe('ready({ signal })', () => {
  it.each([true, false])('ends with the reason of the signal, started: %s', async (started) => {
    const cache = newCache({ loader: downAtFirst(100) });
    if (started) cache.start();
    const controller = new AbortController();
    const ready = cache.ready({ signal: controller.signal });
    const other = cache.ready();
    await vi.advanceTimersByTimeAsync(5000);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(ready).rejects.toBe(reason);
    expect(await stateOf(other)).toBe('pending');
  });

  it('that is aborted already loads nothing', async () => {
    const { loader, starts } = countingLoader();
    const reason = new Error('enough');
    const ready = newCache({ loader }).ready({ signal: AbortSignal.abort(reason) });
    await expect(ready).rejects.toBe(reason);
    expect(starts).toEqual([]);
  });

  it('leaves no listener on the signal, however it ends', async () => {
    const { calls, loader } = manualLoader<string>();
    const { signal } = new AbortController();
    const cache = newCache({ loader });
    const waits = [cache.ready({ signal }), cache.get({ signal })];
    expect(getEventListeners(signal, 'abort').length).toBeGreaterThan(0);
    calls[0]?.resolve('a');
    await Promise.all(waits);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    void cache.invalidate({ purge: true });
    void cache.ready({ signal, timeout: 10 });
    await vi.advanceTimersByTimeAsync(10);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    void cache.ready({ signal });
    void cache.get({ signal });
    void cache.stop();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('Symbol.asyncDispose', () => {
  it('stops the cache at the end of its block', async () => {
    let outer: WarmCache<string>;
    {
      await using cache = new WarmCache({ loader: () => 'a', ttl: 1000 });
      await cache.start().ready();
      outer = cache;
    }
    expect(outer.health().running).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    expect(() => outer.set('mine')).toThrow(StoppedError);
  });

  it('waits for the loader, as stop() does', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    const disposed = cache[Symbol.asyncDispose]();
    expect(await stateOf(disposed)).toBe('pending');
    expect(calls[0]?.context.signal.aborted).toBe(true);
    calls[0]?.resolve('a');
    expect(await stateOf(disposed)).toBe('fulfilled');
  });
});
