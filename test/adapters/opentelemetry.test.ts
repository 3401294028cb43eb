import { context, diag, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  MeterProvider,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { notModified, WarmCacheMap, type WarmCacheOptions } from 'warm-cache';
import { instrument, type ObservedCache } from 'warm-cache/opentelemetry';
import { fakeTime, manualLoader, settle, stopped } from '../support/loads.ts';

/** Collects when it is asked to. */
class ManualReader extends MetricReader {
  protected onShutdown = async (): Promise<void> => {};
  protected onForceFlush = async (): Promise<void> => {};
}

const makeCache = fakeTime();
const name = 'board';
const newCache: typeof makeCache = (options) => makeCache({ name, ...options });
const down = new TypeError('down');

let reader: ManualReader;
/** Forgets what isn't observed any more, as the cumulative one doesn't. */
let delta: ManualReader;
let exporter: InMemorySpanExporter;
let provider: TracerProvider;
let meters: MeterProvider;
let offs: (() => void)[];

beforeEach(() => {
  reader = new ManualReader();
  delta = new ManualReader({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  meters = new MeterProvider({ readers: [reader, delta] });
  exporter = new InMemorySpanExporter();
  provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  offs = [];
});
afterEach(async () => {
  for (const off of offs) off();
  // The exporter answers a ms later.
  await vi.advanceTimersByTimeAsync(1);
});

/** Instruments with this test's meter and tracer. */
function instrumented(source: object, options?: object): () => void {
  const own = { meter: meters.getMeter('test'), tracer: provider.getTracer('test') };
  const off = instrument(source as never, { ...own, ...options });
  offs.push(off);
  return off;
}

async function collected(from = reader): Promise<Record<string, MetricData>> {
  const { resourceMetrics, errors } = await from.collect();
  expect(errors).toEqual([]);
  const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return Object.fromEntries(all.map((metric) => [metric.descriptor.name, metric]));
}

/** The points of a metric: what tells them apart, but the name, and their value. */
async function pointsOf(metric: string, from = reader): Promise<[string, number][]> {
  const points = ((await collected(from))[metric]?.dataPoints ?? []) as DataPoint<number>[];
  return points.map(({ attributes, value }) => {
    const { 'warm_cache.name': cache, ...others } = attributes;
    const labels = Object.values(others).join(' ');
    return [cache === name ? labels : `${String(cache)} ${labels}`.trim(), value];
  });
}

async function durations(): Promise<
  { attributes: object; count: number; sum: number | undefined }[]
> {
  const metric = (await collected())['warm_cache.load.duration'];
  const points = (metric?.dataPoints ?? []) as DataPoint<Histogram>[];
  return points.map(({ attributes, value: { count, sum } }) => ({ attributes, count, sum }));
}

/** The spans that have ended, oldest first. */
const spans = () => exporter.getFinishedSpans();

describe('the metrics of a cache', () => {
  it('have names, units and kinds by the semantic conventions', async () => {
    const map = new WarmCacheMap({ name, loader: () => 'a', ttl: 60_000 });
    const cache = newCache({ loader: () => 'a' });
    instrumented(map);
    offs.pop()?.();
    instrumented(cache);
    await cache.refresh();
    const own = await collected();
    offs.pop()?.();
    instrumented(map);
    await map.get('x');
    await map.stop();
    const all = { ...(await collected()), ...own };
    const told = Object.values(all).map(({ descriptor, dataPointType }) => [
      descriptor.name,
      descriptor.unit,
      DataPointType[dataPointType],
    ]);
    expect(told.toSorted()).toEqual([
      ['warm_cache.age', 's', 'GAUGE'],
      ['warm_cache.entries', '{entry}', 'SUM'],
      ['warm_cache.entry.failing', '{entry}', 'SUM'],
      ['warm_cache.evictions', '{entry}', 'SUM'],
      ['warm_cache.failures.consecutive', '{failure}', 'GAUGE'],
      ['warm_cache.load.abandoned', '{load}', 'SUM'],
      ['warm_cache.load.duration', 's', 'HISTOGRAM'],
      ['warm_cache.load.in_flight', '{load}', 'SUM'],
      ['warm_cache.load.queued', '{load}', 'SUM'],
      ['warm_cache.reads', '{read}', 'SUM'],
      ['warm_cache.status', '1', 'SUM'],
    ]);
    const monotonic = Object.values(all).filter(
      (metric) => 'isMonotonic' in metric && metric.isMonotonic,
    );
    expect(monotonic.map(({ descriptor }) => descriptor.name).toSorted()).toEqual([
      'warm_cache.evictions',
      'warm_cache.reads',
    ]);
    for (const { descriptor } of Object.values(all)) expect(descriptor.description).not.toBe('');
  });

  it('count each load, by its outcome, reason and error, in seconds', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    instrumented(cache);
    cache.start();
    await vi.advanceTimersByTimeAsync(250);
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(2000);
    calls[1]?.reject(down);
    await settle();
    expect(await durations()).toEqual([
      {
        attributes: {
          'warm_cache.name': name,
          'warm_cache.load.reason': 'start',
          'warm_cache.load.outcome': 'published',
        },
        count: 1,
        sum: 0.25,
      },
      {
        attributes: {
          'warm_cache.name': name,
          'warm_cache.load.reason': 'refresh',
          'warm_cache.load.outcome': 'failed',
          'error.type': 'ERR_LOAD_FAILED',
        },
        count: 1,
        sum: 2,
      },
    ]);
  });

  it('put durations into buckets of seconds', async () => {
    const cache = newCache({ loader: () => 'a' });
    instrumented(cache);
    await cache.refresh();
    const point = (await collected())['warm_cache.load.duration']?.dataPoints[0];
    const { boundaries } = (point as DataPoint<Histogram>).value.buckets;
    expect(boundaries.at(0)).toBe(0.005);
    expect(boundaries.at(-1)).toBe(60);
  });

  it('tell how old the value is, in seconds, once there is one', async () => {
    const cache = newCache({ loader: () => 'a' });
    instrumented(cache);
    expect(await pointsOf('warm_cache.age')).toEqual([]);
    await cache.refresh();
    await vi.advanceTimersByTimeAsync(12_500);
    expect(await pointsOf('warm_cache.age')).toEqual([['', 12.5]]);
  });

  it('count reads by what they met', async () => {
    const loader = vi.fn<() => Promise<string>>().mockResolvedValue('a');
    const cache = newCache({ loader, ttl: 1000, maxStale: 1000 });
    instrumented(cache);
    await cache.get();
    await cache.get();
    await cache.get();
    loader.mockRejectedValue(down);
    await vi.advanceTimersByTimeAsync(1500);
    await cache.get();
    await vi.advanceTimersByTimeAsync(600);
    await cache.get().catch(() => {});
    await cache.get().catch(() => {});
    const { fresh, stale, waited, failed } = cache.health().reads;
    expect([fresh, stale, waited, failed]).toEqual([2, 1, 1, 2]);
    expect(await pointsOf('warm_cache.reads')).toEqual([
      ['fresh', 2],
      ['stale', 1],
      ['waited', 1],
      ['failed', 2],
    ]);
  });

  it('have one series a status, of which one is 1', async () => {
    const cache = newCache({ loader: () => 'a' });
    instrumented(cache);
    const isOn = async () =>
      (await pointsOf('warm_cache.status')).filter(([, value]) => value === 1);
    expect((await pointsOf('warm_cache.status')).map(([status]) => status)).toEqual([
      'NOT_READY',
      'READY',
      'STALE',
      'ERROR',
    ]);
    expect(await isOn()).toEqual([['NOT_READY', 1]]);
    await cache.refresh();
    expect(await isOn()).toEqual([['READY', 1]]);
  });

  it('count failures in a row, loads in flight and loaders that were given up', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, loadTimeout: 100 });
    instrumented(cache);
    void cache.refresh();
    expect(await pointsOf('warm_cache.load.in_flight')).toEqual([['', 1]]);
    await vi.advanceTimersByTimeAsync(100);
    expect(await pointsOf('warm_cache.load.in_flight')).toEqual([['', 0]]);
    expect(await pointsOf('warm_cache.load.abandoned')).toEqual([['', 1]]);
    expect(await pointsOf('warm_cache.failures.consecutive')).toEqual([['', 1]]);
    for (const { reject } of calls) reject(down);
    await settle();
    expect(await pointsOf('warm_cache.load.abandoned')).toEqual([['', 0]]);
  });

  it('of several caches are told apart by their names', async () => {
    const one = makeCache({ name: 'one', loader: () => 1 });
    const two = makeCache({ name: 'two', loader: () => 2 });
    instrumented(one);
    instrumented(two);
    await one.refresh();
    await vi.advanceTimersByTimeAsync(1000);
    await two.refresh();
    expect(await pointsOf('warm_cache.age')).toEqual([
      ['one', 1],
      ['two', 0],
    ]);
    await collected(delta);
    offs[0]?.();
    expect(await pointsOf('warm_cache.age', delta)).toEqual([['two', 0]]);
  });

  it('of two caches of one name are warned of', () => {
    const warn = vi.spyOn(diag, 'warn').mockImplementation(() => {});
    instrumented(newCache({ loader: () => 1 }));
    expect(warn).not.toHaveBeenCalled();
    instrumented(newCache({ loader: () => 2 }));
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('board'));
  });

  it('end as they are taken off, and so do spans', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    const off = instrumented(cache);
    void cache.refresh();
    off();
    off();
    expect(spans()).toHaveLength(1);
    calls[0]?.resolve('a');
    await settle();
    expect(cache.peek()?.value).toBe('a');
    expect(spans()).toHaveLength(1);
    expect(await pointsOf('warm_cache.age')).toEqual([]);
    expect(await durations()).toEqual([]);
  });
});

describe('the metrics of a map', () => {
  const newMap = (options: Partial<WarmCacheOptions<string>> = {}) => {
    const { calls, loader } = manualLoader<string>();
    const map = new WarmCacheMap<string, string>({
      name,
      ttl: 60_000,
      jitter: 0,
      retry: { retries: 0 },
      concurrency: 2,
      maxEntries: 3,
      loader: (_key, context) => loader(context as never) as Promise<string>,
      ...(options as object),
    });
    return { map, calls };
  };

  it('are of all keys together', async () => {
    const { map, calls } = newMap();
    instrumented(map);
    for (const key of ['a', 'b', 'c']) void map.get(key);
    expect(await pointsOf('warm_cache.load.in_flight')).toEqual([['', 2]]);
    expect(await pointsOf('warm_cache.load.queued')).toEqual([['', 1]]);
    calls[0]?.resolve('A');
    await vi.advanceTimersByTimeAsync(3000);
    calls[1]?.reject(down);
    await settle();
    calls[2]?.resolve('C');
    await settle();
    expect(await pointsOf('warm_cache.entries')).toEqual([
      ['NOT_READY', 0],
      ['READY', 2],
      ['STALE', 0],
      ['ERROR', 1],
    ]);
    expect(await pointsOf('warm_cache.age')).toEqual([['', 3]]);
    expect(await pointsOf('warm_cache.entry.failing')).toEqual([['', 1]]);
    expect(await pointsOf('warm_cache.reads')).toContainEqual(['waited', 3]);
    void map.get('d').catch(() => {});
    expect(await pointsOf('warm_cache.evictions')).toEqual([['', 1]]);
    expect(await pointsOf('warm_cache.status')).toEqual([]);
    expect(await pointsOf('warm_cache.failures.consecutive')).toEqual([]);
    await stopped(map);
  });

  it('and its spans never have a key, unless that is asked for', async () => {
    const map = new WarmCacheMap({ name, loader: (key: string) => key, ttl: 60_000 });
    instrumented(map);
    await Promise.all([map.get('secret-1'), map.get('secret-2')]);
    await map.stop();
    const told = JSON.stringify([await collected(), spans().map(({ attributes }) => attributes)]);
    expect(told).toContain('published');
    expect(told).not.toContain('secret');
    expect((await durations()).map(({ count }) => count)).toEqual([2]);
  });

  it('have a series a key with keys: true, until the key is gone', async () => {
    const map = new WarmCacheMap({ name, loader: (key: number) => key, ttl: 60_000, jitter: 0 });
    instrumented(map, { keys: true });
    await map.get(1);
    await vi.advanceTimersByTimeAsync(1000);
    await map.get(2);
    expect(await pointsOf('warm_cache.age')).toEqual([
      ['1', 1],
      ['2', 0],
    ]);
    expect((await pointsOf('warm_cache.status')).filter(([, value]) => value === 1)).toEqual([
      ['1 READY', 1],
      ['2 READY', 1],
    ]);
    expect(await pointsOf('warm_cache.failures.consecutive')).toEqual([
      ['1', 0],
      ['2', 0],
    ]);
    expect((await durations()).map(({ attributes }) => attributes)).toMatchObject([
      { 'warm_cache.key': '1' },
      { 'warm_cache.key': '2' },
    ]);
    expect(spans().map(({ attributes }) => attributes['warm_cache.key'])).toEqual(['1', '2']);
    await collected(delta);
    map.delete(1);
    expect(await pointsOf('warm_cache.age', delta)).toEqual([['2', 0]]);
    await map.stop();
  });

  it('have a series a group with a function: the oldest, the most failures, how many have a status', async () => {
    const loader = async (key: string) => {
      if (key === 'b2') throw down;
      return key;
    };
    const map = new WarmCacheMap({ name, loader, ttl: 60_000, jitter: 0, retry: { retries: 0 } });
    instrumented(map, { keys: (key: string) => key.slice(0, 1) });
    await map.get('a1');
    await vi.advanceTimersByTimeAsync(1000);
    await Promise.allSettled([map.get('a2'), map.get('b1'), map.get('b2')]);
    expect(await pointsOf('warm_cache.age')).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
    expect(await pointsOf('warm_cache.failures.consecutive')).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    expect((await pointsOf('warm_cache.status')).filter(([, value]) => value > 0)).toEqual([
      ['a READY', 2],
      ['b READY', 1],
      ['b ERROR', 1],
    ]);
    await map.stop();
  });

  it('remember no keys for ever, though nobody reads the metrics', async () => {
    const loader = (key: number) => key;
    const map = new WarmCacheMap({ name, loader, ttl: 60_000, maxEntries: 10 });
    const health = vi.spyOn(map, 'health');
    instrumented(map, { keys: true });
    for (let key = 0; key < 1000; key++) await map.get(key);
    const known = new Set(health.mock.calls.flat());
    expect(known.size).toBeGreaterThan(500);
    health.mockClear();
    await collected();
    expect(health.mock.calls.length).toBeLessThan(150);
    await map.stop();
  });

  it('are wrong to ask for keys of another type', () => {
    const map = new WarmCacheMap({ name, loader: (key: number) => key, ttl: 60_000 });
    expect(() => instrument(map, { keys: 'yes' as never })).toThrow(
      new TypeError('Expected `keys` to be a boolean or a function, got yes'),
    );
  });
});

describe('the span of a load', () => {
  it('is a root, from its start to its end, with what it was and came to', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    instrumented(cache);
    cache.start();
    expect(spans()).toEqual([]);
    calls[0]?.resolve('a');
    await settle();
    const [span] = spans();
    expect(span).toMatchObject({
      name: 'warm_cache.load',
      parentSpanContext: undefined,
      links: [],
      events: [],
      status: { code: 0 },
      attributes: {
        'warm_cache.name': name,
        'warm_cache.load.reason': 'start',
        'warm_cache.load.outcome': 'published',
      },
    });
  });

  type Way = [
    outcome: string,
    end: (load: ReturnType<typeof loading>) => unknown,
    options?: Partial<WarmCacheOptions<string>>,
  ];

  function loading(options: Partial<WarmCacheOptions<string>> = {}) {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, ...options });
    instrumented(cache);
    void cache.refresh();
    return { cache, calls };
  }

  const good: Way[] = [
    ['published', ({ calls }) => calls[0]?.resolve('a')],
    [
      'unchanged',
      async ({ cache, calls }) => {
        calls[0]?.resolve('a');
        await settle();
        void cache.refresh();
        calls[1]?.resolve(notModified);
      },
    ],
    [
      'superseded',
      ({ cache, calls }) => {
        cache.set('mine');
        calls[0]?.resolve('a');
      },
    ],
    ['stopped', ({ cache }) => cache.stop()],
  ];

  it.each(good)('ends, with no error: %s', async (outcome, end, options) => {
    const load = loading(options);
    void end(load);
    await settle();
    await settle();
    expect(spans().at(-1)).toMatchObject({
      attributes: { 'warm_cache.load.outcome': outcome },
      status: { code: 0 },
      events: [],
      ended: true,
    });
    expect(spans().at(-1)?.attributes).not.toHaveProperty('error.type');
  });

  const bad: Way[] = [
    ['rejected', ({ calls }) => calls[0]?.resolve('a'), { accept: () => false }],
    ['failed', ({ calls }) => calls[0]?.reject(down)],
    ['timeout', () => vi.advanceTimersByTimeAsync(100), { loadTimeout: 100 }],
  ];

  it.each(bad)('ends, with its status and the error: %s', async (outcome, end, options) => {
    const load = loading(options);
    await end(load);
    await settle();
    expect(spans()).toMatchObject([
      {
        attributes: {
          'warm_cache.load.outcome': outcome,
          'error.type': `ERR_LOAD_${outcome.toUpperCase()}`,
        },
        status: { code: 2, message: expect.stringContaining(outcome) },
        events: [{ name: 'exception' }],
        ended: true,
      },
    ]);
  });

  it('has each attempt that failed as an event, and the cause of the last', async () => {
    const loader = vi.fn<() => Promise<string>>().mockRejectedValue(down);
    loader.mockRejectedValueOnce(new Error('reset'));
    const cache = newCache({ loader, retry: { retries: 1, minTimeout: 50, randomize: false } });
    instrumented(cache);
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(50);
    expect(spans()[0]?.events).toMatchObject([
      {
        name: 'warm_cache.attempt.failed',
        attributes: {
          'warm_cache.attempt': 1,
          'exception.type': 'Error',
          'exception.message': 'reset',
        },
      },
      {
        name: 'exception',
        attributes: {
          'exception.type': 'TypeError',
          'exception.message': 'down',
          'exception.stacktrace': expect.stringContaining('opentelemetry.test'),
        },
      },
    ]);
  });

  it('has a validator that failed as an event, and ends well', async () => {
    const validator = () => {
      throw down;
    };
    const cache = newCache({ loader: () => 'a', validator });
    instrumented(cache);
    await cache.refresh();
    expect(spans()[0]).toMatchObject({
      events: [{ name: 'warm_cache.option.failed' }],
      status: { code: 0 },
    });
  });

  it('ends whatever was thrown', async () => {
    class Hostile extends Error {
      override get message(): string {
        throw new Error('no');
      }
    }
    const thrown: unknown[] = [undefined, null, 'text', new Hostile(), Object.create(null)];
    for (const [i, value] of thrown.entries()) {
      const cache = makeCache({ name: `${i}`, loader: () => Promise.reject(value) });
      instrumented(cache);
      await cache.refresh().catch(() => {});
    }
    expect(spans()).toHaveLength(thrown.length);
    expect(spans()[3]?.events).toMatchObject([
      { attributes: { 'exception.message': 'unprintable' } },
    ]);
  });

  it('is one for each load, one after the other, of whatever key', async () => {
    const error = vi.spyOn(diag, 'error');
    const map = new WarmCacheMap({ name, loader: async (key: string) => key, ttl: 60_000 });
    instrumented(map);
    await Promise.all([map.get('a'), map.get('b'), map.get('c')]);
    void map.invalidate('a');
    void map.get('d');
    void map.delete('d');
    await map.stop();
    for (const off of offs.splice(0)) off();
    // As of a span that is ended twice.
    expect(error).not.toHaveBeenCalled();
    const outcomes = spans().map(({ attributes }) => attributes['warm_cache.load.outcome']);
    expect(outcomes.toSorted()).toEqual([
      'published',
      'published',
      'published',
      'stopped',
      'stopped',
    ]);
  });
});

describe('the span of a load is linked to that of who asked for it', () => {
  beforeEach(() => {
    expect(trace.setGlobalTracerProvider(provider)).toBe(true);
  });
  afterEach(() => {
    trace.disable();
  });

  it.each([
    ['get()', 'read'],
    ['refresh()', 'refresh'],
    ['invalidate()', 'invalidate'],
    ['start()', 'start'],
  ] as const)('%s', async (call, reason) => {
    const contexts = new AsyncLocalStorageContextManager().enable();
    expect(context.setGlobalContextManager(contexts)).toBe(true);
    try {
      const cache = newCache({ loader: async () => 'a' });
      // The default tracer is the API's.
      offs.push(instrument(cache));
      const method = call.slice(0, -2) as 'get' | 'invalidate' | 'refresh' | 'start';
      const reader = await provider.getTracer('app').startActiveSpan('request', async (span) => {
        await null;
        await cache[method]();
        await cache.ready();
        span.end();
        return span;
      });
      const load = spans().find((span) => span.name === 'warm_cache.load');
      expect(load?.attributes['warm_cache.load.reason']).toBe(reason);
      expect(load?.links.map((link) => link.context)).toEqual([reader.spanContext()]);
      expect(load?.spanContext().traceId).not.toBe(reader.spanContext().traceId);
      expect(load?.parentSpanContext).toBeUndefined();
    } finally {
      context.disable();
    }
  });

  it('once: whoever joins a load has no part in it, and the loop’s own have no link', async () => {
    const contexts = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(contexts);
    try {
      const loader = vi.fn(async () => 'a');
      const cache = newCache({ loader, ttl: 1000 });
      offs.push(instrument(cache));
      const app = provider.getTracer('app');
      const request = (asked: string) =>
        app.startActiveSpan(asked, async (span) => {
          await cache.get();
          span.end();
          return span;
        });
      const [first] = await Promise.all([request('first'), request('second')]);
      await app.startActiveSpan('main', async (span) => {
        cache.start();
        await cache.ready();
        span.end();
      });
      loader.mockRejectedValueOnce(down);
      await vi.advanceTimersByTimeAsync(5000);
      const loads = spans().filter((span) => span.name === 'warm_cache.load');
      const links = (reason: string) =>
        loads
          .filter(({ attributes }) => attributes['warm_cache.load.reason'] === reason)
          .map((load) => load.links.map((link) => link.context.spanId));
      expect(links('read')).toEqual([[first.spanContext().spanId]]);
      expect(links('interval').length).toBeGreaterThan(2);
      expect([...links('interval'), ...links('retry')].flat()).toEqual([]);
      expect(links('retry')).toHaveLength(1);
    } finally {
      context.disable();
    }
  });
});

it.each(['interval', 'retry'] as const)(
  'the span of a load by %s has no link, in whatever context its timer may be',
  async (reason) => {
    const contexts = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(contexts);
    try {
      const listeners: [event: string, listener: (payload: never) => unknown][] = [];
      const source: ObservedCache = {
        name,
        health: () => newCache({ loader: () => 'a' }).health(),
        on: (event, listener) => listeners.push([event, listener]),
        off: () => {},
      };
      instrumented(source);
      const tell = (event: string, payload: object): void => {
        for (const [heard, listener] of listeners) {
          if (heard === event) listener({ name, ...payload } as never);
        }
      };
      const span = provider.getTracer('app').startSpan('whose');
      context.with(trace.setSpan(context.active(), span), () => {
        for (const why of [reason, 'read']) {
          tell('load', { reason: why });
          tell('loadEnd', { reason: why, outcome: 'published', duration: 1 });
        }
      });
      expect(spans().map(({ links }) => links.length)).toEqual([0, 1]);
    } finally {
      context.disable();
    }
  },
);

it('takes the meter of the API where none is given', async () => {
  metrics.setGlobalMeterProvider(meters);
  try {
    const cache = newCache({ loader: () => 'a' });
    offs.push(instrument(cache));
    await cache.refresh();
    expect(await pointsOf('warm_cache.age')).toEqual([['', 0]]);
  } finally {
    metrics.disable();
  }
});

it('does nothing, and fails nowhere, where no SDK is set up', async () => {
  const cache = newCache({ loader: () => 'a' });
  const off = instrument(cache);
  expect(await cache.get()).toBe('a');
  off();
});
