import { describe, expect, it, vi } from 'vitest';
import { notModified, type WarmCache } from 'warm-cache';
import { eventsOf, fakeTime, manualLoader, payloadsOf, settle } from './support/loads.ts';

const makeCache = fakeTime();
const name = 'board';
const newCache: typeof makeCache = (options) => makeCache({ name, ...options });
const down = new Error('down');

/** A cache with a fresh 'a', whose next loads are settled by the test. */
async function warmed(options: { ttl?: number; slowThreshold?: number } = {}) {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader, ...options }).start();
  calls[0]?.resolve('a');
  await cache.ready();
  return { cache, calls };
}

describe('events come in the order of what happens', () => {
  it('in a life of a cache', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, slowThreshold: 0 });
    const events = eventsOf(cache);
    cache.start();
    await vi.advanceTimersByTimeAsync(10);
    calls[0]?.resolve('a');
    await settle();
    expect(events.splice(0)).toEqual(['start', 'load', 'refresh', 'slow', 'status']);
    void cache.invalidate();
    await settle();
    expect(events.splice(0)).toEqual(['invalidate', 'status', 'load']);
    calls[1]?.reject(down);
    await settle();
    expect(events.splice(0)).toEqual(['error']);
    cache.set('mine');
    void cache.stop();
    expect(events).toEqual(['refresh', 'stop']);
  });

  it('while each status begins where the last one ended', async () => {
    const { cache, calls } = await warmed({ ttl: 1000 });
    const changes = payloadsOf(cache, 'status');
    await vi.advanceTimersByTimeAsync(3000);
    calls.at(-1)?.reject(down);
    await vi.advanceTimersByTimeAsync(1000);
    void cache.stop();
    cache.start();
    cache.set('mine');
    calls.at(-1)?.resolve('b');
    await settle();
    expect(changes.length).toBeGreaterThan(2);
    expect(changes[0]?.from).toBe('READY');
    for (const [index, { from, to }] of changes.entries()) {
      expect(to).not.toBe(from);
      if (index > 0) expect(from).toBe(changes[index - 1]?.to);
    }
  });
});

describe('what a listener sees', () => {
  const seen = (cache: WarmCache<string>) => [cache.peek()?.value, cache.health().status];

  it.each([true, false])(
    'of refresh is the new value already; after a first: %s',
    async (first) => {
      const { calls, loader } = manualLoader<string>();
      const cache = newCache({ loader });
      if (!first) cache.set('old');
      const views: unknown[] = [];
      cache.on('refresh', ({ snapshot }) =>
        views.push([cache.peek() === snapshot, ...seen(cache)]),
      );
      void cache.refresh();
      calls[0]?.resolve('a');
      await settle();
      expect(views).toEqual([[true, 'a', 'READY']]);
    },
  );

  it('of refresh is the new value already, after set()', () => {
    const cache = newCache({ loader: () => 'a' });
    const views: unknown[] = [];
    cache.on('refresh', () => views.push(seen(cache)));
    cache.set('mine');
    expect(views).toEqual([['mine', 'READY']]);
  });

  it('of unchanged is the value with its new age', async () => {
    const { cache, calls } = await warmed();
    const views: unknown[] = [];
    cache.on('unchanged', ({ snapshot }) => views.push(cache.peek() === snapshot));
    await vi.advanceTimersByTimeAsync(10);
    void cache.refresh();
    calls[1]?.resolve(notModified);
    await settle();
    expect(views).toEqual([true]);
  });

  it('of invalidate is the old value, stale, or after a purge none', async () => {
    const { cache } = await warmed();
    const views: unknown[] = [];
    cache.on('invalidate', () => views.push(seen(cache)));
    void cache.invalidate();
    void cache.invalidate({ purge: true });
    expect(views).toEqual([
      ['a', 'STALE'],
      [undefined, 'NOT_READY'],
    ]);
  });

  it('of status is the new status', async () => {
    const { cache } = await warmed({ ttl: 1000 });
    const views: unknown[] = [];
    cache.on('status', ({ to }) => views.push([to, ...seen(cache)]));
    await vi.advanceTimersByTimeAsync(2500);
    cache.set('b');
    expect(views).toEqual([
      ['STALE', 'a', 'STALE'],
      ['NOT_READY', undefined, 'NOT_READY'],
      ['READY', 'b', 'READY'],
    ]);
  });

  it('of error is the failure counted', async () => {
    const cache = newCache({ loader: (): Promise<string> => Promise.reject(down) });
    const views: unknown[] = [];
    cache.on('error', () => {
      const { consecutiveFailures, lastError, load, status } = cache.health();
      views.push([consecutiveFailures, lastError?.message.includes('down'), load, status]);
    });
    void cache.refresh();
    await settle();
    expect(views).toEqual([[1, true, null, 'ERROR']]);
  });
});
