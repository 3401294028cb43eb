import { describe, expect, it, vi } from 'vitest';
import { type LoadContext, type Loader, notModified } from 'warm-cache';
import {
  countingLoader,
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
  t0,
} from './support/loads.ts';

const newCache = fakeTime();
type Token = string | number;

describe('a validator that answers as before the last load', () => {
  it('spares the load: the value stays, its age is renewed', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader, ttl: 1000, refreshInterval: Infinity, validator: () => 'v1' });
    await cache.refresh();
    await vi.advanceTimersByTimeAsync(900);
    expect(await cache.refresh()).toEqual({
      value: 1,
      version: 1,
      loadedAt: t0 + 900,
      source: 'loader',
    });
    expect(starts).toHaveLength(1);
    expect(outcomesOf(cache)).toEqual({ published: 1, unchanged: 1 });
  });

  it('may answer with a promise', async () => {
    const { loader, starts } = countingLoader();
    const cache = newCache({ loader, validator: () => Promise.resolve(7) });
    await cache.refresh();
    await cache.refresh();
    expect(starts).toHaveLength(1);
  });

  it('never spares the first load', async () => {
    const cache = newCache({ loader: () => 'a', validator: () => '' });
    expect(await cache.get()).toBe('a');
  });

  it.each<[Token, Token, string, number]>([
    ['', '', 'the same', 1],
    [0, 0, 'the same', 1],
    [Number.NaN, Number.NaN, 'the same', 1],
    ['1', 1, 'another', 2],
    ['v1', 'v2', 'another', 2],
    [0, -0, 'another', 2],
  ])('compares by Object.is: %o, then %o is %s', async (before, after, _, loads) => {
    const { loader, starts } = countingLoader();
    const validator = vi.fn<() => Token>().mockReturnValueOnce(before).mockReturnValueOnce(after);
    const cache = newCache({ loader, validator });
    await cache.refresh();
    await cache.refresh();
    expect(starts).toHaveLength(loads);
  });

  it('spares the load also after one that failed, or had nothing modified', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValueOnce('a');
    loader.mockRejectedValueOnce(new Error('down')).mockResolvedValueOnce(notModified);
    const tokens = [1, 2, 1, 3, 3];
    const cache = newCache({ loader, validator: () => tokens.shift() ?? 0 });
    await cache.refresh();
    await expect(cache.refresh()).rejects.toThrow();
    for (let i = 0; i < 3; i += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      expect(await cache.refresh()).toMatchObject({ value: 'a', loadedAt: Date.now() });
    }
    expect(loader).toHaveBeenCalledTimes(3);
  });
});

describe('the token of a value', () => {
  it('is of before its load, so that a change during the load is seen', async () => {
    let token = 1;
    const loader = vi.fn(async () => `of ${token++}`);
    const cache = newCache({ loader, validator: () => token });
    await cache.refresh();
    expect((await cache.refresh()).value).toBe('of 2');
    expect(loader).toHaveBeenCalledTimes(2);
  });

  it('is not of a load that failed', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValueOnce('a');
    loader.mockRejectedValueOnce(new Error('down')).mockResolvedValueOnce('b');
    const tokens = [1, 2, 2];
    const cache = newCache({ loader, validator: () => tokens.shift() ?? 0 });
    await cache.refresh();
    await expect(cache.refresh()).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(1000);
    expect((await cache.refresh()).value).toBe('b');
  });

  it('is not of a load that was vetoed, or superseded', async () => {
    const { calls, loader } = manualLoader<string>();
    const tokens = [1, 2, 2, 2];
    const accept = (next: string): boolean => next !== 'bad';
    const cache = newCache({ loader, accept, validator: () => tokens.shift() ?? 0 });
    for (const value of ['a', 'bad', 'b', 'c']) {
      void cache.refresh();
      await settle();
      if (value === 'b') cache.set('mine');
      calls.at(-1)?.resolve(value);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(calls).toHaveLength(4);
    expect(cache.peek()?.value).toBe('c');
  });
});

describe('a load that the validator can not spare', () => {
  /** A cache whose validator answers the same for ever, with its first value. */
  async function warmed() {
    const { loader, starts } = countingLoader();
    const validator = vi.fn(() => 'same');
    const cache = newCache({ loader, validator });
    await cache.refresh();
    return { cache, starts, validator };
  }

  it('is the one that an invalidation asked for', async () => {
    const { cache } = await warmed();
    expect((await cache.invalidate()).value).toBe(2);
  });

  it('is the one that a purge asked for', async () => {
    const { cache } = await warmed();
    expect((await cache.invalidate({ purge: true })).value).toBe(2);
  });

  it('is the one after set(): what was set is no answer of the loader', async () => {
    const { cache } = await warmed();
    cache.set(100);
    expect((await cache.refresh()).value).toBe(2);
  });

  it.each([
    ['invalidate()', {}],
    ['a purge', { purge: true }],
  ])('is the one after %s during the probe', async (_, options) => {
    const { cache, validator } = await warmed();
    const probe = Promise.withResolvers<string>();
    validator.mockReturnValueOnce(probe.promise as unknown as string);
    void cache.refresh();
    const invalidated = cache.invalidate(options);
    probe.resolve('same');
    expect(await invalidated).toMatchObject({ value: 2 });
    expect(cache.health()).toMatchObject({ status: 'READY', consecutiveFailures: 0 });
  });

  it('is each one until the invalidation is lifted', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValueOnce('a');
    loader.mockRejectedValueOnce(new Error('down')).mockResolvedValueOnce('b');
    const cache = newCache({ loader, validator: () => 'same', backoff: { minDelay: 10 } }).start();
    await cache.ready();
    await expect(cache.invalidate()).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(10);
    expect(cache.peek()?.value).toBe('b');
    expect((await cache.refresh()).value).toBe('b');
    expect(loader).toHaveBeenCalledTimes(3);
  });
});

describe('a validator that throws', () => {
  it.each([
    ['throws', () => JSON.parse('{')],
    ['rejects', () => Promise.reject(new Error('no network'))],
  ])('does not keep the load from going on: it %s', async (_, validator) => {
    const cache = newCache({ loader: () => 'a', validator });
    expect(await cache.get()).toBe('a');
    expect(outcomesOf(cache)).toEqual({ published: 1 });
    expect(cache.health().consecutiveFailures).toBe(0);
  });

  it('is told by an error event: attempt 0, not final', async () => {
    const thrown = new Error('no network');
    const validator = vi.fn<() => number>().mockRejectedValue(thrown);
    const cache = newCache({ loader: () => 'a', validator });
    const errors = payloadsOf(cache, 'error');
    await cache.get();
    expect(errors).toMatchObject([{ error: thrown, attempt: 0, final: false, reason: 'read' }]);
  });

  it('is attempt 0 also where the loader fails and is tried again', async () => {
    const thrown = new Error('no network');
    const loader = vi.fn<Loader<string>>().mockResolvedValue('a').mockRejectedValueOnce('down');
    const validator = vi.fn<() => number>().mockRejectedValue(thrown);
    const cache = newCache({ loader, validator, retry: { retries: 1, minTimeout: 0 } });
    const errors = payloadsOf(cache, 'error');
    await cache.refresh();
    for (const { error, attempt } of errors) expect(attempt).toBe(error === thrown ? 0 : 1);
  });

  it('leaves no token: the next load is not spared', async () => {
    const { loader, starts } = countingLoader();
    const validator = vi.fn<() => number>().mockReturnValue(1);
    const cache = newCache({ loader, validator });
    await cache.refresh();
    validator.mockRejectedValueOnce(new Error('no network'));
    await cache.refresh();
    await cache.refresh();
    expect(starts).toHaveLength(3);
  });
});

describe('a validator', () => {
  it('is given the context of the load', async () => {
    const validator = vi.fn((_context: LoadContext<string>) => 1);
    const cache = newCache({ loader: () => 'a', validator });
    const snapshot = await cache.refresh();
    await cache.invalidate();
    expect(validator.mock.calls.map(([context]) => context)).toMatchObject([
      { reason: 'refresh', previous: undefined },
      { reason: 'invalidate', previous: snapshot },
    ]);
    expect(validator.mock.calls[0]?.[0].signal).toBeInstanceOf(AbortSignal);
  });

  it('is asked once a load, at its start', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const validator = vi.fn(() => 1);
    const cache = newCache({ loader, validator, retry: { retries: 2, minTimeout: 0 } });
    await expect(cache.refresh()).rejects.toThrow();
    expect(loader).toHaveBeenCalledTimes(3);
    expect(validator).toHaveBeenCalledTimes(1);
  });

  it('is under the deadline of its load', async () => {
    const { loader, starts } = countingLoader();
    const probe = Promise.withResolvers<number>();
    const validator = vi.fn((_context: LoadContext<number>) => probe.promise);
    const cache = newCache({ loader, validator, loadTimeout: 100 });
    const read = cache.get();
    await vi.advanceTimersByTimeAsync(100);
    await expect(read).rejects.toMatchObject({ code: 'ERR_LOAD_TIMEOUT' });
    expect(validator.mock.calls[0]?.[0].signal.aborted).toBe(true);
    probe.resolve(1);
    await settle();
    expect(starts).toEqual([]);
    expect(cache.health().abandoned).toBe(0);
  });

  it('that rejects after the deadline is not told, and does not call the loader', async () => {
    const { loader, starts } = countingLoader();
    const probe = Promise.withResolvers<number>();
    const cache = newCache({ loader, validator: () => probe.promise, loadTimeout: 100 });
    void cache.get();
    await vi.advanceTimersByTimeAsync(100);
    const errors = payloadsOf(cache, 'error');
    probe.reject(new Error('late'));
    await settle();
    expect(errors).toEqual([]);
    expect(starts).toEqual([]);
  });
});
