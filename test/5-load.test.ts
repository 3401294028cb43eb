import { describe, expect, it, vi } from 'vitest';
import { AbortError, LoadError, type Loader } from 'warm-cache';
import { fakeTime, manualLoader, outcomesOf, payloadsOf, settle, t0 } from './support/loads.ts';

const newCache = fakeTime();

/** A loader that fails each time, and when it was called. */
function failingLoader(thrown: unknown) {
  const times: number[] = [];
  const loader = vi.fn<Loader<string>>(async () => {
    times.push(Date.now() - t0);
    throw thrown;
  });
  return { loader, times };
}

describe('the attempts of a load', () => {
  it('are up to 1 + retries, and numbered', async () => {
    const { loader } = failingLoader(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 3, minTimeout: 0 } });
    await expect(cache.refresh()).rejects.toThrow(LoadError);
    expect(loader.mock.calls.map(([{ attempt }]) => attempt)).toEqual([1, 2, 3, 4]);
  });

  it('are one with retries: 0', async () => {
    const { loader } = failingLoader(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 0 } });
    await expect(cache.refresh()).rejects.toThrow(LoadError);
    expect(loader).toHaveBeenCalledTimes(1);
  });

  it('end with the first that succeeds, and the load is one that has succeeded', async () => {
    const { loader } = failingLoader(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 3, minTimeout: 0 } });
    loader.mockRejectedValueOnce(new Error('down')).mockResolvedValueOnce('a');
    expect((await cache.refresh()).value).toBe('a');
    expect(loader).toHaveBeenCalledTimes(2);
    expect(outcomesOf(cache)).toEqual({ published: 1 });
    expect(cache.health()).toMatchObject({ consecutiveFailures: 0, lastError: null });
  });

  it('are one load, failed once, when all of them fail', async () => {
    const { loader } = failingLoader(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 3, minTimeout: 0 } });
    void cache.refresh();
    await settle();
    expect(outcomesOf(cache)).toEqual({ failed: 1 });
    expect(cache.health().consecutiveFailures).toBe(1);
  });

  it('make a value as of the start of the load, not of the attempt', async () => {
    const { loader } = failingLoader(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 1, minTimeout: 500, randomize: false } });
    loader.mockRejectedValueOnce(new Error('down')).mockResolvedValueOnce('a');
    const refreshed = cache.refresh();
    await vi.advanceTimersByTimeAsync(500);
    expect((await refreshed).loadedAt).toBe(t0);
  });

  it('wait as p-retry does, by minTimeout, factor and maxTimeout', async () => {
    const { loader, times } = failingLoader(new Error('down'));
    const retry = { retries: 4, minTimeout: 100, factor: 3, maxTimeout: 500, randomize: false };
    void newCache({ loader, retry }).refresh();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times).toEqual([0, 100, 400, 900, 1400]);
  });

  it('wait up to twice as long when randomized', async () => {
    const { loader, times } = failingLoader(new Error('down'));
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const retry = { retries: 1, minTimeout: 100, randomize: true };
    void newCache({ loader, retry }).refresh();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times).toEqual([0, 150]);
  });

  it('share one signal', async () => {
    const { loader } = failingLoader(new Error('down'));
    void newCache({ loader, retry: { retries: 1, minTimeout: 0 } }).refresh();
    await settle();
    const [first, second] = loader.mock.calls.map(([{ signal }]) => signal);
    expect(second).toBe(first);
  });

  it('are one where the first answers, however long it takes, at once or later', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, retry: { retries: 3, minTimeout: 0 } });
    const read = cache.get();
    await vi.advanceTimersByTimeAsync(5000);
    calls[0]?.resolve('a');
    expect(await read).toBe('a');
    expect(calls).toHaveLength(1);
    expect(await newCache({ loader: () => 'b' }).get()).toBe('b');
  });
});

describe('whatever an attempt throws', () => {
  it.each([
    ['a TypeError', new TypeError('x is not a function')],
    ['a DOM AbortError', new DOMException('The operation was aborted', 'AbortError')],
    ['an AbortError of its own kind', Object.assign(new Error('no'), { name: 'AbortError' })],
    [
      'an error that has an original',
      Object.assign(new Error('no'), { originalError: new Error() }),
    ],
    ['a frozen error', Object.freeze(new Error('frozen'))],
    ['an error with a cause', new Error('outer', { cause: new Error('inner') })],
    ['a string', 'down'],
    ['a number', 0],
    ['an object', { status: 503 }],
    ['a symbol', Symbol('down')],
    ['null', null],
    ['undefined', undefined],
  ])('is retried, and the cause of the LoadError untouched: %s', async (_, thrown) => {
    const { loader } = failingLoader(thrown);
    const cache = newCache({ loader, retry: { retries: 2, minTimeout: 0 } });
    const error = await cache.refresh().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LoadError);
    expect(error).toHaveProperty('code', 'ERR_LOAD_FAILED');
    expect((error as LoadError).cause).toBe(thrown);
    expect(loader).toHaveBeenCalledTimes(3);
  });

  it('is treated alike, thrown synchronously', async () => {
    const thrown = new Error('down');
    const loader = vi.fn<Loader<string>>(() => {
      throw thrown;
    });
    const cache = newCache({ loader, retry: { retries: 2, minTimeout: 0 } });
    await expect(cache.refresh()).rejects.toMatchObject({ cause: thrown });
    expect(loader).toHaveBeenCalledTimes(3);
  });

  it('is the cause as the last attempt threw it', async () => {
    const { loader } = failingLoader('later');
    const cache = newCache({ loader, retry: { retries: 1, minTimeout: 0 } });
    loader.mockRejectedValueOnce('first');
    await expect(cache.refresh()).rejects.toMatchObject({ cause: 'later' });
  });
});

describe("p-retry's AbortError", () => {
  /** As another copy of p-retry has it, of another version or in another module format. */
  class ForeignAbortError extends Error {
    override name = 'AbortError';
    readonly originalError: Error;
    constructor(originalError: Error) {
      super(originalError.message);
      this.originalError = originalError;
    }
  }

  it.each([
    ['as exported', AbortError],
    ['of another copy of p-retry', ForeignAbortError],
  ])('ends the attempts, with the original error as cause: %s', async (_, Abort) => {
    const original = new Error('no such table');
    const { loader } = failingLoader(new Abort(original));
    const cache = newCache({ loader, retry: { retries: 5, minTimeout: 0 } });
    const error = await cache.refresh().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_LOAD_FAILED' });
    expect((error as LoadError).cause).toBe(original);
    expect(loader).toHaveBeenCalledTimes(1);
  });

  it('may be made of a message alone', async () => {
    const { loader } = failingLoader(new AbortError('no such table'));
    const cache = newCache({ loader, retry: { retries: 5, minTimeout: 0 } });
    await expect(cache.refresh()).rejects.toMatchObject({ cause: new Error('no such table') });
    expect(loader).toHaveBeenCalledTimes(1);
  });

  it('ends the attempts of a later one too', async () => {
    const { loader } = failingLoader(new AbortError('no'));
    const cache = newCache({ loader, retry: { retries: 5, minTimeout: 0 } });
    loader.mockRejectedValueOnce(new Error('down'));
    await expect(cache.refresh()).rejects.toThrow(LoadError);
    expect(loader).toHaveBeenCalledTimes(2);
  });

  it('is told once, as the end of the load', async () => {
    const { loader } = failingLoader(new AbortError('no'));
    const cache = newCache({ loader, retry: { retries: 5, minTimeout: 0 } });
    const errors = payloadsOf(cache, 'error');
    void cache.refresh();
    await settle();
    expect(errors).toMatchObject([{ final: true, attempt: 1 }]);
  });

  it('does not end the loop', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValue('a');
    loader.mockRejectedValueOnce(new AbortError('no'));
    const cache = newCache({ loader, backoff: { minDelay: 100 } }).start();
    await vi.advanceTimersByTimeAsync(100);
    expect(cache.peek()?.value).toBe('a');
    expect(loader).toHaveBeenCalledTimes(2);
  });
});
