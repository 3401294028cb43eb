import { describe, expect, it, vi } from 'vitest';
import { notModified } from 'warm-cache';
import { eventsOf, fakeTime, manualLoader, payloadsOf, settle, t0 } from './support/loads.ts';

const makeCache = fakeTime();
const name = 'board';
const newCache: typeof makeCache = (options) => makeCache({ name, ...options });

/** A cache with a fresh 'a', whose next loads are settled by the test. */
async function warmed(options: { ttl?: number; slowThreshold?: number } = {}) {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader, ...options }).start();
  calls[0]?.resolve('a');
  await cache.ready();
  return { cache, calls };
}

describe('the event', () => {
  it('start tells that the loop was started', () => {
    const cache = newCache({ loader: () => 'a' });
    const payloads = payloadsOf(cache, 'start');
    cache.start();
    expect(payloads).toEqual([{ name }]);
  });

  it('load tells that a load begins', async () => {
    const cache = newCache({ loader: () => 'a', ttl: 1000 });
    const payloads = payloadsOf(cache, 'load');
    cache.start();
    expect(payloads).toEqual([{ name, reason: 'start', startedAt: t0 }]);
    await vi.advanceTimersByTimeAsync(500);
    void cache.refresh();
    expect(payloads[1]).toEqual({ name, reason: 'refresh', startedAt: t0 + 500 });
  });

  it('refresh tells the new snapshot, the previous one, why, and how long it took', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    const payloads = payloadsOf(cache, 'refresh');
    await vi.advanceTimersByTimeAsync(70);
    calls[0]?.resolve('a');
    const first = await cache.ready();
    void cache.invalidate();
    await vi.advanceTimersByTimeAsync(30);
    calls[1]?.resolve('b');
    await settle();
    const second = cache.peek();
    expect(payloads).toEqual([
      { name, snapshot: first, previous: undefined, reason: 'start', duration: 70 },
      { name, snapshot: second, previous: first, reason: 'invalidate', duration: 30 },
    ]);
  });

  it('refresh has no previous snapshot after a purge', async () => {
    const { cache, calls } = await warmed();
    const payloads = payloadsOf(cache, 'refresh');
    void cache.invalidate({ purge: true });
    calls[1]?.resolve('b');
    await settle();
    expect(payloads).toMatchObject([{ previous: undefined, snapshot: { version: 2 } }]);
  });

  it('unchanged tells the value with its new age, why, and how long it took', async () => {
    const { cache, calls } = await warmed();
    const previous = cache.peek();
    const events = eventsOf(cache);
    const payloads = payloadsOf(cache, 'unchanged');
    await vi.advanceTimersByTimeAsync(100);
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(20);
    calls[1]?.resolve(notModified);
    await settle();
    const snapshot = { ...previous, loadedAt: t0 + 100 };
    expect(payloads).toEqual([{ name, snapshot, previous, reason: 'refresh', duration: 20 }]);
    expect(events).toEqual(['load', 'unchanged']);
  });

  it('invalidate tells each call, and whether the value was dropped', async () => {
    const { cache } = await warmed();
    const payloads = payloadsOf(cache, 'invalidate');
    void cache.invalidate();
    void cache.invalidate({ purge: true });
    void cache.invalidate({ purge: false });
    expect(payloads).toEqual([
      { name, purge: false },
      { name, purge: true },
      { name, purge: false },
    ]);
  });

  it('status tells each change', async () => {
    const { cache, calls } = await warmed();
    const payloads = payloadsOf(cache, 'status');
    void cache.invalidate();
    calls[1]?.resolve('b');
    await settle();
    expect(payloads).toEqual([
      { name, from: 'READY', to: 'STALE' },
      { name, from: 'STALE', to: 'READY' },
    ]);
  });

  it('stop tells that the cache was stopped, as stop() is called', async () => {
    const { cache } = await warmed();
    const payloads = payloadsOf(cache, 'stop');
    void cache.refresh();
    void cache.stop();
    expect(payloads).toEqual([{ name }]);
  });
});
