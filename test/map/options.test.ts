import { describe, expect, it, vi } from 'vitest';
import { WarmCacheMap } from 'warm-cache';
import { settle, t0 } from '../support/loads.ts';
import { fakeTime, tracedLoader } from './maps.ts';

const newMap = fakeTime();
const loader = (key: string): string => key;
const valid = { loader, ttl: 1000 };

describe('the options of a map', () => {
  it.each([
    ['neither loader nor loadMany', { ttl: 1000 }],
    ['both loader and loadMany', { ...valid, loadMany: () => [] }],
    ['a loader that is none', { loader: 'x', ttl: 1000 }],
    ['a loadMany that is none', { loadMany: 'x', ttl: 1000 }],
    ['no ttl', { loader }],
    ['keys that are no list', { ...valid, keys: 42 }],
    ['keys that are a string', { ...valid, keys: 'abc' }],
    ['keys that are null', { ...valid, keys: null }],
    ['a keyOf that is none', { ...valid, keyOf: 'id' }],
    ['an idleTime that is none', { ...valid, idleTime: '1' }],
    ['an accept that is none', { ...valid, accept: 1 }],
    ['a validator that is none', { ...valid, validator: 1 }],
    ['a store that is none', { ...valid, store: {} }],
    ['a tier to share values by', { ...valid, shared: { join: () => ({}) } }],
    ['none at all', undefined],
  ])('are refused with a TypeError: %s', (_, options) => {
    expect(() => new WarmCacheMap(options as never)).toThrow(TypeError);
  });

  it.each([
    ['maxEntries', [0, -1, 1.5, Number.NaN]],
    ['concurrency', [0, -1, 1.5, Number.NaN]],
    ['maxBatchSize', [0, -1, 1.5, Number.NaN]],
    ['idleTime', [-1, Number.NaN]],
    ['batchWindow', [-1, Infinity, Number.NaN]],
    ['ttl', [0, -1, Number.NaN]],
    ['refreshInterval', [0, -1, Number.NaN]],
  ])('are refused with a RangeError that names it: %s', (name, wrong) => {
    for (const value of wrong) {
      const make = () => new WarmCacheMap({ ...valid, [name]: value });
      expect(make).toThrow(RangeError);
      expect(make).toThrow(name);
    }
  });

  it.each(['maxEntries', 'concurrency', 'maxBatchSize', 'idleTime'])(
    'may be infinite: %s',
    (name) => {
      expect(() => new WarmCacheMap({ ...valid, [name]: Infinity })).not.toThrow();
    },
  );

  it('may be undefined', () => {
    const names = ['name', 'keys', 'keyOf', 'idleTime', 'maxEntries', 'concurrency', 'loadMany'];
    for (const name of names) {
      expect(() => new WarmCacheMap({ ...valid, [name]: undefined })).not.toThrow();
    }
  });

  it('are read once: what happens to the list of keys later is of no matter', async () => {
    const keys = ['a'];
    const map = newMap({ loader, keys });
    keys.push('b');
    await map.start().ready();
    expect(map.size).toBe(1);
  });
});

describe('the functions among the options are told the key:', () => {
  it('accept', async () => {
    const accept = vi.fn(
      (_next: string, _previous: string | undefined, key: string) => key !== 'no',
    );
    const map = newMap({ loader, accept });
    await map.get('yes');
    await expect(map.get('no')).rejects.toMatchObject({ code: 'ERR_LOAD_REJECTED' });
    await map.get('yes', { maxAge: 0 });
    expect(accept.mock.calls).toEqual([
      ['yes', undefined, 'yes'],
      ['no', undefined, 'no'],
      ['yes', 'yes', 'yes'],
    ]);
  });

  it('validator', async () => {
    const tokens: Record<string, number> = { a: 1, b: 1 };
    const { loader: traced, keys } = tracedLoader();
    const map = newMap({ loader: traced, validator: (key: string) => tokens[key] ?? 0 });
    for (const key of ['a', 'b']) await map.get(key);
    tokens['b'] = 2;
    for (const key of ['a', 'b']) await map.get(key, { maxAge: 0 });
    expect(keys()).toEqual(['a', 'b', 'b']);
    expect(map.health()).toMatchObject({ probes: 4, skipped: 1 });
  });

  it('refreshInterval: each key has its own rate', async () => {
    const { loader: traced, times } = tracedLoader();
    const asked = new Set<string>();
    const map = newMap({
      loader: traced,
      keys: ['fast', 'slow', 'wrong'],
      ttl: 60_000,
      refreshInterval: ({ key, changed, lastDuration }) => {
        asked.add(`${key} ${changed} ${lastDuration}`);
        if (key === 'wrong') throw new Error('no rate');
        return key === 'fast' ? 5000 : { interval: 40_000, why: 'slow' };
      },
    }).start();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(times('fast').length).toBeGreaterThanOrEqual(23);
    expect(times('fast').length).toBeLessThanOrEqual(26);
    expect(times('slow').length).toBeGreaterThanOrEqual(3);
    expect(times('slow').length).toBeLessThanOrEqual(5);
    expect(times('wrong').length).toBeLessThanOrEqual(4);
    expect(map.health('slow')?.interval).toEqual({ ms: 40_000, why: 'slow' });
    expect(map.health('wrong')?.interval.why).toBe('ttl: no rate');
    expect([...asked].sort()).toEqual(['fast true 0', 'slow true 0', 'wrong true 0']);
  });

  it('contentHash and equals: by the values of the key', async () => {
    const { loader: traced } = tracedLoader();
    const map = newMap({
      loader: async (key: string) => (key === 'same' ? 'x' : traced(key)),
      contentHash: (value) => value,
    });
    for (const key of ['same', 'other']) {
      await map.get(key);
      await map.get(key, { maxAge: 0 });
    }
    expect(map.health('same')?.loads).toMatchObject({ published: 1, unchanged: 1 });
    expect(map.health('other')?.loads).toMatchObject({ published: 2, unchanged: 0 });
    const equal = newMap({ loader: traced, equals: () => true });
    await equal.get('a');
    await equal.get('a', { maxAge: 0 });
    expect(equal.peek('a')?.version).toBe(1);
  });
});

describe('keys that are objects', () => {
  interface Filter {
    readonly country: string;
    readonly page: number;
  }
  const list = ({ country, page }: Filter): string => `${country} ${page}`;
  const keyOf = ({ country, page }: Filter): string => `${country}/${page}`;

  it('are told apart by keyOf', async () => {
    const spied = vi.fn(list);
    const map = newMap({ loader: spied, keyOf, keys: [{ country: 'PL', page: 1 }] }).start();
    await map.ready();
    expect(await map.get({ page: 1, country: 'PL' })).toBe('PL 1');
    expect(map.peek({ country: 'PL', page: 1 })?.value).toBe('PL 1');
    expect(map.health({ country: 'PL', page: 1 })?.version).toBe(1);
    expect(spied).toHaveBeenCalledTimes(1);
    expect((await map.invalidate({ country: 'PL', page: 1 }))?.version).toBe(2);
    expect(map.set({ country: 'PL', page: 1 }, 'mine').version).toBe(3);
    expect(map.delete({ country: 'PL', page: 1 })).toBe(true);
    expect(map.size).toBe(0);
  });

  it('are the objects themselves without it', async () => {
    const map = newMap({ loader: list });
    const key = { country: 'PL', page: 1 };
    await map.get(key);
    expect(map.peek(key)).toBeDefined();
    expect(map.peek({ ...key })).toBeUndefined();
  });

  it('go into loadMany as they are, and are found in its answer by keyOf', async () => {
    const map = newMap<Filter, string>({
      loadMany: (filters) => filters.map((filter) => [{ ...filter }, list(filter)] as const),
      keyOf,
      batchWindow: 0,
    });
    const read = Promise.all([1, 2].map((page) => map.get({ country: 'KR', page })));
    await vi.advanceTimersByTimeAsync(1);
    expect(await read).toEqual(['KR 1', 'KR 2']);
  });

  it.each<[string, object]>([
    ['of no prototype', Object.create(null) as object],
    [
      'with a hostile toString',
      {
        toString: () => {
          throw new Error('hostile');
        },
      },
    ],
  ])('may be %s: an error can be made of them all the same', async (_, key) => {
    const map = newMap({
      loader: (): string => {
        throw new Error('down');
      },
    });
    await expect(map.get(key)).rejects.toMatchObject({ code: 'ERR_LOAD_FAILED' });
    await settle();
  });

  it('of any kind are keys: NaN, null, a symbol, a number beside the same string', async () => {
    const keys: unknown[] = [Number.NaN, null, Symbol('s'), 1, '1', undefined, true];
    const map = newMap({ loader: (key: unknown) => [key] });
    for (const key of keys) expect(await map.get(key)).toEqual([key]);
    for (const key of keys) expect(await map.get(key)).toEqual([key]);
    expect(map.size).toBe(keys.length);
    expect(map.health().reads).toMatchObject({ fresh: 7, waited: 7 });
    expect(Date.now()).toBe(t0);
  });
});
