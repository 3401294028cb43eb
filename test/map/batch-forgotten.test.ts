import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WarmCacheMap } from 'warm-cache';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([0, 1, 2, 3, 4, 5, 6, 8, 12])(
  'a key that is deleted %i microtasks after its batch was called is not retried with the others',
  async (count) => {
    const calls: string[][] = [];
    await using map = new WarmCacheMap({
      ttl: 60_000,
      loadMany: (keys: readonly string[]): [string, string | Error][] => {
        calls.push([...keys]);
        return keys.map((key) => [key, calls.length === 1 ? new Error('down') : key]);
      },
      retry: { retries: 1, minTimeout: 20, randomize: false },
      batchWindow: 5,
    });
    const reader = new AbortController();
    void map.get('a', { signal: reader.signal });
    const b = map.get('b');
    vi.advanceTimersByTime(5);
    for (let i = 0; i < count; i += 1) await undefined;
    reader.abort();
    map.delete('a');
    await vi.advanceTimersByTimeAsync(20);
    expect(calls).toEqual([['a', 'b'], ['b']]);
    await expect(b).resolves.toBe('b');
  },
);
