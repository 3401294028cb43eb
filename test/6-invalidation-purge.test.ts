import { describe, expect, it, vi } from 'vitest';
import { type Loader, StoppedError } from 'warm-cache';
import { eventsOf, fakeTime, manualLoader, outcomesOf, settle, stateOf } from './support/loads.ts';

const newCache = fakeTime();

/** A cache with a fresh 'a', whose next loads are settled by the test. */
async function warmed() {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader }).start();
  calls[0]?.resolve('a');
  await cache.ready();
  return { cache, calls };
}

describe('a purge', () => {
  it('drops the value at once', async () => {
    const { cache } = await warmed();
    void cache.invalidate({ purge: true });
    expect(cache.peek()).toBeUndefined();
    expect(cache.health()).toMatchObject({ status: 'NOT_READY', age: null, loadedAt: null });
  });

  it('makes reads wait for the new value', async () => {
    const { cache, calls } = await warmed();
    void cache.invalidate({ purge: true });
    const reads = [cache.get(), cache.get({ maxAge: 60_000 })];
    const ready = cache.ready();
    for (const read of reads) expect(await stateOf(read)).toBe('pending');
    calls[1]?.resolve('b');
    expect(await Promise.all(reads)).toEqual(['b', 'b']);
    expect((await ready).value).toBe('b');
    expect(calls).toHaveLength(2);
  });

  it('resolves with a snapshot whose load started after it, one version on', async () => {
    const { cache, calls } = await warmed();
    const purged = cache.invalidate({ purge: true });
    calls[1]?.resolve('b');
    expect(await purged).toMatchObject({ value: 'b', version: 2 });
  });

  it('makes the value of a load that began before it never be seen', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    const purged = cache.invalidate({ purge: true });
    const events = eventsOf(cache);
    calls[1]?.resolve('old');
    await settle();
    expect(cache.peek()).toBeUndefined();
    expect(cache.health().version).toBe(1);
    expect(events).toEqual(['load']);
    expect(outcomesOf(cache)).toEqual({ published: 1, superseded: 1 });
    calls[2]?.resolve('new');
    expect(await purged).toMatchObject({ value: 'new', version: 2 });
  });

  it.each([
    ['get()', (cache: Reader) => cache.get()],
    ['ready()', async (cache: Reader) => (await cache.ready()).value],
    ['refresh()', async (cache: Reader) => (await cache.refresh()).value],
    ['invalidate()', async (cache: Reader) => (await cache.invalidate()).value],
  ])('keeps a value of before from a %s that waited already', async (_, read) => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const value = read(cache);
    void cache.invalidate({ purge: true });
    calls[0]?.resolve('old');
    expect(await stateOf(value)).toBe('pending');
    calls[1]?.resolve('new');
    expect(await value).toBe('new');
  });

  it('keeps the failure of a load that began before it from a read that waited already', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const read = cache.get();
    void cache.invalidate({ purge: true });
    calls[0]?.reject(new Error('down'));
    expect(await stateOf(read)).toBe('pending');
    calls[1]?.resolve('new');
    expect(await read).toBe('new');
  });

  it('during the follow-up of another one drops that too', async () => {
    const { cache, calls } = await warmed();
    const first = cache.invalidate({ purge: true });
    await settle();
    const second = cache.invalidate({ purge: true });
    calls[1]?.resolve('b');
    expect(await stateOf(first)).toBe('pending');
    expect(cache.peek()).toBeUndefined();
    calls[2]?.resolve('c');
    expect((await first).value).toBe('c');
    expect((await second).value).toBe('c');
    expect(calls).toHaveLength(3);
  });

  it('leaves nothing to serve where loads fail: reads fail at once, with retryAt', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const cache = newCache({ loader });
    cache.set('mine');
    const purged = cache.invalidate({ purge: true });
    await expect(purged).rejects.toMatchObject({ code: 'ERR_LOAD_FAILED' });
    expect(cache.peek()).toBeUndefined();
    await expect(cache.get()).rejects.toMatchObject({ retryAt: Date.now() + 1000 });
    expect(loader).toHaveBeenCalledTimes(1);
  });

  it('is a purge still where more calls follow without', async () => {
    const { cache, calls } = await warmed();
    void cache.refresh();
    void cache.invalidate({ purge: true });
    void cache.invalidate();
    calls[1]?.resolve('old');
    await settle();
    expect(cache.peek()).toBeUndefined();
    calls[2]?.resolve('new');
    await settle();
    expect(cache.peek()?.value).toBe('new');
  });

  it('after stop() drops the value', async () => {
    const { cache } = await warmed();
    await cache.stop();
    await expect(cache.invalidate({ purge: true })).rejects.toThrow(StoppedError);
    expect(cache.peek()).toBeUndefined();
    await expect(cache.get()).rejects.toThrow(StoppedError);
  });
});

interface Reader {
  get(): Promise<string>;
  ready(): Promise<{ readonly value: string }>;
  refresh(): Promise<{ readonly value: string }>;
  invalidate(): Promise<{ readonly value: string }>;
}
