import { describe, expect, it, vi } from 'vitest';
import type { SnapshotStore } from 'warm-cache';
import { settle, stateOf } from '../support/loads.ts';
import { fakeTime, names, payloadsOf, tracedLoader } from './maps.ts';

const newMap = fakeTime();

function memory(): SnapshotStore & { readonly all: Map<string, unknown> } {
  const all = new Map<string, unknown>();
  return {
    all,
    get: async (key) => all.get(key),
    set: async (key, entry) => void all.set(key, structuredClone(entry)),
  };
}

describe('the store of a map', () => {
  it('keeps each key on its own, across a restart', async () => {
    const store = memory();
    const first = newMap({ loader: tracedLoader().loader, keys: names(3), store }).start();
    await first.ready();
    await first.stop();
    expect(store.all.size).toBe(3);
    const hung = { loader: () => new Promise<string>(() => {}), loadTimeout: 100 };
    const second = newMap<string, string>({ ...hung, keys: names(3), store }).start();
    await second.ready();
    for (const key of names(3)) {
      expect(second.peek(key)).toMatchObject({ value: `${key} 1`, source: 'store' });
    }
  });

  it('tells a number from the string that reads the same', async () => {
    const store = memory();
    const map = newMap<number | string, string>({ loader: (key) => typeof key, store }).start();
    for (const key of [1, '1']) await map.get(key);
    await map.stop();
    expect(store.all.size).toBe(2);
  });

  it('goes through the codec', async () => {
    const store = memory();
    const codec = {
      encode: (value: Set<string>) => [...value],
      decode: (data: unknown) => new Set(data as string[]),
    };
    const loader = async (key: string): Promise<Set<string>> => new Set([key]);
    const map = newMap({ loader, keys: ['a'], store, codec }).start();
    await map.ready();
    await map.stop();
    const [entry] = [...store.all.values()];
    expect(entry).toMatchObject({ value: ['a'] });
    const again = newMap<string, Set<string>>({
      loader: () => new Promise(() => {}),
      keys: ['a'],
      store,
      codec,
      loadTimeout: 100,
    }).start();
    await again.ready();
    expect(again.peek('a')?.value).toEqual(new Set(['a']));
  });

  it('serves a key that had to go, when it is read again', async () => {
    const store = memory();
    let isDown = false;
    const { loader } = tracedLoader();
    const map = newMap({
      loader: async (key: string) => {
        if (isDown) await new Promise(() => {});
        return loader(key);
      },
      store,
      maxEntries: 1,
      loadTimeout: 100,
    }).start();
    await map.get('a');
    await map.get('b');
    await settle();
    isDown = true;
    expect(await map.get('a')).toBe('a 1');
    expect(map.peek('a')?.source).toBe('store');
  });

  it.each<
    [
      string,
      (map: {
        invalidate(key: string): unknown;
        invalidateAll(): unknown;
        delete(key: string): unknown;
      }) => unknown,
    ]
  >([
    ['delete', (map) => map.delete('a')],
    ['invalidate', (map) => map.invalidate('a')],
    ['invalidateAll', (map) => map.invalidateAll()],
  ])('serves none that is gone and out of date since: %s()', async (_, outdate) => {
    const store = memory();
    const { loader } = tracedLoader();
    const map = newMap({
      loader: async (key: string) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return loader(key);
      },
      store,
      maxEntries: 1,
    }).start();
    for (const key of ['a', 'b']) {
      void map.get(key);
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(map.peek('a')).toBeUndefined();
    outdate(map);
    await settle();
    const read = map.get('a');
    expect(await stateOf(read)).toBe('pending');
    await vi.advanceTimersByTimeAsync(200);
    expect(await read).toBe('a 2');
  });

  it('serves none that was deleted, nor that a load from before it brings', async () => {
    const store = memory();
    const map = newMap({ loader: tracedLoader(20).loader, keys: ['a'], store }).start();
    await vi.advanceTimersByTimeAsync(20);
    void map.invalidate('a');
    map.delete('a');
    await vi.advanceTimersByTimeAsync(20);
    await map.stop();
    const [entry] = [...store.all.values()];
    expect(entry).toMatchObject({ dropped: true });
    expect(map.peek('a')).toBeUndefined();
  });

  it('is waited for by stop(), also for keys that are gone', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const store: SnapshotStore = { get: () => undefined, set: () => promise };
    const map = newMap({ loader: tracedLoader().loader, store, maxEntries: 1 }).start();
    for (const key of ['a', 'b']) await map.get(key);
    map.delete('b');
    const stopped = map.stop();
    expect(await stateOf(stopped)).toBe('pending');
    resolve();
    await stopped;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that fails is told of with the key, and disturbs nobody', async () => {
    const store: SnapshotStore = {
      get: () => Promise.reject(new Error('no store')),
      set: () => Promise.reject(new Error('no store')),
    };
    const map = newMap({ loader: tracedLoader().loader, store }).start();
    const errors = payloadsOf(map, 'error');
    expect(await map.get('a')).toBe('a 1');
    await settle();
    expect(errors).toMatchObject([
      { key: 'a', attempt: 0 },
      { key: 'a', attempt: 0 },
    ]);
    map.delete('a');
    await settle();
  });

  it('needs keyOf where keys are objects', () => {
    const store = memory();
    const map = newMap({ loader: (key: object) => key, store });
    expect(() => map.set({}, {})).toThrow('keyOf');
  });
});
