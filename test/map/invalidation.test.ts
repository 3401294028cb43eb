import { describe, expect, it, vi } from 'vitest';
import { settle, stateOf, t0 } from '../support/loads.ts';
import { eventsOf, fakeTime, manualMapLoader, names, tracedLoader } from './maps.ts';

const newMap = fakeTime();

describe('invalidate(key)', () => {
  it('is a barrier for its key, and for no other', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader });
    await Promise.all([map.get('a'), map.get('b')]);
    const { value } = (await map.invalidate('a')) ?? {};
    expect(value).toBe('a 2');
    expect(keys()).toEqual(['a', 'b', 'a']);
    expect(map.health('b')?.status).toBe('READY');
  });

  it('is not satisfied by a load in flight; 1,000 calls are that load and one more', async () => {
    const { loader, times } = tracedLoader(100);
    const map = newMap({ loader });
    void map.get('a');
    await vi.advanceTimersByTimeAsync(50);
    const all = Array.from({ length: 1000 }, () => map.invalidate('a'));
    await vi.advanceTimersByTimeAsync(150);
    const values = (await Promise.all(all)).map((snapshot) => snapshot?.value);
    expect(new Set(values)).toEqual(new Set(['a 2']));
    expect(times('a')).toEqual([0, 100]);
  });

  it('of a key that is not there has nothing to load', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader }).start();
    expect(await map.invalidate('a')).toBeUndefined();
    expect(keys()).toEqual([]);
    expect(map.size).toBe(0);
  });

  it('rejects with the error of its key, and may be ignored', async () => {
    let isDown = false;
    const loader = (key: string): string => {
      if (isDown) throw new Error('down');
      return key;
    };
    const map = newMap({ loader });
    await map.get('a');
    isDown = true;
    void map.invalidate('a');
    await expect(map.invalidate('a')).rejects.toMatchObject({ code: 'ERR_LOAD_FAILED' });
    expect(await map.get('a')).toBe('a');
    expect(map.health('a')?.status).toBe('STALE');
  });

  it('purges: readers wait for the new value', async () => {
    const { call, loader } = manualMapLoader();
    const map = newMap({ loader });
    const first = map.get('a');
    call('a').resolve('old');
    await first;
    void map.invalidate('a', { purge: true });
    expect(map.peek('a')).toBeUndefined();
    const read = map.get('a');
    call('a').resolve('new');
    expect(await read).toBe('new');
  });

  it('of a stopped map rejects', async () => {
    const map = newMap({ loader: tracedLoader().loader });
    await map.get('a');
    await map.stop();
    for (const key of ['a', 'b']) {
      await expect(map.invalidate(key)).rejects.toMatchObject({ code: 'ERR_STOPPED' });
    }
    await expect(map.get('a')).rejects.toMatchObject({ code: 'ERR_STOPPED' });
  });
});

describe('invalidateWhere(predicate)', () => {
  it('invalidates those that it says, by their key and snapshot', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader });
    for (const key of ['a', 'b', 'c']) await map.get(key);
    map.set('c', 'mine');
    await map.invalidateWhere((key, snapshot) => key === 'a' || snapshot?.value === 'mine');
    expect(keys().slice(3)).toEqual(['a', 'c']);
  });

  it('invalidates all before it loads any: a loader that reads another sees it stale', async () => {
    const seen: unknown[] = [];
    const map = newMap<string, number>({
      loader: (key) => {
        if (key === 'a' || key === 'c') seen.push(map.health('b')?.status);
        return 1;
      },
    });
    for (const key of ['b', 'a', 'c']) await map.get(key);
    seen.length = 0;
    await map.invalidateAll();
    for (const key of ['a', 'b']) map.delete(key);
    for (const key of ['a', 'b']) await map.get(key);
    seen.length = 0;
    const statuses: unknown[] = [];
    map.on('load', ({ key }) => statuses.push(key, names(0), map.health('b')?.status));
    void map.invalidateAll();
    expect(statuses).toEqual([]);
    expect(['a', 'b', 'c'].map((key) => map.health(key)?.status)).toEqual([
      'STALE',
      'STALE',
      'STALE',
    ]);
    await settle();
    expect(seen).toHaveLength(2);
    expect(seen).not.toContain('READY');
  });

  it('rejects with all errors, when all have ended, and may be ignored', async () => {
    const { call, loader } = manualMapLoader();
    const map = newMap({ loader });
    for (const key of ['a', 'b', 'c']) {
      void map.get(key);
      call(key).resolve('old');
    }
    await settle();
    const all = map.invalidateAll();
    await settle();
    call('a').reject(new Error('down'));
    call('b').reject(new Error('down'));
    expect(await stateOf(all)).toBe('pending');
    call('c').resolve('new');
    await expect(all).rejects.toMatchObject({
      message: '2 of 3 keys could not be loaded',
      errors: [{ code: 'ERR_LOAD_FAILED' }, { code: 'ERR_LOAD_FAILED' }],
    });
    void map.invalidateAll();
    await settle();
    call('a').reject(new Error('down'));
    await settle();
  });

  it('does nothing where its predicate throws, or is none', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader });
    for (const key of ['a', 'b']) await map.get(key);
    const failing = (key: string): boolean => {
      if (key === 'b') throw new Error('predicate');
      return true;
    };
    expect(() => map.invalidateWhere(failing)).toThrow('predicate');
    expect(() => map.invalidateWhere('all' as never)).toThrow(TypeError);
    await settle();
    expect(keys()).toHaveLength(2);
    expect(map.health('a')?.status).toBe('READY');
  });

  it('drops those that nobody reads, and resolves at once where there are none', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader, ttl: 10_000, maxStale: 1e6, idleTime: 1000 }).start();
    await map.invalidateAll();
    await map.get('a');
    await vi.advanceTimersByTimeAsync(30_000);
    const before = keys().length;
    await map.invalidateAll();
    expect(keys()).toHaveLength(before);
    expect(map.size).toBe(0);
  });

  it('purges where it is told to', async () => {
    const { loader } = tracedLoader(100);
    const map = newMap({ loader, keys: ['a', 'b'] }).start();
    await vi.advanceTimersByTimeAsync(100);
    const events = eventsOf(map, 'invalidate');
    void map.invalidateAll({ purge: true });
    expect(map.peek('a') ?? map.peek('b')).toBeUndefined();
    expect(events).toEqual(['invalidate a', 'invalidate b']);
  });
});

describe('set(key)', () => {
  it('publishes a value that a load from before cannot undo', async () => {
    const { call, loader } = manualMapLoader();
    const map = newMap({ loader }).start();
    void map.get('a');
    expect(map.set('a', 'mine')).toMatchObject({ value: 'mine', version: 1, source: 'set' });
    call('a').resolve('old');
    await settle();
    expect(await map.get('a')).toBe('mine');
  });

  it('of a new key publishes it, and keeps it hot', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader }).start();
    map.set('a', 'mine');
    expect(await map.get('a')).toBe('mine');
    expect(times('a')).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(times('a').length).toBeGreaterThanOrEqual(1);
    expect(map.health().reads).toMatchObject({ fresh: 1 });
  });

  it('of a stopped map throws', async () => {
    const map = newMap({ loader: tracedLoader().loader });
    await map.get('a');
    await map.stop();
    expect(() => map.set('a', 'x')).toThrow('stopped');
    expect(() => map.set('b', 'x')).toThrow('stopped');
  });
});

describe('delete(key)', () => {
  it('forgets the key, and says whether there was one', async () => {
    const { loader } = tracedLoader();
    const map = newMap({ loader }).start();
    await map.get('a');
    expect(map.delete('a')).toBe(true);
    expect(map.delete('a')).toBe(false);
    expect(map.size).toBe(0);
    expect(map.peek('a')).toBeUndefined();
    expect(map.health('a')).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
    expect(await map.get('a')).toBe('a 2');
  });

  it('has who waits for it wait for a new value', async () => {
    const { calls, call, loader } = manualMapLoader();
    const map = newMap({ loader });
    const read = map.get('a');
    map.delete('a');
    call('a').resolve('old');
    await settle();
    expect(calls).toHaveLength(2);
    call('a').resolve('new');
    expect(await read).toBe('new');
    expect(map.peek('a')?.version).toBe(1);
  });

  it('of a pre-warmed key: it comes back when the keys are next asked for', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, keys: () => ['a'], ttl: 10_000 }).start();
    await vi.advanceTimersByTimeAsync(1000);
    map.delete('a');
    await vi.advanceTimersByTimeAsync(8999);
    expect(map.size).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(times('a').at(-1)).toBe(10_000);
    expect(map.health().pinned).toBe(1);
  });

  it('of a pre-warmed key makes no other go', async () => {
    const { loader } = tracedLoader();
    const map = newMap({ loader, keys: ['p'], maxEntries: 1 }).start();
    await map.get('a');
    map.delete('p');
    expect(map.peek('a')).toBeDefined();
    expect(map.health().evicted).toBe(0);
  });

  it('while its loader ignores its signal: the next load waits until that has settled', async () => {
    const { calls, call, loader } = manualMapLoader();
    const map = newMap({ loader, keys: ['a'] }).start();
    const [old] = calls;
    map.delete('a');
    expect(old?.signal.aborted).toBe(true);
    const read = map.get('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toHaveLength(1);
    old?.resolve('old');
    await settle();
    expect(calls).toHaveLength(2);
    call('a').resolve('new');
    expect(await read).toBe('new');
    expect(map.health()).toMatchObject({ inFlight: 0, loads: { stopped: 1, published: 1 } });
  });

  it('while its loader ignores its signal: the next load waits no longer than its deadline', async () => {
    const { calls, call, loader } = manualMapLoader();
    const map = newMap({ loader, keys: ['a'], loadTimeout: 5000 }).start();
    await vi.advanceTimersByTimeAsync(1000);
    map.delete('a');
    const read = map.get('a');
    await vi.advanceTimersByTimeAsync(3999);
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toHaveLength(2);
    expect(calls.at(-1)).toBe(call('a'));
    call('a').resolve('new');
    expect(await read).toBe('new');
    calls[0]?.resolve('old');
    await settle();
    expect(map.peek('a')?.value).toBe('new');
  });

  it('and a restart: the next load waits for the one of before', async () => {
    const { calls, loader } = manualMapLoader();
    const map = newMap({ loader, keys: ['a'] }).start();
    map.delete('a');
    void map.stop();
    map.start();
    await settle();
    expect(calls).toHaveLength(1);
    calls[0]?.resolve('old');
    await settle();
    expect(calls).toHaveLength(2);
    calls[1]?.resolve('new');
    await map.ready();
    expect(map.peek('a')?.value).toBe('new');
  });

  it('is waited for by stop()', async () => {
    const { calls, loader } = manualMapLoader();
    const map = newMap({ loader, keys: ['a'] }).start();
    map.delete('a');
    const stopped = map.stop();
    expect(await stateOf(stopped)).toBe('pending');
    calls[0]?.resolve('late');
    expect(await stateOf(stopped)).toBe('fulfilled');
    expect(Date.now()).toBe(t0);
  });

  it('of each key, over and over, leaves nothing behind', async () => {
    const { loader } = tracedLoader(10);
    const map = newMap({ loader }).start();
    for (let n = 0; n < 50; n++) {
      for (const key of names(5)) void map.get(key);
      await vi.advanceTimersByTimeAsync(7);
      for (const key of names(5)) map.delete(key);
    }
    await vi.advanceTimersByTimeAsync(1000);
    const { loads, reads } = map.health();
    expect(reads.waited).toBe(250);
    for (const key of names(5)) map.delete(key);
    await settle();
    expect(map.health()).toMatchObject({ size: 0, loads, reads, inFlight: 0, queued: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});
