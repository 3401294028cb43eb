import { describe, expect, it, vi } from 'vitest';
import { LoadError, type Loader, LoadTimeoutError, StoppedError } from 'warm-cache';
import {
  eventsOf,
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
  stateOf,
} from './support/loads.ts';

const newCache = fakeTime();

/** A cache with a load in flight. */
async function loading() {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader, loadTimeout: 1000 }).start();
  await settle();
  return { cache, calls, events: eventsOf(cache) };
}

describe('stop({ drain: true })', () => {
  it('lets the load finish, and publishes it', async () => {
    const { cache, calls } = await loading();
    const stopped = cache.stop({ drain: true });
    expect(calls[0]?.context.signal.aborted).toBe(false);
    expect(await stateOf(stopped)).toBe('pending');
    calls[0]?.resolve('a');
    await stopped;
    expect(vi.getTimerCount()).toBe(0);
    expect(outcomesOf(cache)).toEqual({ published: 1 });
    expect(await cache.get()).toBe('a');
  });

  it('emits stop when the load has ended, last of all', async () => {
    const { cache, calls, events } = await loading();
    void cache.stop({ drain: true });
    await settle();
    expect(events).toEqual([]);
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(events).toContain('refresh');
    expect(events.filter((event) => event === 'stop')).toHaveLength(1);
    expect(events.at(-1)).toBe('stop');
  });

  it('gives the value to whoever waits for that load', async () => {
    const { cache, calls } = await loading();
    const waits = [cache.get(), cache.ready(), cache.refresh()] as const;
    void cache.stop({ drain: true });
    expect(await stateOf(waits[0])).toBe('pending');
    calls[0]?.resolve('a');
    expect(await waits[0]).toBe('a');
    expect((await waits[1]).value).toBe('a');
    expect((await waits[2]).value).toBe('a');
  });

  it('gives a StoppedError to whoever waits for a later load, and starts none', async () => {
    const { cache, calls } = await loading();
    const invalidated = cache.invalidate();
    const stopped = cache.stop({ drain: true });
    calls[0]?.resolve('a');
    await stopped;
    await expect(invalidated).rejects.toThrow(StoppedError);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(calls).toHaveLength(1);
  });

  it('lets the quick retries be made too', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValue('a');
    loader.mockRejectedValueOnce(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 1, minTimeout: 10, randomize: false } });
    cache.start();
    const stopped = cache.stop({ drain: true });
    await vi.advanceTimersByTimeAsync(10);
    await stopped;
    expect(cache.peek()?.value).toBe('a');
  });

  it('ends where the load fails: no retry, no timer, and ready() gives up', async () => {
    const { cache, calls, events } = await loading();
    const read = cache.get();
    const ready = cache.ready();
    const stopped = cache.stop({ drain: true });
    calls[0]?.reject(new Error('down'));
    await stopped;
    await expect(read).rejects.toThrow(LoadError);
    await expect(ready).rejects.toThrow(StoppedError);
    expect(vi.getTimerCount()).toBe(0);
    expect(events.at(-1)).toBe('stop');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(calls).toHaveLength(1);
  });

  it('ends at the deadline of a loader that hangs', async () => {
    const { cache, events } = await loading();
    const read = cache.get();
    const stopped = cache.stop({ drain: true });
    await vi.advanceTimersByTimeAsync(999);
    expect(await stateOf(stopped)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    await expect(read).rejects.toThrow(LoadTimeoutError);
    expect(vi.getTimerCount()).toBe(0);
    expect(events.at(-1)).toBe('stop');
  });

  it('is stop() where no load is in flight', async () => {
    const cache = newCache({ loader: () => 'a' }).start();
    await cache.ready();
    const events = eventsOf(cache);
    await cache.stop({ drain: true });
    expect(events).toEqual(['stop']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is idempotent', async () => {
    const { cache, calls, events } = await loading();
    const stops = [cache.stop({ drain: true }), cache.stop({ drain: true })];
    calls[0]?.resolve('a');
    await Promise.all(stops);
    await cache.stop({ drain: true });
    expect(events.filter((event) => event === 'stop')).toHaveLength(1);
  });

  it('after stop() does not wait any longer: the load is aborted already', async () => {
    const { cache, calls } = await loading();
    const stops = [cache.stop(), cache.stop({ drain: true })];
    expect(calls[0]?.context.signal.aborted).toBe(true);
    calls[0]?.resolve('a');
    await Promise.all(stops);
    expect(cache.peek()).toBeUndefined();
  });
});

describe('while a cache drains', () => {
  it('stop() cuts it short', async () => {
    const { cache, calls, events } = await loading();
    const read = cache.get();
    const drained = cache.stop({ drain: true });
    const stopped = cache.stop();
    expect(calls[0]?.context.signal.aborted).toBe(true);
    expect(events).toEqual(['stop']);
    await expect(read).rejects.toThrow(StoppedError);
    calls[0]?.resolve('a');
    await Promise.all([drained, stopped]);
    expect(cache.peek()).toBeUndefined();
    expect(events).toEqual(['stop']);
    expect(outcomesOf(cache)).toEqual({ stopped: 1 });
  });

  it('start() cuts it short, and loads anew when the loader has settled', async () => {
    const { cache, calls, events } = await loading();
    const drained = cache.stop({ drain: true });
    cache.start();
    expect(calls[0]?.context.signal.aborted).toBe(true);
    expect(events).toEqual(['stop', 'start']);
    calls[0]?.resolve('old');
    await drained;
    expect(cache.peek()).toBeUndefined();
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('new');
    await settle();
    expect(cache.peek()?.value).toBe('new');
    expect(cache.health().running).toBe(true);
  });

  it('a read that finds nothing gets a StoppedError, and disturbs nobody who waits', async () => {
    const { cache, calls } = await loading();
    const before = cache.get();
    void cache.stop({ drain: true });
    await expect(cache.get()).rejects.toThrow(StoppedError);
    await expect(cache.refresh()).rejects.toThrow(StoppedError);
    expect(await stateOf(before)).toBe('pending');
    calls[0]?.resolve('a');
    expect(await before).toBe('a');
  });

  it('set() throws a StoppedError', async () => {
    const { cache } = await loading();
    void cache.stop({ drain: true });
    expect(() => cache.set('mine')).toThrow(StoppedError);
  });

  it('a fresh value is served', async () => {
    const { cache, calls } = await loading();
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    void cache.stop({ drain: true });
    expect(await cache.get()).toBe('a');
    expect(cache.peek()?.value).toBe('a');
  });

  it('a stale value is not served, neither by get() nor by peek(), and the status says so', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 100, maxStale: 1000 }).start();
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(150);
    expect(cache.peek()?.value).toBe('a');
    const changes = payloadsOf(cache, 'status');
    void cache.stop({ drain: true });
    expect(cache.peek()).toBeUndefined();
    await expect(cache.get()).rejects.toThrow(StoppedError);
    expect(cache.health().status).toBe('NOT_READY');
    expect(changes).toMatchObject([{ from: 'STALE', to: 'NOT_READY' }]);
  });

  it('a value that turns stale meanwhile is served no longer', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 100, maxStale: 1000 }).start();
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    void cache.stop({ drain: true });
    expect(cache.peek()?.value).toBe('a');
    await vi.advanceTimersByTimeAsync(100);
    expect(cache.peek()).toBeUndefined();
  });

  it('an expired value is not served', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 100, maxStale: 100 }).start();
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    void cache.stop({ drain: true });
    await vi.advanceTimersByTimeAsync(200);
    expect(cache.peek()).toBeUndefined();
    await expect(cache.get()).rejects.toThrow(StoppedError);
  });

  it('health() tells the load, and that the loop is not running', async () => {
    const { cache } = await loading();
    void cache.stop({ drain: true });
    expect(cache.health()).toMatchObject({ running: false, load: { reason: 'start' } });
  });
});
