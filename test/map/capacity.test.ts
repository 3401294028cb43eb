import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { describe, expect, it, vi } from 'vitest';
import { settle, stateOf } from '../support/loads.ts';
import { fakeTime, manualMapLoader, names, payloadsOf, tracedLoader } from './maps.ts';

const newMap = fakeTime();

const step = fc.record({
  do: fc.constantFrom('get', 'get', 'get', 'peek', 'set', 'delete', 'has'),
  key: fc.constantFrom(...names(8)),
});

describe('past maxEntries', () => {
  it.each([false, true])(
    'the least recently read goes, as in lru-cache; started: %s',
    async (isStarted) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 60 }),
          fc.integer({ min: 1, max: 5 }),
          async (steps, maxEntries) => {
            const map = newMap({ loader: (key: string) => key, maxEntries });
            const evicted: string[] = [];
            map.on('evict', ({ key }) => evicted.push(key));
            if (isStarted) map.start();
            const gone: string[] = [];
            const lru = new LRUCache<string, string>({
              max: maxEntries,
              dispose: (_, key, reason) => {
                if (reason === 'evict') gone.push(key);
              },
            });
            for (const { do: what, key } of steps) {
              if (what === 'get') {
                await map.get(key);
                if (lru.get(key) === undefined) lru.set(key, key);
              } else if (what === 'set') {
                map.set(key, key);
                lru.set(key, key);
              } else if (what === 'delete') expect(map.delete(key)).toBe(lru.delete(key));
              else expect(map.peek(key)?.value).toBe(lru.peek(key));
              await settle();
              expect(evicted).toEqual(gone);
              expect(map.size).toBe(lru.size);
            }
            for (const key of names(8)) expect(map.peek(key)?.value).toBe(lru.peek(key));
            await map.stop();
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  it('goes with an event, and is counted', async () => {
    const { loader } = tracedLoader();
    const map = newMap({ loader, maxEntries: 2 }).start();
    const evictions = payloadsOf(map, 'evict');
    for (const key of ['a', 'b', 'a', 'c']) await map.get(key);
    expect(evictions).toEqual([{ name: 'warm-cache-map', key: 'b', reason: 'capacity' }]);
    expect(map.peek('b')).toBeUndefined();
    expect(map.health()).toMatchObject({ size: 2, evicted: 1 });
    expect(map.health().loads.published).toBe(3);
    expect(map.health().reads).toMatchObject({ waited: 3, fresh: 1 });
  });

  it('pre-warmed keys never go, and take no room', async () => {
    const { loader } = tracedLoader();
    const keys = names(5);
    const map = newMap({ loader, keys, maxEntries: 2 }).start();
    await map.ready();
    for (const key of ['a', 'b', 'c', 'd']) await map.get(key);
    expect(map.size).toBe(7);
    for (const key of keys) expect(map.peek(key)).toBeDefined();
    expect([map.peek('b'), map.peek('c'), map.peek('d')].map(Boolean)).toEqual([false, true, true]);
  });

  it('a key that leaves the pre-warmed ones takes room', async () => {
    let wanted = ['x'];
    const { loader } = tracedLoader();
    const map = newMap({ loader, keys: () => wanted, maxEntries: 1, ttl: 10_000 }).start();
    await map.get('a');
    const evictions = payloadsOf(map, 'evict');
    wanted = [];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(evictions).toMatchObject([{ key: 'a', reason: 'capacity' }]);
  });

  it('one that others wait for goes when they have their value', async () => {
    const { call, loader } = manualMapLoader();
    const map = newMap({ loader, maxEntries: 1 }).start();
    const evictions = payloadsOf(map, 'evict');
    const a = map.get('a');
    const b = map.get('b');
    expect(map.size).toBe(2);
    call('a').resolve('A');
    expect(await a).toBe('A');
    await settle();
    expect(evictions).toMatchObject([{ key: 'a' }]);
    call('b').resolve('B');
    expect(await b).toBe('B');
    await settle();
    expect(map.peek('b')?.value).toBe('B');
    expect(map.size).toBe(1);
  });

  it('one that is read again while it waits for its end stays', async () => {
    const { call, loader } = manualMapLoader();
    const map = newMap({ loader, maxEntries: 1 }).start();
    const evictions = payloadsOf(map, 'evict');
    void map.get('a');
    void map.get('b');
    const again = map.get('a');
    call('a').resolve('A');
    call('b').resolve('B');
    expect(await again).toBe('A');
    await settle();
    expect(evictions).toMatchObject([{ key: 'b' }]);
    expect(map.peek('a')?.value).toBe('A');
  });

  it('loads of one key do not overlap, however often it goes and comes', async () => {
    const running = new Map<string, number>();
    let most = 0;
    const loader = async (key: string): Promise<string> => {
      running.set(key, (running.get(key) ?? 0) + 1);
      most = Math.max(most, running.get(key) ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 30));
      running.set(key, (running.get(key) ?? 0) - 1);
      return key;
    };
    const map = newMap({ loader, maxEntries: 2, ttl: 50, refreshInterval: 20 }).start();
    for (let n = 0; n < 300; n++) {
      void map.get(`k${(n * 7) % 5}`);
      if (n % 11 === 0) map.delete(`k${n % 5}`);
      if (n % 13 === 0) void map.invalidate(`k${n % 5}`, { purge: true });
      await vi.advanceTimersByTimeAsync(n % 7);
    }
    expect(most).toBe(1);
  });

  it('a listener of evict may read another key', async () => {
    const { loader } = tracedLoader();
    const map = newMap({ loader, maxEntries: 2 });
    map.once('evict', () => map.get('z'));
    for (const key of ['a', 'b', 'c', 'd']) await map.get(key);
    await settle();
    expect(map.size).toBe(2);
    expect(await stateOf(map.get('z'))).toBe('fulfilled');
  });
});
