import { describe, expect, it, vi } from 'vitest';
import { LoadError, type Loader } from 'warm-cache';
import {
  countingLoader,
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
  stateOf,
  t0,
} from './support/loads.ts';

const newCache = fakeTime();

/** A cache with a fresh 'a', whose next loads are settled by the test. */
async function warmed() {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader }).start();
  calls[0]?.resolve('a');
  await cache.ready();
  return { cache, calls };
}

describe('refresh()', () => {
  it('loads now, though the value is fresh, which stays so meanwhile', async () => {
    const { cache, calls } = await warmed();
    const refreshed = cache.refresh();
    await settle();
    expect(calls).toHaveLength(2);
    expect(cache.health().status).toBe('READY');
    expect(await cache.get()).toBe('a');
    calls[1]?.resolve('b');
    expect(await refreshed).toMatchObject({ value: 'b', version: 2 });
    expect(cache.peek()).toBe(await refreshed);
  });

  it('shares the load in flight', async () => {
    const { cache, calls } = await warmed();
    const refreshes = [cache.refresh(), cache.refresh()];
    await vi.advanceTimersByTimeAsync(100);
    refreshes.push(cache.refresh());
    calls[1]?.resolve('b');
    expect(new Set(await Promise.all(refreshes)).size).toBe(1);
    await settle();
    expect(calls).toHaveLength(2);
  });

  it('shares a load that a read has started', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const read = cache.get();
    const refreshed = cache.refresh();
    calls[0]?.resolve('a');
    expect((await refreshed).value).toBe(await read);
    await settle();
    expect(calls).toHaveLength(1);
  });

  it('does not share a load that set() has barred from publishing', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    await settle();
    cache.set('mine');
    const refreshed = cache.refresh();
    calls[1]?.resolve('old');
    expect(await stateOf(refreshed)).toBe('pending');
    calls[2]?.resolve('c');
    expect((await refreshed).value).toBe('c');
  });

  it('is the start of an interval: the loop loads next one interval later', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader, ttl: 5000, refreshInterval: 1000 }).start();
    await vi.advanceTimersByTimeAsync(600);
    await cache.refresh();
    await vi.advanceTimersByTimeAsync(1000);
    expect(starts).toEqual([t0, t0 + 600, t0 + 1600]);
  });

  it("rejects with the load's error", async () => {
    const { cache, calls } = await warmed();
    const refreshed = cache.refresh();
    const cause = new Error('down');
    calls[1]?.reject(cause);
    await expect(refreshed).rejects.toThrow(LoadError);
    await expect(refreshed).rejects.toMatchObject({ cause });
    expect(cache.health().status).toBe('READY');
  });

  it('gets the snapshot that stands, where its load was superseded by set()', async () => {
    const { cache, calls } = await warmed();
    const refreshed = cache.refresh();
    const snapshot = cache.set('mine');
    expect(await stateOf(refreshed)).toBe('pending');
    calls[1]?.resolve('old');
    expect(await refreshed).toBe(snapshot);
  });
});

describe('set()', () => {
  it('publishes the value at once', async () => {
    const { cache } = await warmed();
    await vi.advanceTimersByTimeAsync(100);
    const snapshot = cache.set('mine');
    expect(snapshot).toEqual({ value: 'mine', version: 2, loadedAt: t0 + 100, source: 'set' });
    expect(Object.isFrozen(snapshot)).toBe(true);
    expect(cache.peek()).toBe(snapshot);
    expect(await cache.get()).toBe('mine');
    expect(cache.health()).toMatchObject({ status: 'READY', reads: { fresh: 1 } });
  });

  it('starts no load', async () => {
    const { loader, starts } = countingLoader();
    newCache({ loader }).set(100);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(starts).toEqual([]);
  });

  it('can not be undone by a load that started before it', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    await settle();
    const snapshot = cache.set('mine');
    await vi.advanceTimersByTimeAsync(100);
    calls[1]?.resolve('old');
    await settle();
    expect(cache.peek()).toBe(snapshot);
    expect(await cache.get()).toBe('mine');
    expect(outcomesOf(cache)).toEqual({ published: 1, superseded: 1 });
  });

  it('is replaced by a load that started after it, in the same millisecond too', async () => {
    const { cache, calls } = await warmed();
    cache.set('mine');
    const refreshed = cache.refresh();
    calls[1]?.resolve('b');
    expect(await refreshed).toMatchObject({ value: 'b', version: 3 });
  });

  it('during a load that is tried again stands, whatever the retry brings', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValue('old');
    loader.mockRejectedValueOnce(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 1, minTimeout: 100 } });
    void cache.refresh();
    await settle();
    cache.set('mine');
    await vi.advanceTimersByTimeAsync(500);
    expect(loader).toHaveBeenCalledTimes(2);
    expect(cache.peek()?.value).toBe('mine');
  });

  it('satisfies reads and ready() that wait', async () => {
    const { loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const waits = [cache.get(), cache.get({ maxAge: 0 }), cache.ready()] as const;
    await vi.advanceTimersByTimeAsync(1);
    const snapshot = cache.set('mine');
    expect(await Promise.all(waits)).toEqual(['mine', 'mine', snapshot]);
  });

  it('does not satisfy refresh() and invalidate(), which wait for their load', async () => {
    const { cache, calls } = await warmed();
    const waits = [cache.refresh(), cache.invalidate()];
    cache.set('mine');
    for (const wait of waits) expect(await stateOf(wait)).toBe('pending');
    calls[1]?.resolve('old');
    await settle();
    calls[2]?.resolve('b');
    expect((await Promise.all(waits)).map(({ value }) => value)).toEqual(['mine', 'b']);
  });

  it('may publish undefined', () => {
    const cache = newCache<string | undefined>({ loader: () => 'a' });
    cache.set(undefined);
    expect(cache.peek()).toMatchObject({ value: undefined, version: 1 });
  });

  it('gives reads a value during an outage', async () => {
    const cache = newCache({ loader: (): Promise<string> => Promise.reject(new Error('down')) });
    cache.start();
    await settle();
    cache.set('mine');
    expect(await cache.get()).toBe('mine');
    expect(cache.health().status).toBe('READY');
  });

  it('tells of itself by a refresh event', async () => {
    const { cache } = await warmed();
    const previous = cache.peek();
    const refreshes = payloadsOf(cache, 'refresh');
    const snapshot = cache.set('mine');
    const name = 'warm-cache';
    expect(refreshes).toEqual([{ name, snapshot, previous, reason: 'set', duration: 0 }]);
  });

  it('turns stale after ttl like any value', async () => {
    const cache = newCache({ loader: () => 'a', ttl: 1000 });
    cache.set('mine');
    await vi.advanceTimersByTimeAsync(999);
    expect(cache.health().status).toBe('READY');
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.health().status).toBe('STALE');
  });
});

describe('set() while an invalidation is pending', () => {
  it('is served, but stale, until a load that started after the invalidation succeeds', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate();
    calls[1]?.reject(new Error('down'));
    await settle();
    cache.set('mine');
    expect(await cache.get()).toBe('mine');
    expect(cache.health()).toMatchObject({ status: 'STALE', reads: { fresh: 0, stale: 1 } });
    await vi.advanceTimersByTimeAsync(1000);
    calls[2]?.resolve('b');
    await settle();
    expect(cache.health().status).toBe('READY');
    expect(await cache.get()).toBe('b');
  });

  it('is fresh once a load that had started before it, but after the invalidation, ends', async () => {
    const { cache, calls } = await warmed();
    const invalidated = cache.invalidate();
    await settle();
    const snapshot = cache.set('mine');
    expect(cache.health().status).toBe('STALE');
    calls[1]?.resolve('b');
    expect(await invalidated).toBe(snapshot);
    expect(cache.health().status).toBe('READY');
  });

  it('is served after a purge too', async () => {
    const { cache } = await warmed();
    void cache.invalidate({ purge: true });
    const read = cache.get();
    cache.set('mine');
    expect(await read).toBe('mine');
    expect(cache.peek()).toMatchObject({ value: 'mine', version: 2 });
    expect(cache.health().status).toBe('STALE');
  });
});
