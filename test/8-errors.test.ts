import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import {
  AbortError,
  LoadError,
  LoadTimeoutError,
  StoppedError,
  WarmCacheError,
  type WarmCacheErrorCode,
} from 'warm-cache';
import { fakeTime, settle, t0 } from './support/loads.ts';

const makeCache = fakeTime();
const name = 'board';
const newCache: typeof makeCache = (options) => makeCache({ name, ...options });
const down = new Error('down');

const hangs = (): Promise<string> => new Promise(() => {});
const fails = (): Promise<string> => Promise.reject(down);

type ErrorClass = abstract new (...args: never) => WarmCacheError;

const failures: [string, () => Promise<unknown>, WarmCacheErrorCode, ErrorClass][] = [
  ['a load that failed', () => newCache({ loader: fails }).get(), 'ERR_LOAD_FAILED', LoadError],
  [
    'a load that was vetoed',
    () => newCache({ loader: () => 'a', accept: () => false }).get(),
    'ERR_LOAD_REJECTED',
    LoadError,
  ],
  [
    'a load that timed out',
    () => newCache({ loader: hangs, loadTimeout: 100 }).get(),
    'ERR_LOAD_TIMEOUT',
    LoadTimeoutError,
  ],
  [
    'a cache that was stopped',
    () => {
      const cache = newCache({ loader: () => 'a' });
      void cache.stop();
      return cache.get();
    },
    'ERR_STOPPED',
    StoppedError,
  ],
  [
    'ready() that waited in vain',
    () => newCache({ loader: hangs }).ready({ timeout: 100 }),
    'ERR_READY_TIMEOUT',
    WarmCacheError,
  ],
];

describe.each(failures)('the error of %s', (_, fail, code, Class) => {
  async function thrown(): Promise<WarmCacheError> {
    const promise = fail();
    await vi.advanceTimersByTimeAsync(100);
    return promise.then(
      () => expect.unreachable(),
      (error: WarmCacheError) => error,
    );
  }

  it('is of its class, a WarmCacheError and an Error', async () => {
    const error = await thrown();
    expect(error).toBeInstanceOf(Class);
    expect(error).toBeInstanceOf(WarmCacheError);
    expect(error).toBeInstanceOf(Error);
  });

  it('has its code, its name, and the name of the cache', async () => {
    expect(await thrown()).toMatchObject({ code, name: Class.name, cacheName: name });
  });

  it('has a message that begins with the name of the cache, and says something', async () => {
    const { message } = await thrown();
    expect(message.startsWith('board: ')).toBe(true);
    expect(message.length).toBeGreaterThan('board: '.length + 5);
  });

  it('prints its class and message', async () => {
    const error = await thrown();
    expect(`${error}`).toBe(`${Class.name}: ${error.message}`);
    expect(error.stack).toContain(error.message);
  });
});

describe('the classes', () => {
  it('tell a timeout from other failures, and a stop from both', () => {
    expect(LoadTimeoutError.prototype).toBeInstanceOf(LoadError);
    expect(LoadError.prototype).toBeInstanceOf(WarmCacheError);
    expect(StoppedError.prototype).toBeInstanceOf(WarmCacheError);
    expect(StoppedError.prototype).not.toBeInstanceOf(LoadError);
    expect(LoadError.prototype).not.toBeInstanceOf(LoadTimeoutError);
  });

  it('have a code that a type checker knows', () => {
    expectTypeOf<WarmCacheError['code']>().toEqualTypeOf<WarmCacheErrorCode>();
    expectTypeOf<LoadError['retryAt']>().toBeNumber();
    expectTypeOf<LoadTimeoutError>().toExtend<LoadError>();
  });

  it('are told from AbortError, which a loader throws', () => {
    expect(new AbortError('no')).toBeInstanceOf(Error);
    expect(new AbortError('no')).not.toBeInstanceOf(WarmCacheError);
    expect(new AbortError('no').name).toBe('AbortError');
  });
});

describe('a LoadError', () => {
  it('says when the next load may start', async () => {
    const cache = newCache({ loader: fails });
    await expect(cache.get()).rejects.toMatchObject({ retryAt: t0 + 1000 });
    await vi.advanceTimersByTimeAsync(400);
    await expect(cache.get()).rejects.toMatchObject({ retryAt: t0 + 1000 });
  });

  it('has the message of what was thrown in its own', async () => {
    const cache = newCache({ loader: fails });
    await expect(cache.get()).rejects.toThrow(/^board: .*down$/);
  });

  it.each([
    ['nothing printable', 'unprintable', Object.create(null)],
    ['a symbol', 'Symbol(s)', Symbol('s')],
    ['undefined', 'undefined', undefined],
    [
      'an error with a hostile message',
      'unprintable',
      Object.defineProperty(new Error('m'), 'message', {
        get() {
          throw new Error('hostile');
        },
      }),
    ],
  ])('has a message also where what was thrown is %s', async (_, message, thrown) => {
    const cache = newCache({ loader: (): Promise<string> => Promise.reject(thrown) });
    const error = await cache.get().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LoadError);
    expect((error as LoadError).message).toBe(`board: load failed: ${message}`);
    expect((error as LoadError).cause === thrown).toBe(true);
  });

  it('has no cause where nothing was thrown', async () => {
    const cache = newCache({ loader: () => 'a', accept: () => false });
    const error = await cache.get().catch((reason: unknown) => reason);
    // Not even an undefined one: it would be printed.
    expect(Object.hasOwn(error as LoadError, 'cause')).toBe(false);
    await settle();
    expect(cache.health().loads.rejected).toBe(1);
  });
});
