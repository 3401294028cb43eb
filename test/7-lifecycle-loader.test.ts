import { describe, expect, it, vi } from 'vitest';
import { type LoadContext, type Loader, LoadTimeoutError, type WarmCache } from 'warm-cache';
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

describe('inside accept', () => {
  /** A cache whose `accept` does something with it. */
  function accepting(act: (cache: WarmCache<string>) => unknown) {
    const accept = (): boolean => {
      act(cache);
      return true;
    };
    const cache: WarmCache<string> = newCache<string>({ loader: () => 'a', accept });
    return cache;
  }

  it('stop() drops the result', async () => {
    const cache = accepting((self) => self.stop());
    const events = eventsOf(cache);
    cache.start();
    await settle();
    expect(events).toEqual(['start', 'load', 'stop']);
    expect(cache.peek()).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('set() stands', async () => {
    const cache = accepting((self) => self.set('mine'));
    void cache.refresh();
    await settle();
    expect(cache.peek()?.value).toBe('mine');
    expect(outcomesOf(cache)).toEqual({ superseded: 1 });
  });

  it('invalidate({ purge: true }) drops the result', async () => {
    let purges = 0;
    const cache = accepting((self) => {
      purges += 1;
      if (purges === 1) void self.invalidate({ purge: true });
    });
    cache.start();
    await settle();
    expect(cache.peek()).toMatchObject({ value: 'a', version: 1 });
    expect(outcomesOf(cache)).toEqual({ superseded: 1, published: 1 });
  });
});

describe('inside a handler of the abort of its signal', () => {
  /** A cache whose loader hangs, and does something when it is aborted. */
  function aborted(act: (cache: WarmCache<string>) => unknown) {
    const loader: Loader<string> = ({ signal }) => {
      signal.addEventListener('abort', () => void act(cache), { once: true });
      return new Promise(() => {});
    };
    const cache: WarmCache<string> = newCache<string>({ loader, loadTimeout: 100 });
    return { cache, events: eventsOf(cache) };
  }

  it('stop() is the end, at the deadline; who waited for that load has its error', async () => {
    const { cache, events } = aborted((self) => self.stop());
    cache.start();
    const read = cache.get();
    await vi.advanceTimersByTimeAsync(100);
    await expect(read).rejects.toThrow(LoadTimeoutError);
    expect(events).toEqual(['start', 'load', 'error', 'stop']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('start() begins anew, after the stop event', async () => {
    const { cache, events } = aborted((self) => self.start());
    cache.start();
    void cache.stop();
    expect(events).toEqual(['start', 'load', 'stop', 'start']);
    expect(cache.health().running).toBe(true);
  });

  it('invalidate() has its load, at the deadline', async () => {
    const { cache, events } = aborted((self) => self.invalidate());
    cache.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(events.filter((event) => event === 'load')).toHaveLength(2);
    expect(cache.health()).toMatchObject({ abandoned: 1, load: { reason: 'invalidate' } });
  });
});
