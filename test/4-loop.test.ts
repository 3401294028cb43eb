import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WarmCache } from 'warm-cache';
import { countingLoader, manualLoader, settle, stopped } from './support/loads.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
});

const gaps = (starts: readonly number[]): number[] =>
  starts.slice(1).map((at, i) => at - (starts[i] as number));

describe('the loop', () => {
  it('starts loads an interval apart, from start to start', async () => {
    const { starts, loader } = countingLoader(400);
    const cache = new WarmCache({ loader, ttl: 10_000, refreshInterval: 1000, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(5400);
    expect(gaps(starts)).toEqual([1000, 1000, 1000, 1000, 1000]);
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('starts the next load at once after one that took longer than the interval, and never two at a time', async () => {
    let running = 0;
    let most = 0;
    const cache = new WarmCache({
      loader: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 2500));
        running -= 1;
      },
      ttl: 60_000,
      refreshInterval: 1000,
      jitter: 0,
    });
    cache.start();
    for (let time = 0; time < 10_000; time += 100) {
      await vi.advanceTimersByTimeAsync(100);
      void cache.get({ maxAge: 0 });
      void cache.refresh();
      if (time % 700 === 0) void cache.invalidate();
    }
    expect(most).toBe(1);
    expect(cache.health().loads.published).toBeGreaterThanOrEqual(3);
    await stopped(cache);
  });

  it('has one timer for the next load, and one at most for the freshness of its value', async () => {
    const { calls, loader } = manualLoader<number>();
    const cache = new WarmCache({ loader, ttl: 1000 });
    cache.start();
    expect(vi.getTimerCount()).toBe(1);
    calls[0]?.resolve(1);
    await settle();
    for (let i = 0; i < 50; i++) {
      void cache.get();
      cache.set(i);
      cache.peek();
    }
    expect(vi.getTimerCount()).toBe(2);
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('jitters only to earlier, by the fraction at most', async () => {
    for (const [random, gap] of [
      [0, 1000],
      [0.5, 900],
      [1, 800],
    ] as const) {
      vi.mocked(Math.random).mockReturnValue(random);
      const { starts, loader } = countingLoader();
      const cache = new WarmCache({ loader, ttl: 10_000, refreshInterval: 1000, jitter: 0.2 });
      cache.start();
      await vi.advanceTimersByTimeAsync(2001);
      expect(gaps(starts).slice(0, 2)).toEqual([gap, gap]);
      await cache.stop();
    }
  });

  it('starts early by what loads have been taking, but at most doubles the rate', async () => {
    const { starts, loader } = countingLoader(900);
    const cache = new WarmCache({ loader, ttl: 2000, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(6000);
    expect(gaps(starts).every((gap) => gap === 1000)).toBe(true);
    await stopped(cache);
  });

  it('at most doubles the rate also where one load was as slow as can be', async () => {
    const durations = [1900, ...new Array(9).fill(20)];
    const { starts, loader } = countingLoader(durations);
    const cache = new WarmCache({ loader, ttl: 2000, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(6000);
    expect(gaps(starts).slice(0, 3)).toEqual([1901, 1000, 1000]);
    await stopped(cache);
  });

  it.each([
    ['the interval', 5000, 5000],
    ['early enough for the value not to expire', 20_000, 12_000 - 600 - 20],
  ])('of an interval longer than ttl is %s', async (_, refreshInterval, gap) => {
    const { starts, loader } = countingLoader(20);
    const cache = new WarmCache({
      loader,
      ttl: 2000,
      maxStale: 10_000,
      refreshInterval,
      jitter: 0,
    });
    cache.start();
    await vi.advanceTimersByTimeAsync(40_000);
    expect(gaps(starts).slice(0, 3)).toEqual([gap, gap, gap]);
    await stopped(cache);
  });

  it('arms two timers a load, its deadline and the next one: that of the value is armed already', async () => {
    const cache = new WarmCache({
      loader: () => 'a',
      ttl: 10_000,
      refreshInterval: 1000,
      jitter: 0,
    });
    cache.start();
    await vi.advanceTimersByTimeAsync(500);
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    await vi.advanceTimersByTimeAsync(3000);
    expect(setTimer.mock.calls.map(([, delay]) => delay)).toEqual([
      30_000, 1000, 30_000, 1000, 30_000, 1000,
    ]);
    await cache.stop();
  });

  it('arms none for a value that was dropped', async () => {
    const cache = new WarmCache<string>({ loader: () => new Promise(() => {}), ttl: 10_000 });
    cache.set('a');
    expect(vi.getTimerCount()).toBe(1);
    void cache.invalidate({ purge: true });
    // The deadline alone.
    expect(vi.getTimerCount()).toBe(1);
    await stopped(cache);
  });

  it('is none before start(): a read loads, and no timer for another is left', async () => {
    const cache = new WarmCache({ loader: () => 'a', ttl: 1000 });
    await cache.get();
    expect(cache.health().nextLoadAt).toBeNull();
    // The one by which the value turns stale.
    expect(vi.getTimerCount()).toBe(1);
    await cache.stop();
  });

  it('is none before start(), also when the backoff after a failed read is over', async () => {
    const loader = vi.fn(() => Promise.reject(new Error('down')));
    const cache = new WarmCache({ loader, ttl: 1000, retry: { retries: 0 } });
    await expect(cache.get()).rejects.toThrow();
    expect(cache.health().nextLoadAt).not.toBeNull();
    await vi.advanceTimersByTimeAsync(1000);
    expect(cache.health().nextLoadAt).toBeNull();
    expect(loader).toHaveBeenCalledTimes(1);
    await cache.stop();
  });

  it('goes by the slowest of the last 100 loads, and forgets those before', async () => {
    const { starts, loader } = countingLoader([400, 300, ...new Array(110).fill(20)]);
    const cache = new WarmCache({ loader, ttl: 10_000, maxStale: 0, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(110 * 10_000);
    // Besides, each starts 500 ms early, for the event loop's own delay.
    expect(gaps(starts).slice(0, 3)).toEqual([9100, 9100, 9100]);
    expect(gaps(starts).slice(98, 103)).toEqual([9100, 9100, 9200, 9480, 9480]);
    await cache.stop();
  });

  it('arms no timer with a negative delay, where the clock moves on between two readings', async () => {
    let now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => (now += 4));
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const cache = new WarmCache({ loader: () => 'a', ttl: 10, maxStale: 0 });
    await cache.refresh();
    const delays = setTimer.mock.calls.map(([, delay]) => Number(delay));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    await cache.stop();
  });

  it('is not moved by a wall clock that jumps', async () => {
    const { starts, loader } = countingLoader();
    const cache = new WarmCache({ loader, ttl: 10_000, refreshInterval: 1000, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(500);
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(2600);
    expect(starts).toHaveLength(4);
    await cache.stop();
  });

  it('is none with an interval of Infinity', async () => {
    const { starts, loader } = countingLoader();
    const cache = new WarmCache({ loader, ttl: 1000, refreshInterval: Infinity });
    cache.start();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(starts).toHaveLength(1);
    expect(await cache.get()).toBe(2);
    await cache.stop();
  });

  it('tells a refreshInterval function how long the load took, and how often nothing had changed', async () => {
    const durations = [10, 20, 30, 40, 50];
    const { loader: count } = countingLoader(durations);
    const refreshInterval = vi.fn(() => 1000);
    const cache = new WarmCache({
      loader: async ({ notModified }) => {
        const loads = await count();
        return loads % 4 === 1 ? loads : notModified;
      },
      ttl: 60_000,
      refreshInterval,
      jitter: 0,
    });
    cache.start();
    await vi.advanceTimersByTimeAsync(4050);
    expect(refreshInterval.mock.calls.flat()).toMatchObject([
      { lastDuration: 10, unchangedStreak: 0 },
      { lastDuration: 20, unchangedStreak: 1 },
      { lastDuration: 30, unchangedStreak: 2 },
      { lastDuration: 40, unchangedStreak: 3 },
      { lastDuration: 50, unchangedStreak: 0 },
    ]);
    await cache.stop();
  });

  it('is over where a refreshInterval function stops the cache', async () => {
    const cache: WarmCache<string> = new WarmCache({
      loader: () => 'a',
      ttl: 1000,
      refreshInterval: () => {
        void cache.stop();
        return 100;
      },
    });
    cache.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(cache.health()).toMatchObject({ running: false, nextLoadAt: null });
  });

  it('leaves its deadline to a load that a refreshInterval function asks for', async () => {
    const loader = vi.fn<() => Promise<string>>(() => new Promise(() => {}));
    loader.mockResolvedValueOnce('a');
    const cache: WarmCache<string> = new WarmCache({
      loader,
      ttl: 1000,
      loadTimeout: 500,
      refreshInterval: () => {
        void cache.refresh();
        return 100;
      },
    });
    cache.start();
    await vi.advanceTimersByTimeAsync(499);
    expect(cache.health().load).toMatchObject({ reason: 'refresh' });
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.health()).toMatchObject({ load: null, abandoned: 1 });
    await cache.stop();
  });

  it('asks a refreshInterval function after each load', async () => {
    const { starts, loader } = countingLoader(10);
    const refreshInterval = vi.fn(() => 1000 * starts.length);
    const cache = new WarmCache({ loader, ttl: 60_000, refreshInterval, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(6010);
    expect(gaps(starts)).toEqual([1000, 2000, 3000]);
    expect(refreshInterval).toHaveBeenCalledTimes(4);
    expect(refreshInterval).toHaveBeenLastCalledWith({
      now: Date.now(),
      lastDuration: 10,
      reads: 0,
      readRate: 0,
      changed: true,
      unchangedStreak: 0,
      failures: 0,
      age: 10,
      interval: 3000,
    });
    await cache.stop();
  });

  it('tells a refreshInterval function of the reads since the load before', async () => {
    const { loader } = countingLoader(0);
    const refreshInterval = vi.fn(() => 1000);
    const cache = new WarmCache({ loader, ttl: 60_000, refreshInterval, jitter: 0 });
    cache.start();
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(100);
      for (let n = 0; n < 5; n++) void cache.get();
    }
    await vi.advanceTimersByTimeAsync(1);
    expect(refreshInterval.mock.calls.flat()).toMatchObject([
      { reads: 0, readRate: 0, interval: 60_000 },
      { reads: 45, readRate: 45, interval: 1000 },
    ]);
    await cache.stop();
  });

  it('tells a refreshInterval function how many loads had failed', async () => {
    const loader = vi.fn(() => 'a');
    loader.mockImplementationOnce(() => {
      throw new Error('down');
    });
    const refreshInterval = vi.fn(() => 10_000);
    const retry = { retries: 0 };
    const cache = new WarmCache({ loader, ttl: 60_000, refreshInterval, retry, jitter: 0 }).start();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(refreshInterval.mock.calls.flat()).toMatchObject([
      { failures: 1, changed: true },
      { failures: 0, changed: true },
      { failures: 0, changed: true },
    ]);
    await cache.stop();
  });

  it.each<[string, () => unknown, string]>([
    ['NaN', () => Number.NaN, 'to be from 0.001 to Infinity, got NaN'],
    ['0', () => 0, 'to be from 0.001 to Infinity, got 0'],
    ['a negative number', () => -1, 'to be from 0.001 to Infinity, got -1'],
    ['nothing', () => undefined, 'to be of type number, got undefined'],
    ['null', () => null, 'to be of type number, got null'],
    ['a choice of NaN', () => ({ interval: Number.NaN, why: 'odd' }), 'got NaN'],
    [
      'a throw',
      () => {
        throw new Error('no rate today');
      },
      'no rate today',
    ],
  ])(
    'falls back to ttl, and says so, where a refreshInterval function answers %s',
    async (_, answer, message) => {
      const { starts, loader } = countingLoader(0);
      const errors: unknown[] = [];
      const refreshInterval = answer as () => number;
      const cache = new WarmCache({ loader, ttl: 1000, refreshInterval, jitter: 0 });
      cache.on('error', (event) => errors.push(event));
      cache.start();
      await vi.advanceTimersByTimeAsync(1899);
      expect(gaps(starts)).toEqual([950]);
      expect(errors).toMatchObject([
        { attempt: 0, final: false, reason: undefined, serving: true },
        { attempt: 0 },
      ]);
      expect(String((errors[0] as { error: unknown }).error)).toContain(message);
      expect(cache.health().interval.ms).toBe(1000);
      expect(cache.health().interval.why).toMatch(/^ttl: /);
      expect(cache.health().interval.why).toContain(message);
      await cache.stop();
    },
  );

  it('says in health() which interval is in force, and why', async () => {
    const { loader } = countingLoader(0);
    const answers = [
      2000,
      { interval: 3000, why: 'a quiet hour' },
      { interval: Infinity, why: 'closed' },
    ];
    const refreshInterval = () => answers.shift() ?? 1;
    const cache = new WarmCache({ loader, ttl: 60_000, refreshInterval, jitter: 0 });
    expect(cache.health().interval).toEqual({ ms: 60_000, why: 'ttl: nothing was loaded yet' });
    cache.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(cache.health().interval).toEqual({ ms: 2000, why: 'refreshInterval()' });
    await vi.advanceTimersByTimeAsync(2000);
    expect(cache.health().interval).toEqual({ ms: 3000, why: 'a quiet hour' });
    await vi.advanceTimersByTimeAsync(3000);
    expect(cache.health().interval).toEqual({ ms: null, why: 'closed' });
    expect(cache.health().nextLoadAt).toBeNull();
    await cache.stop();
    const plain = new WarmCache({ loader, ttl: 60_000, refreshInterval: 5000 });
    expect(plain.health().interval).toEqual({ ms: 5000, why: 'refreshInterval' });
  });
});

describe('the loop outlives', () => {
  const getter = (key: string): Error =>
    Object.defineProperty(new Error('hostile'), key, {
      get() {
        throw new Error(`hostile ${key}`);
      },
    });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const hostile = new Proxy(new Error('hostile'), {
    get() {
      throw new Error('hostile get');
    },
    getPrototypeOf() {
      throw new Error('hostile prototype');
    },
  });

  it.each([
    ['an Error', new Error('no')],
    ['a TypeError', new TypeError('no')],
    ['a string', 'no'],
    ['undefined', undefined],
    ['null', null],
    ['an object without prototype', Object.create(null)],
    ['an error with a hostile message', getter('message')],
    ['an error with a hostile name', getter('name')],
    ['an error with a hostile stack', getter('stack')],
    ['an error with a hostile cause', getter('cause')],
    ['a hostile proxy', hostile],
    ['a revoked proxy', revoked],
  ])('a loader that throws %s, at once and later', async (_, thrown) => {
    let loads = 0;
    const loader = (): string | Promise<string> => {
      loads += 1;
      if (loads === 1) throw thrown;
      return loads === 2 ? Promise.reject(thrown) : 'recovered';
    };
    const cache = new WarmCache({ loader, ttl: 1000, retry: { retries: 0 }, jitter: 0 });
    const errors = vi.fn();
    cache.on('error', errors);
    cache.start();
    const failed = await cache.get().catch((error: unknown) => error);
    expect((failed as Error).cause === thrown).toBe(true);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await cache.get()).toBe('recovered');
    expect(errors).toHaveBeenCalledTimes(2);
    await cache.stop();
  });

  it('a loader that never settles: it goes on after the deadline, again and again', async () => {
    const loader = vi.fn(() => new Promise<never>(() => {}));
    const cache = new WarmCache({ loader, ttl: 1000, loadTimeout: 500, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(500 + 1000 + 500 + 1000 + 500);
    expect(loader).toHaveBeenCalledTimes(3);
    expect(cache.health().abandoned).toBe(3);
    await cache.stop();
  });

  it('a loader that returns late: dropped', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, loadTimeout: 500, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(1500);
    calls[0]?.resolve('late');
    await settle();
    expect(cache.peek()).toBeUndefined();
    calls[1]?.resolve('in time');
    await settle();
    expect(cache.peek()?.value).toBe('in time');
    await cache.stop();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('listener');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('listener');
      },
    ],
    [
      'returns a hostile thenable',
      () =>
        Object.defineProperty({}, 'then', {
          get() {
            throw new Error('thenable');
          },
        }),
    ],
  ])('a listener that %s', async (_, listener) => {
    const { starts, loader } = countingLoader();
    const cache = new WarmCache({ loader, ttl: 1000 });
    for (const event of ['load', 'refresh', 'status', 'start', 'stop', 'invalidate'] as const) {
      cache.on(event, listener);
    }
    cache.start();
    await vi.advanceTimersByTimeAsync(5000);
    await cache.invalidate();
    expect(starts.length).toBeGreaterThan(5);
    await cache.stop();
  });

  it('an accept that throws: the load has failed', async () => {
    const cause = new Error('accept');
    const accept = vi
      .fn(() => true)
      .mockImplementationOnce(() => {
        throw cause;
      });
    const cache = new WarmCache({ loader: countingLoader().loader, accept, ttl: 1000 });
    cache.start();
    await expect(cache.get()).rejects.toMatchObject({ cause, code: 'ERR_LOAD_FAILED' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await cache.get()).toBe(2);
    await cache.stop();
  });

  it('a validator that throws: the load goes on', async () => {
    const cause = new Error('validator');
    const errors = vi.fn();
    const validator = vi.fn((): number => {
      throw cause;
    });
    const cache = new WarmCache({ loader: countingLoader().loader, validator, ttl: 1000 });
    cache.on('error', errors);
    cache.start();
    expect(await cache.get()).toBe(1);
    expect(errors).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ error: cause, attempt: 0, final: false }),
    );
    await cache.stop();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no interval');
      },
    ],
    ['answers NaN', () => Number.NaN],
    ['answers a negative number', () => -1],
    ['answers 0', () => 0],
    ['answers a string', () => '1000' as never],
  ])('a refreshInterval that %s: ttl, and an error event', async (_, refreshInterval) => {
    const { starts, loader } = countingLoader();
    const errors = vi.fn();
    const cache = new WarmCache({ loader, ttl: 1000, refreshInterval, jitter: 0 });
    cache.on('error', errors);
    cache.start();
    await vi.advanceTimersByTimeAsync(4000);
    expect(starts).toHaveLength(5);
    expect(errors).toHaveBeenCalledTimes(5);
    expect(errors.mock.calls[0]?.[0]).toMatchObject({
      error: { message: expect.stringMatching(/no interval|`refreshInterval\(\)`/) },
      attempt: 0,
      final: false,
      reason: undefined,
    });
    await cache.stop();
  });

  it('user functions that call the cache back', async () => {
    const { starts, loader } = countingLoader();
    const cache: WarmCache<number> = new WarmCache({
      loader,
      ttl: 1000,
      accept: () => {
        void cache.get();
        cache.peek();
        void cache.refresh();
        return true;
      },
      refreshInterval: () => {
        if (starts.length < 3) void cache.invalidate();
        return 1000;
      },
    });
    cache.on('refresh', () => void cache.get());
    cache.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(starts.length).toBeGreaterThan(5);
    expect(vi.getTimerCount()).toBe(2);
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
