import { describe, expect, it, vi } from 'vitest';
import { settle, stateOf, t0 } from '../support/loads.ts';
import { eventsOf, everyName, fakeTime, manualMapLoader, names, tracedLoader } from './maps.ts';

const newMap = fakeTime();

describe('start()', () => {
  it('is idempotent, and tells once', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader, keys: ['a'] });
    const events = eventsOf(map, 'start');
    expect(map.start().start()).toBe(map);
    await settle();
    expect(events).toEqual(['start']);
    expect(keys()).toEqual(['a']);
  });

  it('takes keys into the loop that were read before', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, ttl: 10_000 });
    await map.get('a');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(times('a')).toEqual([0]);
    await map.get('a', { maxAge: 0 });
    map.start();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(times('a').length).toBeGreaterThanOrEqual(4);
  });
});

describe('without start()', () => {
  it('each key is loaded by its readers alone', async () => {
    const { loader, times } = tracedLoader();
    const map = newMap({ loader, keys: ['a', 'b'], ttl: 10_000 });
    await map.get('a');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(times('a')).toEqual([0]);
    expect(times('b')).toEqual([]);
    expect(map.health()).toMatchObject({ running: false, size: 1 });
  });
});

describe('stop()', () => {
  it('leaves no timer, aborts all loads, and settles all who wait', async () => {
    const { calls, loader } = manualMapLoader();
    const map = newMap({ loader, keys: names(5), concurrency: 2 }).start();
    const waits = [map.get('k0'), map.get('k4'), map.get('new'), map.ready(), map.invalidate('k1')];
    const codes = Promise.all(waits.map((wait) => wait.catch(({ code }) => code)));
    const stopped = map.stop();
    expect(await codes).toEqual(Array(5).fill('ERR_STOPPED'));
    expect(calls.every(({ signal }) => signal.aborted)).toBe(true);
    expect(await stateOf(stopped)).toBe('pending');
    for (const { reject, signal } of calls) reject(signal.reason);
    await stopped;
    expect(vi.getTimerCount()).toBe(0);
    expect(calls).toHaveLength(2);
    expect(map.health()).toMatchObject({ running: false, inFlight: 0, queued: 0 });
  });

  it('resolves at the deadline of a loader that hangs', async () => {
    const map = newMap({
      loader: () => new Promise(() => {}),
      keys: ['a'],
      loadTimeout: 500,
    }).start();
    const stopped = map.stop();
    await vi.advanceTimersByTimeAsync(499);
    expect(await stateOf(stopped)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is idempotent, and tells once', async () => {
    const map = newMap({ loader: tracedLoader(100).loader, keys: names(3) }).start();
    const events = eventsOf(map, 'stop');
    void map.stop();
    const again = map.stop({ drain: true });
    await vi.advanceTimersByTimeAsync(100);
    await again;
    expect(events).toEqual(['stop']);
  });

  it('serves what is fresh still, and rejects else', async () => {
    const map = newMap({ loader: tracedLoader().loader, ttl: 1000 }).start();
    await map.get('a');
    await map.stop();
    expect(await map.get('a')).toBe('a 1');
    expect(map.peek('a')?.value).toBe('a 1');
    await expect(map.get('b')).rejects.toMatchObject({ code: 'ERR_STOPPED' });
    await vi.advanceTimersByTimeAsync(1000);
    await expect(map.get('a')).rejects.toMatchObject({ code: 'ERR_STOPPED' });
    expect(map.peek('a')).toBeUndefined();
    expect(map.size).toBe(1);
  });

  it('ends an await using block', async () => {
    const { loader } = tracedLoader();
    let events: string[] = [];
    {
      await using map = newMap({ loader, keys: ['a'] });
      events = eventsOf(map, 'stop');
      await map.start().ready();
    }
    expect(events).toEqual(['stop']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may come before start()', async () => {
    const { loader, keys } = tracedLoader();
    const map = newMap({ loader, keys: ['a'] });
    await map.stop();
    await expect(map.ready()).rejects.toMatchObject({ code: 'ERR_STOPPED' });
    map.start();
    await map.ready();
    expect(keys()).toEqual(['a']);
  });
});

describe('stop({ drain: true })', () => {
  it('lets the loads in flight end, and starts none', async () => {
    const { loader, keys } = tracedLoader((key: string) => (key === 'k1' ? 200 : 100));
    const map = newMap({ loader, keys: names(5), concurrency: 2 });
    const events = eventsOf(map, 'refresh', 'stop');
    map.start();
    const stopped = map.stop({ drain: true });
    await vi.advanceTimersByTimeAsync(199);
    expect(await stateOf(stopped)).toBe('pending');
    expect(events).toEqual(['refresh k0']);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(events).toEqual(['refresh k0', 'refresh k1', 'stop']);
    expect(keys()).toEqual(['k0', 'k1']);
    expect(await map.get('k1')).toBe('k1 1');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets the attempts of a batch go on', async () => {
    let calls = 0;
    const map = newMap<string, string>({
      loadMany: (keys) => {
        calls += 1;
        if (calls === 1) throw new Error('once');
        return keys.map((key) => [key, key] as const);
      },
      keys: ['a', 'b'],
      retry: { retries: 1, minTimeout: 100, randomize: false },
    });
    const events = eventsOf(map, 'error', 'refresh', 'stop');
    map.start();
    await vi.advanceTimersByTimeAsync(1);
    const stopped = map.stop({ drain: true });
    await vi.advanceTimersByTimeAsync(100);
    await stopped;
    expect(events).toEqual(['error a', 'error b', 'refresh a', 'refresh b', 'stop']);
  });

  it('is cut short by stop() and by start(), and tells each once', async () => {
    const { loader } = tracedLoader(100);
    const map = newMap({ loader, keys: ['a', 'b'] });
    const events = eventsOf(map, 'start', 'stop', 'load');
    map.start();
    void map.stop({ drain: true });
    map.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(events).toEqual(['start', 'load a', 'load b', 'stop', 'start', 'load a', 'load b']);
    void map.stop({ drain: true });
    void map.stop();
    expect(events.slice(7)).toEqual(['stop']);
    await vi.advanceTimersByTimeAsync(100);
    expect(events.slice(8)).toEqual([]);
  });

  it('tells at once where nothing is in flight', () => {
    const map = newMap({ loader: tracedLoader().loader });
    const events = eventsOf(map, 'stop');
    void map.stop({ drain: true });
    expect(events).toEqual(['stop']);
  });
});

describe('a listener', () => {
  /** A map that goes through everything that has an event. */
  async function live(react: (map: ReturnType<typeof eventful>['map'], name: string) => void) {
    const { map } = eventful();
    for (const name of everyName) map.on(name, () => react(map, name));
    map.start();
    for (const key of ['x', 'y', 'z']) map.get(key).catch(() => {});
    await vi.advanceTimersByTimeAsync(500);
    void map.invalidateAll().catch(() => {});
    map.get('w').catch(() => {});
    await vi.advanceTimersByTimeAsync(5000);
    void map.stop({ drain: true });
    await vi.advanceTimersByTimeAsync(5000);
    return map;
  }

  function eventful() {
    let loads = 0;
    const running = new Map<string, number>();
    const map = newMap<string, string>({
      loader: async (key, { notModified, previous }) => {
        loads += 1;
        running.set(key, (running.get(key) ?? 0) + 1);
        expect(running.get(key)).toBe(1);
        const n = loads;
        await new Promise((resolve) => setTimeout(resolve, 20));
        running.set(key, 0);
        if (n % 3 === 0) throw new Error('down');
        return n % 4 === 0 && previous ? (notModified as never) : `${key} ${n}`;
      },
      keys: ['a', 'b', 'c'],
      ttl: 1000,
      idleTime: 1500,
      maxStale: 500,
      maxEntries: 2,
      slowThreshold: 10,
      concurrency: 2,
      retry: { retries: 1, minTimeout: 10 },
    });
    return { map };
  }

  it.each(everyName)('of %s hears of it', async (name) => {
    const heard: string[] = [];
    await live((_, event) => heard.push(event));
    expect(heard).toContain(name);
    expect(heard.at(-1)).toBe('stop');
  });

  it.each(everyName)(
    'of %s may stop the map: nothing comes after it, no timer is left',
    async (name) => {
      const events: string[] = [];
      let isStopped = false;
      const map = await live((stopping, event) => {
        events.push(event);
        if (event !== name || isStopped) return;
        isStopped = true;
        void stopping.stop();
      });
      expect(events.filter((event) => event === 'stop')).toEqual(['stop']);
      expect(events.at(-1)).toBe('stop');
      expect(vi.getTimerCount()).toBe(0);
      expect(map.health()).toMatchObject({ running: false, inFlight: 0, queued: 0 });
    },
  );

  it.each(everyName)(
    'of %s may stop and start the map: it goes on, loads do not overlap',
    async (name) => {
      const events: string[] = [];
      let isDone = false;
      await live((again, event) => {
        if (event === 'start' || event === 'stop') events.push(event);
        if (event !== name || isDone) return;
        isDone = true;
        void again.stop();
        again.start();
      });
      for (const [n, event] of events.entries()) expect(event).toBe(n % 2 === 0 ? 'start' : 'stop');
    },
  );

  it.each(everyName)('of %s may read, set, invalidate and delete keys', async (name) => {
    let left = 20;
    const map = await live((other, event) => {
      if (event !== name || left-- <= 0) return;
      other.get('q').catch(() => {});
      other.delete(left % 2 ? 'a' : 'x');
      void other.invalidate('b');
      if (other.health().running) other.set('c', 'mine');
      void other.invalidateAll();
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that throws or rejects disturbs nobody', async () => {
    const map = await live(() => {
      throw new Error('listener');
    });
    expect(map.health().loads.published).toBeGreaterThan(5);
  });

  it.each(['start', 'load'] as const)(
    'of %s may stop the map as it is started again',
    async (name) => {
      const { loader, keys } = tracedLoader();
      const map = newMap({ loader, keys: ['a', 'b'] });
      await map.start().get('c');
      await map.ready();
      await map.stop();
      const events = eventsOf(map, 'start', 'load', 'stop');
      const before = keys().length;
      map.once(name, () => map.stop());
      map.start();
      await vi.advanceTimersByTimeAsync(100_000);
      expect(events).toEqual(name === 'start' ? ['start', 'stop'] : ['start', 'load a', 'stop']);
      expect(keys()).toHaveLength(before);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('of start finds the keys started', async () => {
    const { loader } = tracedLoader();
    const map = newMap({ loader, keys: ['a'], ttl: 1000 });
    await map.start().ready();
    await map.stop();
    await vi.advanceTimersByTimeAsync(1500);
    let read: Promise<string> | undefined;
    map.once('start', () => {
      read = map.get('a');
      map.set('a', 'mine');
    });
    map.start();
    expect(await read).toBe('a 1');
    await settle();
    expect(map.peek('a')).toBeDefined();
  });
});

describe("a loader's abort handler", () => {
  it('may start the map again: all of its keys are loaded anew', async () => {
    const { calls, loader } = manualMapLoader();
    let isFirst = true;
    const map = newMap({
      loader: (key: string, context) => {
        context.signal.addEventListener('abort', () => {
          if (isFirst) map.start();
          isFirst = false;
        });
        return loader(key, context);
      },
      keys: names(3),
    });
    const events = eventsOf(map, 'start', 'stop');
    map.start();
    const stopped = map.stop();
    expect(events).toEqual(['start', 'stop', 'start']);
    for (const { resolve } of [...calls]) resolve('old');
    await stopped;
    await settle();
    expect(
      calls
        .slice(3)
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(names(3));
    for (const { resolve } of calls) resolve('new');
    await map.ready();
    expect(map.health()).toMatchObject({ running: true, size: 3 });
    expect(Date.now()).toBe(t0);
  });
});
