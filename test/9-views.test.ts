import { AsyncLocalStorage } from 'node:async_hooks';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { notModified, type SelectOptions, type View, type WarmCache } from 'warm-cache';
import {
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
  stateOf,
  stopped,
  t0,
} from './support/loads.ts';

const newCache = fakeTime();

/** A cache of lists that the test gives, one a load. */
function listCache(...lists: (string[] | Error)[]): WarmCache<string[]> {
  return newCache({
    loader: () => {
      const list = lists.length > 1 ? lists.shift() : lists[0];
      if (list instanceof Error) throw list;
      return list ?? [];
    },
  });
}

/** A function for a view, which counts its calls; what it gives is another object each time. */
const sizes = () => vi.fn((list: readonly string[]) => ({ size: list.length }));

describe('a view', () => {
  it('is derived from the value that get() would give', async () => {
    const view = listCache(['ace', 'bolt']).select((list) => list.length);
    expect(await view.get()).toBe(2);
  });

  it('is derived when it is read first, and not before', async () => {
    const fn = sizes();
    const cache = listCache(['ace']);
    const view = cache.select(fn);
    await cache.refresh();
    await cache.refresh();
    expect(fn).not.toHaveBeenCalled();
    await view.get();
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('is derived once a version, however often and in whichever way it is read', async () => {
    const fn = sizes();
    const cache = listCache(['ace'], ['ace', 'bolt']);
    const view = cache.select(fn);
    const first = await Promise.all([view.get(), view.get(), view.get({ maxAge: 50 })]);
    expect(new Set([...first, view.peek()?.value, await view.get()]).size).toBe(1);
    expect(fn).toHaveBeenCalledTimes(1);
    await cache.refresh();
    expect(await view.get()).toEqual({ size: 2 });
    expect(view.peek()?.value).toBe(await view.get());
    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('is not derived anew where a load found the value unchanged, and has its new age', async () => {
    const { calls, loader } = manualLoader<string[]>();
    const cache = newCache({ loader }).start();
    calls[0]?.resolve(['ace']);
    const fn = sizes();
    const view = cache.select(fn);
    const value = await view.get();
    await vi.advanceTimersByTimeAsync(100);
    void cache.refresh();
    calls[1]?.resolve(notModified);
    await settle();
    expect(view.peek()).toEqual({ value, version: 1, loadedAt: t0 + 100, source: 'loader' });
    expect(view.peek()?.value).toBe(value);
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('is derived anew from the same object, where that was published again', async () => {
    const list = ['ace'];
    const cache = listCache(list);
    const view = cache.select((players) => players.length);
    const eager = cache.select((players) => players.length, { eager: true });
    expect(await view.get()).toBe(1);
    list.push('bolt');
    await cache.refresh();
    expect([await view.get(), await eager.get()]).toEqual([2, 2]);
    list.push('fox');
    await cache.refresh();
    list.push('hex');
    await cache.refresh();
    expect([await view.get(), await eager.get()]).toEqual([4, 4]);
  });

  it('has a function that is called with the value alone', async () => {
    const fn = vi.fn((...args: unknown[]) => args.length);
    const cache = listCache(['ace']);
    await cache.select(fn).get();
    await cache.select(fn, { eager: true }).get();
    expect(fn.mock.calls).toEqual([[['ace']], [['ace']]]);
  });

  it('may be of undefined, and of undefined only once', async () => {
    const fn = vi.fn(() => undefined);
    const view = listCache(['ace']).select(fn);
    expect(await view.get()).toBeUndefined();
    expect(view.peek()).toMatchObject({ value: undefined, version: 1 });
    expect(fn).toHaveBeenCalledTimes(1);
  });
});

describe('peek() of a view', () => {
  it('starts nothing, and gives nothing before there is a value', () => {
    const fn = sizes();
    const cache = listCache(['ace']);
    expect(cache.select(fn).peek()).toBeUndefined();
    expect(cache.health().load).toBeNull();
    expect(fn).not.toHaveBeenCalled();
  });

  it('gives a frozen snapshot, the same one until the cache has another', async () => {
    const cache = listCache(['ace']);
    const view = cache.select(sizes());
    await cache.refresh();
    const snapshot = view.peek();
    expect(snapshot).toEqual({ value: { size: 1 }, version: 1, loadedAt: t0, source: 'loader' });
    expect(Object.isFrozen(snapshot)).toBe(true);
    expect(view.peek()).toBe(snapshot);
    cache.set(['ace', 'bolt']);
    expect(view.peek()).toMatchObject({ value: { size: 2 }, version: 2, source: 'set' });
  });

  it.each([
    ['expired', () => vi.advanceTimersByTimeAsync(120_000)],
    ['was purged', (cache: WarmCache<string[]>) => void cache.invalidate({ purge: true })],
  ])('gives nothing where the value %s', async (_, gone) => {
    const { calls, loader } = manualLoader<string[]>();
    const cache = newCache({ loader, refreshInterval: Infinity });
    const view = cache.select(sizes());
    void cache.get();
    calls[0]?.resolve(['ace']);
    await settle();
    expect(view.peek()?.value).toEqual({ size: 1 });
    await gone(cache);
    expect(cache.peek()).toBeUndefined();
    expect(view.peek()).toBeUndefined();
  });

  it('gives what is fresh after stop(), and later nothing', async () => {
    const cache = listCache(['ace']);
    const view = cache.select(sizes());
    await cache.refresh();
    await cache.stop();
    expect(view.peek()?.value).toEqual({ size: 1 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(view.peek()).toBeUndefined();
  });
});

describe('get() of a view', () => {
  it('is a read of the cache: it loads, it is counted, it serves what is stale', async () => {
    const cache = listCache(['ace'], ['ace', 'bolt']);
    const view = cache.select((list) => list.length);
    expect(await view.get()).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await view.get()).toBe(1);
    await settle();
    expect(await view.get()).toBe(2);
    expect(cache.health().reads).toEqual({ waited: 1, stale: 1, fresh: 1, failed: 0 });
  });

  it('heeds maxAge and signal', async () => {
    const { calls, loader } = manualLoader<string[]>();
    const cache = newCache({ loader });
    const view = cache.select((list) => list.length);
    const impatient = new AbortController();
    const given = view.get({ signal: impatient.signal });
    impatient.abort('enough');
    await expect(given).rejects.toBe('enough');
    calls[0]?.resolve(['ace']);
    await settle();
    const fresh = view.get({ maxAge: 0 });
    expect(await stateOf(fresh)).toBe('pending');
    calls[1]?.resolve(['ace', 'bolt']);
    expect(await fresh).toBe(2);
  });

  it('gives what is newer, where that is there by then', async () => {
    const cache = listCache(['ace']);
    const view = cache.select((list) => list.length);
    await cache.refresh();
    const read = view.get();
    cache.set(['ace', 'bolt']);
    expect(await read).toBe(2);
  });

  it('gives what it was to give, where that is purged by then', async () => {
    const { calls, loader } = manualLoader<string[]>();
    const cache = newCache({ loader });
    cache.set(['ace']);
    const read = cache.select((list) => list.length).get();
    void cache.invalidate({ purge: true });
    expect(await read).toBe(1);
    calls[0]?.resolve([]);
  });

  it('rejects with what the cache has to say', async () => {
    const view = listCache(new Error('down')).select(sizes());
    await expect(view.get()).rejects.toMatchObject({ code: 'ERR_LOAD_FAILED' });
  });

  it('may be ignored, though it rejects', async () => {
    void listCache(new Error('down')).select(sizes()).get();
    const failing = listCache(['ace']).select(() => {
      throw new Error('no');
    });
    void failing.get();
    await settle();
  });
});

describe('a view whose function throws', () => {
  it('has reads fail with that, once a version, and the cache goes on', async () => {
    const error = new Error('no');
    const fn = vi.fn((list: string[]) => {
      if (list.length === 1) throw error;
      return list.length;
    });
    const cache = listCache(['ace'], ['ace', 'bolt']);
    const errors = payloadsOf(cache, 'error');
    const view = cache.select(fn);
    await expect(view.get()).rejects.toBe(error);
    await expect(view.get()).rejects.toBe(error);
    expect(() => view.peek()).toThrow(error);
    expect(fn).toHaveBeenCalledTimes(1);
    expect(await cache.get()).toEqual(['ace']);
    await cache.refresh();
    expect(await view.get()).toBe(2);
    expect(errors).toEqual([]);
  });

  it('has the same come of equals', async () => {
    const cache = listCache(['ace']);
    const equals = () => {
      throw new Error('no');
    };
    const view = cache.select(sizes(), { equals });
    await view.get();
    cache.set(['bolt']);
    await expect(view.get()).rejects.toThrow('no');
  });
});

describe('equals of a view', () => {
  it('keeps the object and its version where nothing changed', async () => {
    const cache = listCache(['ace'], ['bolt'], ['ace', 'bolt']);
    const view = cache.select(sizes(), { equals: isDeepStrictEqual });
    const first = await view.get();
    await vi.advanceTimersByTimeAsync(10);
    await cache.refresh();
    expect(view.peek()).toEqual({ value: first, version: 1, loadedAt: t0 + 10, source: 'loader' });
    expect(await view.get()).toBe(first);
    await cache.refresh();
    expect(view.peek()).toMatchObject({ value: { size: 2 }, version: 3 });
  });

  it('is given the new one and the one before, and asked once a version', async () => {
    const equals = vi.fn(() => true);
    const cache = listCache(['ace'], ['ace', 'bolt']);
    const view = cache.select(sizes(), { equals });
    await view.get();
    expect(equals).not.toHaveBeenCalled();
    await cache.refresh();
    await view.get();
    await view.get();
    expect(equals.mock.calls).toEqual([[{ size: 2 }, { size: 1 }]]);
  });

  it('is not needed for what is the same by itself', async () => {
    const cache = listCache(['ace'], ['bolt']);
    const view = cache.select((list) => list.length);
    await view.get();
    await cache.refresh();
    expect(view.peek()?.version).toBe(1);
  });

  it('compares also with what nobody has read, in an eager view', async () => {
    const cache = listCache(['ace'], ['bolt'], ['fox']);
    const view = cache.select(sizes(), { eager: true, equals: isDeepStrictEqual });
    await cache.refresh();
    await cache.refresh();
    await cache.refresh();
    expect(view.peek()?.version).toBe(1);
  });
});

describe('a view of a view', () => {
  it('is derived anew only where the first one changed', async () => {
    const cache = listCache(['ace'], ['bolt'], ['ace', 'bolt']);
    const first = cache.select(sizes(), { equals: isDeepStrictEqual });
    const fn = vi.fn(({ size }: { size: number }) => `${size} players`);
    const second = first.select(fn);
    expect(await second.get()).toBe('1 players');
    await cache.refresh();
    expect(await second.get()).toBe('1 players');
    expect(fn).toHaveBeenCalledTimes(1);
    await cache.refresh();
    expect(await second.get()).toBe('2 players');
    expect(second.peek()).toMatchObject({ value: '2 players', version: 3 });
    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('has each derived once, also where several views are of the same one', async () => {
    const fn = sizes();
    const cache = listCache(['ace'], ['ace', 'bolt']);
    const first = cache.select(fn);
    const views = [1, 2, 3].map((by) => first.select(({ size }) => size * by, { eager: by > 1 }));
    await cache.refresh();
    expect(await Promise.all(views.map((view) => view.get()))).toEqual([1, 2, 3]);
    await cache.refresh();
    expect(await Promise.all(views.map((view) => view.get()))).toEqual([2, 4, 6]);
    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('fails with the first one', async () => {
    const error = new Error('no');
    const first = listCache(['ace']).select((): number => {
      throw error;
    });
    const second = first.select((size) => size + 1);
    await expect(second.get()).rejects.toBe(error);
    expect(() => second.peek()).toThrow(error);
  });
});

describe('an eager view', () => {
  it('is derived before the value is published to anybody', async () => {
    const { calls, loader } = manualLoader<string[]>();
    const cache = newCache({ loader });
    const seen: unknown[] = [];
    cache.select((list) => seen.push([list.length, cache.peek()?.value.length]), { eager: true });
    cache.on('refresh', () => seen.push('refresh'));
    void cache.get();
    calls[0]?.resolve(['ace']);
    await settle();
    cache.set(['ace', 'bolt']);
    expect(seen).toEqual([[1, undefined], 'refresh', [2, 1], 'refresh']);
  });

  it('costs its readers nothing', async () => {
    const fn = sizes();
    const cache = listCache(['ace'], ['bolt']);
    const view = cache.select(fn, { eager: true });
    await cache.refresh();
    await view.get();
    await cache.refresh();
    expect(fn).toHaveBeenCalledTimes(2);
    expect(view.peek()?.value).toBe(fn.mock.results[1]?.value);
    expect(await view.get()).toBe(fn.mock.results[1]?.value);
    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('costs them nothing either who read what stands while the next is derived', async () => {
    const fn = sizes();
    const { calls, loader } = manualLoader<string[]>();
    const cache = newCache({ loader });
    cache.set(['ace']);
    const view = cache.select(fn, { eager: true });
    void cache.refresh();
    // Renews the snapshot, of which the view has seen the value but not the age.
    calls[0]?.resolve(notModified);
    await settle();
    void cache.refresh();
    calls[1]?.resolve(['ace', 'bolt']);
    for (let i = 0; i < 20; i += 1) {
      view.peek();
      await undefined;
    }
    expect(view.peek()?.value).toEqual({ size: 2 });
    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('is derived at once from a value that is there already, once', async () => {
    const fn = sizes();
    const cache = listCache(['ace']);
    await cache.refresh();
    const view = cache.select(fn, { eager: true });
    expect(fn).toHaveBeenCalledTimes(1);
    await view.get();
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('is not made where its function throws for the value that is there', async () => {
    const cache = listCache(['ace']);
    await cache.refresh();
    const fn = vi.fn(() => {
      throw new Error('no');
    });
    expect(() => cache.select(fn, { eager: true })).toThrow('no');
    await cache.refresh();
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('has the load fail whose value it can not be derived from', async () => {
    const cache = listCache(['ace'], []);
    const broken = new Error('an empty list');
    const view = cache.select(
      (list) => {
        if (list.length === 0) throw broken;
        return list[0];
      },
      { eager: true },
    );
    await cache.refresh();
    const errors = payloadsOf(cache, 'error');
    await expect(cache.refresh()).rejects.toMatchObject({ code: 'ERR_LOAD_FAILED', cause: broken });
    expect(errors).toMatchObject([{ final: true, serving: true }]);
    expect(cache.peek()?.value).toEqual(['ace']);
    expect(view.peek()?.value).toBe('ace');
    expect(outcomesOf(cache)).toEqual({ published: 1, failed: 1 });
  });

  it('has set() throw, and publish nothing', async () => {
    const cache = listCache(['ace']);
    await cache.refresh();
    const fn = (list: string[]) => {
      if (list.length === 0) throw new Error('no');
    };
    cache.select(fn, { eager: true });
    const refreshes = payloadsOf(cache, 'refresh');
    expect(() => cache.set([])).toThrow('no');
    expect(cache.peek()).toMatchObject({ value: ['ace'], version: 1 });
    expect(refreshes).toEqual([]);
  });

  it.each<[string, (cache: WarmCache<string[]>) => unknown]>([
    ['superseded', (cache) => cache.set(['mine'])],
    ['purged', (cache) => cache.invalidate({ purge: true })],
    ['stopped', (cache) => void cache.stop()],
    ['past its deadline', () => vi.advanceTimersByTimeAsync(30_000)],
  ])('is not derived from the value of a load that was %s', async (_, end) => {
    const { calls, loader } = manualLoader<string[]>();
    const cache = newCache({ loader });
    const fn = sizes();
    cache.select(fn, { eager: true });
    void cache.refresh();
    void end(cache);
    await settle();
    calls[0]?.resolve(['late']);
    await settle();
    expect(fn.mock.calls.filter(([list]) => list[0] === 'late')).toEqual([]);
    for (const { resolve } of calls) resolve([]);
    await stopped(cache);
  });

  it.each<[string, (cache: WarmCache<string[]>) => unknown, Record<string, number>]>([
    ['stop', (cache) => void cache.stop(), { stopped: 1 }],
    ['purge', (cache) => cache.invalidate({ purge: true }), { superseded: 1, published: 1 }],
  ])('may %s the cache: the value is not published then', async (_, act, outcomes) => {
    const cache = listCache(['ace'], ['bolt']);
    cache.select(
      (list) => {
        if (list[0] === 'ace') void act(cache);
      },
      { eager: true },
    );
    const refreshes = payloadsOf(cache, 'refresh');
    void cache.refresh();
    await settle();
    expect(refreshes.filter(({ snapshot }) => snapshot.value[0] === 'ace')).toEqual([]);
    expect(outcomesOf(cache)).toEqual(outcomes);
  });

  it('is derived outside of any async context of a request', async () => {
    const als = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const cache = listCache(['ace']);
    cache.select(() => seen.push(als.getStore()), { eager: true });
    await als.run('request', () => cache.get());
    expect(seen).toEqual([undefined]);
  });

  it('of a lazy view has that derived too', async () => {
    const fn = sizes();
    const cache = listCache(['ace']);
    const lazy = cache.select(fn);
    const eager = lazy.select(({ size }) => size + 1, { eager: true });
    await cache.refresh();
    expect(fn).toHaveBeenCalledTimes(1);
    expect([await lazy.get(), await eager.get()]).toEqual([{ size: 1 }, 2]);
    expect(fn).toHaveBeenCalledTimes(1);
  });
});

describe('select() says what it was expecting', () => {
  const cases: [string, unknown[], RegExp][] = [
    ['a function', [5], /`fn`.*function.*number/],
    ['options that are an object', [() => 1, 5], /`options`.*object.*number/],
    ['eager as a boolean', [() => 1, { eager: 1 }], /`eager`.*boolean.*number/],
    ['equals as a function', [() => 1, { equals: 1 }], /`equals`.*function.*number/],
  ];
  it.each(cases)('%s, of a cache and of a view', (_, args, message) => {
    type Select = (...args: unknown[]) => View<unknown>;
    const cache = listCache(['ace']);
    const view = cache.select((list) => list);
    for (const source of [cache, view]) {
      const select = source.select.bind(source) as unknown as Select;
      expect(() => select(...args)).toThrow(TypeError);
      expect(() => select(...args)).toThrow(message);
    }
  });

  it('and takes options that are undefined', async () => {
    const options: SelectOptions<number> = { eager: undefined, equals: undefined };
    expect(
      await listCache(['ace'])
        .select((list) => list.length, options)
        .get(),
    ).toBe(1);
  });
});
