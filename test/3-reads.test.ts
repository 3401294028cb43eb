import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LoadError, WarmCache } from 'warm-cache';
import { countingLoader, manualLoader, settle, stateOf, stopped } from './support/loads.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const readThrough = { refreshInterval: Infinity, retry: { retries: 0 }, jitter: 0 } as const;

/** A seeded source of numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

describe('in a healthy steady state no read waits, and none is stale', () => {
  it.each([
    { ttl: 60_000, duration: () => 0, every: 997, total: 3_600_000 },
    { ttl: 60_000, duration: () => 100, every: 997, total: 3_600_000 },
    { ttl: 60_000, duration: () => 100, every: 1, total: 130_000 },
    { ttl: 60_000, duration: (random: number) => 50 + 400 * random, every: 61, total: 3_600_000 },
    { ttl: 1000, duration: (random: number) => 5 + 40 * random, every: 7, total: 200_000 },
    {
      ttl: 2000,
      duration: (random: number) => (random < 0.05 ? 90 : 10),
      every: 3,
      total: 200_000,
    },
  ])(
    'ttl = refreshInterval = $ttl, a read each $every ms',
    async ({ ttl, duration, every, total }) => {
      const random = seeded(7);
      vi.spyOn(Math, 'random').mockImplementation(seeded(3));
      const loader = async (): Promise<number> => {
        await new Promise((resolve) => setTimeout(resolve, duration(random())));
        return Date.now();
      };
      const cache = new WarmCache({ loader, ttl, refreshInterval: ttl });
      cache.start();
      await vi.advanceTimersByTimeAsync(ttl / 2);
      for (let time = 0; time < total; time += every) {
        await vi.advanceTimersByTimeAsync(every);
        await cache.get();
      }
      expect(cache.health().reads).toMatchObject({ stale: 0, waited: 0, failed: 0 });
      expect(cache.health().reads.fresh).toBeGreaterThan(100);
      await stopped(cache);
    },
  );

  it('with a read an hour', async () => {
    const cache = new WarmCache({ loader: countingLoader(80).loader, ttl: 60_000 });
    cache.start();
    await vi.advanceTimersByTimeAsync(1000);
    for (let hour = 0; hour < 24; hour++) {
      await vi.advanceTimersByTimeAsync(3_600_000 + hour * 2503);
      await cache.get();
    }
    expect(cache.health().reads).toEqual({ fresh: 24, stale: 0, waited: 0, failed: 0 });
    await stopped(cache);
  });

  it('with an interval longer than ttl: stale now and then, but nobody waits', async () => {
    const cache = new WarmCache({
      loader: countingLoader(50).loader,
      ttl: 1000,
      refreshInterval: 60_000,
      maxStale: 2000,
    });
    cache.start();
    await vi.advanceTimersByTimeAsync(500);
    for (let read = 0; read < 100; read++) {
      await vi.advanceTimersByTimeAsync(2900);
      await cache.get();
    }
    expect(cache.health().reads.waited).toBe(0);
    await stopped(cache);
  });

  it('a refresh that comes just before expiry is not skipped', async () => {
    const { starts, loader } = countingLoader();
    const cache = new WarmCache({ loader, ttl: 1000, jitter: 0 });
    cache.start();
    await vi.advanceTimersByTimeAsync(999);
    expect(starts).toHaveLength(2);
    expect(cache.peek()?.value).toBe(2);
    await stopped(cache);
  });
});

describe('without a value', () => {
  it('10,000 reads at once are one load', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    const reads = Array.from({ length: 10_000 }, () => cache.get());
    expect(calls).toHaveLength(1);
    expect(calls[0]?.context.reason).toBe('read');
    calls[0]?.resolve('a');
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['a']));
    expect(calls).toHaveLength(1);
  });

  it('a read joins the load in flight', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    cache.start();
    const read = cache.get();
    expect(calls).toHaveLength(1);
    calls[0]?.resolve('a');
    expect(await read).toBe('a');
    await cache.stop();
  });

  it('whoever waited for a load gets its result, be it expired on arrival', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 100, maxStale: 0, ...readThrough });
    const read = cache.get();
    await vi.advanceTimersByTimeAsync(150);
    calls[0]?.resolve('a');
    expect(await read).toBe('a');
    expect(cache.peek()).toBeUndefined();
  });
});

describe('a stale value', () => {
  it('is served at once, and the read starts a load, though the loop was never started', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    cache.set('a');
    await vi.advanceTimersByTimeAsync(1500);
    expect(calls).toHaveLength(0);
    expect(await cache.get()).toBe('a');
    expect(await cache.get()).toBe('a');
    expect(calls).toHaveLength(1);
    calls[0]?.resolve('b');
    await settle();
    expect(await cache.get()).toBe('b');
  });
});

describe('during an outage', () => {
  async function outage(options: { started: boolean; reads: boolean; value: boolean }) {
    const starts: number[] = [];
    const began = Date.now();
    const cache = new WarmCache<string>({
      loader: () => {
        starts.push(Date.now() - began);
        throw new Error('down');
      },
      ttl: 1000,
      maxStale: options.value ? 600_000 : 0,
      refreshInterval: 60_000,
      retry: { retries: 0 },
      jitter: 0,
    });
    if (options.value) cache.set('old');
    if (options.started) cache.start();
    await vi.advanceTimersByTimeAsync(1001);
    for (let time = 0; time < 120_000; time += 500) {
      for (let read = 0; options.reads && read < 20; read++) {
        void cache.get().catch(() => {});
        void cache.get({ maxAge: 0 }).catch(() => {});
      }
      await vi.advanceTimersByTimeAsync(500);
    }
    await cache.stop();
    return starts;
  }

  it.each([true, false])('reads add no load while the loop runs (value: %s)', async (value) => {
    const quiet = await outage({ started: true, reads: false, value });
    const busy = await outage({ started: true, reads: true, value });
    expect(quiet.length).toBeGreaterThan(4);
    expect(busy).toEqual(quiet);
  });

  it.each([true, false])(
    'backoff alone sets the rate of a cache never started (value: %s)',
    async (value) => {
      const starts = await outage({ started: false, reads: true, value });
      const gaps = starts.slice(1).map((at, i) => at - (starts[i] ?? 0));
      expect(gaps.length).toBeGreaterThanOrEqual(5);
      gaps.forEach((gap, i) => {
        expect(gap).toBeGreaterThanOrEqual(Math.min(1000 * 2 ** i, 60_000));
      });
    },
  );

  it('a read with nothing to serve fails at once, with the last error and retryAt', async () => {
    const down = new Error('down');
    const loader = vi.fn(() => Promise.reject(down));
    const cache = new WarmCache({ loader, ttl: 60_000, ...readThrough });
    await expect(cache.get()).rejects.toThrow('down');
    const failedAt = Date.now();
    await vi.advanceTimersByTimeAsync(400);
    const read = cache.get();
    expect(await stateOf(read)).toBe('rejected');
    const error = await read.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LoadError);
    expect(error).toMatchObject({ cause: down, retryAt: failedAt + 1000, code: 'ERR_LOAD_FAILED' });
    expect(loader).toHaveBeenCalledTimes(1);
    expect(cache.health().reads).toMatchObject({ waited: 1, failed: 2 });
  });

  it('a fresh value is served as ever', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 60_000, ...readThrough });
    const failing = cache.refresh();
    calls[0]?.reject(new Error('down'));
    await expect(failing).rejects.toThrow('down');
    cache.set('a');
    expect(await cache.get()).toBe('a');
    expect(cache.health().reads.fresh).toBe(1);
  });
});

describe('get({ maxAge })', () => {
  async function aged(age: number) {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 10_000, ...readThrough });
    const first = cache.get();
    calls[0]?.resolve('a');
    await first;
    await vi.advanceTimersByTimeAsync(age);
    return { cache, calls };
  }

  it('is answered at once by a value no older than that', async () => {
    const { cache, calls } = await aged(500);
    expect(await cache.get({ maxAge: 500 })).toBe('a');
    expect(calls).toHaveLength(1);
  });

  it('waits for a load where the value is older', async () => {
    const { cache, calls } = await aged(500);
    const read = cache.get({ maxAge: 499 });
    expect(await stateOf(read)).toBe('pending');
    calls[1]?.resolve('b');
    expect(await read).toBe('b');
  });

  it('joins a load in flight that is young enough, and waits for the next where it is not', async () => {
    const { cache, calls } = await aged(500);
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(100);
    const young = cache.get({ maxAge: 100 });
    const old = cache.get({ maxAge: 99 });
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('b');
    expect(await young).toBe('b');
    expect(calls).toHaveLength(3);
    calls[2]?.resolve('c');
    expect(await old).toBe('c');
  });

  it('of 0 waits for a load that starts after the call, even within one millisecond', async () => {
    const { cache, calls } = await aged(0);
    void cache.refresh();
    const read = cache.get({ maxAge: 0 });
    calls[1]?.resolve('b');
    await settle();
    expect(calls).toHaveLength(3);
    calls[2]?.resolve('c');
    expect(await read).toBe('c');
  });

  it('is not answered by an invalidated value, nor by the load that was in flight at the invalidation', async () => {
    const { cache, calls } = await aged(10);
    void cache.refresh();
    void cache.invalidate();
    const read = cache.get({ maxAge: 5000 });
    expect(await stateOf(read)).toBe('pending');
    calls[1]?.resolve('b');
    expect(await stateOf(read)).toBe('pending');
    calls[2]?.resolve('c');
    expect(await read).toBe('c');
  });

  it('of 0 is satisfied by no value that is there, be it of this very moment', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    cache.set('mine');
    const read = cache.get({ maxAge: 0 });
    calls[0]?.resolve('loaded');
    expect(await read).toBe('loaded');
  });

  it('is satisfied by no value whose age can not be told, since the clock went back', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 10_000, ...readThrough });
    cache.set('mine');
    vi.setSystemTime(Date.now() - 1000);
    const read = cache.get({ maxAge: 5000 });
    calls[0]?.resolve('loaded');
    expect(await read).toBe('loaded');
  });

  it('rejects numbers that are no age', async () => {
    const { cache } = await aged(10);
    await expect(cache.get({ maxAge: -1 })).rejects.toThrow(RangeError);
    await expect(cache.get({ maxAge: Number.NaN })).rejects.toThrow('`maxAge`');
  });
});

describe('get({ signal })', () => {
  it('lets that one reader give up, and nobody else', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    const controller = new AbortController();
    const impatient = cache.get({ signal: controller.signal });
    const patient = cache.get();
    controller.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    expect(calls[0]?.context.signal.aborted).toBe(false);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    calls[0]?.resolve('a');
    expect(await patient).toBe('a');
    expect(cache.health().reads).toMatchObject({ waited: 2, failed: 0 });
  });

  it('takes its listener away as the load ends', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    const { signal } = new AbortController();
    const read = cache.get({ signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    calls[0]?.resolve('a');
    await read;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('that is aborted already rejects, and starts nothing', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    await expect(cache.get({ signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
    expect(calls).toHaveLength(0);
  });
});

describe('peek()', () => {
  it('starts nothing, reads no clock, and gives the same object each time', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    expect(cache.peek()).toBeUndefined();
    expect(calls).toHaveLength(0);
    const snapshot = cache.set('a');
    await vi.advanceTimersByTimeAsync(1500);
    const clocks = [vi.spyOn(Date, 'now'), vi.spyOn(performance, 'now')];
    expect(cache.peek()).toBe(snapshot);
    expect(cache.peek()).toBe(snapshot);
    for (const clock of clocks) expect(clock).not.toHaveBeenCalled();
    expect(calls).toHaveLength(0);
  });

  it('is undefined once the value has expired, though nobody reads', async () => {
    const cache = new WarmCache({ loader: () => 1, ttl: 1000, maxStale: 1000, ...readThrough });
    await cache.get();
    await vi.advanceTimersByTimeAsync(900);
    await cache.refresh();
    await vi.advanceTimersByTimeAsync(1999);
    expect(cache.peek()?.value).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.peek()).toBeUndefined();
  });

  it('gives a snapshot to listeners as it is published', async () => {
    const cache = new WarmCache({ loader: countingLoader().loader, ttl: 1000, ...readThrough });
    const seen: unknown[] = [];
    cache.on('refresh', ({ snapshot }) => seen.push(cache.peek() === snapshot));
    await cache.refresh();
    cache.set(5);
    expect(seen).toEqual([true, true]);
  });
});

describe('a machine that was suspended: the wall clock jumps and no timer fired', () => {
  it.each(['fake', 'system'])(
    'get() serves neither expired nor stale as fresh (%s clock)',
    async (clock) => {
      const { calls, loader } = manualLoader<string>();
      const cache = new WarmCache({ loader, ttl: 60_000, maxStale: 60_000, ...readThrough });
      if (clock === 'system') vi.useRealTimers();
      cache.set('a');
      expect(await cache.get()).toBe('a');
      const later = Date.now() + 3_600_000;
      if (clock === 'system') vi.spyOn(Date, 'now').mockImplementation(() => later);
      else vi.setSystemTime(later);
      const read = cache.get();
      expect(calls).toHaveLength(1);
      expect(cache.peek()).toBeUndefined();
      calls[0]?.resolve('b');
      expect(await read).toBe('b');
      await cache.stop();
    },
  );
});

describe('reads in order', () => {
  it('never go back: a load that started earlier never replaces a newer value', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, loadTimeout: 100, ...readThrough });
    cache.start();
    await vi.advanceTimersByTimeAsync(100);
    void cache.refresh();
    calls[1]?.resolve('newer');
    await settle();
    calls[0]?.resolve('older');
    await settle();
    expect(await cache.get()).toBe('newer');
    expect(cache.peek()?.version).toBe(1);
    await cache.stop();
  });

  it('never go back after set()', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    void cache.refresh();
    cache.set('mine');
    calls[0]?.resolve('older');
    await settle();
    expect(await cache.get()).toBe('mine');
    expect(cache.health().loads.superseded).toBe(1);
  });
});
