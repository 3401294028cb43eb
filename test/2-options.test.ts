import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LoadError, WarmCache, type WarmCacheOptions } from 'warm-cache';
import { countingLoader, manualLoader, settle } from './support/loads.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
});

const make = (options: object): unknown =>
  new WarmCache({ loader: () => 1, ttl: 1000, ...options } as WarmCacheOptions<number>);

describe('the example of use', () => {
  it('starts, is ready, peeks, gets, invalidates and stops', async () => {
    const cache = new WarmCache({
      name: 'leaderboard',
      loader: countingLoader().loader,
      ttl: 60_000,
      refreshInterval: 60_000,
      maxStale: 600_000,
    });
    expect(cache.peek()).toBeUndefined();
    expect(cache.start()).toBe(cache);
    expect((await cache.ready()).value).toBe(1);
    expect(cache.peek()?.value).toBe(1);
    expect(await cache.get()).toBe(1);
    expect((await cache.invalidate()).value).toBe(2);
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('options are checked in the constructor, and the message says what was expected and given:', () => {
  const numbers = [
    'ttl',
    'refreshInterval',
    'maxStale',
    'loadTimeout',
    'jitter',
    'slowThreshold',
    'retry.retries',
    'retry.minTimeout',
    'retry.factor',
    'retry.maxTimeout',
    'backoff.minDelay',
    'backoff.maxDelay',
    'backoff.factor',
  ];
  const nested = (path: string, value: unknown): object => {
    const [group, key] = path.split('.');
    return key === undefined ? { [path]: value } : { [group as string]: { [key]: value } };
  };

  it.each(numbers)('%s: a wrong type is a TypeError', (path) => {
    for (const wrong of ['1000', null, {}, true]) {
      const given = wrong === null ? 'null' : typeof wrong;
      expect(() => make(nested(path, wrong))).toThrow(TypeError);
      expect(() => make(nested(path, wrong))).toThrow(
        `Expected \`${path}\` to be of type number, got ${given}`,
      );
    }
  });

  it.each(numbers)('%s: NaN and negative numbers are a RangeError', (path) => {
    for (const wrong of [Number.NaN, -1, -Infinity]) {
      expect(() => make(nested(path, wrong))).toThrow(RangeError);
      expect(() => make(nested(path, wrong))).toThrow(`\`${path}\``);
      expect(() => make(nested(path, wrong))).toThrow(`got ${wrong}`);
    }
  });

  it.each([
    'ttl',
    'refreshInterval',
    'loadTimeout',
    'backoff.minDelay',
    'backoff.maxDelay',
    'backoff.factor',
  ])('%s: 0 is a RangeError', (path) => {
    expect(() => make(nested(path, 0))).toThrow(RangeError);
  });

  it.each(['maxStale', 'jitter', 'slowThreshold', 'retry.retries', 'retry.minTimeout'])(
    '%s: 0 is right',
    (path) => {
      expect(() => make(nested(path, 0))).not.toThrow();
    },
  );

  it.each([
    'ttl',
    'refreshInterval',
    'maxStale',
    'slowThreshold',
    'retry.retries',
    'retry.maxTimeout',
  ])('%s: Infinity is right', (path) => {
    expect(() => make(nested(path, Infinity))).not.toThrow();
  });

  it.each(['loadTimeout', 'jitter', 'retry.minTimeout', 'backoff.minDelay', 'backoff.factor'])(
    '%s: Infinity is a RangeError',
    (path) => {
      expect(() => make(nested(path, Infinity))).toThrow(RangeError);
    },
  );

  it.each(['name', 'loader', 'accept', 'validator', 'retry', 'backoff', 'retry.randomize'])(
    '%s: a wrong type is a TypeError',
    (path) => {
      for (const wrong of [1, null]) {
        expect(() => make(nested(path, wrong))).toThrow(TypeError);
        expect(() => make(nested(path, wrong))).toThrow(`\`${path}\``);
      }
    },
  );

  it('no options, no loader, no ttl: TypeErrors', () => {
    expect(() => new WarmCache(undefined as never)).toThrow(
      new TypeError('Expected `options` to be of type object, got undefined'),
    );
    expect(() => make({ loader: undefined })).toThrow('Expected `loader` to be of type function');
    expect(() => make({ ttl: undefined })).toThrow('Expected `ttl` to be of type number');
  });

  it('retries is an integer, jitter at most 1, maxDelay at least minDelay', () => {
    expect(() => make({ retry: { retries: 1.5 } })).toThrow(
      new RangeError('Expected `retry.retries % 1` to be from 0 to 0, got 0.5'),
    );
    expect(() => make({ jitter: 1.01 })).toThrow(RangeError);
    expect(() => make({ backoff: { minDelay: 100, maxDelay: 99 } })).toThrow(RangeError);
  });

  it('any finite number of ms is right', () => {
    for (const ms of [1, 0.5, 2 ** 31, 1e15, 1e300]) {
      expect(() =>
        make({ ttl: ms, refreshInterval: ms, maxStale: ms, loadTimeout: ms }),
      ).not.toThrow();
    }
  });
});

describe('the default of', () => {
  it('name is warm-cache', () => {
    expect(new WarmCache({ loader: () => 1, ttl: 1 }).name).toBe('warm-cache');
  });

  it('refreshInterval and maxStale is ttl; an explicit undefined is the default', async () => {
    const { starts, loader } = countingLoader();
    const cache = new WarmCache({
      loader,
      ttl: 1000,
      refreshInterval: undefined,
      maxStale: undefined,
    });
    cache.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(starts.length).toBeGreaterThanOrEqual(10);
    expect(starts.length).toBeLessThanOrEqual(12);
    await cache.stop();
    const manual = manualLoader<number>();
    const stale = new WarmCache({ loader: manual.loader, ttl: 1000, refreshInterval: Infinity });
    stale.set(1);
    await vi.advanceTimersByTimeAsync(1999);
    expect(stale.peek()?.value).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(stale.peek()).toBeUndefined();
  });

  it('loadTimeout is 30 s', async () => {
    const cache = new WarmCache({ loader: () => new Promise<never>(() => {}), ttl: 1000 });
    const read = cache.get();
    await vi.advanceTimersByTimeAsync(29_999);
    expect(cache.health().load).not.toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    await expect(read).rejects.toThrow('30000 ms');
  });

  it('retry is 2 retries, from 250 ms, doubled, randomized', async () => {
    const at: number[] = [];
    const began = Date.now();
    const loader = () => {
      at.push(Date.now() - began);
      throw new Error('no');
    };
    vi.mocked(Math.random).mockReturnValue(0.5);
    const cache = new WarmCache({ loader, ttl: 60_000, jitter: 0, refreshInterval: Infinity });
    const read = cache.get();
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(read).rejects.toThrow(LoadError);
    expect(at).toEqual([0, 375, 375 + 750]);
  });

  it.each([
    { refreshInterval: 600_000, delays: [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000] },
    { refreshInterval: 5000, delays: [1000, 2000, 4000, 5000, 5000] },
    { refreshInterval: 300, delays: [300, 300, 300] },
  ])('backoff at an interval of $refreshInterval', async ({ refreshInterval, delays }) => {
    const starts: number[] = [];
    const cache = new WarmCache({
      loader: () => {
        starts.push(Date.now());
        throw new Error('no');
      },
      ttl: 600_000,
      refreshInterval,
      retry: { retries: 0 },
      jitter: 0,
    });
    cache.start();
    await vi.advanceTimersByTimeAsync(delays.reduce((sum, delay) => sum + delay, 0) + 1);
    expect(starts.slice(1).map((at, i) => at - (starts[i] ?? 0))).toEqual(delays);
    await cache.stop();
  });

  it('jitter is 0.1', async () => {
    vi.mocked(Math.random).mockReturnValue(1);
    const { starts, loader } = countingLoader();
    const cache = new WarmCache({ loader, ttl: 10_000, refreshInterval: 1000 });
    cache.start();
    await vi.advanceTimersByTimeAsync(901);
    expect(starts.map((at) => at - (starts[0] ?? 0))).toEqual([0, 900]);
    await cache.stop();
  });

  it('slowThreshold is half of loadTimeout', async () => {
    const { calls, loader } = manualLoader<number>();
    const cache = new WarmCache({
      loader,
      ttl: 60_000,
      loadTimeout: 1000,
      refreshInterval: Infinity,
    });
    const slow = vi.fn();
    cache.on('slow', slow);
    for (const duration of [500, 501]) {
      const refreshed = cache.refresh();
      await vi.advanceTimersByTimeAsync(duration);
      calls.at(-1)?.resolve(1);
      await refreshed;
    }
    expect(slow).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ duration: 501 }));
  });
});

describe('a delay of 2^31 ms and more is waited for, and calls the loader once:', () => {
  const long = 2 ** 31 + 5000;

  it('refreshInterval', async () => {
    const { starts, loader } = countingLoader();
    const cache = new WarmCache({ loader, ttl: 2 * long, refreshInterval: long, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(starts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(long - 60_001);
    expect(starts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(starts).toHaveLength(2);
    await cache.stop();
  });

  it('ttl and maxStale', async () => {
    const cache = new WarmCache({ loader: () => 1, ttl: long, refreshInterval: Infinity });
    await cache.get();
    await vi.advanceTimersByTimeAsync(long - 1);
    expect(cache.health().status).toBe('READY');
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.health().status).toBe('STALE');
    await vi.advanceTimersByTimeAsync(long);
    expect(cache.peek()).toBeUndefined();
  });

  it('loadTimeout, backoff and the timeout of ready()', async () => {
    const { calls, loader } = manualLoader<number>();
    const cache = new WarmCache({
      loader,
      ttl: 1000,
      loadTimeout: long,
      retry: { retries: 0 },
      backoff: { minDelay: long, maxDelay: long },
      jitter: 0,
    });
    cache.start();
    const ready = cache.ready({ timeout: 3 * long });
    await vi.advanceTimersByTimeAsync(long - 1);
    expect(calls[0]?.context.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls[0]?.context.signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(long - 1);
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(long - 1);
    await settle();
    await vi.advanceTimersByTimeAsync(1);
    await expect(ready).rejects.toMatchObject({ code: 'ERR_READY_TIMEOUT' });
    await cache.stop();
  });
});
