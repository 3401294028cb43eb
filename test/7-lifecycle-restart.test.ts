import { describe, expect, it, vi } from 'vitest';
import type { Loader } from 'warm-cache';
import {
  countingLoader,
  eventsOf,
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
  stateOf,
  t0,
} from './support/loads.ts';

const newCache = fakeTime();

describe('start() after stop()', () => {
  it('begins the loop again, with a load at once', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader, ttl: 1000 }).start();
    await cache.ready();
    await cache.stop();
    await vi.advanceTimersByTimeAsync(100);
    expect(cache.start().health().running).toBe(true);
    await settle();
    expect(await cache.get()).toBe(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(starts.slice(0, 2)).toEqual([t0, t0 + 100]);
    expect(starts.length).toBeGreaterThan(2);
  });

  it('begins with a load of reason start, whatever was asked for before', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    calls[0]?.resolve('a');
    await cache.ready();
    void cache.refresh();
    void cache.invalidate();
    const stopped = cache.stop();
    calls[1]?.resolve('b');
    await stopped;
    cache.start();
    await settle();
    expect(calls.map(({ context }) => context.reason)).toEqual(['start', 'refresh', 'start']);
  });

  it('begins with a load of a reason from after it, also where a listener of start reads', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    void cache.get();
    void cache.invalidate();
    const stopped = cache.stop();
    calls[0]?.resolve('a');
    await stopped;
    void cache.invalidate();
    cache.once('start', () => cache.get().catch(() => {}));
    cache.start();
    expect(calls.map(({ context }) => context.reason)).toEqual(['read', 'read']);
  });

  it('serves a stale value again, and says so', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ttl: 1000 }).start();
    calls[0]?.resolve('a');
    await cache.ready();
    await cache.stop();
    await vi.advanceTimersByTimeAsync(1500);
    const changes = payloadsOf(cache, 'status');
    cache.start();
    expect(cache.peek()?.value).toBe('a');
    expect(await cache.get()).toBe('a');
    expect(changes).toMatchObject([{ to: 'STALE' }]);
  });

  it('keeps what was counted, and the version', async () => {
    const { loader } = countingLoader();
    const cache = newCache({ loader }).start();
    await cache.ready();
    await cache.stop();
    cache.start();
    await settle();
    expect(cache.peek()?.version).toBe(2);
    expect(outcomesOf(cache)).toEqual({ published: 2 });
  });

  it('waits with its first load until the stopped loader has settled', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    await settle();
    void cache.stop();
    cache.start();
    const read = cache.get();
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls).toHaveLength(1);
    expect(cache.health().load).toBeNull();
    calls[0]?.resolve('old');
    expect(await stateOf(read)).toBe('pending');
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('new');
    expect(await read).toBe('new');
    expect(cache.peek()?.version).toBe(1);
  });

  it('waits with its first load no longer than the deadline of the stopped one', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, loadTimeout: 1000 }).start();
    await vi.advanceTimersByTimeAsync(400);
    void cache.stop();
    cache.start();
    await vi.advanceTimersByTimeAsync(599);
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toHaveLength(2);
    expect(cache.health().abandoned).toBe(1);
  });

  it('lets the stop() before resolve all the same', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader }).start();
    const stopped = cache.stop();
    cache.start();
    calls[0]?.resolve('old');
    expect(await stateOf(stopped)).toBe('fulfilled');
  });

  it('during an outage loads at once, and then backs off', async () => {
    const times: number[] = [];
    const loader: Loader<string> = async () => {
      times.push(Date.now() - t0);
      throw new Error('down');
    };
    const cache = newCache({ loader, backoff: { minDelay: 1000 } }).start();
    await settle();
    await cache.stop();
    await vi.advanceTimersByTimeAsync(10);
    cache.start();
    await vi.advanceTimersByTimeAsync(900);
    expect(times).toEqual([0, 10]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(times).toHaveLength(3);
  });
});

describe('start() and stop() many times over', () => {
  it('while draining starts once, also where a listener of stop starts as well', () => {
    const cache = newCache({ loader: manualLoader<string>().loader }).start();
    void cache.stop({ drain: true });
    const events = eventsOf(cache);
    cache.once('stop', () => cache.start());
    cache.start();
    expect(events).toEqual(['stop', 'start']);
  });

  it('in one turn leave one load, and end as the last call says', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const events = eventsOf(cache);
    const stops = Array.from({ length: 100 }, () => cache.start().stop());
    expect(calls).toHaveLength(1);
    calls[0]?.resolve('old');
    await Promise.all(stops);
    expect(vi.getTimerCount()).toBe(0);
    expect(calls).toHaveLength(1);
    expect(events.filter((event) => event === 'stop')).toHaveLength(100);
    expect(cache.health()).toMatchObject({ running: false, version: 0 });
  });

  it('in one turn, started at last, have one loop', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader, ttl: 2000, refreshInterval: 1000 });
    for (let i = 0; i < 100; i += 1) void cache.start().stop();
    cache.start();
    await vi.advanceTimersByTimeAsync(3500);
    expect(cache.health()).toMatchObject({ running: true, status: 'READY', abandoned: 0 });
    expect(starts.length).toBeLessThanOrEqual(5);
    expect(cache.health().loads.published).toBe(4);
  });

  it('with loads between them never have two loads at a time', async () => {
    let running = 0;
    let most = 0;
    const loader = async (): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 70));
      running -= 1;
      return running;
    };
    const cache = newCache({ loader, ttl: 200 });
    for (let i = 0; i < 100; i += 1) {
      cache.start();
      await vi.advanceTimersByTimeAsync((i * 13) % 100);
      void cache.stop();
      await vi.advanceTimersByTimeAsync((i * 7) % 50);
    }
    expect(most).toBe(1);
    expect(cache.health().abandoned).toBe(0);
  });
});
