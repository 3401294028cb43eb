import { describe, expect, it, vi } from 'vitest';
import { StoppedError } from 'warm-cache';
import { countingLoader, eventsOf, fakeTime, manualLoader, settle } from './support/loads.ts';

const newCache = fakeTime();

describe('after stop()', () => {
  it.each([
    ['resolves', (call: Settle) => call.resolve('late')],
    ['rejects', (call: Settle) => call.reject(new Error('late'))],
  ])('nothing is published or emitted but stop, when the loader %s', async (_, settleCall) => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, slowThreshold: 1, retry: { retries: 2, minTimeout: 0 } });
    cache.start();
    await vi.advanceTimersByTimeAsync(100);
    const events = eventsOf(cache);
    void cache.stop();
    expect(events).toEqual(['stop']);
    for (const call of calls) settleCall(call);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(events).toEqual(['stop']);
    expect(cache.health()).toMatchObject({ version: 0, consecutiveFailures: 0 });
    expect(calls).toHaveLength(1);
  });

  it('nothing is emitted as the value turns stale, and as it expires', async () => {
    const cache = newCache({ loader: () => 'a', ttl: 1000 }).start();
    await cache.ready();
    const events = eventsOf(cache);
    await cache.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(events).toEqual(['stop']);
  });

  it('nothing is published when the loader answers past the deadline', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, loadTimeout: 100 }).start();
    const stopped = cache.stop();
    await vi.advanceTimersByTimeAsync(100);
    await stopped;
    expect(cache.health().abandoned).toBe(1);
    calls[0]?.resolve('late');
    await settle();
    expect(cache.health()).toMatchObject({ version: 0, abandoned: 0 });
  });

  it('a fresh value is served, then get() rejects with a StoppedError', async () => {
    const cache = newCache({ loader: () => 'a', ttl: 1000 }).start();
    const snapshot = await cache.ready();
    await cache.stop();
    await vi.advanceTimersByTimeAsync(999);
    expect(await cache.get()).toBe('a');
    expect(await cache.get({ maxAge: 1000 })).toBe('a');
    expect(await cache.ready()).toBe(snapshot);
    expect(cache.peek()).toBe(snapshot);
    await vi.advanceTimersByTimeAsync(1);
    await expect(cache.get()).rejects.toThrow(StoppedError);
    await expect(cache.ready()).rejects.toThrow(StoppedError);
    expect(cache.peek()).toBeUndefined();
  });

  it('a stale value is not served', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 1000 });
    void cache.get();
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(1500);
    expect(cache.peek()?.value).toBe('a');
    await cache.stop();
    expect(cache.peek()).toBeUndefined();
    await expect(cache.get()).rejects.toThrow(StoppedError);
  });

  it('get({ maxAge }) rejects where the value is too old for it', async () => {
    const cache = newCache({ loader: () => 'a', ttl: 1000 }).start();
    await cache.ready();
    await cache.stop();
    await vi.advanceTimersByTimeAsync(500);
    await expect(cache.get({ maxAge: 100 })).rejects.toThrow(StoppedError);
    await expect(cache.get({ maxAge: 0 })).rejects.toThrow(StoppedError);
  });

  it('refresh(), invalidate() and set() fail with a StoppedError, and load nothing', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader }).start();
    await cache.ready();
    await cache.stop();
    const events = eventsOf(cache);
    await expect(cache.refresh()).rejects.toThrow(StoppedError);
    expect(() => cache.set(100)).toThrow(StoppedError);
    expect(await cache.get()).toBe(1);
    await expect(cache.invalidate()).rejects.toThrow(StoppedError);
    expect(events).toEqual([]);
    expect(starts).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('invalidate() still marks the value', async () => {
    const { loader } = countingLoader();
    const cache = newCache({ loader }).start();
    await cache.ready();
    await cache.stop();
    void cache.invalidate();
    await expect(cache.get()).rejects.toThrow(StoppedError);
    expect(cache.peek()).toBeUndefined();
    cache.start();
    expect(cache.health().status).toBe('STALE');
    await settle();
    expect(await cache.get()).toBe(2);
  });
});

interface Settle {
  resolve(value: string): void;
  reject(error: unknown): void;
}
