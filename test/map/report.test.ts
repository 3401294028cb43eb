import { describe, expect, it, vi } from 'vitest';
import { notModified } from 'warm-cache';
import { settle, t0 } from '../support/loads.ts';
import { fakeTime, manualMapLoader, payloadsOf, tracedLoader } from './maps.ts';

const newMap = fakeTime();

describe('the events of a map', () => {
  it('have the name of the map and the key, beside what those of a cache have', async () => {
    let answer: () => string | typeof notModified = () => 'one';
    const map = newMap({ name: 'boards', loader: (_: string) => answer() });
    const loads = payloadsOf(map, 'load');
    const refreshes = payloadsOf(map, 'refresh');
    const changes = payloadsOf(map, 'change');
    const unchanged = payloadsOf(map, 'unchanged');
    const errors = payloadsOf(map, 'error');
    const invalidations = payloadsOf(map, 'invalidate');
    const statuses = payloadsOf(map, 'status');
    await map.get('a');
    const named = { name: 'boards', key: 'a' };
    expect(loads).toEqual([{ ...named, reason: 'read', startedAt: t0 }]);
    expect(refreshes).toMatchObject([{ ...named, reason: 'read', snapshot: { value: 'one' } }]);
    expect(changes).toMatchObject([{ ...named, previous: undefined, snapshot: { value: 'one' } }]);
    expect(statuses).toEqual([{ ...named, from: 'NOT_READY', to: 'READY' }]);
    answer = () => notModified;
    await map.invalidate('a');
    expect(invalidations).toEqual([{ ...named, purge: false }]);
    expect(unchanged).toMatchObject([{ ...named, reason: 'invalidate' }]);
    answer = () => {
      throw new Error('down');
    };
    await map.get('a', { maxAge: 0 }).catch(() => {});
    expect(errors).toMatchObject([{ ...named, final: true, serving: true, attempt: 1 }]);
  });

  it('have the key as it was given first, where it is an object', async () => {
    const map = newMap({
      loader: ({ id }: { id: number }) => id,
      keyOf: ({ id }) => id,
    });
    const loads = payloadsOf(map, 'load');
    const first = { id: 1 };
    await map.get(first);
    await map.get({ id: 1 }, { maxAge: 0 });
    expect(loads.map(({ key }) => key)).toEqual([first, first]);
    expect(loads[1]?.key).toBe(first);
  });

  it('tell of loads that take long', async () => {
    const { loader } = tracedLoader((key: string) => (key === 'slow' ? 200 : 10));
    const map = newMap({ loader, slowThreshold: 100 });
    const slow = payloadsOf(map, 'slow');
    for (const key of ['slow', 'fast']) void map.get(key);
    await vi.advanceTimersByTimeAsync(200);
    expect(slow).toMatchObject([{ key: 'slow', duration: 200, outcome: 'published' }]);
  });

  it('start and stop are those of the map, without a key', async () => {
    const map = newMap({ loader: tracedLoader().loader, keys: ['a', 'b'] });
    const starts = payloadsOf(map, 'start');
    const stops = payloadsOf(map, 'stop');
    await map.start().ready();
    await map.stop();
    expect([starts, stops]).toEqual([[{ name: 'warm-cache-map' }], [{ name: 'warm-cache-map' }]]);
  });

  it('can be heard once, and no more once taken away', async () => {
    const map = newMap({ loader: tracedLoader().loader });
    const once = vi.fn();
    const on = vi.fn();
    map.once('load', once).on('load', on).off('load', on).on('load', on);
    await map.get('a');
    await map.get('b');
    map.off('load', on);
    await map.get('c');
    expect([once.mock.calls.length, on.mock.calls.length]).toEqual([1, 2]);
  });
});

describe('health()', () => {
  it('of a key is that of its cache, and undefined where there is none', async () => {
    const map = newMap({ loader: tracedLoader().loader }).start();
    await map.get('a');
    expect(map.health('a')).toMatchObject({
      name: 'warm-cache-map',
      status: 'READY',
      running: true,
      age: 0,
      version: 1,
      loads: { published: 1 },
      reads: { waited: 1 },
      interval: { ms: 60_000 },
    });
    expect(map.health('b')).toBeUndefined();
    expect(map.health().size).toBe(1);
  });

  it('of a key named undefined is not that of the map', async () => {
    const map = newMap<string | undefined, string>({ loader: (key) => String(key) });
    expect(map.health(undefined)).toBeUndefined();
    await map.get(undefined);
    expect(map.health(undefined)).toMatchObject({ version: 1 });
    expect(map.health()).toMatchObject({ size: 1 });
  });

  it('of the map sums up', async () => {
    const { call, loader } = manualMapLoader();
    const map = newMap({
      name: 'boards',
      loader,
      keys: ['p'],
      concurrency: 3,
      ttl: 10_000,
    }).start();
    const reads = ['a', 'b', 'c', 'd'].map((key) => map.get(key).catch(() => {}));
    call('p').resolve('P');
    call('a').resolve('A');
    call('b').reject(new Error('down'));
    await settle();
    await vi.advanceTimersByTimeAsync(500);
    expect(map.health()).toMatchObject({
      name: 'boards',
      running: true,
      size: 5,
      pinned: 1,
      idle: 0,
      status: { NOT_READY: 2, READY: 2, STALE: 0, ERROR: 1 },
      failing: 1,
      oldestAge: 500,
      inFlight: 2,
      queued: 0,
      evicted: 0,
      abandoned: 0,
      lastError: { message: 'boards[b]: load failed: down', at: t0 },
      loads: expect.objectContaining({ published: 2, failed: 1, timeout: 0 }),
      probes: 0,
      skipped: 0,
      reads: { fresh: 0, stale: 0, waited: 4, failed: 1 },
    });
    expect(JSON.parse(JSON.stringify(map.health()))).toEqual(map.health());
    for (const key of ['c', 'd']) call(key).resolve(key);
    await Promise.all(reads);
  });

  it('counts each load once, also of keys that are gone and come back', async () => {
    const { calls, loader } = manualMapLoader();
    const map = newMap({ loader, keys: ['a'], maxEntries: 1 }).start();
    calls[0]?.resolve('1');
    await settle();
    expect(map.health().loads).toMatchObject({ published: 1 });
    void map.get('a', { maxAge: 0 });
    map.delete('a');
    void map.get('a', { maxAge: 0 }).catch(() => {});
    map.delete('a');
    calls[1]?.resolve('2');
    await settle();
    expect(map.health().loads.published).toBeLessThanOrEqual(2);
    const stopped = map.stop();
    calls.at(-1)?.resolve('3');
    await stopped;
    const { loads } = map.health();
    const total = Object.values(loads).reduce((sum, count) => sum + count, 0);
    expect(total).toBe(calls.length);
  });

  it('counts the load that a delete stops', async () => {
    const { calls, loader } = manualMapLoader();
    const map = newMap({ loader, keys: ['a'] }).start();
    map.delete('a');
    expect(map.health()).toMatchObject({ size: 0, inFlight: 1, loads: { stopped: 1 } });
    void map.get('a');
    expect(map.health()).toMatchObject({ size: 1, loads: { stopped: 1 } });
    calls[0]?.resolve('late');
    await settle();
    calls[1]?.resolve('new');
    await settle();
    expect(map.health()).toMatchObject({ inFlight: 0, loads: { stopped: 1, published: 1 } });
  });

  it('tells the age of the oldest value that is kept hot', async () => {
    const map = newMap({
      loader: tracedLoader().loader,
      refreshInterval: Infinity,
      ttl: 10_000,
    }).start();
    expect(map.health().oldestAge).toBeNull();
    await map.get('a');
    await vi.advanceTimersByTimeAsync(2000);
    await map.get('b');
    await vi.advanceTimersByTimeAsync(1000);
    expect(map.health().oldestAge).toBe(3000);
  });

  it('does not count loaders for ever that hang for a key that is gone', async () => {
    const { calls, loader } = manualMapLoader();
    const map = newMap({ loader, keys: ['a'], loadTimeout: 100 }).start();
    await vi.advanceTimersByTimeAsync(100);
    expect(map.health().abandoned).toBe(1);
    map.delete('a');
    await settle();
    calls[0]?.resolve('late');
    await settle();
    expect(map.health().abandoned).toBe(0);
  });
});
