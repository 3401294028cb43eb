import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { WarmCacheMap } from 'warm-cache';
import { fakeTime, manualLoader } from './support/loads.ts';

const newCache = fakeTime();
const down = new Error('connect ECONNREFUSED');

describe('inspect()', () => {
  it('of a new cache says that there is nothing, and that it is not started', () => {
    expect(newCache({ name: 'board', loader: () => 'a' }).inspect()).toBe(
      'board: NOT_READY, not started',
    );
  });

  it('of a hot one says how old it is, and when it is loaded next', async () => {
    const cache = newCache({ name: 'board', loader: () => 'a', jitter: 0 }).start();
    await vi.advanceTimersByTimeAsync(4200);
    expect(cache.inspect()).toBe('board: READY, v1, 4.2 s old, next load in 54.8 s');
    await cache.stop();
  });

  it('says what it is loading, and for what reason', async () => {
    const { loader } = manualLoader<string>();
    const cache = newCache({ name: 'board', loader }).start();
    await vi.advanceTimersByTimeAsync(300);
    expect(cache.inspect()).toBe('board: NOT_READY, loading for 300 ms (start)');
    void cache.stop();
  });

  it('says how many loads have failed, and why', async () => {
    const loader = vi.fn((): string => {
      throw down;
    });
    loader.mockReturnValueOnce('a');
    const retry = { retries: 0 };
    const backoff = { minDelay: 30_000 };
    const cache = newCache({ name: 'board', loader, retry, backoff, jitter: 0, maxStale: 600_000 });
    cache.start();
    await vi.advanceTimersByTimeAsync(180_000);
    expect(cache.inspect()).toBe(
      'board: STALE, v1, 3.0 min old, 3 loads failed: connect ECONNREFUSED, next load in 29.0 s',
    );
    await cache.stop();
  });

  it('is what util.inspect prints, on one line', async () => {
    const cache = newCache({ name: 'board', loader: () => 'a' });
    expect(inspect(cache)).toBe('WarmCache board: NOT_READY, not started');
    expect(inspect({ cache })).toBe('{ cache: WarmCache board: NOT_READY, not started }');
  });

  it('of a map counts its keys by their status', async () => {
    const map = new WarmCacheMap({
      name: 'boards',
      loader: (key: string) => {
        if (key === 'XX') throw down;
        return key;
      },
      keys: ['KR', 'PL', 'XX'],
      retry: { retries: 0 },
      ttl: 60_000,
    });
    expect(inspect(map)).toBe('WarmCacheMap boards: 0 keys, not started');
    map.start();
    await vi.advanceTimersByTimeAsync(500);
    expect(map.inspect()).toBe(
      'boards: 3 keys, 2 READY, 1 ERROR, oldest 500 ms, 1 failing: boards[XX]: load failed: connect ECONNREFUSED',
    );
    await map.stop();
  });
});
