import { describe, expect, it, vi } from 'vitest';
import {
  LoadError,
  type LoadOutcome,
  LoadTimeoutError,
  notModified,
  type WarmCache,
  type WarmCacheOptions,
} from 'warm-cache';
import {
  eventNames,
  fakeTime,
  manualLoader,
  outcomesOf,
  payloadsOf,
  settle,
  t0,
} from './support/loads.ts';

const makeCache = fakeTime();
const name = 'board';
const newCache: typeof makeCache = (options) => makeCache({ name, ...options });
const down = new Error('down');

/** The names of all events, as they come. */
function everyEventOf(cache: WarmCache<string>): string[] {
  const events: string[] = [];
  for (const event of eventNames) cache.on(event, () => events.push(event));
  return events;
}

/** A cache whose loads are settled by the test; one is in flight. */
function loading(options: Partial<WarmCacheOptions<string>> = {}) {
  const { calls, loader } = manualLoader<string>();
  const cache = newCache({ loader, ...options });
  const events = everyEventOf(cache);
  const ends = payloadsOf(cache, 'loadEnd');
  void cache.refresh();
  return { cache, calls, events, ends };
}

type Loading = ReturnType<typeof loading>;

describe('loadEnd tells of a load that has ended as', () => {
  it('published: when it began, and how long it took', async () => {
    const { calls, ends } = loading();
    await vi.advanceTimersByTimeAsync(30);
    expect(ends).toEqual([]);
    calls[0]?.resolve('a');
    await settle();
    const outcome = 'published';
    expect(ends).toEqual([
      { name, reason: 'refresh', outcome, duration: 30, startedAt: t0, error: undefined },
    ]);
  });

  const ways: readonly [
    LoadOutcome,
    (load: Loading) => unknown,
    Partial<WarmCacheOptions<string>>?,
  ][] = [
    ['rejected', ({ calls }) => calls[0]?.resolve('a'), { accept: () => false }],
    ['failed', ({ calls }) => calls[0]?.reject(down)],
    ['failed', ({ calls }) => calls[0]?.resolve(notModified)],
    ['timeout', () => vi.advanceTimersByTimeAsync(100), { loadTimeout: 100 }],
  ];

  it.each(ways)('%s: and of the error', async (outcome, end, options) => {
    const load = loading(options);
    const { cache, ends } = load;
    const errors = payloadsOf(cache, 'error');
    await end(load);
    await settle();
    expect(ends).toMatchObject([{ outcome, error: expect.any(LoadError) }]);
    expect(ends[0]?.error).toBe(errors[0]?.error);
    expect(ends[0]?.error instanceof LoadTimeoutError).toBe(outcome === 'timeout');
  });

  it('unchanged, with no error', async () => {
    const { cache, calls, ends } = loading();
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    calls[1]?.resolve(notModified);
    await settle();
    expect(ends[1]).toMatchObject({ outcome: 'unchanged', error: undefined });
  });

  it.each<[string, (cache: WarmCache<string>) => unknown]>([
    ['a newer value was set', (cache) => cache.set('mine')],
    ['it was purged', (cache) => cache.invalidate({ purge: true })],
  ])('superseded, where no other event tells of it: %s', async (_, supersede) => {
    const { cache, calls, ends, events } = loading();
    supersede(cache);
    events.length = 0;
    calls[0]?.resolve('a');
    await settle();
    expect(events[0]).toBe('loadEnd');
    expect(ends[0]).toMatchObject({ outcome: 'superseded', error: undefined });
  });

  it('stopped, right before stop, and not again when the loader settles', async () => {
    const { cache, calls, ends, events } = loading();
    await vi.advanceTimersByTimeAsync(40);
    const stopping = cache.stop();
    expect(events).toEqual(['load', 'loadEnd', 'stop']);
    expect(ends).toMatchObject([{ outcome: 'stopped', duration: 40, error: undefined }]);
    calls[0]?.resolve('a');
    await stopping;
    expect(events).toHaveLength(3);
  });

  it('what it came to, before stop, where the load was drained', async () => {
    const { cache, calls, ends, events } = loading();
    const stopping = cache.stop({ drain: true });
    calls[0]?.resolve('a');
    await stopping;
    expect(ends).toMatchObject([{ outcome: 'published' }]);
    expect(events.slice(-2)).toEqual(['loadEnd', 'stop']);
  });

  it('stopped, where start() cuts a drain short', async () => {
    const { cache, calls, ends, events } = loading();
    void cache.stop({ drain: true });
    cache.start();
    expect(ends).toMatchObject([{ outcome: 'stopped' }]);
    expect(events).toEqual(['load', 'loadEnd', 'stop', 'start']);
    calls[0]?.resolve('a');
    await settle();
    expect(ends).toHaveLength(1);
  });
});

describe('loadEnd comes', () => {
  it('after all else that is told of the load, and before the status and the next load', async () => {
    const { cache, calls, events } = loading({ slowThreshold: 0 });
    const seen: unknown[] = [];
    cache.on('loadEnd', () => seen.push(cache.peek()?.value, cache.health().load));
    void cache.invalidate();
    events.length = 0;
    await vi.advanceTimersByTimeAsync(10);
    calls[0]?.resolve('a');
    await settle();
    expect(events).toEqual(['refresh', 'change', 'slow', 'loadEnd', 'status', 'load']);
    expect(seen).toEqual(['a', null]);
  });

  it('after the error of a load that failed', async () => {
    const { calls, events } = loading({ slowThreshold: 0 });
    await vi.advanceTimersByTimeAsync(10);
    calls[0]?.reject(down);
    await settle();
    expect(events).toEqual(['load', 'error', 'slow', 'loadEnd', 'status']);
  });

  it.each(['refresh', 'slow'] as const)(
    'with the outcome that it had, before stop, where a listener of %s stops the cache',
    async (event) => {
      const { cache, calls, ends, events } = loading({ slowThreshold: 0 });
      cache.once(event, () => cache.stop());
      await vi.advanceTimersByTimeAsync(10);
      calls[0]?.resolve('a');
      await settle();
      expect(ends).toMatchObject([{ outcome: 'published', duration: 10 }]);
      expect(events.slice(-2)).toEqual(['loadEnd', 'stop']);
      expect(outcomesOf(cache)).toEqual({ published: 1 });
    },
  );

  it('with the error, where a listener of that stops the cache', async () => {
    const { cache, calls, ends, events } = loading();
    cache.once('error', () => cache.stop());
    calls[0]?.reject(down);
    await settle();
    expect(ends).toMatchObject([{ outcome: 'failed', error: expect.any(LoadError) }]);
    expect(events).toEqual(['load', 'error', 'loadEnd', 'stop']);
  });
});

describe('inside a listener of loadEnd, of a load that was stopped,', () => {
  it('start() has stop told first', async () => {
    const { cache, calls, events } = loading();
    cache.once('loadEnd', () => cache.start());
    void cache.stop();
    expect(events).toEqual(['load', 'loadEnd', 'stop', 'start']);
    calls[0]?.resolve('a');
    await settle();
    expect(events.slice(4)).toEqual(['load']);
    expect(cache.health().running).toBe(true);
  });

  it('start() and stop() are two ends', async () => {
    const { cache, events } = loading();
    cache.once('loadEnd', () => {
      cache.start();
      void cache.stop();
    });
    void cache.stop();
    expect(events).toEqual(['load', 'loadEnd', 'stop', 'start', 'stop']);
  });

  it('stop() changes nothing', async () => {
    const { cache, events } = loading();
    cache.once('loadEnd', () => cache.stop());
    void cache.stop();
    expect(events).toEqual(['load', 'loadEnd', 'stop']);
  });
});

it('each load has one loadEnd, whatever happens', async () => {
  let calls = 0;
  const loader = async (): Promise<string> => {
    calls += 1;
    await new Promise((resolve) => setTimeout(resolve, (calls * 37) % 90));
    if (calls % 3 === 0) throw down;
    return `${calls}`;
  };
  const cache = newCache({ loader, ttl: 200, loadTimeout: 80, backoff: { minDelay: 50 } });
  const loads = payloadsOf(cache, 'load');
  const ends = payloadsOf(cache, 'loadEnd');
  const acts = [
    () => cache.start(),
    () => cache.refresh(),
    () => cache.invalidate(),
    () => cache.set('mine'),
    () => cache.invalidate({ purge: true }),
    () => cache.stop(),
    () => cache.stop({ drain: true }),
  ];
  for (let step = 0; step < 300; step++) {
    acts[(step * step) % acts.length]?.();
    await vi.advanceTimersByTimeAsync((step * 13) % 60);
  }
  const stopping = cache.stop();
  await vi.advanceTimersByTimeAsync(1000);
  await stopping;
  expect(loads.length).toBeGreaterThan(50);
  expect(ends.map(({ startedAt, reason }) => [startedAt, reason])).toEqual(
    loads.map(({ startedAt, reason }) => [startedAt, reason]),
  );
  expect(Object.keys(outcomesOf(cache)).length).toBeGreaterThan(3);
  const counted: Record<string, number> = {};
  for (const { outcome } of ends) counted[outcome] = (counted[outcome] ?? 0) + 1;
  expect(counted).toEqual(outcomesOf(cache));
});
