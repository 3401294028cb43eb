import { AsyncLocalStorage } from 'node:async_hooks';
import { isDeepStrictEqual } from 'node:util';
import Keyv from 'keyv';
import { describe, expect, it, vi } from 'vitest';
import type { SnapshotStore, WarmCache, WarmCacheOptions } from 'warm-cache';
import {
  eventNames,
  eventsOf,
  fakeTime,
  type LoadCall,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
  stateOf,
  t0,
} from './support/loads.ts';

const makeCache = fakeTime();
const name = 'board';
type Options<T = string> = Partial<WarmCacheOptions<T>>;

/** A store in memory that holds what JSON can; its calls are settled by the test once it is `held`. */
function memory() {
  const entries = new Map<string, string>();
  const calls: { readonly call: 'get' | 'set'; resolve(): void; reject(error: unknown): void }[] =
    [];
  const ttls: unknown[] = [];
  const state = { held: false, running: 0, most: 0, writes: 0 };
  const settled = async <R>(call: 'get' | 'set', act: () => R): Promise<R> => {
    state.running += 1;
    state.most = Math.max(state.most, state.running);
    try {
      if (state.held) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        calls.push({ call, resolve, reject });
        await promise;
      }
      return act();
    } finally {
      state.running -= 1;
    }
  };
  const store = {
    get: (key: string): Promise<unknown> =>
      settled('get', () => {
        const entry = entries.get(key);
        return entry === undefined ? undefined : JSON.parse(entry);
      }),
    set: (key: string, entry: unknown, ttl?: number): Promise<unknown> => {
      state.writes += 1;
      ttls.push(ttl);
      const data = JSON.stringify(entry);
      return settled('set', () => entries.set(key, data));
    },
  } satisfies SnapshotStore;
  const held = (key = name): { readonly [field: string]: unknown } | undefined => {
    const entry = entries.get(key);
    return entry === undefined ? undefined : JSON.parse(entry);
  };
  return { store, entries, calls, ttls, state, held };
}

/** A cache whose loads the test settles, with this store. */
function newCache<T = string>(
  store: SnapshotStore,
  options: Options<T> = {},
): { readonly cache: WarmCache<T>; readonly calls: LoadCall<T>[] } {
  const { calls, loader } = manualLoader<T>();
  return { cache: makeCache<T>({ name, loader, store, ...options }), calls };
}

/** What a process leaves behind that has had this value, and was killed `age` ms ago. */
async function leftBehind(store: SnapshotStore, value = 'kept', age = 1000): Promise<void> {
  const { cache, calls } = newCache(store);
  void cache.refresh();
  calls[0]?.resolve(value);
  await settle();
  await vi.advanceTimersByTimeAsync(age);
}

describe('start(), with a snapshot in the store,', () => {
  it('serves it while the first load runs: with its true age, as from the store', async () => {
    const { store } = memory();
    await leftBehind(store);
    const { cache, calls } = newCache(store);
    cache.start();
    await settle();
    expect(cache.peek()).toEqual({ value: 'kept', version: 1, loadedAt: t0, source: 'store' });
    expect(Object.isFrozen(cache.peek())).toBe(true);
    expect(await cache.get()).toBe('kept');
    expect(cache.health()).toMatchObject({
      status: 'READY',
      age: 1000,
      version: 1,
      load: { reason: 'start' },
    });
    calls[0]?.resolve('new');
    await settle();
    expect(cache.peek()).toMatchObject({ value: 'new', version: 2, source: 'loader' });
  });

  it('answers who waits for a value by then, and not who waits for a load', async () => {
    const { store } = memory();
    await leftBehind(store);
    const { cache, calls } = newCache(store);
    const read = cache.start().get();
    const young = cache.get({ maxAge: 1000 });
    const ready = cache.ready();
    const younger = cache.get({ maxAge: 999 });
    const refreshed = cache.refresh();
    expect([await read, await young]).toEqual(['kept', 'kept']);
    expect(await ready).toMatchObject({ source: 'store' });
    expect(await stateOf(younger)).toBe('pending');
    expect(await stateOf(refreshed)).toBe('pending');
    calls[0]?.resolve('new');
    expect(await younger).toBe('new');
    expect(await refreshed).toMatchObject({ value: 'new' });
  });

  it('tells of it by refresh and change, with the reason store, and then by status', async () => {
    const { store, state, calls: held } = memory();
    await leftBehind(store);
    state.held = true;
    const { cache, calls } = newCache(store);
    const told: unknown[] = [];
    for (const event of eventNames) cache.on(event, (payload) => told.push([event, payload]));
    cache.start();
    await vi.advanceTimersByTimeAsync(20);
    told.splice(0);
    held[0]?.resolve();
    await settle();
    const snapshot = cache.peek();
    expect(told).toEqual([
      ['refresh', { name, snapshot, previous: undefined, reason: 'store', duration: 20 }],
      ['change', { name, snapshot, previous: undefined, reason: 'store' }],
      ['status', { name, from: 'NOT_READY', to: 'READY' }],
    ]);
    calls[0]?.reject('down');
  });

  it('serves it stale where it is older than ttl, and it turns stale and expires at its time', async () => {
    const { store } = memory();
    await leftBehind(store, 'kept', 70_000);
    const { cache, calls } = newCache(store, { loadTimeout: 200_000 });
    cache.start();
    await settle();
    expect(cache.health().status).toBe('STALE');
    expect(await cache.get()).toBe('kept');
    await vi.advanceTimersByTimeAsync(49_999);
    expect(cache.peek()?.value).toBe('kept');
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.peek()).toBeUndefined();
    calls[0]?.resolve('new');
  });

  it('serves it through failing loads', async () => {
    const { store } = memory();
    await leftBehind(store);
    const { cache, calls } = newCache(store);
    cache.start();
    await settle();
    calls[0]?.reject(new Error('down'));
    await settle();
    expect(await cache.get()).toBe('kept');
  });

  it('serves it though the first load has failed by then', async () => {
    const { store, state, calls: held } = memory();
    await leftBehind(store);
    state.held = true;
    const { cache, calls } = newCache(store);
    cache.start();
    calls[0]?.reject(new Error('down'));
    await settle();
    await expect(cache.get()).rejects.toThrow('down');
    held[0]?.resolve();
    await settle();
    expect(await cache.get()).toBe('kept');
    expect(cache.health()).toMatchObject({ status: 'READY', consecutiveFailures: 1 });
  });

  it('derives views from it, eager ones before it is published', async () => {
    const { store } = memory();
    await leftBehind(store);
    const { cache, calls } = newCache(store);
    const fn = vi.fn((value: string) => [value, cache.peek()?.value]);
    const view = cache.select(fn, { eager: true });
    cache.start();
    await settle();
    expect(view.peek()).toMatchObject({ value: ['kept', undefined], version: 1, source: 'store' });
    expect(fn).toHaveBeenCalledTimes(1);
    calls[0]?.resolve('new');
  });

  it('compares it with what the first load brings', async () => {
    const { store } = memory();
    for (const options of [{ equals: isDeepStrictEqual }, { contentHash: String }]) {
      await leftBehind(store);
      const { cache, calls } = newCache(store, options);
      cache.start();
      await settle();
      calls[0]?.resolve('kept');
      await settle();
      expect(outcomesOf(cache)).toEqual({ unchanged: 1 });
      expect(cache.peek()).toMatchObject({ version: 1, loadedAt: Date.now() });
      await cache.stop();
    }
  });

  it('serves it though contentHash throws at it: an error event tells', async () => {
    const { store } = memory();
    await leftBehind(store);
    const broken = new Error('no');
    const contentHash = (value: string): string => {
      if (value === 'kept') throw broken;
      return value;
    };
    const { cache, calls } = newCache(store, { contentHash });
    const errors = payloadsOf(cache, 'error');
    cache.start();
    await settle();
    expect(cache.peek()?.value).toBe('kept');
    expect(errors).toMatchObject([{ error: broken, attempt: 0, reason: undefined }]);
    calls[0]?.resolve('new');
  });

  it('is not late by a store that is', async () => {
    const { store, state } = memory();
    state.held = true;
    const { cache, calls } = newCache(store);
    const read = cache.start().get();
    calls[0]?.resolve('new');
    expect(await read).toBe('new');
    expect(cache.health()).toMatchObject({ status: 'READY', version: 1 });
  });

  it('asks the store no more where there is a value already', async () => {
    const { store } = memory();
    const get = vi.spyOn(store, 'get');
    const { cache, calls } = newCache(store);
    cache.start().set('mine');
    void cache.stop();
    cache.start();
    expect(get).toHaveBeenCalledTimes(1);
    for (const { resolve } of calls) resolve('new');
  });

  it.each([null, undefined, 0, '', false, { nested: [1, 'two'] }])('serves %j', async (value) => {
    const { store } = memory();
    const before = newCache<unknown>(store);
    before.cache.set(value);
    await settle();
    const { cache, calls } = newCache<unknown>(store);
    cache.start();
    await settle();
    expect(cache.peek()).toEqual({ value, version: 1, loadedAt: t0, source: 'store' });
    calls[0]?.resolve(value);
  });
});

describe('the validator, with a snapshot in the store,', () => {
  /** A validator that takes a while, as those do that ask over a network. */
  const answers = (token: string) => ({
    validator: () => new Promise<string>((resolve) => setTimeout(resolve, 10, token)),
  });

  /** A cache that is started anew, with what it had at its last token. */
  async function restarted(token: string, isHeld = false) {
    const { store, state, calls: held } = memory();
    const before = newCache(store, answers('v1'));
    void before.cache.refresh();
    await vi.advanceTimersByTimeAsync(10);
    before.calls[0]?.resolve('kept');
    await vi.advanceTimersByTimeAsync(990);
    state.held = isHeld;
    const { cache, calls } = newCache(store, answers(token));
    cache.start();
    return { cache, calls, held };
  }

  it('spares the first load where nothing has changed since', async () => {
    const { cache, calls } = await restarted('v1');
    await vi.advanceTimersByTimeAsync(10);
    expect(calls).toHaveLength(0);
    expect(cache.peek()).toEqual({
      value: 'kept',
      version: 1,
      loadedAt: t0 + 1000,
      source: 'store',
    });
    expect(cache.health()).toMatchObject({ probes: 1, skipped: 1, loads: { unchanged: 1 } });
  });

  it('does not where something has', async () => {
    const { cache, calls } = await restarted('v2');
    await vi.advanceTimersByTimeAsync(10);
    expect(calls).toHaveLength(1);
    calls[0]?.resolve('new');
    await settle();
    expect(cache.peek()?.value).toBe('new');
  });

  it('does not where it answers before the store', async () => {
    const { cache, calls, held } = await restarted('v1', true);
    await vi.advanceTimersByTimeAsync(10);
    expect(calls).toHaveLength(1);
    held[0]?.resolve();
    await settle();
    expect(cache.peek()?.value).toBe('kept');
    calls[0]?.resolve('new');
  });

  it('does not where the value was invalidated meanwhile', async () => {
    const { cache, calls } = await restarted('v1');
    void cache.invalidate();
    await vi.advanceTimersByTimeAsync(10);
    expect(cache.health().status).toBe('STALE');
    expect(calls).toHaveLength(1);
    calls[0]?.resolve('new');
    await vi.advanceTimersByTimeAsync(10);
    calls[1]?.resolve('new');
  });

  it('does not where the value was purged meanwhile', async () => {
    const { cache, calls } = await restarted('v1');
    await settle();
    void cache.invalidate({ purge: true });
    await vi.advanceTimersByTimeAsync(20);
    expect(calls).toHaveLength(1);
    calls[0]?.resolve('before');
    await vi.advanceTimersByTimeAsync(10);
    calls[1]?.resolve('new');
    await settle();
    expect(cache.peek()).toMatchObject({ value: 'new', version: 2 });
  });
});

describe('what is in the store loses', () => {
  /** A cache that is started, and its store hasn't answered yet. */
  async function starting(options: Options = {}) {
    const { store, state, calls: held, entries } = memory();
    await leftBehind(store);
    state.held = true;
    const { cache, calls } = newCache(store, options);
    cache.start();
    const answer = async () => {
      state.held = false;
      for (const call of held.splice(0)) call.resolve();
      await settle();
    };
    return { cache, calls, answer, entries, store };
  }

  it('to a load that is there before', async () => {
    const { cache, calls, answer } = await starting();
    calls[0]?.resolve('new');
    await settle();
    const refreshes = payloadsOf(cache, 'refresh');
    await answer();
    expect(cache.peek()).toMatchObject({ value: 'new', version: 1 });
    expect(refreshes).toEqual([]);
  });

  it('to set()', async () => {
    const { cache, calls, answer } = await starting();
    cache.set('mine');
    await answer();
    expect(cache.peek()).toMatchObject({ value: 'mine', version: 1, source: 'set' });
    calls[0]?.resolve('late');
  });

  it('to a purge, while the store is being read', async () => {
    const { cache, calls, answer } = await starting();
    void cache.invalidate({ purge: true });
    const read = cache.get();
    await answer();
    expect(cache.peek()).toBeUndefined();
    expect(await stateOf(read)).toBe('pending');
    calls[0]?.resolve('before');
    await settle();
    calls[1]?.resolve('new');
    expect(await read).toBe('new');
  });

  it('to a purge from before start()', async () => {
    const { store } = memory();
    await leftBehind(store);
    const { cache, calls } = newCache(store);
    void cache.invalidate({ purge: true });
    cache.start();
    await settle();
    expect(cache.peek()).toBeUndefined();
    calls[0]?.resolve('new');
  });

  it('to stop(): nothing is served or emitted then', async () => {
    const { cache, answer } = await starting();
    void cache.stop();
    const events = eventsOf(cache);
    await answer();
    expect(cache.peek()).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('not to invalidate(): it is served as stale', async () => {
    const { cache, calls, answer } = await starting();
    void cache.invalidate();
    await answer();
    expect(cache.peek()?.value).toBe('kept');
    expect(cache.health().status).toBe('STALE');
    calls[0]?.resolve('before');
    await settle();
    calls[1]?.resolve('new');
  });

  it('not to stop() and start(): it is served once', async () => {
    const { cache, calls, answer } = await starting();
    void cache.stop();
    cache.start();
    const refreshes = payloadsOf(cache, 'refresh');
    await answer();
    expect(cache.peek()?.value).toBe('kept');
    expect(refreshes).toHaveLength(1);
    for (const { resolve } of calls) resolve('new');
  });

  it('where an eager view can not be derived from it: an error event tells', async () => {
    const { cache, calls, answer } = await starting();
    const broken = new Error('no');
    cache.select(
      (value) => {
        if (value === 'kept') throw broken;
      },
      { eager: true },
    );
    const errors = payloadsOf(cache, 'error');
    await answer();
    expect(cache.peek()).toBeUndefined();
    expect(errors).toMatchObject([{ error: broken, attempt: 0, final: false }]);
    calls[0]?.resolve('new');
    await settle();
    expect(cache.peek()?.value).toBe('new');
  });

  it('where an eager view purges it', async () => {
    const { cache, calls, answer } = await starting();
    cache.select((value) => value === 'kept' && void cache.invalidate({ purge: true }), {
      eager: true,
    });
    await answer();
    expect(cache.peek()).toBeUndefined();
    for (const { resolve } of calls) resolve('new');
  });
});

describe('an entry is refused that is', () => {
  const format = 'warm-cache/1';
  const entry = { format, key: name, loadedAt: t0 - 1000, value: 'kept' };
  const hostile = {
    get format(): string {
      throw new Error('hands off');
    },
  };

  async function startedWith(stored: unknown, options: Options = {}) {
    const { cache, calls } = newCache({ get: () => stored, set: () => true }, options);
    const errors = payloadsOf(cache, 'error');
    cache.start();
    await settle();
    const served = cache.peek()?.value;
    calls[0]?.resolve('new');
    await settle();
    expect(cache.peek()?.value).toBe('new');
    return { served, errors };
  }

  it('(this one is not)', async () => {
    expect(await startedWith(entry)).toEqual({ served: 'kept', errors: [] });
  });

  it.each<[string, unknown]>([
    ['a string', 'garbage'],
    ['half of one', JSON.stringify(entry).slice(0, 20)],
    ['a number', 7],
    ['a list', []],
    ['an empty object', {}],
    ['of a later format', { ...entry, format: 'warm-cache/2' }],
    ['of another cache', { ...entry, key: 'other' }],
    ['without a time', { ...entry, loadedAt: undefined }],
    ['of a time that is no number', { ...entry, loadedAt: 'now' }],
    ['of a time that is no time', { ...entry, loadedAt: Number.NaN }],
    ['hostile', hostile],
  ])('broken or foreign: %s, with an error event', async (_, stored) => {
    const { served, errors } = await startedWith(stored);
    expect(served).toBeUndefined();
    const told = { name, reason: undefined, attempt: 0, final: false, serving: false };
    expect(errors).toMatchObject([told]);
    expect(errors[0]?.error).toBeInstanceOf(Error);
  });

  it.each<[string, unknown]>([
    ['there is none', undefined],
    ['there is none', null],
    ['it says that the value was dropped', { ...entry, dropped: true }],
    ['it is too old', { ...entry, loadedAt: t0 - 120_000 }],
    ['it is of a time to come', { ...entry, loadedAt: t0 + 1 }],
  ])('no good: %s', async (_, stored) => {
    expect(await startedWith(stored)).toEqual({ served: undefined, errors: [] });
  });

  it('just young enough is not', async () => {
    const { served } = await startedWith({ ...entry, loadedAt: t0 - 119_999 });
    expect(served).toBe('kept');
  });

  it.each<[string, unknown]>([
    ['too old', { ...entry, loadedAt: t0 - 120_000 }],
    ['dropped', { ...entry, dropped: true }],
  ])('%s, without being decoded', async (_, stored) => {
    const decode = vi.fn(String);
    await startedWith(stored, { codec: { encode: String, decode } });
    expect(decode).not.toHaveBeenCalled();
  });

  it('too old once it is decoded', async () => {
    const decode = (data: unknown): Promise<string> =>
      new Promise((resolve) => setTimeout(resolve, 119_000, `${data}`));
    const codec = { encode: String, decode };
    const { cache } = newCache(
      { get: () => entry, set: () => true },
      { codec, loadTimeout: 500_000 },
    );
    cache.start();
    const refreshes = payloadsOf(cache, 'refresh');
    await vi.advanceTimersByTimeAsync(119_000);
    expect(refreshes).toEqual([]);
  });

  it('no data of the codec, with an error event', async () => {
    const broken = new Error('of an older version');
    const decode = (): string => {
      throw broken;
    };
    const { served, errors } = await startedWith(entry, { codec: { encode: String, decode } });
    expect(served).toBeUndefined();
    expect(errors).toMatchObject([{ error: broken, attempt: 0 }]);
  });
});

describe('a codec', () => {
  const codec = {
    encode: (map: Map<string, number>) => [...map],
    decode: (data: unknown) => new Map(data as [string, number][]),
  };

  it('brings back what is no plain data', async () => {
    const { store, held } = memory();
    const scores = new Map([['ace', 1516]]);
    newCache<Map<string, number>>(store, { codec }).cache.set(scores);
    await settle();
    expect(held()).toMatchObject({ value: [['ace', 1516]] });
    const { cache, calls } = newCache<Map<string, number>>(store, { codec });
    cache.start();
    await settle();
    expect(cache.peek()?.value).toEqual(scores);
    calls[0]?.resolve(scores);
  });

  it('may be asynchronous both ways', async () => {
    const { store } = memory();
    const slow = {
      encode: async (value: string) => value.toUpperCase(),
      decode: async (data: unknown) => `${data}!`,
    };
    newCache(store, { codec: slow }).cache.set('ace');
    await settle();
    const { cache, calls } = newCache(store, { codec: slow });
    cache.start();
    await settle();
    expect(cache.peek()?.value).toBe('ACE!');
    calls[0]?.resolve('new');
  });

  it('that can not encode costs an error event, and what was kept before stays', async () => {
    const { store, held } = memory();
    const encode = (value: string) => {
      if (value === 'bad') throw new Error('no');
      return value;
    };
    const { cache } = newCache(store, { codec: { encode, decode: String } });
    const errors = payloadsOf(cache, 'error');
    cache.set('good');
    await settle();
    cache.set('bad');
    await settle();
    expect(errors).toMatchObject([{ attempt: 0, reason: undefined, serving: true }]);
    expect(held()).toMatchObject({ value: 'good' });
    cache.set('better');
    await settle();
    expect(held()).toMatchObject({ value: 'better' });
  });

  it('is not called before what publishes has gone on', async () => {
    const { store } = memory();
    const encode = vi.fn(String);
    const { cache } = newCache(store, { codec: { encode, decode: String } });
    cache.set('ace');
    expect(encode).not.toHaveBeenCalled();
    await settle();
    expect(encode).toHaveBeenCalledWith('ace');
  });
});

describe('what is kept', () => {
  it('is each snapshot that is published, by loads and by set(), under the name of the cache', async () => {
    const { store, held, entries } = memory();
    const { cache, calls } = newCache(store);
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(10);
    calls[0]?.resolve('loaded');
    await settle();
    const entry = { format: 'warm-cache/1', key: name };
    expect(held()).toEqual({ ...entry, loadedAt: t0, value: 'loaded' });
    cache.set('mine');
    await settle();
    expect(held()).toEqual({ ...entry, loadedAt: t0 + 10, value: 'mine' });
    expect([...entries.keys()]).toEqual([name]);
  });

  it('may be forgotten by the store once it may not be served any more', async () => {
    const { store, ttls } = memory();
    const { cache, calls } = newCache(store);
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(1000);
    calls[0]?.resolve('a');
    await settle();
    cache.set('b');
    await settle();
    const { cache: everlasting } = newCache(store, { ttl: Infinity });
    everlasting.set('c');
    await settle();
    expect(ttls).toEqual([119_000, 120_000, undefined]);
  });

  it('is not what is expired on arrival', async () => {
    const { store, held } = memory();
    const { cache, calls } = newCache(store, { ttl: 10, maxStale: 10 });
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(20);
    calls[0]?.resolve('late');
    await settle();
    expect(held()).toBeUndefined();
  });

  it('is an age that was renewed, once half of the ttl has gone by', async () => {
    const { store, held, state } = memory();
    const loader = vi.fn(() => 'a');
    const { cache } = newCache(store, { loader, validator: () => 1, refreshInterval: Infinity });
    await cache.refresh();
    await vi.advanceTimersByTimeAsync(29_999);
    await cache.refresh();
    await settle();
    expect(held()).toMatchObject({ loadedAt: t0 });
    await vi.advanceTimersByTimeAsync(1);
    await cache.refresh();
    await settle();
    expect(held()).toMatchObject({ loadedAt: t0 + 30_000, token: 1, value: 'a' });
    expect([state.writes, loader.mock.calls.length]).toEqual([2, 1]);
  });

  it('is not what was restored, until it is renewed', async () => {
    const { store, state } = memory();
    await leftBehind(store, 'kept', 10_000);
    const { cache } = newCache(store, {
      loader: () => 'kept',
      equals: isDeepStrictEqual,
      refreshInterval: Infinity,
    });
    cache.start();
    await settle();
    const { writes } = state;
    await cache.refresh();
    await settle();
    expect(state.writes).toBe(writes);
    await vi.advanceTimersByTimeAsync(20_000);
    await cache.refresh();
    await settle();
    expect(state.writes).toBe(writes + 1);
  });
});

describe('writing', () => {
  it('is off the path of reads and loads: nobody waits for it', async () => {
    const { store, state, calls: held } = memory();
    state.held = true;
    const { cache, calls } = newCache(store, { refreshInterval: 1000 });
    cache.start();
    calls[0]?.resolve('a');
    expect(await cache.get()).toBe('a');
    await vi.advanceTimersByTimeAsync(1000);
    calls[1]?.resolve('b');
    await settle();
    expect(await cache.get()).toBe('b');
    state.held = false;
    for (const { resolve } of held) resolve();
  });

  it('is one at a time, the newest last, what came between left out', async () => {
    const { store, state, calls, held } = memory();
    state.held = true;
    const { cache } = newCache<number>(store);
    for (let value = 1; value <= 5; value += 1) {
      cache.set(value);
      await settle();
    }
    expect(calls).toHaveLength(1);
    calls[0]?.resolve();
    await settle();
    expect(held()).toMatchObject({ value: 1 });
    expect(calls).toHaveLength(2);
    calls[1]?.resolve();
    await settle();
    expect(held()).toMatchObject({ value: 5 });
    expect(state).toMatchObject({ most: 1, writes: 2 });
  });

  it('that fails does not come again where there is something newer to write', async () => {
    const { store, state, calls, held } = memory();
    state.held = true;
    const { cache } = newCache(store);
    cache.set('a');
    await settle();
    cache.set('b');
    calls[0]?.reject(new Error('down'));
    await settle();
    for (const { resolve } of calls) resolve();
    await settle();
    expect(held()).toMatchObject({ value: 'b' });
    expect(state.writes).toBe(2);
  });

  it('is one at a time also where a failed one is tried again, by two who stop', async () => {
    const { store, state, calls } = memory();
    state.held = true;
    const { cache } = newCache(store);
    cache.set('a');
    await settle();
    const stops = [cache.stop(), cache.stop()];
    calls[0]?.reject(new Error('down'));
    await settle();
    for (const { resolve } of calls) resolve();
    await Promise.all(stops);
    expect(state).toMatchObject({ most: 1, writes: 2 });
  });

  it('keeps what a listener of refresh has set, and not what that was told', async () => {
    const { store, held } = memory();
    const { cache } = newCache(store);
    cache.once('refresh', () => cache.set('newer'));
    cache.set('a');
    await settle();
    expect(cache.peek()?.value).toBe('newer');
    expect(held()).toMatchObject({ value: 'newer' });
  });
});

describe('a purge', () => {
  it('is kept: a restart does not bring the value back', async () => {
    const { store, held } = memory();
    const { cache } = newCache(store);
    cache.set('secret');
    await settle();
    void cache.invalidate({ purge: true });
    await settle();
    expect(JSON.stringify(held())).not.toContain('secret');
    const { cache: next, calls } = newCache(store);
    next.start();
    await settle();
    expect(next.peek()).toBeUndefined();
    calls[0]?.resolve('new');
  });

  it('is followed by what is loaded after it', async () => {
    const { store, held } = memory();
    const { cache, calls } = newCache(store);
    cache.set('secret');
    void cache.invalidate({ purge: true });
    calls[0]?.resolve('new');
    await settle();
    expect(held()).toMatchObject({ value: 'new' });
    expect(held()).not.toHaveProperty('dropped');
  });

  it.each(['set()', 'a load'])('by a listener of refresh is kept, after %s', async (by) => {
    const { store, held } = memory();
    const { cache, calls } = newCache(store);
    cache.once('refresh', () => void cache.invalidate({ purge: true }));
    if (by === 'set()') cache.set('secret');
    else {
      void cache.refresh();
      calls[0]?.resolve('secret');
    }
    await settle();
    expect(held()).toMatchObject({ dropped: true });
    calls.at(-1)?.resolve('new');
  });

  it('has the value not written any more that its codec is at work on', async () => {
    const { store, held, state } = memory();
    const encoded = Promise.withResolvers<string>();
    const { cache, calls } = newCache(store, {
      codec: { encode: () => encoded.promise, decode: String },
    });
    cache.set('secret');
    await settle();
    void cache.invalidate({ purge: true });
    encoded.resolve('secret');
    await settle();
    expect(held()).toMatchObject({ dropped: true });
    expect(state.writes).toBe(1);
    calls[0]?.reject('down');
  });

  it('that could not be written is written at the end of the next load, whatever comes of that', async () => {
    const { store, held } = memory();
    const { cache, calls } = newCache(store);
    cache.set('secret');
    await settle();
    vi.spyOn(store, 'set').mockRejectedValueOnce(new Error('down'));
    void cache.invalidate({ purge: true });
    await settle();
    expect(held()).toMatchObject({ value: 'secret' });
    calls[0]?.reject(new Error('down'));
    await settle();
    expect(held()).toMatchObject({ dropped: true });
  });

  it('that could not be written is written by stop()', async () => {
    const { store, held } = memory();
    const { cache } = newCache(store, { loadTimeout: 100 });
    cache.set('secret');
    await settle();
    vi.spyOn(store, 'set').mockRejectedValueOnce(new Error('down'));
    void cache.invalidate({ purge: true });
    await settle();
    void cache.stop();
    await vi.advanceTimersByTimeAsync(100);
    expect(held()).toMatchObject({ dropped: true });
  });

  it('after stop() is kept too', async () => {
    const { store, held } = memory();
    const { cache } = newCache(store);
    cache.set('secret');
    await cache.stop();
    await expect(cache.invalidate({ purge: true })).rejects.toMatchObject({ code: 'ERR_STOPPED' });
    await settle();
    expect(held()).toMatchObject({ dropped: true });
  });
});

describe('a store that', () => {
  const broken = new Error('no disk');
  const ways: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw broken;
      },
    ],
    ['rejects', () => Promise.reject(broken)],
    [
      'has a hostile then',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: that is what is tried
        get then(): never {
          throw broken;
        },
      }),
    ],
  ];

  it.each(ways)('%s as it is read costs an error event, and nothing else', async (_, get) => {
    const { cache, calls } = newCache({ get, set: () => true });
    const errors = payloadsOf(cache, 'error');
    const read = cache.start().get();
    await settle();
    const told = { reason: undefined, final: false, retryAt: undefined, serving: false };
    expect(errors).toEqual([{ name, error: broken, attempt: 0, ...told }]);
    calls[0]?.resolve('new');
    expect(await read).toBe('new');
    expect(cache.health()).toMatchObject({ status: 'READY', consecutiveFailures: 0 });
  });

  it.each(ways)(
    '%s as it is written to costs an error event, and the next write is made',
    async (_, fail) => {
      const { store, held } = memory();
      const { cache } = newCache(store);
      vi.spyOn(store, 'set').mockImplementationOnce(fail as typeof store.set);
      const errors = payloadsOf(cache, 'error');
      cache.set('a');
      await settle();
      expect(errors).toMatchObject([{ error: broken, attempt: 0, final: false, serving: true }]);
      cache.set('b');
      await settle();
      expect(held()).toMatchObject({ value: 'b' });
      expect(errors).toHaveLength(1);
    },
  );

  it('answers false to a write has not kept it: an error event', async () => {
    const { cache } = newCache({ get: () => undefined, set: async () => false });
    const errors = payloadsOf(cache, 'error');
    cache.set('a');
    await settle();
    expect(errors).toMatchObject([
      { attempt: 0, error: new Error('the store did not keep board') },
    ]);
  });

  it.each(ways)('%s disturbs nobody without an error listener', async (_, fail) => {
    const { cache, calls } = newCache({ get: fail, set: fail });
    cache.start();
    await settle();
    calls[0]?.resolve('new');
    await settle();
    cache.set('mine');
    await settle();
    await cache.stop();
  });

  it('fails after stop() is not told of', async () => {
    const { store, state, calls: held } = memory();
    state.held = true;
    const { cache, calls } = newCache(store);
    cache.start();
    calls[0]?.resolve('new');
    await settle();
    const stopped = cache.stop();
    const events = eventsOf(cache);
    expect(held.map(({ call }) => call)).toEqual(['get', 'set']);
    for (const { reject } of held) reject(broken);
    await settle();
    state.held = false;
    held.at(-1)?.reject(broken);
    await stopped;
    expect(events).toEqual([]);
  });

  it('hangs as it is read delays nothing', async () => {
    const { cache, calls } = newCache({ get: () => new Promise(() => {}), set: () => true });
    const read = cache.start().get();
    calls[0]?.resolve('new');
    expect(await read).toBe('new');
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('hangs as it is written to delays stop() by loadTimeout, and nothing else', async () => {
    const { store, state } = memory();
    state.held = true;
    const { cache } = newCache(store, { loadTimeout: 5000 });
    cache.set('a');
    expect(await cache.get()).toBe('a');
    const stopped = cache.stop();
    await vi.advanceTimersByTimeAsync(4999);
    expect(await stateOf(stopped)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await stateOf(stopped)).toBe('fulfilled');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('stop()', () => {
  it('resolves when the last write is done, and leaves no timer', async () => {
    const { store, state, calls: held } = memory();
    state.held = true;
    const { cache } = newCache(store);
    cache.set('a');
    await settle();
    cache.set('b');
    const stopped = cache.stop();
    held[0]?.resolve();
    expect(await stateOf(stopped)).toBe('pending');
    held[1]?.resolve();
    expect(await stateOf(stopped)).toBe('fulfilled');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that drains has what the load brings written too', async () => {
    const { store, held } = memory();
    const { cache, calls } = newCache(store);
    void cache.refresh();
    const stopped = cache.stop({ drain: true });
    calls[0]?.resolve('last');
    await stopped;
    expect(held()).toMatchObject({ value: 'last' });
  });

  it('waits for nothing where nothing was to be kept', async () => {
    const { store } = memory();
    await newCache(store).cache.stop();
  });
});

describe('store and codec', () => {
  it('are called as methods, outside of any async context of a request', async () => {
    const als = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    class Recorder {
      readonly entries: Map<string, unknown> = new Map();
      get(key: string): unknown {
        seen.push(als.getStore());
        return this.entries.get(key);
      }
      async set(key: string, entry: unknown): Promise<void> {
        seen.push(als.getStore());
        this.entries.set(key, entry);
      }
      encode(value: string): string[] {
        seen.push(als.getStore());
        return [value, ...this.entries.keys()];
      }
      async decode(data: unknown): Promise<string> {
        seen.push(als.getStore(), this.entries.size);
        return String((data as string[])[0]);
      }
    }
    const recorder = new Recorder();
    await als.run('request', async () => {
      const { cache } = newCache(recorder, { codec: recorder });
      cache.set('kept');
      await settle();
      const { cache: next, calls } = newCache(recorder, { codec: recorder });
      next.select(() => seen.push(als.getStore()), { eager: true });
      next.start();
      await settle();
      expect(next.peek()?.value).toBe('kept');
      calls[0]?.resolve('new');
      await settle();
    });
    expect(seen.length).toBeGreaterThan(6);
    expect(new Set(seen)).toEqual(new Set([undefined, 1]));
  });

  const wrong: [string, unknown, RegExp][] = [
    ['a store that is none', { store: 5 }, /`store`.*object.*number/],
    ['a store without get', { store: { set() {} } }, /`store.get`.*function.*undefined/],
    ['a store without set', { store: { get() {} } }, /`store.set`.*function.*undefined/],
    ['half of a codec', { codec: { encode() {} } }, /`codec.decode`.*function.*undefined/],
    ['equals that is none', { equals: 'deep' }, /`equals`.*function.*string/],
    ['contentHash that is none', { contentHash: 1 }, /`contentHash`.*function.*number/],
  ];
  it.each(wrong)('are checked in the constructor: %s', (_, options, message) => {
    const make = () => makeCache({ loader: () => '', ...(options as Options) });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

describe('Keyv', () => {
  it('is a store, with its namespace and time to live', async () => {
    const map = new Map<string, unknown>();
    const keyv = () => new Keyv({ store: map, namespace: 'app' });
    const { cache } = newCache(keyv());
    cache.set('kept');
    await settle();
    expect([...map.keys()]).toEqual(['app::board']);
    const { cache: next, calls } = newCache(keyv());
    next.start();
    await settle();
    expect(next.peek()).toMatchObject({ value: 'kept', source: 'store' });
    calls[0]?.resolve('new');
    await settle();
    await next.stop();
    vi.setSystemTime(t0 + 120_001);
    expect(await keyv().get('board')).toBeUndefined();
  });

  it('whose backend fails costs an error event, be there a listener of its own or not', async () => {
    const backend = {
      get: async () => Promise.reject(new Error('no disk')),
      set: async () => Promise.reject(new Error('no disk')),
      delete: async () => false,
      clear: async () => {},
    };
    for (const listener of [undefined, () => {}]) {
      const keyv = new Keyv({ store: backend });
      if (listener) keyv.on('error', listener);
      const { cache, calls } = newCache(keyv);
      const errors = payloadsOf(cache, 'error');
      cache.start();
      calls[0]?.resolve('new');
      await settle();
      expect(cache.peek()?.value).toBe('new');
      expect(errors.length).toBe(listener ? 1 : 2);
      expect(new Set(errors.map(({ attempt }) => attempt))).toEqual(new Set([0]));
      await cache.stop();
    }
  });
});
