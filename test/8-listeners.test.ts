import { describe, expect, it, vi } from 'vitest';
import type { Loader } from 'warm-cache';
import { eventNames, fakeTime, manualLoader, outcomesOf, settle } from './support/loads.ts';

const newCache = fakeTime();

describe('on()', () => {
  it('calls the listener at each such event, with one payload', async () => {
    const listener = vi.fn();
    const cache = newCache({ loader: () => 'a' });
    expect(cache.on('load', listener)).toBe(cache);
    await cache.refresh();
    await cache.refresh();
    expect(listener.mock.calls.map((args) => args.length)).toEqual([1, 1]);
  });

  it('calls several listeners in the order in which they were added', () => {
    const calls: number[] = [];
    const cache = newCache({ loader: () => 'a' });
    for (const index of [1, 2, 3]) cache.on('start', () => calls.push(index));
    cache.start();
    expect(calls).toEqual([1, 2, 3]);
  });

  it('calls a listener that was added twice twice', () => {
    const listener = vi.fn();
    newCache({ loader: () => 'a' })
      .on('start', listener)
      .on('start', listener)
      .start();
    expect(listener).toHaveBeenCalledTimes(2);
  });

  it('tells listeners of one cache nothing of another', () => {
    const listener = vi.fn();
    newCache({ loader: () => 'a' }).on('start', listener);
    newCache({ loader: () => 'b' }).start();
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('once()', () => {
  it('calls the listener at the next such event alone', async () => {
    const listener = vi.fn();
    const cache = newCache({ loader: () => 'a' });
    expect(cache.once('load', listener)).toBe(cache);
    await cache.refresh();
    await cache.refresh();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('calls it once also where it makes the event happen again', () => {
    const cache = newCache({ loader: () => 'a' });
    const listener = vi.fn(() => cache.set('again'));
    cache.once('refresh', listener);
    cache.set('mine');
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe('off()', () => {
  it.each(['on', 'once'] as const)('takes a listener away that %s() added', (method) => {
    const [listener, other] = [vi.fn(), vi.fn()];
    const cache = newCache({ loader: () => 'a' });
    cache[method]('start', listener)[method]('start', other);
    expect(cache.off('start', listener)).toBe(cache);
    cache.start();
    expect(listener).not.toHaveBeenCalled();
    expect(other).toHaveBeenCalledTimes(1);
  });

  it('takes a listener away that was added twice, as eventemitter3 does: altogether', () => {
    const listener = vi.fn();
    const cache = newCache({ loader: () => 'a' });
    cache.on('start', listener).on('start', listener).off('start', listener).start();
    expect(listener).not.toHaveBeenCalled();
  });

  it('leaves the same listener on other events, and on other caches', () => {
    const listener = vi.fn();
    const [cache, other] = [newCache({ loader: () => 'a' }), newCache({ loader: () => 'b' })];
    cache.on('start', listener).on('stop', listener);
    other.on('start', listener);
    cache.off('start', listener).start();
    expect(listener).not.toHaveBeenCalled();
    void cache.stop();
    other.start();
    expect(listener).toHaveBeenCalledTimes(2);
  });

  it('does nothing for a listener that is not there', () => {
    const cache = newCache({ loader: () => 'a' });
    expect(cache.off('start', () => {})).toBe(cache);
    cache.on('stop', () => {}).off('start', () => {});
  });

  it('inside a listener takes it away', async () => {
    const cache = newCache({ loader: () => 'a' });
    const listener = vi.fn(() => cache.off('load', listener));
    cache.on('load', listener);
    await cache.refresh();
    await cache.refresh();
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe('a listener that fails', () => {
  const hostile = {
    // biome-ignore lint/suspicious/noThenProperty: the hostile thenable is the point
    get then(): never {
      throw new Error('from a thenable');
    },
  };
  // Each would fail the run by an unhandled rejection, too.
  const failures: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('from a listener');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('from a listener'))],
    ['rejects later', () => Promise.resolve().then(() => Promise.reject('later'))],
    ['returns a hostile thenable', () => hostile],
  ];

  it.each(failures)('disturbs no other listener: it %s', async (_, fail) => {
    const calls: string[] = [];
    const cache = newCache({ loader: () => 'a' });
    cache.on('load', () => calls.push('before'));
    cache.on('load', fail);
    cache.once('load', fail);
    cache.on('load', () => calls.push('after'));
    await cache.refresh();
    await cache.refresh();
    expect(calls).toEqual(['before', 'after', 'before', 'after']);
  });

  it.each(failures)('disturbs no caller, and not the engine: each one %s', async (_, fail) => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, slowThreshold: 0, backoff: { minDelay: 100 } });
    for (const event of eventNames) cache.on(event, fail);
    expect(cache.start()).toBe(cache);
    await vi.advanceTimersByTimeAsync(10);
    calls[0]?.resolve('a');
    await settle();
    expect(cache.set('mine')).toMatchObject({ version: 2 });
    const invalidated = cache.invalidate();
    calls[1]?.reject(new Error('down'));
    await expect(invalidated).rejects.toMatchObject({ code: 'ERR_LOAD_FAILED' });
    await vi.advanceTimersByTimeAsync(100);
    calls[2]?.resolve('c');
    await settle();
    expect(await cache.get()).toBe('c');
    expect(outcomesOf(cache)).toEqual({ published: 2, failed: 1 });
    await cache.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('without an error listener', () => {
  it('nothing is thrown, and nothing is left unhandled', async () => {
    // An unhandled rejection or exception would fail the run.
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const validator = (): number => {
      throw new Error('no network');
    };
    const cache = newCache({ loader, validator, retry: { retries: 1, minTimeout: 0 } }).start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(cache.health().loads.failed).toBeGreaterThan(2);
  });
});
