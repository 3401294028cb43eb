import { describe, expect, it, vi } from 'vitest';
import { settle, stateOf, t0 } from '../support/loads.ts';
import { eventsOf, fakeTime, names, payloadsOf, tracedLoader } from './maps.ts';

const newMap = fakeTime();

describe('the keys of a list', () => {
  it('are loaded at start(), and again each interval, whether they are read or not', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, keys: ['a', 'b'], idleTime: 1 }).start();
    expect(map.size).toBe(2);
    await vi.advanceTimersByTimeAsync(600_000);
    for (const key of ['a', 'b']) {
      expect(times(key)[0]).toBe(0);
      expect(times(key).length).toBeGreaterThanOrEqual(11);
      expect(times(key).length).toBeLessThanOrEqual(12);
    }
    expect(map.health()).toMatchObject({ size: 2, pinned: 2, idle: 0 });
  });

  it.each([
    ['a Set', new Set(['a', 'b'])],
    [
      'the keys of a Map',
      new Map([
        ['a', 1],
        ['b', 2],
      ]).keys(),
    ],
  ])('may be %s, also after stop() and start()', async (_, keys) => {
    const { loader } = tracedLoader();
    const map = newMap({ loader, keys }).start();
    await map.ready();
    await map.stop();
    map.start();
    await map.ready();
    expect(map.health()).toMatchObject({ size: 2, pinned: 2 });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(map.health().pinned).toBe(2);
  });

  it('are known to a read right after start()', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader, keys: ['a'] }).start();
    expect(await map.get('a')).toBe('a 1');
    expect(keys()).toEqual(['a']);
  });

  it('may be named twice', async () => {
    const { loader, keys } = tracedLoader();
    newMap({ loader, keys: ['a', 'a'] }).start();
    await settle();
    expect(keys()).toEqual(['a']);
  });
});

describe('a function for the keys', () => {
  it('is asked at start() and again each interval', async () => {
    const times: number[] = [];
    const keys = (): string[] => {
      times.push(Date.now() - t0);
      return [`k${times.length}`];
    };
    const { loader } = tracedLoader();
    newMap({ loader, keys, refreshInterval: 10_000 }).start();
    await vi.advanceTimersByTimeAsync(35_000);
    expect(times).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it('is asked each ttl where the interval is a function', async () => {
    const keys = vi.fn(() => ['a']);
    newMap({
      loader: tracedLoader().loader,
      keys,
      refreshInterval: () => 1000,
      ttl: 20_000,
    }).start();
    await vi.advanceTimersByTimeAsync(45_000);
    expect(keys).toHaveBeenCalledTimes(3);
  });

  it('may take its time: what it says is loaded then', async () => {
    const { loader, times } = tracedLoader();
    const keys = async (): Promise<string[]> => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return ['a'];
    };
    const map = newMap({ loader, keys }).start();
    const ready = map.ready();
    await vi.advanceTimersByTimeAsync(499);
    expect(await stateOf(ready)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    await ready;
    expect(times('a')).toEqual([500]);
  });

  it('has new keys loaded, and those that leave cool down', async () => {
    let wanted = ['a', 'b'];
    const { loader, keys, loads } = tracedLoader();
    const map = newMap({ loader, keys: () => wanted, ttl: 10_000, maxStale: 0 }).start();
    await vi.advanceTimersByTimeAsync(25_000);
    wanted = ['b', 'c'];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(keys()).toContain('c');
    const before = loads.length;
    await vi.advanceTimersByTimeAsync(100_000);
    expect(new Set(keys().slice(before))).toEqual(new Set(['b', 'c']));
    expect(map.health('a')).toBeUndefined();
    expect(map.health()).toMatchObject({ size: 2, pinned: 2, evicted: 1 });
  });

  it('leaves a key hot that has left, but is read', async () => {
    let wanted = ['a'];
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, keys: () => wanted, ttl: 10_000, idleTime: 15_000 }).start();
    await vi.advanceTimersByTimeAsync(15_000);
    wanted = [];
    for (let n = 0; n < 20; n++) {
      await vi.advanceTimersByTimeAsync(5000);
      void map.get('a');
    }
    expect(times('a').length).toBeGreaterThanOrEqual(11);
    expect(map.health().reads).toMatchObject({ waited: 0, stale: 0 });
  });

  it('makes a key hot again that had cooled down', async () => {
    const { loader, times } = tracedLoader();
    let wanted: string[] = [];
    const map = newMap({
      loader,
      keys: () => wanted,
      ttl: 10_000,
      maxStale: Infinity,
      idleTime: 1000,
    }).start();
    await map.get('a');
    await vi.advanceTimersByTimeAsync(45_000);
    expect(map.health()).toMatchObject({ idle: 1, pinned: 0 });
    const before = times('a').length;
    wanted = ['a'];
    await vi.advanceTimersByTimeAsync(40_000);
    expect(map.health()).toMatchObject({ idle: 0, pinned: 1 });
    expect(times('a').length).toBeGreaterThanOrEqual(before + 3);
  });
});

describe('a function for the keys that fails', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('no keys');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no keys'))],
    ['answers with something else', () => 42 as never],
    ['answers with a string', () => 'abc'],
    ['answers with nothing', () => undefined as never],
  ])('as it %s is told of, and asked again after the backoff', async (_, failing) => {
    let isDown = true;
    const times: number[] = [];
    const keys = (): Iterable<string> | Promise<Iterable<string>> => {
      times.push(Date.now() - t0);
      return isDown ? failing() : ['a'];
    };
    const map = newMap({ loader: tracedLoader().loader, keys, backoff: { minDelay: 100 } });
    const errors = payloadsOf(map, 'error');
    map.start();
    const ready = map.ready();
    await vi.advanceTimersByTimeAsync(300);
    expect(times).toEqual([0, 100, 300]);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({ key: undefined, final: false, retryAt: t0 + 100 });
    expect(map.health().lastError).toMatchObject({ at: t0 + 300 });
    isDown = false;
    await vi.advanceTimersByTimeAsync(400);
    await ready;
    expect(map.peek('a')?.value).toBe('a 1');
  });

  it('leaves the keys as they are', async () => {
    let isDown = false;
    const { loader, times } = tracedLoader();
    const keys = (): string[] => {
      if (isDown) throw new Error('no keys');
      return ['a'];
    };
    const map = newMap({ loader, keys, ttl: 10_000, idleTime: 0 }).start();
    await settle();
    isDown = true;
    await vi.advanceTimersByTimeAsync(100_000);
    expect(times('a').length).toBeGreaterThanOrEqual(10);
    expect(map.health().pinned).toBe(1);
  });

  it('halfway leaves those that it has not named yet', async () => {
    let asked = 0;
    const { loader } = tracedLoader();
    const keys = function* (): Iterable<string> {
      asked += 1;
      yield 'a';
      if (asked > 1) throw new Error('broken');
      yield 'b';
    };
    const map = newMap({ loader, keys, ttl: 10_000 }).start();
    await vi.advanceTimersByTimeAsync(50_000);
    expect(asked).toBeGreaterThan(2);
    expect(map.health().pinned).toBe(2);
  });

  it('never to answer is given up at the deadline of a load, and asked again', async () => {
    const keys = vi.fn<() => Promise<string[]>>(async () => ['a']);
    keys.mockReturnValueOnce(new Promise(() => {}));
    const map = newMap({
      loader: tracedLoader().loader,
      keys,
      loadTimeout: 5000,
      backoff: { minDelay: 100 },
    });
    const errors = payloadsOf(map, 'error');
    map.start();
    const ready = map.ready();
    await vi.advanceTimersByTimeAsync(5000);
    expect(errors).toMatchObject([{ key: undefined, error: { code: 'ERR_LOAD_TIMEOUT' } }]);
    await vi.advanceTimersByTimeAsync(100);
    await ready;
    expect(keys).toHaveBeenCalledTimes(2);
  });

  it('is of no interest any more where it answers after stop()', async () => {
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const late = [promise, Promise.resolve(['b'])];
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader, keys: () => late.shift() ?? [] });
    const events = eventsOf(map);
    map.start();
    await map.stop();
    resolve(['a']);
    reject(new Error('late'));
    await settle();
    expect(events).toEqual(['start', 'stop']);
    map.start();
    await map.ready();
    expect(keys()).toEqual(['b']);
  });
});

describe('a large number of keys', () => {
  it('gives the event loop a turn now and then, and is stopped in between', async () => {
    const { loader, keys } = tracedLoader();
    let took = 0;
    const { now } = performance;
    vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + took);
    const slow = function* (): Iterable<string> {
      for (const name of names(100)) {
        took += 1;
        yield name;
      }
    };
    const map = newMap({ loader, keys: slow, concurrency: 1000 }).start();
    expect(keys().length).toBeGreaterThan(0);
    expect(keys().length).toBeLessThan(10);
    await vi.advanceTimersByTimeAsync(1);
    expect(keys().length).toBeLessThan(20);
    await map.stop();
    expect(vi.getTimerCount()).toBe(0);
    const before = keys().length;
    await vi.advanceTimersByTimeAsync(1000);
    expect(keys()).toHaveLength(before);
    map.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(map.health().pinned).toBe(100);
  });
});

describe('ready()', () => {
  it('resolves when each of the keys has a value, through failed loads', async () => {
    let isDown = true;
    const loader = (key: string): string => {
      if (key === 'b' && isDown) throw new Error('down');
      return key;
    };
    const map = newMap({ loader, keys: ['a', 'b', 'c'], backoff: { minDelay: 100 } }).start();
    const ready = map.ready();
    await vi.advanceTimersByTimeAsync(150);
    expect(await stateOf(ready)).toBe('pending');
    isDown = false;
    await vi.advanceTimersByTimeAsync(200);
    expect(await stateOf(ready)).toBe('fulfilled');
  });

  it('resolves at once where there are none', async () => {
    const map = newMap({ loader: tracedLoader().loader }).start();
    await map.ready();
  });

  it('without start() asks for the keys and loads them, side by side', async () => {
    const { loader, running } = tracedLoader(100);
    const map = newMap({ loader, keys: names(30) });
    const ready = map.ready();
    await vi.advanceTimersByTimeAsync(300);
    await ready;
    expect(running.most).toBe(10);
    expect(map.health().running).toBe(false);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });

  it('without start() asks again when the keys fail, as long as somebody waits', async () => {
    const keys = vi.fn(() => {
      throw new Error('no keys');
    });
    const map = newMap({
      loader: tracedLoader().loader,
      keys,
      backoff: { minDelay: 100, factor: 1 },
    });
    const ready = map.ready({ timeout: 350 });
    await vi.advanceTimersByTimeAsync(350);
    await expect(ready).rejects.toMatchObject({ code: 'ERR_READY_TIMEOUT' });
    expect(keys).toHaveBeenCalledTimes(4);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(keys.mock.calls.length).toBeLessThanOrEqual(5);
    expect(vi.getTimerCount()).toBe(0);
    void map.ready();
    await settle();
    expect(keys.mock.calls.length).toBeGreaterThanOrEqual(5);
  });

  it('gives up by its timeout and by its signal', async () => {
    const map = newMap({ loader: () => new Promise<string>(() => {}), keys: ['a'] }).start();
    const late = map.ready({ timeout: 100 });
    const { signal } = Object.assign(new AbortController(), {});
    const aborted = map.ready({ signal: AbortSignal.abort(new Error('no')) });
    await expect(aborted).rejects.toThrow('no');
    await vi.advanceTimersByTimeAsync(100);
    await expect(late).rejects.toMatchObject({ code: 'ERR_READY_TIMEOUT' });
    expect(signal.aborted).toBe(false);
    await expect(map.ready({ timeout: -1 })).rejects.toThrow(RangeError);
  });

  it('does not wait for a key that is not among them any more', async () => {
    let wanted = ['a', 'b'];
    const loader = (key: string): string => {
      if (key === 'b') throw new Error('down');
      return key;
    };
    const map = newMap({
      loader,
      keys: () => wanted,
      ttl: 10_000,
      loadTimeout: 1000,
      backoff: { minDelay: 100 },
    }).start();
    await settle();
    const ready = map.ready();
    wanted = ['a'];
    await vi.advanceTimersByTimeAsync(40_000);
    expect(await stateOf(ready)).toBe('fulfilled');
  });

  it('rejects when the map is stopped, before and after the keys are known', async () => {
    const map = newMap({
      loader: () => new Promise<string>(() => {}),
      keys: () => new Promise<string[]>(() => {}),
    }).start();
    const first = map.ready();
    await map.stop();
    await expect(first).rejects.toMatchObject({ code: 'ERR_STOPPED' });
    await expect(map.ready()).rejects.toMatchObject({ code: 'ERR_STOPPED' });
    const other = newMap({ loader: () => new Promise<string>(() => {}), keys: ['a'] }).start();
    const second = other.ready();
    await settle();
    void other.stop();
    await expect(second).rejects.toMatchObject({ code: 'ERR_STOPPED' });
  });
});
