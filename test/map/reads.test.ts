import { describe, expect, it, vi } from 'vitest';
import { LoadError } from 'warm-cache';
import { settle, stateOf, t0 } from '../support/loads.ts';
import { fakeTime, manualMapLoader, tracedLoader } from './maps.ts';

const newMap = fakeTime();

describe('a read', () => {
  it('of a new key loads it, and is answered with its value', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader });
    expect(await map.get('a')).toBe('a 1');
    expect(await map.get('b')).toBe('b 1');
    expect(await map.get('a')).toBe('a 1');
    expect(keys()).toEqual(['a', 'b']);
    expect(map.size).toBe(2);
  });

  it('joins the load of its key: 10,000 at once are one load', async () => {
    const { loader, keys } = tracedLoader(50);
    const map = newMap({ loader });
    const reads = Array.from({ length: 10_000 }, () => map.get('a'));
    await vi.advanceTimersByTimeAsync(50);
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['a 1']));
    expect(keys()).toEqual(['a']);
  });

  it('may give up by its signal, and nobody else', async () => {
    const { call, loader } = manualMapLoader();
    const map = newMap({ loader });
    const impatient = new AbortController();
    const given = map.get('a', { signal: impatient.signal });
    const other = map.get('a');
    impatient.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    call('a').resolve('there');
    expect(await other).toBe('there');
  });

  it('asks for a value no older than maxAge', async () => {
    const { loader } = tracedLoader();
    const map = newMap({ loader });
    await map.get('a');
    await vi.advanceTimersByTimeAsync(1000);
    expect(await map.get('a', { maxAge: 1000 })).toBe('a 1');
    expect(await map.get('a', { maxAge: 999 })).toBe('a 2');
    await expect(map.get('a', { maxAge: -1 })).rejects.toThrow(RangeError);
    await expect(map.get('new', { maxAge: Number.NaN })).rejects.toThrow(RangeError);
  });

  it('never waits once its key is hot, at any rate, with ttl equal to refreshInterval', async () => {
    const { loader } = tracedLoader(200);
    const map = newMap({ loader, keys: ['a', 'b', 'c'], ttl: 1000 }).start();
    await vi.advanceTimersByTimeAsync(200);
    await map.ready();
    for (let n = 0; n < 2000; n++) {
      await vi.advanceTimersByTimeAsync(7);
      void map.get('a');
      if (n % 100 === 0) void map.get('b');
    }
    await map.get('c');
    expect(map.health().reads).toMatchObject({ stale: 0, waited: 0, failed: 0 });
  });

  it('serves stale values at once, and has a load on its way', async () => {
    const { loader } = tracedLoader();
    const map = newMap({ loader });
    await map.get('a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await map.get('a')).toBe('a 1');
    await settle();
    expect(await map.get('a')).toBe('a 2');
  });

  it('of undefined and null finds values like any other', async () => {
    const loader = vi.fn((key: string) => (key === 'n' ? null : undefined));
    const map = newMap({ loader });
    expect(await map.get('n')).toBeNull();
    expect(await map.get('u')).toBeUndefined();
    await map.get('u');
    expect(map.peek('u')).toMatchObject({ value: undefined, version: 1 });
    expect(loader).toHaveBeenCalledTimes(2);
  });

  it('may be ignored where it fails', async () => {
    const map = newMap({ loader: (key: string) => Promise.reject(new Error(key)) });
    void map.get('a');
    void map.get('a', { maxAge: 0 });
    await map.stop();
    void map.get('a');
    void map.get('b');
    await settle();
  });
});

describe('peek()', () => {
  it('starts nothing, knows no key that was not read, and keeps none hot', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader, idleTime: 100_000 }).start();
    expect(map.peek('a')).toBeUndefined();
    expect(map.size).toBe(0);
    await map.get('a');
    expect(map.peek('a')).toEqual({ value: 'a 1', version: 1, loadedAt: t0, source: 'loader' });
    for (let n = 0; n < 50; n++) {
      await vi.advanceTimersByTimeAsync(10_000);
      map.peek('a');
    }
    expect(keys()).toHaveLength(2);
    expect(map.size).toBe(0);
  });
});

describe('a key that fails', () => {
  const failing = (key: string): string => {
    if (key === 'bad') throw new Error('down');
    return key;
  };

  it('is told from one that does not, by the key in its error', async () => {
    const map = newMap({ name: 'boards', loader: failing });
    const error = await map.get('bad').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LoadError);
    expect((error as Error).message).toBe('boards[bad]: load failed: down');
    expect(await map.get('good')).toBe('good');
  });

  it('never slows another: that is loaded as if it were alone', async () => {
    const alone = tracedLoader();
    newMap({ loader: alone.loader, keys: ['good'] }).start();
    const beside = tracedLoader();
    const keys = ['good', ...Array.from({ length: 100 }, (_, n) => `bad ${n}`)];
    newMap({
      loader: (key: string) => {
        if (key !== 'good') throw new Error('down');
        return beside.loader(key);
      },
      keys,
      concurrency: 2,
      backoff: { minDelay: 100, maxDelay: 1000 },
      retry: { retries: 2, minTimeout: 100, randomize: false },
    }).start();
    await vi.advanceTimersByTimeAsync(300_000);
    expect(beside.times('good')).toEqual(alone.times('good'));
    expect(alone.times('good').length).toBeGreaterThan(4);
  });

  it('is loaded at the rate of its own backoff, whatever the traffic', async () => {
    const times: number[] = [];
    const loader = (key: string): string => {
      if (key !== 'bad') return key;
      times.push(Date.now() - t0);
      throw new Error('down');
    };
    const map = newMap({ loader, backoff: { minDelay: 1000, factor: 2, maxDelay: 8000 } }).start();
    for (let n = 0; n < 200; n++) {
      void map.get('bad');
      void map.get('good', { maxAge: 0 });
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(times).toEqual([0, 1000, 3000, 7000, 15_000]);
    await expect(map.get('bad')).rejects.toMatchObject({ retryAt: t0 + 23_000 });
  });

  it('that hangs costs its own deadline, and no other key more than a place', async () => {
    const { loader, times } = tracedLoader();
    const hanging = (key: string): Promise<string> =>
      key === 'hung' ? new Promise(() => {}) : loader(key);
    const map = newMap({ loader: hanging, concurrency: 1, loadTimeout: 500 });
    const hung = map.get('hung');
    const fine = map.get('fine');
    hung.catch(() => {});
    await vi.advanceTimersByTimeAsync(499);
    expect(await stateOf(fine)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await fine).toBe('fine 1');
    expect(times('fine')).toEqual([500]);
    await expect(hung).rejects.toMatchObject({ code: 'ERR_LOAD_TIMEOUT' });
    expect(map.health().abandoned).toBe(1);
  });
});
