import { describe, expect, it, vi } from 'vitest';
import { settle, t0 } from '../support/loads.ts';
import { fakeTime, payloadsOf, tracedLoader } from './maps.ts';

const newMap = fakeTime();
const options = { ttl: 10_000, maxStale: 5000, idleTime: 35_000 };

describe('a key that was read', () => {
  it('is kept hot for idleTime after its last read, and not longer', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ...options }).start();
    await map.get('a');
    await vi.advanceTimersByTimeAsync(20_000);
    await map.get('a');
    await vi.advanceTimersByTimeAsync(200_000);
    const last = times('a').at(-1) ?? 0;
    expect(last).toBeGreaterThan(45_000);
    expect(last).toBeLessThan(55_000);
  });

  it('is served for as long as its value may be, and then forgotten', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ...options }).start();
    const evictions = payloadsOf(map, 'evict');
    await map.get('a');
    await vi.advanceTimersByTimeAsync(36_000);
    const last = times('a').at(-1) ?? 0;
    await vi.advanceTimersByTimeAsync(last + 14_999 - 36_000);
    expect(map.peek('a')).toBeDefined();
    expect(map.health()).toMatchObject({ size: 1, idle: 1, evicted: 0 });
    await vi.advanceTimersByTimeAsync(1);
    expect(map.peek('a')).toBeUndefined();
    expect(evictions).toEqual([{ name: 'warm-cache-map', key: 'a', reason: 'idle' }]);
    expect(map.health()).toMatchObject({ size: 0, idle: 0, evicted: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is loaded again when it is read again, hot from then on', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ...options, maxStale: 60_000 }).start();
    await map.get('a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(map.health()).toMatchObject({ idle: 1 });
    const before = times('a').length;
    // Stale: served, and on its way.
    expect(await map.get('a')).toBe(`a ${before}`);
    await settle();
    expect(await map.get('a')).toBe(`a ${before + 1}`);
    expect(map.health()).toMatchObject({ idle: 0 });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(times('a').length).toBeGreaterThanOrEqual(before + 3);
  });

  it('goes on with its loop when it is read while its value is fresh still', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ttl: 10_000, refreshInterval: 5000, idleTime: 1000 }).start();
    await map.get('a');
    await vi.advanceTimersByTimeAsync(8000);
    expect(times('a')).toEqual([0]);
    expect(map.health()).toMatchObject({ idle: 1 });
    void map.get('a');
    await vi.advanceTimersByTimeAsync(1500);
    expect(times('a')).toHaveLength(2);
    expect(map.health().reads).toMatchObject({ fresh: 1, stale: 0 });
  });

  it('counts as read by set()', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ...options }).start();
    map.set('a', 'mine');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(times('a').length).toBeGreaterThanOrEqual(2);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(map.size).toBe(0);
  });

  it('and fails is not loaded any more either, and forgotten', async () => {
    const loader = vi.fn((_key: string): string => {
      throw new Error('down');
    });
    const backoff = { minDelay: 1000, maxDelay: 1000 };
    const map = newMap({ loader, ...options, backoff }).start();
    map.get('a').catch(() => {});
    await vi.advanceTimersByTimeAsync(200_000);
    expect(loader.mock.calls.length).toBeGreaterThan(30);
    expect(loader.mock.calls.length).toBeLessThan(40);
    expect(map.size).toBe(0);
    expect(map.health().loads.failed).toBe(loader.mock.calls.length);
  });

  it('is hot for ever with an infinite idleTime', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ...options, idleTime: Infinity }).start();
    await map.get('a');
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(times('a').length).toBeGreaterThanOrEqual(100);
    expect(map.size).toBe(1);
  });

  it('is hot for ten times the ttl by default', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ttl: 1000 }).start();
    await map.get('a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(times('a').at(-1)).toBeGreaterThan(8900);
    expect(times('a').at(-1)).toBeLessThan(10_000);
  });
});

describe('a key that has cooled down', () => {
  it('is not loaded at a restart, served as long as it may be, and forgotten then', async () => {
    const { loader, keys } = tracedLoader(100);
    const map = newMap({ loader, ...options, maxStale: 100_000 }).start();
    void map.get('a');
    await vi.advanceTimersByTimeAsync(60_000);
    void map.get('b');
    await vi.advanceTimersByTimeAsync(100);
    expect(map.health()).toMatchObject({ size: 2, idle: 1 });
    await map.stop();
    const before = keys().length;
    map.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(new Set(keys().slice(before))).toEqual(new Set(['b']));
    expect(map.peek('a')).toBeDefined();
    await vi.advanceTimersByTimeAsync(110_000);
    expect(keys().filter((key) => key === 'a')).toHaveLength(
      keys()
        .slice(0, before)
        .filter((key) => key === 'a').length,
    );
    expect(map.peek('a')).toBeUndefined();
    expect(map.health('a')).toBeUndefined();
  });

  it('is forgotten at a restart where it has nothing to serve', async () => {
    const { loader } = tracedLoader(100);
    const map = newMap({ loader, ...options, maxStale: 100_000 }).start();
    void map.get('a');
    await vi.advanceTimersByTimeAsync(60_000);
    await map.stop();
    await vi.advanceTimersByTimeAsync(110_000);
    map.start();
    expect(map.health('a')).toBeUndefined();
  });

  it('is loaded when it is next read, where it was invalidated', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ...options, maxStale: 1_000_000 }).start();
    await map.get('a');
    await vi.advanceTimersByTimeAsync(60_000);
    const before = times('a').length;
    expect(await map.invalidate('a')).toBeUndefined();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(times('a')).toHaveLength(before);
    expect(map.peek('a')).toBeUndefined();
    expect(await map.get('a')).toBe(`a ${before + 1}`);
  });

  it('can be deleted by a listener that hears of its end: it is gone once', async () => {
    const { loader } = tracedLoader();
    const map = newMap({ loader, ...options }).start();
    const evictions = payloadsOf(map, 'evict');
    map.on('status', ({ key, to }) => {
      if (to === 'NOT_READY') map.delete(key);
    });
    await map.get('a');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(map.size).toBe(0);
    expect(evictions).toEqual([]);
    expect(map.health()).toMatchObject({ evicted: 0, reads: { waited: 1 } });
  });
});

describe('the clock', () => {
  it('that goes back makes no key hot for years', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ...options }).start();
    await map.get('a');
    vi.setSystemTime(t0 - 10 * 365 * 86_400_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(times('a').length).toBeLessThanOrEqual(3);
  });
});
