import { describe, expect, it, vi } from 'vitest';
import {
  type Loader,
  notModified,
  StoppedError,
  type WarmCache,
  type WarmCacheEvents,
  type WarmCacheOptions,
} from 'warm-cache';
import {
  eventNames,
  eventsOf,
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
} from './support/loads.ts';

const newCache = fakeTime();
type EventName = keyof WarmCacheEvents<string>;

/** A cache that goes through everything that has an event, in {@link live}; and the most loads it had at a time. */
function eventful() {
  const answers = ['a', notModified, new Error('down'), new Error('down'), 'b', 'c'];
  const loads = { running: 0, most: 0 };
  const loader: Loader<string> = async () => {
    loads.running += 1;
    loads.most = Math.max(loads.most, loads.running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    loads.running -= 1;
    const answer = answers.length > 0 ? answers.shift() : 'd';
    if (answer instanceof Error) throw answer;
    return answer as string;
  };
  const retry = { retries: 1, minTimeout: 10, randomize: false };
  const options = { ttl: 1000, maxStale: 200, slowThreshold: 10, backoff: { minDelay: 300 } };
  return { cache: newCache({ loader, retry, ...options }), loads };
}

async function live(cache: WarmCache<string>): Promise<void> {
  const steps: (() => unknown)[] = [
    () => cache.start(),
    () => cache.refresh(),
    () => cache.invalidate(),
    () => cache.invalidate({ purge: true }),
  ];
  for (const step of steps) {
    step();
    await vi.advanceTimersByTimeAsync(500);
  }
}

async function liveAndStop(cache: WarmCache<string>): Promise<void> {
  await live(cache);
  await cache.stop({ drain: true });
}

describe('the life that these tests are about', () => {
  it.each(eventNames)('has the event %s', async (event) => {
    const { cache } = eventful();
    const payloads = payloadsOf(cache, event);
    await liveAndStop(cache);
    expect(payloads.length).toBeGreaterThan(0);
  });
});

describe('stop() inside a listener', () => {
  it.each(eventNames)('of %s is the end: one stop event, and no timer is left', async (event) => {
    const { cache, loads } = eventful();
    const events = eventsOf(cache);
    let stopped: Promise<void> | undefined;
    cache.once(event, () => {
      stopped = cache.stop();
    });
    await liveAndStop(cache);
    await stopped;
    expect(events.filter((name) => name === 'stop')).toEqual(['stop']);
    expect(events.at(-1)).toBe('stop');
    expect(vi.getTimerCount()).toBe(0);
    expect(loads).toMatchObject({ running: 0 });
    expect(cache.health().running).toBe(false);
  });

  it.each([{}, { drain: true }])(
    'of refresh is the end after set() too: stop(%o)',
    async (options) => {
      const cache = newCache({ loader: () => 'a' });
      const events = eventsOf(cache);
      cache.once('refresh', () => cache.stop(options));
      cache.set('mine');
      expect(events).toEqual(['refresh', 'stop']);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('of invalidate is the end after a purge too, and the promise rejects', async () => {
    const cache = newCache({ loader: () => 'a' }).start();
    await cache.ready();
    const events = eventsOf(cache);
    cache.once('invalidate', () => cache.stop());
    await expect(cache.invalidate({ purge: true })).rejects.toThrow(StoppedError);
    expect(events).toEqual(['invalidate', 'stop']);
    expect(vi.getTimerCount()).toBe(0);
    expect(cache.peek()).toBeUndefined();
  });

  it('of load keeps the loader from being called', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    cache.once('load', () => cache.stop());
    await expect(cache.start().get()).rejects.toThrow(StoppedError);
    expect(calls).toEqual([]);
    expect(outcomesOf(cache)).toEqual({ stopped: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of an attempt that failed is the end of the attempts', async () => {
    const loader = vi.fn<Loader<string>>().mockRejectedValue(new Error('down'));
    const cache = newCache({ loader, retry: { retries: 3, minTimeout: 100 } });
    const events = eventsOf(cache);
    cache.once('error', () => cache.stop());
    await expect(cache.start().get()).rejects.toThrow(StoppedError);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(loader).toHaveBeenCalledTimes(1);
    expect(events.slice(-2)).toEqual(['error', 'stop']);
  });

  it.each<[string, Partial<WarmCacheOptions<string>>]>([
    ['fails', { loader: () => Promise.reject(new Error('down')) }],
    ['times out', { loader: () => new Promise(() => {}), loadTimeout: 100 }],
    ['is vetoed', { accept: () => false }],
  ])('of the error of a load that %s is the end', async (_, options) => {
    const cache = newCache<string>({ loader: () => 'a', slowThreshold: 0, ...options });
    const events = eventsOf(cache);
    cache.once('error', () => cache.stop());
    cache.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(events).toEqual(['start', 'load', 'error', 'stop']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of status is the end, as the value turns stale', async () => {
    const loader = vi.fn<Loader<string>>().mockResolvedValueOnce('a');
    loader.mockReturnValue(new Promise(() => {}));
    const cache = newCache({ loader, ttl: 1000, loadTimeout: 10_000 });
    await cache.refresh();
    const events = eventsOf(cache);
    cache.once('status', () => cache.stop());
    await vi.advanceTimersByTimeAsync(5000);
    expect(events).toEqual(['status', 'stop']);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('stop() and start() inside a listener', () => {
  it.each(eventNames.filter((event) => event !== 'stop'))(
    'of %s begin anew: one load at a time, and a value in the end',
    async (event) => {
      const { cache, loads } = eventful();
      const events = eventsOf(cache);
      cache.once(event, () => {
        void cache.stop();
        cache.start();
      });
      await live(cache);
      expect(loads.most).toBe(1);
      expect(cache.health().status).toBe('READY');
      const lifecycle = events.filter((name) => name === 'start' || name === 'stop');
      expect(lifecycle).toEqual(['start', 'stop', 'start']);
    },
  );

  it('of stop begin anew, each time the cache is stopped', async () => {
    const { cache, loads } = eventful();
    cache.once('stop', () => cache.start());
    await liveAndStop(cache);
    expect(cache.health().running).toBe(true);
    expect(loads.most).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(cache.health().status).toBe('READY');
  });
});

type Act = (cache: WarmCache<string>) => unknown;

const acts: [string, Act][] = [
  ['start()', (cache) => cache.start()],
  ['get()', (cache) => cache.get()],
  ['get({ maxAge: 0 })', (cache) => cache.get({ maxAge: 0 })],
  ['peek()', (cache) => cache.peek()],
  ['ready()', (cache) => cache.ready()],
  ['refresh()', (cache) => cache.refresh()],
  ['invalidate()', (cache) => cache.invalidate()],
  ['invalidate({ purge: true })', (cache) => cache.invalidate({ purge: true })],
  ['set()', (cache) => cache.set('mine')],
  ['health()', (cache) => cache.health()],
];

describe.each(acts)('%s inside a listener', (_, act) => {
  it.each(eventNames)('of %s leaves the cache in order', async (event: EventName) => {
    const { cache, loads } = eventful();
    cache.once(event, () => act(cache));
    await liveAndStop(cache);
    cache.start();
    await vi.advanceTimersByTimeAsync(700);
    expect(loads.most).toBe(1);
    expect(cache.health()).toMatchObject({ status: 'READY', running: true });
  });
});

describe('stop() inside a listener of load', () => {
  it('calls neither the validator nor the loader of that load', async () => {
    const loader = vi.fn(() => 'a');
    const validator = vi.fn(() => 1);
    const cache = newCache({ loader, validator });
    cache.once('load', () => cache.stop());
    cache.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(validator).not.toHaveBeenCalled();
    expect(loader).not.toHaveBeenCalled();
    expect(outcomesOf(cache)).toEqual({ stopped: 1 });
  });
});

describe('a load that a listener asks for as another ends', () => {
  it('starts when all are told of that end', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const events = eventsOf(cache);
    cache.once('refresh', () => cache.invalidate());
    void cache.refresh();
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(0);
    expect(events).toEqual(['load', 'refresh', 'invalidate', 'status', 'load']);
  });

  it('is not started where stop({ drain: true }) comes first', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    let next: Promise<unknown> | undefined;
    cache.once('refresh', () => {
      next = cache.invalidate();
      void cache.stop({ drain: true });
    });
    void cache.refresh();
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(0);
    await expect(next).rejects.toThrow(StoppedError);
    expect(calls).toHaveLength(1);
  });
});

describe('invalidate() inside a listener', () => {
  it.each(['load', 'refresh', 'unchanged', 'slow', 'status'] as const)(
    'of %s resolves with a load that started after the call',
    async (event) => {
      const { cache } = eventful();
      const loads = payloadsOf(cache, 'load');
      let before = 0;
      let value: Promise<unknown> | undefined;
      cache.once(event, () => {
        before = loads.length;
        const after = cache.invalidate().then(() => loads.length);
        value = after.catch(() => Infinity);
      });
      await liveAndStop(cache);
      expect(await value).toBeGreaterThan(before);
    },
  );

  it('of each load goes on for ever, one load at a time, and progress is made', async () => {
    const { cache, loads } = eventful();
    cache.on('load', () => cache.invalidate());
    cache.start();
    await vi.advanceTimersByTimeAsync(2000);
    expect(loads.most).toBe(1);
    expect(cache.health().version).toBeGreaterThan(50);
    expect(cache.health().status).toBe('STALE');
  });
});
