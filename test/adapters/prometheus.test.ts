import { AggregatorRegistry, Gauge, type OpenMetricsContentType, Registry } from 'prom-client';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { WarmCacheMap } from 'warm-cache';
import { type CollectOptions, collect } from 'warm-cache/prometheus';
import { lint, parse, type Sample } from '../support/exposition.ts';
import { fakeTime, manualLoader, settle, stopped } from '../support/loads.ts';

const makeCache = fakeTime();
const name = 'board';
const newCache: typeof makeCache = (options) => makeCache({ name, ...options });
const down = new Error('down');

let registry: Registry;

beforeEach(() => {
  registry = new Registry();
});

function collected(source: object, options: Partial<CollectOptions<never>> = {}): () => void {
  return collect(source as never, { registry, ...options });
}

async function samplesOf(metric: string, from: Pick<Registry, 'metrics'> = registry) {
  const families = parse(await from.metrics());
  expect(lint(families)).toEqual([]);
  return families.flatMap((family) => family.samples).filter((sample) => sample.name === metric);
}

/** What tells the samples of a metric apart, but the name of this file's cache, and their value. */
async function valuesOf(metric: string): Promise<[string, number][]> {
  return (await samplesOf(metric)).map(({ labels: { cache, ...others }, value }: Sample) => {
    const told = Object.values(others).join(' ');
    return [cache === name ? told : `${cache} ${told}`.trim(), value];
  });
}

describe('the metrics of a cache', () => {
  it('count each load, by its outcome and reason, in seconds', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader });
    collected(cache);
    cache.start();
    await vi.advanceTimersByTimeAsync(250);
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(2000);
    calls[1]?.reject(down);
    await settle();
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(1000);
    void cache.stop();
    expect(await samplesOf('warm_cache_load_duration_seconds_sum')).toMatchObject([
      { labels: { cache: name, outcome: 'published', reason: 'start' }, value: 0.25 },
      { labels: { cache: name, outcome: 'failed', reason: 'refresh' }, value: 2 },
      { labels: { cache: name, outcome: 'stopped', reason: 'refresh' }, value: 1 },
    ]);
    const buckets = await samplesOf('warm_cache_load_duration_seconds_bucket');
    const published = buckets.filter(({ labels }) => labels['outcome'] === 'published');
    const bounds = published.map(({ labels, value }) => [labels['le'], value]);
    expect(bounds).toContainEqual(['0.1', 0]);
    expect(bounds).toContainEqual(['0.25', 1]);
    expect(bounds.slice(-2)).toEqual([
      ['60', 1],
      ['+Inf', 1],
    ]);
    calls[2]?.resolve('c');
  });

  it('tell its age in seconds, its status, its failures and its loads', async () => {
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, loadTimeout: 100, ttl: 1000 });
    collected(cache);
    expect(await valuesOf('warm_cache_age_seconds')).toEqual([]);
    const statuses = async () =>
      (await valuesOf('warm_cache_status')).filter(([, value]) => value === 1).flat();
    expect(await statuses()).toEqual(['NOT_READY', 1]);
    void cache.refresh();
    expect(await valuesOf('warm_cache_loads_in_flight')).toEqual([['', 1]]);
    calls[0]?.resolve('a');
    await vi.advanceTimersByTimeAsync(500);
    expect(await valuesOf('warm_cache_loads_in_flight')).toEqual([['', 0]]);
    expect(await valuesOf('warm_cache_age_seconds')).toEqual([['', 0.5]]);
    expect(await statuses()).toEqual(['READY', 1]);
    expect(await valuesOf('warm_cache_status')).toHaveLength(4);
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(600);
    expect(await statuses()).toEqual(['STALE', 1]);
    expect(await valuesOf('warm_cache_consecutive_failures')).toEqual([['', 1]]);
    expect(await valuesOf('warm_cache_loads_abandoned')).toEqual([['', 1]]);
    void cache.invalidate({ purge: true });
    expect(await valuesOf('warm_cache_age_seconds')).toEqual([]);
    expect(await statuses()).toEqual(['ERROR', 1]);
    for (const { reject } of calls) reject(down);
  });

  it('count reads by what they met, again and again', async () => {
    const cache = newCache({ loader: () => 'a' });
    collected(cache);
    await cache.get();
    await cache.get();
    const reads = () => valuesOf('warm_cache_reads_total');
    const counted = [
      ['fresh', 1],
      ['stale', 0],
      ['waited', 1],
      ['failed', 0],
    ];
    expect(await reads()).toEqual(counted);
    expect(await reads()).toEqual(counted);
    await cache.get();
    expect((await reads())[0]).toEqual(['fresh', 2]);
  });

  it('ask for its health once a scrape, and not when it is read', async () => {
    const cache = newCache({ loader: () => 'a' });
    const health = vi.spyOn(cache, 'health');
    collected(cache);
    await cache.get();
    expect(health).not.toHaveBeenCalled();
    await registry.metrics();
    expect(health).toHaveBeenCalledTimes(1);
    await registry.metrics();
    await registry.getMetricsAsJSON();
    expect(health).toHaveBeenCalledTimes(3);
  });
});

describe('the metrics of several caches on one registry', () => {
  it('are told apart by their label, and go as they are taken off', async () => {
    const one = makeCache({ name: 'one', loader: () => 1 });
    const two = makeCache({ name: 'two', loader: () => 2 });
    const offs = [collected(one), collected(two)];
    await one.refresh();
    await two.refresh();
    expect(await valuesOf('warm_cache_age_seconds')).toEqual([
      ['one', 0],
      ['two', 0],
    ]);
    offs[0]?.();
    offs[0]?.();
    await one.refresh();
    expect(await valuesOf('warm_cache_age_seconds')).toEqual([['two', 0]]);
    expect(await valuesOf('warm_cache_load_duration_seconds_count')).toEqual([
      ['two published refresh', 1],
    ]);
    offs[1]?.();
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  it('can’t be told apart where two have one name', () => {
    const off = collected(newCache({ loader: () => 1 }));
    const second = newCache({ loader: () => 2 });
    expect(() => collected(second)).toThrow('a cache of the name `board` already');
    collected(second, { prefix: 'other_' })();
    collected(second, { registry: new Registry() })();
    off();
    collected(second)();
  });

  it('are there again on a registry that was cleared', async () => {
    const first = collected(newCache({ loader: () => 1 }));
    registry.clear();
    collected(newCache({ loader: () => 2 }));
    first();
    expect(await valuesOf('warm_cache_loads_in_flight')).toEqual([['', 0]]);
  });

  it('begin as the prefix says, and leave what is of others', async () => {
    new Gauge({ name: 'mine_own', help: 'Mine.', registers: [registry] }).set(1);
    const off = collected(newCache({ loader: () => 1 }), { prefix: 'mine_' });
    expect(await valuesOf('mine_loads_in_flight')).toEqual([['', 0]]);
    for (const { name: metric } of registry.getMetricsAsArray()) expect(metric).toMatch(/^mine_/);
    off();
    expect(registry.getMetricsAsArray().map((metric) => metric.name)).toEqual(['mine_own']);
  });

  it('are readable as OpenMetrics', async () => {
    const open = new Registry<OpenMetricsContentType>();
    open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const cache = newCache({ loader: () => 1 });
    const off = collect(cache, { registry: open });
    await cache.get();
    const text = await open.metrics();
    expect(text).toContain('warm_cache_reads_total{cache="board",kind="waited"} 1');
    expect(text.endsWith('# EOF\n')).toBe(true);
    off();
    expect(open.getMetricsAsArray()).toEqual([]);
  });

  it('are the oldest age, and the sum of reads, of the processes of a cluster', async () => {
    const cache = newCache({ loader: () => 'a' });
    collected(cache);
    await cache.get();
    await vi.advanceTimersByTimeAsync(1000);
    const one = await registry.getMetricsAsJSON();
    await vi.advanceTimersByTimeAsync(2000);
    await cache.get();
    const other = await registry.getMetricsAsJSON();
    const all = AggregatorRegistry.aggregate([one, other]) as Registry;
    expect(await samplesOf('warm_cache_age_seconds', all)).toMatchObject([{ value: 3 }]);
    const reads = await samplesOf('warm_cache_reads_total', all);
    expect(reads.map(({ value }) => value)).toEqual([1, 0, 2, 0]);
  });
});

describe('the metrics of a map', () => {
  it('are of all keys together, and never tell of one', async () => {
    const { calls, loader } = manualLoader<string>();
    const map = new WarmCacheMap<string, string>({
      name,
      ttl: 60_000,
      jitter: 0,
      retry: { retries: 0 },
      concurrency: 2,
      maxEntries: 3,
      loader: (_key, context) => loader(context as never) as Promise<string>,
    });
    collected(map);
    for (const key of ['secret-a', 'secret-b', 'secret-c']) void map.get(key);
    expect(await valuesOf('warm_cache_loads_in_flight')).toEqual([['', 2]]);
    expect(await valuesOf('warm_cache_loads_queued')).toEqual([['', 1]]);
    calls[0]?.resolve('A');
    await vi.advanceTimersByTimeAsync(3000);
    calls[1]?.reject(down);
    await settle();
    calls[2]?.resolve('C');
    await settle();
    expect(await valuesOf('warm_cache_entries')).toEqual([
      ['NOT_READY', 0],
      ['READY', 2],
      ['STALE', 0],
      ['ERROR', 1],
    ]);
    expect(await valuesOf('warm_cache_age_seconds')).toEqual([['', 3]]);
    expect(await valuesOf('warm_cache_entries_failing')).toEqual([['', 1]]);
    expect(await valuesOf('warm_cache_reads_total')).toContainEqual(['waited', 3]);
    void map.get('secret-d');
    expect(await valuesOf('warm_cache_evictions_total')).toEqual([['', 1]]);
    expect(await valuesOf('warm_cache_status')).toEqual([]);
    expect(await registry.metrics()).not.toContain('secret');
    await stopped(map);
  });

  it('have a series a key with keys: true, until the key is gone', async () => {
    const map = new WarmCacheMap({ name, loader: (key: number) => key, ttl: 60_000, jitter: 0 });
    collect(map, { registry, keys: true });
    await map.get(1);
    await vi.advanceTimersByTimeAsync(1000);
    await map.get(2);
    expect(await valuesOf('warm_cache_age_seconds')).toEqual([
      ['1', 1],
      ['2', 0],
    ]);
    expect(await valuesOf('warm_cache_load_duration_seconds_count')).toEqual([
      ['published read 1', 1],
      ['published read 2', 1],
    ]);
    map.delete(1);
    expect(await valuesOf('warm_cache_age_seconds')).toEqual([['2', 0]]);
    const health = vi.spyOn(map, 'health');
    expect(await valuesOf('warm_cache_consecutive_failures')).toEqual([['2', 0]]);
    expect(health.mock.calls).toEqual([[], [2]]);
    await map.stop();
  });

  it('have a series a group with a function', async () => {
    const map = new WarmCacheMap({ name, loader: (key: string) => key, ttl: 60_000, jitter: 0 });
    collect(map, { registry, keys: (key) => key.slice(0, 1) });
    await Promise.all([map.get('a1'), map.get('a2'), map.get('b1')]);
    const ready = (await valuesOf('warm_cache_status')).filter(([, value]) => value > 0);
    expect(ready).toEqual([
      ['a READY', 2],
      ['b READY', 1],
    ]);
    expect(await valuesOf('warm_cache_load_duration_seconds_count')).toEqual([
      ['published read a', 2],
      ['published read b', 1],
    ]);
    await map.stop();
  });
});
