import { EventEmitter } from 'node:events';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { WarmCache, WarmCacheMap } from 'warm-cache';
import {
  invalidateOnNotify,
  type NotifiedCache,
  type NotifiedMap,
  type NotifyOptions,
  notifySql,
  type PostgresSession,
} from 'warm-cache/postgres';
import { openHandles } from '../support/open-handles.ts';
import { postgresServer } from './postgres-server.ts';

const server = postgresServer();
const stops: (() => Promise<unknown>)[] = [];
let count = 0;

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Options of a channel of its own. */
function optionsOf(more: Partial<NotifyOptions<string>> = {}) {
  const channel = `changes ${count++}`;
  const onError = vi.fn();
  return { channel, connect: () => server.connect(), minDelay: 1, window: 1, onError, ...more };
}

function cacheOf(loader: () => unknown = () => 'a') {
  const load = vi.fn(loader);
  const cache = new WarmCache({ loader: load, ttl: 600_000, retry: { retries: 0 } });
  stops.push(() => cache.stop());
  const invalidate = vi.spyOn(cache, 'invalidate');
  return { cache, invalidate, load };
}

function mapOf() {
  const load = vi.fn((key: string) => `${key}!`);
  const map = new WarmCacheMap<string, string>({ loader: load, ttl: 600_000 });
  stops.push(() => map.stop());
  const invalidate = vi.spyOn(map, 'invalidate');
  const invalidateAll = vi.spyOn(map, 'invalidateAll');
  return { invalidate, invalidateAll, load, map };
}

function start(source: NotifiedCache | NotifiedMap<string>, options: NotifyOptions<string>) {
  const stop = invalidateOnNotify(source as NotifiedMap<string>, options);
  stops.push(stop);
  return stop;
}

const listeners = async (channel: string): Promise<number[]> => {
  const text = `select pid from pg_stat_activity where query = $1`;
  const { rows } = await server.pool.query(text, [`LISTEN "${channel}"`]);
  return rows.map(({ pid }) => pid);
};
const listens = (channel: string) =>
  vi.waitFor(async () => expect(await listeners(channel)).toHaveLength(1));
const notify = (channel: string, payload = '') =>
  server.pool.query('select pg_notify($1, $2)', [channel, payload]);

describe('a cache', () => {
  it('loads what was written as soon as the database says so', async () => {
    await server.pool.query(`
      create table players (name text);
      ${notifySql({ table: 'players', channel: 'players' })}`);
    const { cache } = cacheOf(async () => {
      const { rows } = await server.pool.query('select name from players');
      return rows.map(({ name }) => name);
    });
    expect((await cache.start().ready()).value).toEqual([]);
    start(cache, optionsOf({ channel: 'players' }));
    await vi.waitFor(() => expect(cache.peek()?.version).toBe(2));
    await server.pool.query(`insert into players values ('ace')`);
    await vi.waitFor(() => expect(cache.peek()?.value).toEqual(['ace']));
  });

  it('is invalidated once at first, for it may have been loaded before anybody listened', async () => {
    const { cache, invalidate, load } = cacheOf();
    await cache.get();
    const options = optionsOf();
    start(cache, options);
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
    await notify(options.channel);
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(3));
    expect(invalidate).toHaveBeenCalledTimes(2);
  });

  it('so is one that is being loaded', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { cache, load } = cacheOf(() => promise);
    const read = cache.get();
    start(cache, optionsOf());
    await vi.waitFor(() => expect(cache.health().load).not.toBeNull());
    await vi.waitFor(() => expect(cache.invalidate).toHaveBeenCalledTimes(1));
    resolve('old');
    await read;
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
  });

  it('that has nothing is left alone until something is told', async () => {
    const { cache, invalidate, load } = cacheOf();
    const options = optionsOf();
    start(cache, options);
    await listens(options.channel);
    await notify(options.channel, 'first');
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(1));
    expect(invalidate).toHaveBeenCalledTimes(1);
  });

  it('is invalidated a few times by ten thousand notifications, after the last of them too', async () => {
    let state = 0;
    const { cache, invalidate } = cacheOf(() => state);
    await cache.get();
    const options = optionsOf({ window: 20 });
    start(cache, options);
    await vi.waitFor(() => expect(invalidate).toHaveBeenCalledTimes(1));
    const writer = await server.connect();
    for (let i = 0; i < 10; i++) {
      await writer.query(`select pg_notify($1, i::text) from generate_series(1, 1000) as i`, [
        options.channel,
      ]);
    }
    state = 7;
    await writer.query('select pg_notify($1, $2)', [options.channel, 'last']);
    await vi.waitFor(() => expect(cache.peek()?.value).toBe(7));
    expect(invalidate.mock.calls.length).toBeLessThan(1000);
    await writer.end();
  });

  it('is invalidated as the connection is back, for it may have missed something', async () => {
    let state = 'before';
    const { cache, load } = cacheOf(() => state);
    const options = optionsOf();
    start(cache, options);
    await listens(options.channel);
    await cache.get();
    const [pid] = await listeners(options.channel);
    state = 'after';
    await server.pool.query('select pg_terminate_backend($1)', [pid]);
    await vi.waitFor(() => expect(cache.peek()?.value).toBe('after'));
    expect(load).toHaveBeenCalledTimes(2);
    expect(options.onError).toHaveBeenCalledTimes(1);
    expect(await listeners(options.channel)).not.toContain(pid);
    state = 'later';
    await notify(options.channel);
    await vi.waitFor(() => expect(cache.peek()?.value).toBe('later'));
  });

  it('survives loads that fail, and being stopped', async () => {
    const { cache, invalidate } = cacheOf(() => {
      throw new Error('no');
    });
    const options = optionsOf();
    start(cache, options);
    await listens(options.channel);
    await notify(options.channel);
    await vi.waitFor(() => expect(cache.health().consecutiveFailures).toBe(1));
    await cache.stop();
    await notify(options.channel);
    await vi.waitFor(() => expect(invalidate).toHaveBeenCalledTimes(2));
  });

  it('is left alone once it is stopped, and nothing is open any more', async () => {
    const { cache, invalidate } = cacheOf();
    await server.pool.query('select');
    const before = openHandles();
    const options = optionsOf({ window: 100_000 });
    const stop = start(cache, options);
    await listens(options.channel);
    await notify(options.channel);
    await Promise.all([stop(), stop()]);
    expect(await listeners(options.channel)).toEqual([]);
    await vi.waitFor(() => expect(openHandles()).toEqual(before));
    expect(invalidate).not.toHaveBeenCalled();
  });
});

describe('a map', () => {
  it('loads the keys that are told, and no others', async () => {
    const { load, map, invalidateAll } = mapOf();
    const options = optionsOf();
    start(map, options);
    await vi.waitFor(() => expect(invalidateAll).toHaveBeenCalledTimes(1));
    await Promise.all(['PL', 'KR', 'DE'].map((key) => map.get(key)));
    load.mockClear();
    await server.pool.query(
      `select pg_notify($1, 'KR'), pg_notify($1, 'PL'), pg_notify($1, 'nobody asked for')`,
      [options.channel],
    );
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
    expect(load.mock.calls.map(([key]) => key).sort()).toEqual(['KR', 'PL']);
    expect(invalidateAll).toHaveBeenCalledTimes(1);
  });

  it('loads all of them for a payload that is empty, or that is of no key', async () => {
    const { load, map, invalidate, invalidateAll } = mapOf();
    const key = vi.fn((payload: string) => {
      if (payload === 'bad') throw new Error('bad');
      return payload === 'none' ? undefined : payload.toUpperCase();
    });
    const options = optionsOf({ key });
    start(map, options);
    await vi.waitFor(() => expect(invalidateAll).toHaveBeenCalledTimes(1));
    await Promise.all(['PL', 'KR'].map((each) => map.get(each)));
    let all = 1;
    for (const payload of ['', 'bad', 'none']) {
      await notify(options.channel, payload);
      all += 1;
      await vi.waitFor(() => expect(invalidateAll).toHaveBeenCalledTimes(all));
    }
    expect(key.mock.calls).toEqual([['bad'], ['none']]);
    load.mockClear();
    invalidate.mockClear();
    await notify(options.channel, 'kr');
    await vi.waitFor(() => expect(load.mock.calls[0]?.[0]).toBe('KR'));
    expect(invalidate.mock.calls).toEqual([['KR']]);
  });
});

describe('many notifications', () => {
  /** Connected without a server. */
  async function listening(source: NotifiedCache | NotifiedMap<string>, more: object = {}) {
    const client = Object.assign(new EventEmitter(), {
      query: async () => ({ rows: [] }),
      end: async () => {},
    });
    const connect = async () => client;
    const stop = start(source, { channel: 'c', connect, checkInterval: Infinity, ...more });
    await vi.advanceTimersByTimeAsync(100);
    return {
      notify: (payload: string) => client.emit('notification', { channel: 'c', payload }),
      stop,
    };
  }
  const mapLike = () => ({
    invalidate: vi.fn(async (_key: string) => {}),
    invalidateAll: vi.fn(async () => {}),
  });

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('put an invalidation off no longer than the window', async () => {
    const cache = {
      invalidate: vi.fn(async () => {}),
      peek: () => undefined,
      health: () => ({ load: null }),
    };
    const { notify, stop } = await listening(cache);
    notify('a');
    await vi.advanceTimersByTimeAsync(19);
    notify('b');
    expect(cache.invalidate).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.invalidate).toHaveBeenCalledTimes(1);
    // The next one begins a window of its own.
    await vi.advanceTimersByTimeAsync(100);
    notify('c');
    await vi.advanceTimersByTimeAsync(20);
    expect(cache.invalidate).toHaveBeenCalledTimes(2);
    await stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are forgotten once it is stopped', async () => {
    const map = mapLike();
    const { notify, stop } = await listening(map);
    notify('a');
    await stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(map.invalidate).not.toHaveBeenCalled();
  });

  it('are heard on where a load fails, which the cache tells itself', async () => {
    const keys: string[] = [];
    // A mock would handle what it rejects with.
    const map: NotifiedMap<string> = {
      invalidate: async (key) => {
        keys.push(key);
        throw new Error('no');
      },
      invalidateAll: async () => {
        throw new Error('no');
      },
    };
    const { notify } = await listening(map);
    for (const payload of ['a', 'b']) {
      notify(payload);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(keys).toEqual(['a', 'b']);
  });

  it('are one invalidation of each key, by however many payloads it is told', async () => {
    const map = mapLike();
    const { notify } = await listening(map, { key: (payload: string) => payload.slice(0, 2) });
    map.invalidateAll.mockClear();
    for (let i = 0; i < 900; i++) notify(`${i % 2 ? 'PL' : 'KR'}${i}`);
    for (let i = 0; i < 900; i++) notify(`${i % 2 ? 'PL' : 'KR'}${i}`);
    await vi.advanceTimersByTimeAsync(100);
    expect(map.invalidate.mock.calls).toEqual([['KR'], ['PL']]);
    expect(map.invalidateAll).not.toHaveBeenCalled();
  });

  it('are one of all keys, past a thousand payloads', async () => {
    const map = mapLike();
    const { notify } = await listening(map);
    map.invalidateAll.mockClear();
    for (let i = 0; i < 1000; i++) notify(`${i}`);
    await vi.advanceTimersByTimeAsync(100);
    expect(map.invalidate).toHaveBeenCalledTimes(1000);
    expect(map.invalidateAll).not.toHaveBeenCalled();
    map.invalidate.mockClear();
    for (let i = 0; i < 10_000; i++) notify(`${i}`);
    await vi.advanceTimersByTimeAsync(100);
    expect(map.invalidate).not.toHaveBeenCalled();
    expect(map.invalidateAll).toHaveBeenCalledTimes(1);
  });
});

describe('what it is given', () => {
  it('is checked', () => {
    const { cache } = cacheOf();
    const connect = () => server.connect();
    const bad = (options: object) => () =>
      invalidateOnNotify(cache, { channel: 'c', connect, ...options });
    expect(() => invalidateOnNotify({} as never, { channel: 'c', connect })).toThrow(
      '`cache.invalidate`',
    );
    expect(() => invalidateOnNotify(cache, undefined as never)).toThrow('`options`');
    expect(bad({ channel: '' })).toThrow('`channel`');
    expect(bad({ channel: 'c'.repeat(64) })).toThrow(RangeError);
    expect(bad({ connect: 'postgres://' })).toThrow('`connect`');
    expect(bad({ window: -1 })).toThrow('`window`');
    expect(bad({ key: 'id' })).toThrow('`key`');
  });

  it('is a client of pg, and a cache or a map; keys that are no strings are told how', () => {
    expectTypeOf<pg.Client>().toExtend<PostgresSession>();
    expectTypeOf<WarmCache<string>>().toExtend<NotifiedCache>();
    expectTypeOf<WarmCacheMap<'KR' | 'PL', string>>().toExtend<NotifiedMap<'KR' | 'PL'>>();
    const connect = async () => new pg.Client();
    const common = { connect, channel: 'c' };
    const never = (
      _: (maps: { n: WarmCacheMap<number, string>; s: WarmCacheMap<string, number> }) => void,
    ) => {};
    never(({ n, s }) => {
      invalidateOnNotify(s, common);
      invalidateOnNotify(s, { ...common, key: (payload) => payload });
      invalidateOnNotify(n, { ...common, key: (payload) => Number(payload) });
      // @ts-expect-error - which number is it?
      invalidateOnNotify(n, common);
      // @ts-expect-error - no keys are strings
      invalidateOnNotify(n, { ...common, key: (payload: string) => payload });
    });
  });
});
