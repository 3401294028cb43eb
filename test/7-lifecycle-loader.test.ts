import { describe, expect, it, vi } from 'vitest';
import type { LoadContext, Loader, WarmCache } from 'warm-cache';
import { eventsOf, fakeTime, outcomesOf, settle } from './support/loads.ts';

const newCache = fakeTime();

describe('inside the loader', () => {
  /** A cache whose loader does something with it, once; then it answers. */
  function acting(act: (cache: WarmCache<string>) => unknown) {
    const calls: LoadContext<string>[] = [];
    const loader: Loader<string> = async (context) => {
      if (calls.push(context) === 1) act(cache);
      return `${calls.length}`;
    };
    const cache: WarmCache<string> = newCache({ loader });
    return { cache, calls };
  }

  it('stop() drops what it returns', async () => {
    const { cache, calls } = acting((self) => self.stop());
    const events = eventsOf(cache);
    cache.start();
    await settle();
    expect(events).toEqual(['start', 'load', 'stop']);
    expect(cache.peek()).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
    expect(calls).toHaveLength(1);
  });

  it('await stop() ends at the deadline at the latest', async () => {
    const loader: Loader<string> = async () => {
      await cache.stop();
      return 'a';
    };
    const cache: WarmCache<string> = newCache<string>({ loader, loadTimeout: 1000 });
    cache.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(0);
    expect(cache.health()).toMatchObject({ running: false, version: 0, abandoned: 0 });
  });

  it('stop() and start() begin anew', async () => {
    const { cache, calls } = acting((self) => {
      void self.stop();
      self.start();
    });
    cache.start();
    await settle();
    expect(cache.peek()).toMatchObject({ value: '2', version: 1 });
    expect(calls).toHaveLength(2);
  });

  it('invalidate() has a follow-up', async () => {
    let invalidated: Promise<unknown> | undefined;
    const { cache, calls } = acting((self) => {
      invalidated = self.invalidate();
    });
    cache.start();
    await settle();
    expect(await invalidated).toMatchObject({ value: '2' });
    expect(calls).toHaveLength(2);
  });

  it('invalidate({ purge: true }) drops what it returns', async () => {
    const { cache } = acting((self) => self.invalidate({ purge: true }));
    cache.start();
    await settle();
    expect(cache.peek()).toMatchObject({ value: '2', version: 1 });
    expect(outcomesOf(cache)).toEqual({ superseded: 1, published: 1 });
  });

  it('refresh() shares this very load', async () => {
    let refreshed: Promise<unknown> | undefined;
    const { cache, calls } = acting((self) => {
      refreshed = self.refresh();
    });
    cache.start();
    await settle();
    expect(await refreshed).toMatchObject({ value: '1' });
    expect(calls).toHaveLength(1);
  });

  it('set() stands, whatever it returns', async () => {
    const { cache } = acting((self) => self.set('mine'));
    cache.start();
    await settle();
    expect(cache.peek()).toMatchObject({ value: 'mine', version: 1 });
    expect(outcomesOf(cache)).toEqual({ superseded: 1 });
  });
});
