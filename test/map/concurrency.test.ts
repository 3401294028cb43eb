import { describe, expect, it, vi } from 'vitest';
import { settle, stateOf } from '../support/loads.ts';
import { fakeTime, manualMapLoader, names, tracedLoader } from './maps.ts';

const newMap = fakeTime();

describe('concurrency', () => {
  it('is how many loads run at a time, whatever asks for them', async () => {
    const { loader, running, loads } = tracedLoader(100);
    const map = newMap({ loader, keys: names(50), concurrency: 3, ttl: 10_000 }).start();
    for (const key of ['x', 'y', 'z']) void map.get(key);
    void map.invalidateAll();
    await vi.advanceTimersByTimeAsync(5000);
    void map.invalidateAll();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(running.most).toBe(3);
    expect(loads.length).toBeGreaterThan(150);
  });

  it('is 10 by default, and may be infinite', async () => {
    const ten = tracedLoader(100);
    newMap({ loader: ten.loader, keys: names(50) }).start();
    const all = tracedLoader(100);
    newMap({ loader: all.loader, keys: names(50), concurrency: Infinity }).start();
    await vi.advanceTimersByTimeAsync(1000);
    expect([ten.running.most, all.running.most]).toEqual([10, 50]);
  });

  it('is told by health(): what runs, and what waits', async () => {
    const { calls, loader } = manualMapLoader();
    const map = newMap({ loader, keys: names(5), concurrency: 2 }).start();
    expect(map.health()).toMatchObject({ inFlight: 2, queued: 3 });
    calls[0]?.resolve('a');
    await settle();
    expect(map.health()).toMatchObject({ inFlight: 2, queued: 2 });
  });

  it('holds no place for a load between two attempts', async () => {
    const times: Record<string, number> = {};
    const start = Date.now();
    const loader = (key: string, { attempt }: { attempt: number }): string => {
      times[`${key}${attempt}`] = Date.now() - start;
      if (key === 'a' && attempt < 3) throw new Error('once more');
      return key;
    };
    const retry = { retries: 2, minTimeout: 100, factor: 1, randomize: false };
    const map = newMap({ loader, concurrency: 1, retry });
    const a = map.get('a');
    expect(await map.get('b')).toBe('b');
    await vi.advanceTimersByTimeAsync(200);
    expect(await a).toBe('a');
    expect(times).toEqual({ a1: 0, b1: 0, a2: 100, a3: 200 });
  });

  it('has another attempt wait for its turn, and gives it up with its load', async () => {
    const { call, loader } = manualMapLoader();
    const retry = { retries: 1, minTimeout: 100, randomize: false };
    const map = newMap({ loader, concurrency: 1, retry, loadTimeout: 1000 }).start();
    const a = map.get('a');
    a.catch(() => {});
    call('a').reject(new Error('down'));
    await vi.advanceTimersByTimeAsync(50);
    const b = map.get('b');
    await vi.advanceTimersByTimeAsync(450);
    expect(map.health()).toMatchObject({ inFlight: 1, queued: 1 });
    await vi.advanceTimersByTimeAsync(500);
    await expect(a).rejects.toMatchObject({ code: 'ERR_LOAD_TIMEOUT' });
    expect(map.health()).toMatchObject({ inFlight: 1, queued: 0 });
    call('b').resolve('B');
    expect(await b).toBe('B');
    await settle();
    expect(map.health().inFlight).toBeLessThanOrEqual(1);
  });

  it('comes back whole after loads that hung, threw, were stopped and were deleted', async () => {
    const hang = new Set(['h1', 'h2', 'h3']);
    const { loader, running } = tracedLoader(100);
    const map = newMap({
      loader: (key: string) => {
        if (hang.has(key)) return new Promise<string>(() => {});
        if (key.startsWith('t')) throw new Error('down');
        return loader(key);
      },
      concurrency: 3,
      loadTimeout: 1000,
      retry: { retries: 1, minTimeout: 50 },
    }).start();
    for (const key of ['h1', 't1', 'a', 'h2', 'h3', 't2', 'b']) map.get(key).catch(() => {});
    map.delete('h2');
    await vi.advanceTimersByTimeAsync(10);
    map.delete('b');
    await vi.advanceTimersByTimeAsync(5000);
    for (const key of ['h1', 'h2', 'h3', 't1', 't2']) map.delete(key);
    await vi.advanceTimersByTimeAsync(5000);
    const stopped = map.stop();
    await vi.advanceTimersByTimeAsync(5000);
    await stopped;
    map.start();
    await vi.advanceTimersByTimeAsync(5000);
    running.most = 0;
    for (const key of names(20)) void map.get(key);
    await vi.advanceTimersByTimeAsync(2000);
    expect(running.most).toBe(3);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
  });
});

describe('the order of loads', () => {
  it('has readers first, and then those that were due first', async () => {
    const { calls, call, loader } = manualMapLoader();
    const map = newMap({ loader, keys: names(6), concurrency: 1 }).start();
    void map.get('r1');
    void map.get('k4');
    void map.get('r2');
    for (let n = 0; n < 8; n++) {
      calls.at(-1)?.resolve('there');
      await settle();
    }
    expect(calls.map(({ key }) => key)).toEqual(['k0', 'k4', 'r1', 'r2', 'k1', 'k2', 'k3', 'k5']);
    expect(call('k5')).toBeDefined();
  });

  it('has the most overdue first', async () => {
    const due: Record<string, number> = {};
    const { loader, loads, keys } = tracedLoader();
    let isSlow = false;
    const map = newMap({
      loader: async (key: string) => {
        if (isSlow && key === 'slow') await new Promise((resolve) => setTimeout(resolve, 20_000));
        return loader(key);
      },
      keys: [...names(20), 'slow'],
      concurrency: 1,
      ttl: 10_000,
    }).start();
    await vi.advanceTimersByTimeAsync(100);
    for (const key of names(20)) due[key] = map.health(key)?.nextLoadAt ?? 0;
    isSlow = true;
    void map.get('slow', { maxAge: 0 });
    const before = loads.length;
    await vi.advanceTimersByTimeAsync(20_000);
    const order = keys().slice(before + 1, before + 21);
    expect(new Set(order).size).toBe(20);
    expect(order).toEqual(names(20).toSorted((a, b) => (due[a] ?? 0) - (due[b] ?? 0)));
  });

  it('has a load that rests between attempts go before the background, once a reader joins', async () => {
    const { calls, call, loader } = manualMapLoader();
    const retry = { retries: 1, minTimeout: 100, randomize: false };
    const map = newMap({ loader, keys: ['a', 'b', 'c', 'd'], concurrency: 1, retry }).start();
    call('a').reject(new Error('down'));
    await vi.advanceTimersByTimeAsync(100);
    expect(calls.map(({ key }) => key)).toEqual(['a', 'b']);
    const read = map.get('a');
    call('b').resolve('B');
    await settle();
    expect(calls.map(({ key }) => key)).toEqual(['a', 'b', 'a']);
    call('a').resolve('A');
    expect(await read).toBe('A');
  });

  it('does not let a reader that has gone keep its place in vain', async () => {
    const { calls, call, loader } = manualMapLoader();
    const map = newMap({ loader, concurrency: 1 });
    void map.get('a');
    const b = map.get('b');
    map.delete('b');
    expect(await stateOf(b)).toBe('pending');
    call('a').resolve('A');
    await settle();
    call('b').resolve('B');
    expect(await b).toBe('B');
    expect(calls).toHaveLength(2);
  });
});
