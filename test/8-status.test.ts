import { describe, expect, it, vi } from 'vitest';
import type { Loader } from 'warm-cache';
import { fakeTime, manualLoader, payloadsOf, settle, t0 } from './support/loads.ts';

const newCache = fakeTime();
const down = new Error('down');
const timing = { ttl: 1000, maxStale: 500, backoff: { minDelay: 10_000, maxDelay: 10_000 } };

/** A cache, whose loads are settled by the test, and when its status changed to what. */
function watched() {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader, ...timing });
  const changes: [number, string, string][] = [];
  cache.on('status', ({ from, to }) => changes.push([Date.now() - t0, from, to]));
  return { cache, calls, changes };
}

describe('the status is', () => {
  it('NOT_READY before the first value', async () => {
    const { cache } = watched();
    expect(cache.health().status).toBe('NOT_READY');
    cache.start();
    await settle();
    expect(cache.health().status).toBe('NOT_READY');
  });

  it('READY with a fresh value, also while loads fail', async () => {
    const { cache, calls } = watched();
    void cache.refresh();
    calls[0]?.resolve('a');
    await settle();
    expect(cache.health().status).toBe('READY');
    void cache.refresh();
    calls[1]?.reject(down);
    await settle();
    expect(cache.health().status).toBe('READY');
  });

  it('STALE with a stale value, be it old or invalidated, while loads fail too', async () => {
    const { cache, calls } = watched();
    cache.set('mine');
    void cache.invalidate();
    expect(cache.health().status).toBe('STALE');
    calls[0]?.reject(down);
    await settle();
    expect(cache.health().status).toBe('STALE');
    await vi.advanceTimersByTimeAsync(1200);
    expect(cache.health().status).toBe('STALE');
  });

  it('ERROR without a value, when the last load failed', async () => {
    const { cache, calls } = watched();
    void cache.refresh();
    calls[0]?.reject(down);
    await settle();
    expect(cache.health().status).toBe('ERROR');
    await vi.advanceTimersByTimeAsync(5000);
    void cache.refresh();
    await settle();
    expect(calls).toHaveLength(2);
    expect(cache.health().status).toBe('ERROR');
  });

  it('NOT_READY again after a purge, and when a value expires without a failure', async () => {
    const { cache } = watched();
    cache.set('mine');
    await vi.advanceTimersByTimeAsync(1500);
    expect(cache.health().status).toBe('NOT_READY');
    cache.set('mine');
    void cache.invalidate({ purge: true });
    expect(cache.health().status).toBe('NOT_READY');
  });
});

describe('the status changes, and says so', () => {
  it('from NOT_READY to READY, by a load', async () => {
    const { cache, calls, changes } = watched();
    cache.start();
    await vi.advanceTimersByTimeAsync(70);
    calls[0]?.resolve('a');
    await settle();
    expect(changes).toEqual([[70, 'NOT_READY', 'READY']]);
  });

  it('from NOT_READY to READY, by set()', async () => {
    const { cache, changes } = watched();
    cache.set('mine');
    expect(changes).toEqual([[0, 'NOT_READY', 'READY']]);
  });

  it('from NOT_READY to ERROR, and to READY', async () => {
    const { cache, calls, changes } = watched();
    cache.start();
    calls[0]?.reject(down);
    await vi.advanceTimersByTimeAsync(10_000);
    calls[1]?.resolve('a');
    await settle();
    expect(changes).toEqual([
      [0, 'NOT_READY', 'ERROR'],
      [10_000, 'ERROR', 'READY'],
    ]);
  });

  it('by time alone, without reads and loads: to STALE, and to NOT_READY', async () => {
    const { cache, changes } = watched();
    cache.set('mine');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(changes.slice(1)).toEqual([
      [1000, 'READY', 'STALE'],
      [1500, 'STALE', 'NOT_READY'],
    ]);
  });

  it('by time alone while loads fail: to STALE, and to ERROR', async () => {
    const { cache, calls, changes } = watched();
    cache.set('mine');
    void cache.refresh();
    calls[0]?.reject(down);
    await vi.advanceTimersByTimeAsync(9000);
    expect(changes.slice(1)).toEqual([
      [1000, 'READY', 'STALE'],
      [1500, 'STALE', 'ERROR'],
    ]);
  });

  it('by time alone also after the age was renewed', async () => {
    const { cache, calls, changes } = watched();
    void cache.refresh();
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(800);
    void cache.refresh();
    calls[1]?.resolve(calls[1].context.notModified);
    await vi.advanceTimersByTimeAsync(5000);
    expect(changes).toEqual([
      [0, 'NOT_READY', 'READY'],
      [1800, 'READY', 'STALE'],
      [2300, 'STALE', 'NOT_READY'],
    ]);
  });

  it('by time alone also of a value that was loaded after the clock went back', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 1000, maxStale: 0, refreshInterval: Infinity });
    void cache.refresh();
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(500);
    vi.setSystemTime(Date.now() - 900);
    void cache.refresh();
    // The timer of the first value finds that young again, and waits on.
    await vi.advanceTimersByTimeAsync(600);
    calls[1]?.resolve('b');
    await settle();
    expect(cache.peek()?.value).toBe('b');
    const changes = payloadsOf(cache, 'status');
    await vi.advanceTimersByTimeAsync(399);
    expect(changes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(changes).toMatchObject([{ from: 'READY', to: 'NOT_READY' }]);
    expect(cache.peek()).toBeUndefined();
  });

  it('at an invalidation at once, and a purge', async () => {
    const { cache, changes } = watched();
    cache.set('mine');
    void cache.invalidate();
    void cache.invalidate({ purge: true });
    expect(changes).toEqual([
      [0, 'NOT_READY', 'READY'],
      [0, 'READY', 'STALE'],
      [0, 'STALE', 'NOT_READY'],
    ]);
  });

  it('at an invalidation without a failure more, when the value expires by its own age', async () => {
    const { cache, changes } = watched();
    cache.set('mine');
    await vi.advanceTimersByTimeAsync(100);
    void cache.invalidate();
    await vi.advanceTimersByTimeAsync(5000);
    expect(changes.slice(1)).toEqual([
      [100, 'READY', 'STALE'],
      [1500, 'STALE', 'NOT_READY'],
    ]);
  });

  it('not where it stays the same', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValue('a');
    const cache = newCache({ loader, ttl: 5000, refreshInterval: 1000 }).start();
    await cache.ready();
    await settle();
    const changes = payloadsOf(cache, 'status');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(changes).toEqual([]);
  });
});
