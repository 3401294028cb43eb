import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { type Loader, LoadTimeoutError } from 'warm-cache';
import {
  eventsOf,
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
  stateOf,
} from './support/loads.ts';

const newCache = fakeTime();
const timing = { loadTimeout: 1000, backoff: { minDelay: 100, maxDelay: 100 } } as const;

describe('at the deadline of a load', () => {
  it('its signal aborts, not before, with a LoadTimeoutError', async () => {
    const { calls, loader } = manualLoader<string>();
    newCache({ name: 'board', loader, ...timing }).start();
    await vi.advanceTimersByTimeAsync(999);
    const { signal } = calls[0]?.context ?? {};
    expect(signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toBeInstanceOf(LoadTimeoutError);
    expect(signal?.reason).toMatchObject({ code: 'ERR_LOAD_TIMEOUT', cacheName: 'board' });
  });

  it('its signal aborts, and not where a load fails before', async () => {
    const { calls, loader } = manualLoader<string>();
    void newCache({ loader, ...timing }).refresh();
    calls[0]?.reject(new Error('down'));
    await settle();
    expect(calls[0]?.context.signal.aborted).toBe(false);
  });

  it('its signal aborts before the next load starts, though a listener of its error asks for one', async () => {
    const { calls, loader } = manualLoader<string>();
    const seen: (boolean | undefined)[] = [];
    const cache = newCache<string>({
      loader: (context) => {
        seen.push(calls.at(-1)?.context.signal.aborted);
        return loader(context);
      },
      ...timing,
    });
    cache.once('error', () => cache.invalidate());
    cache.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen).toEqual([undefined, true]);
  });

  it.each(['get', 'refresh', 'invalidate'] as const)(
    '%s() gets the LoadTimeoutError, not before',
    async (method) => {
      const cache = newCache({ loader: manualLoader<string>().loader, ...timing });
      const waits: Promise<unknown>[] = [cache[method](), cache.get()];
      await vi.advanceTimersByTimeAsync(999);
      for (const wait of waits) expect(await stateOf(wait)).toBe('pending');
      await vi.advanceTimersByTimeAsync(1);
      for (const wait of waits) await expect(wait).rejects.toThrow(LoadTimeoutError);
    },
  );

  it('the attempts end, however many are left', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const retry = { retries: 100, minTimeout: 300, factor: 1, randomize: false };
    const cache = newCache({ loader, retry, ...timing });
    const read = cache.get();
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(read).rejects.toThrow(LoadTimeoutError);
    expect(loader).toHaveBeenCalledTimes(4);
    expect(outcomesOf(cache)).toEqual({ timeout: 1 });
  });

  it('the wait for a retry ends, and leaves no timer', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const retry = { retries: 1, minTimeout: 60_000 };
    const cache = newCache({ loader, retry, ...timing });
    void cache.get();
    await vi.advanceTimersByTimeAsync(1000);
    const { signal } = loader.mock.calls[0]?.[0] ?? {};
    expect(getEventListeners(signal as AbortSignal, 'abort')).toEqual([]);
    expect(cache.health()).toMatchObject({ abandoned: 0, load: null });
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('the slot is free: the next load starts after the backoff, while the loader still hangs', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing }).start();
    await vi.advanceTimersByTimeAsync(1099);
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('b');
    expect((await cache.ready()).value).toBe('b');
  });

  it('a follow-up that was asked for starts at once', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing });
    void cache.refresh();
    const invalidated = cache.invalidate();
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('b');
    expect((await invalidated).value).toBe('b');
  });

  it('a load that has ended is left alone', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing });
    const read = cache.get();
    await vi.advanceTimersByTimeAsync(999);
    calls[0]?.resolve('a');
    expect(await read).toBe('a');
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls[0]?.context.signal.aborted).toBe(false);
    expect(outcomesOf(cache)).toEqual({ published: 1 });
  });
});

describe('a loader that hangs for ever', () => {
  it('costs one deadline, each time, never the loop', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing }).start();
    await vi.advanceTimersByTimeAsync(1100 * 5);
    expect(calls).toHaveLength(6);
    calls[5]?.resolve('f');
    await settle();
    expect(cache.health()).toMatchObject({ status: 'READY', consecutiveFailures: 0, abandoned: 5 });
    expect(outcomesOf(cache)).toEqual({ timeout: 5, published: 1 });
  });

  it('is counted among the abandoned until it settles', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing }).start();
    await vi.advanceTimersByTimeAsync(999);
    expect(cache.health().abandoned).toBe(0);
    await vi.advanceTimersByTimeAsync(1 + 1100);
    expect(cache.health().abandoned).toBe(2);
    calls[0]?.resolve('late');
    await settle();
    expect(cache.health().abandoned).toBe(1);
    calls[1]?.reject(new Error('late'));
    await settle();
    expect(cache.health().abandoned).toBe(0);
  });
});

describe('what a loader answers after its deadline', () => {
  it.each([
    ['while nothing is loaded', 0],
    ['while the next load is under way', 100],
  ])('is dropped, %s', async (_, wait) => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing }).start();
    await vi.advanceTimersByTimeAsync(1000 + wait);
    const events = eventsOf(cache);
    calls[0]?.resolve('late');
    await settle();
    expect(cache.peek()).toBeUndefined();
    expect(cache.health()).toMatchObject({ version: 0, consecutiveFailures: 1 });
    expect(events).toEqual([]);
    expect(outcomesOf(cache)).toEqual({ timeout: 1 });
  });

  it('does not replace a newer value', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing }).start();
    await vi.advanceTimersByTimeAsync(1100);
    calls[1]?.resolve('b');
    await cache.ready();
    calls[0]?.resolve('late');
    await settle();
    expect(cache.peek()).toMatchObject({ value: 'b', version: 1 });
  });

  it('does not end the load that runs by then', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing }).start();
    await vi.advanceTimersByTimeAsync(1100);
    const read = cache.get();
    calls[0]?.resolve('late');
    expect(await stateOf(read)).toBe('pending');
    calls[1]?.resolve('b');
    expect(await read).toBe('b');
  });

  it('is dropped if it is an error too: no event, no retry, no failure more', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing, retry: { retries: 5, minTimeout: 0 } }).start();
    await vi.advanceTimersByTimeAsync(1000);
    const events = eventsOf(cache);
    const { lastError } = cache.health();
    calls[0]?.reject(new Error('late'));
    await settle();
    expect(events).toEqual([]);
    expect(calls).toHaveLength(1);
    expect(cache.health()).toMatchObject({ consecutiveFailures: 1, lastError });
  });

  it('is never asked for again: an attempt that ends late is the last', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...timing, retry: { retries: 5, minTimeout: 0 } });
    const errors = payloadsOf(cache, 'error');
    void cache.get();
    await vi.advanceTimersByTimeAsync(1000);
    calls[0]?.reject(new Error('late'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });
});
