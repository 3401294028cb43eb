import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Snapshot, WarmCache } from 'warm-cache';
import { countingLoader, manualLoader, settle, stateOf, stopped } from './support/loads.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const readThrough = { refreshInterval: Infinity, retry: { retries: 0 }, jitter: 0 } as const;

async function warmed() {
  const { calls, loader } = manualLoader<string>();
  const cache = new WarmCache({ loader, ttl: 60_000, ...readThrough });
  const first = cache.get();
  calls[0]?.resolve('old');
  await first;
  calls.length = 0;
  return { cache, calls };
}

describe('invalidate()', () => {
  it('starts a load at once and resolves with its snapshot', async () => {
    const { cache, calls } = await warmed();
    await vi.advanceTimersByTimeAsync(100);
    const calledAt = Date.now();
    const next = cache.invalidate();
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(50);
    calls[0]?.resolve('new');
    expect(await next).toMatchObject({ value: 'new', loadedAt: calledAt, version: 2 });
    expect(cache.health().status).toBe('READY');
  });

  it('is not satisfied by a load in flight: one follow-up starts as that ends', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    const next = cache.invalidate();
    expect(calls).toHaveLength(1);
    calls[0]?.resolve('as of before');
    expect(await stateOf(next)).toBe('pending');
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('new');
    expect((await next).value).toBe('new');
    expect(calls).toHaveLength(2);
  });

  it('1,000 times during a load is that load and one more', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    const all = Array.from({ length: 1000 }, () => cache.invalidate());
    calls[0]?.resolve('as of before');
    await settle();
    calls[1]?.resolve('new');
    expect(new Set((await Promise.all(all)).map(({ value }) => value))).toEqual(new Set(['new']));
    expect(calls).toHaveLength(2);
  });

  it('makes the old value stale: served at once, never again as fresh', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    expect(await cache.get()).toBe('old');
    expect(cache.peek()?.value).toBe('old');
    expect(cache.health()).toMatchObject({ status: 'STALE', reads: { stale: 1, fresh: 0 } });
    const strict = cache.get({ maxAge: 0 });
    expect(await stateOf(strict)).toBe('pending');
    calls[0]?.resolve('new');
    await settle();
    calls[1]?.resolve('newer');
    expect(await strict).toBe('newer');
  });

  it('publishes the load it overtook, for progress, but as stale', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    void cache.invalidate();
    calls[0]?.resolve('as of before');
    await settle();
    expect(cache.peek()).toMatchObject({ value: 'as of before', version: 2 });
    expect(cache.health().status).toBe('STALE');
    expect(await cache.get()).toBe('as of before');
    expect(cache.health().reads).toMatchObject({ fresh: 0, stale: 1 });
  });

  it('without end still lets values through', async () => {
    const { starts, loader } = countingLoader(100);
    const cache = new WarmCache({ loader, ttl: 60_000, ...readThrough });
    cache.start();
    for (let i = 0; i < 100; i++) {
      void cache.invalidate();
      await vi.advanceTimersByTimeAsync(30);
    }
    expect(cache.peek()?.value).toBeGreaterThan(20);
    expect(starts.length).toBeLessThanOrEqual(31);
    await stopped(cache);
  });

  it('works on a cache that was never started, and has no value', async () => {
    const cache = new WarmCache({ loader: countingLoader().loader, ttl: 1000, ...readThrough });
    expect((await cache.invalidate()).value).toBe(1);
  });

  it('during the very first load: its value is served, but stale', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    const read = cache.get();
    void cache.invalidate();
    calls[0]?.resolve('first');
    expect(await read).toBe('first');
    expect(cache.health().status).toBe('STALE');
    expect(calls).toHaveLength(2);
  });

  it('called by the loader itself is a barrier too', async () => {
    const waits: Promise<Snapshot<number>>[] = [];
    const { loader } = countingLoader();
    const cache: WarmCache<number> = new WarmCache({
      loader: () => {
        if (waits.length < 3) waits.push(cache.invalidate());
        return loader();
      },
      ttl: 1000,
      ...readThrough,
    });
    await cache.get();
    await settle();
    expect((await Promise.all(waits)).map(({ value }) => value)).toEqual([2, 3, 4]);
  });
});

describe('an invalidation that fails', () => {
  it('may be ignored: nothing is unhandled', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    calls[0]?.reject(new Error('down'));
    await settle();
    expect(cache.health().consecutiveFailures).toBe(1);
  });

  it('rejects with the error of its load', async () => {
    const { cache, calls } = await warmed();
    const next = cache.invalidate();
    const cause = new Error('down');
    calls[0]?.reject(cause);
    await expect(next).rejects.toMatchObject({ cause, name: 'LoadError' });
  });

  it('leaves the mark until a load that started after it succeeds', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    calls[0]?.reject(new Error('down'));
    await settle();
    expect(cache.health().status).toBe('STALE');
    await vi.advanceTimersByTimeAsync(1000);
    expect(await cache.get()).toBe('old');
    expect(cache.health()).toMatchObject({ status: 'STALE', reads: { stale: 1 } });
    calls[1]?.resolve('new');
    await settle();
    expect(cache.health().status).toBe('READY');
  });

  it('is not ended by the failure of the load before it', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    const next = cache.invalidate();
    calls[0]?.reject(new Error('down'));
    expect(await stateOf(next)).toBe('pending');
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('new');
    expect((await next).value).toBe('new');
  });
});

describe('invalidate({ purge: true })', () => {
  it('drops the value: reads wait for the new one', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate({ purge: true });
    expect(cache.peek()).toBeUndefined();
    const read = cache.get();
    expect(await stateOf(read)).toBe('pending');
    calls[0]?.resolve('new');
    expect(await read).toBe('new');
    expect(calls).toHaveLength(1);
  });

  it('a load that started before is never published, and nobody gets its value', async () => {
    const { cache, calls } = await warmed();
    const refresh = cache.refresh();
    const next = cache.invalidate({ purge: true });
    const read = cache.get();
    const ready = cache.ready();
    calls[0]?.resolve('as of before');
    await settle();
    expect(cache.peek()).toBeUndefined();
    for (const wait of [refresh, next, read, ready]) expect(await stateOf(wait)).toBe('pending');
    calls[1]?.resolve('new');
    expect(await read).toBe('new');
    for (const wait of [refresh, next, ready]) expect((await wait).value).toBe('new');
    expect(cache.health().loads).toMatchObject({ superseded: 1, published: 2 });
  });

  it('lets reads that wait share the follow-up, also where the load before it fails', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    void cache.invalidate({ purge: true });
    const read = cache.get();
    calls[0]?.reject(new Error('down'));
    expect(await stateOf(read)).toBe('pending');
    calls[1]?.resolve('new');
    expect(await read).toBe('new');
  });
});

describe('refresh()', () => {
  it('asks for a load now, and shares one in flight', async () => {
    const { cache, calls } = await warmed();
    const all = [cache.refresh(), cache.refresh(), cache.refresh()];
    expect(calls).toHaveLength(1);
    calls[0]?.resolve('new');
    expect((await Promise.all(all)).map(({ value }) => value)).toEqual(['new', 'new', 'new']);
    expect(calls).toHaveLength(1);
  });

  it('rejects with the error of the load; ignored, nothing is unhandled', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    const refresh = cache.refresh();
    calls[0]?.reject(new Error('down'));
    await expect(refresh).rejects.toThrow('down');
  });
});

describe('set()', () => {
  it('publishes a fresh value', async () => {
    const { cache, calls } = await warmed();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(cache.set('mine')).toEqual({
      value: 'mine',
      version: 2,
      loadedAt: Date.now(),
      source: 'set',
    });
    expect(await cache.get()).toBe('mine');
    expect(cache.health()).toMatchObject({ status: 'READY', reads: { fresh: 1 } });
    expect(calls).toHaveLength(0);
  });

  it('is not undone by a load that started before; one that starts after it replaces it', async () => {
    const { cache, calls } = await warmed();
    const refresh = cache.refresh();
    cache.set('mine');
    calls[0]?.resolve('as of before');
    expect((await refresh).value).toBe('mine');
    expect(cache.peek()?.value).toBe('mine');
    void cache.refresh();
    calls[1]?.resolve('newer');
    await settle();
    expect(cache.peek()?.value).toBe('newer');
  });

  it('satisfies reads and ready(), though not an invalidation, which stands until its load', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = new WarmCache({ loader, ttl: 1000, ...readThrough });
    const read = cache.get();
    const ready = cache.ready();
    const invalidated = cache.invalidate();
    cache.set('mine');
    expect(await read).toBe('mine');
    expect((await ready).value).toBe('mine');
    expect(await stateOf(invalidated)).toBe('pending');
    expect(cache.health().status).toBe('STALE');
    calls[0]?.resolve('as of before');
    await settle();
    expect(cache.peek()?.value).toBe('mine');
    calls[1]?.resolve('new');
    expect((await invalidated).value).toBe('new');
    expect(cache.health().status).toBe('READY');
  });
});

describe('a validator', () => {
  it('can not skip the load of an invalidation', async () => {
    const { starts, loader } = countingLoader();
    const cache = new WarmCache({ loader, validator: () => 'same', ttl: 1000, ...readThrough });
    await cache.refresh();
    await cache.refresh();
    expect(starts).toHaveLength(1);
    expect((await cache.invalidate()).value).toBe(2);
  });

  it('can not lift an invalidation that came during its load', async () => {
    const tokens: ((token: string) => void)[] = [];
    const { starts, loader } = countingLoader();
    const cache = new WarmCache({
      loader,
      validator: () => new Promise<string>((resolve) => tokens.push(resolve)),
      ttl: 1000,
      ...readThrough,
    });
    const first = cache.refresh();
    tokens[0]?.('same');
    await first;
    void cache.refresh();
    const next = cache.invalidate();
    tokens[1]?.('same');
    await settle();
    expect(cache.health()).toMatchObject({ status: 'STALE', loads: { unchanged: 1 } });
    tokens[2]?.('same');
    expect((await next).value).toBe(2);
    expect(starts).toHaveLength(2);
  });
});

describe('during a backoff', () => {
  async function backingOff() {
    const starts: number[] = [];
    const cache = new WarmCache<string>({
      loader: () => {
        starts.push(Date.now());
        throw new Error('down');
      },
      ttl: 60_000,
      retry: { retries: 0 },
      backoff: { minDelay: 1000, maxDelay: 60_000, factor: 60 },
      jitter: 0,
    });
    cache.start();
    await vi.advanceTimersByTimeAsync(1000);
    starts.length = 0;
    const began = Date.now();
    return { cache, starts, since: () => starts.map((at) => at - began) };
  }

  it('an invalidation loads at once', async () => {
    const { cache, since } = await backingOff();
    await vi.advanceTimersByTimeAsync(100);
    const next = cache.invalidate();
    expect(since()).toEqual([100]);
    await expect(next).rejects.toThrow('down');
    await cache.stop();
  });

  it.each(['invalidate', 'refresh'] as const)(
    '%s() makes at most one load per minDelay',
    async (call) => {
      const { cache, since } = await backingOff();
      for (let time = 0; time < 5000; time += 10) {
        void cache[call]();
        await vi.advanceTimersByTimeAsync(10);
      }
      expect(since()).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
      await cache.stop();
    },
  );

  it('and thereafter the backoff is as before', async () => {
    const { cache, since } = await backingOff();
    await vi.advanceTimersByTimeAsync(100);
    await cache.invalidate().catch(() => {});
    await vi.advanceTimersByTimeAsync(59_999);
    expect(since()).toEqual([100]);
    await vi.advanceTimersByTimeAsync(1);
    expect(since()).toEqual([100, 60_100]);
    await cache.stop();
  });
});
