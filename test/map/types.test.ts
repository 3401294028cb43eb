import { describe, expectTypeOf, it } from 'vitest';
import {
  type HealthReport,
  type InlineContext,
  type MapHealthReport,
  type NotModified,
  type Snapshot,
  WarmCacheMap,
  type WarmCacheMapEvents,
  type WarmCacheMapOptions,
} from 'warm-cache';

const lengths = new WarmCacheMap({ loader: async (key: string) => key.length, ttl: 1000 });

describe('the types of a map', () => {
  it('follow from the loader', () => {
    expectTypeOf(lengths).toEqualTypeOf<WarmCacheMap<string, number>>();
    expectTypeOf(lengths.get('a')).toEqualTypeOf<Promise<number>>();
    expectTypeOf(lengths.peek('a')).toEqualTypeOf<Snapshot<number> | undefined>();
    expectTypeOf(lengths.invalidate).returns.toEqualTypeOf<Promise<Snapshot<number> | undefined>>();
    expectTypeOf(lengths.set).parameters.toEqualTypeOf<[key: string, value: number]>();
    expectTypeOf(lengths.delete).parameters.toEqualTypeOf<[key: string]>();
    expectTypeOf(lengths.health()).toEqualTypeOf<MapHealthReport>();
    expectTypeOf(lengths.health('a')).toEqualTypeOf<HealthReport | undefined>();
    expectTypeOf(lengths.start()).toEqualTypeOf<typeof lengths>();
  });

  it('follow from a loader with notModified, and with a context', () => {
    const map = new WarmCacheMap({
      loader: (key: number, { signal, notModified }) => (signal.aborted ? notModified : [key]),
      ttl: 1000,
    });
    expectTypeOf(map).toEqualTypeOf<WarmCacheMap<number, number[]>>();
  });

  it('follow from loadMany, be its answer a Map, pairs or a promise of them', () => {
    const ofMap = new WarmCacheMap({
      loadMany: async (keys: readonly string[]) => new Map(keys.map((key) => [key, key.length])),
      ttl: 1000,
    });
    expectTypeOf(ofMap).toEqualTypeOf<WarmCacheMap<string, number>>();
    const ofPairs = new WarmCacheMap({
      loadMany: (keys: readonly number[]) => keys.map((key) => [key, String(key)] as const),
      ttl: 1000,
    });
    expectTypeOf(ofPairs).toEqualTypeOf<WarmCacheMap<number, string>>();
  });

  it('let the keys and keyOf be of the type of the loader', () => {
    const map = new WarmCacheMap({
      loader: (filter: { country: string }) => filter.country,
      keys: [{ country: 'PL' }],
      keyOf: (filter) => filter.country,
      ttl: 1000,
    });
    expectTypeOf(map).toEqualTypeOf<WarmCacheMap<{ country: string }, string>>();
  });
});

describe('wrong keys and values', () => {
  it('are no valid types', () => {
    expectTypeOf(lengths.get).parameter(0).toEqualTypeOf<string>();
    // @ts-expect-error a number is no key of it
    const wrongGet = () => lengths.get(1);
    // @ts-expect-error a number is no key of it
    const wrongPeek = () => lengths.peek(1);
    // @ts-expect-error a number is no key of it
    const wrongInvalidate = () => lengths.invalidate(1);
    // @ts-expect-error a string is no value of it
    const wrongSet = () => lengths.set('a', 'b');
    // @ts-expect-error a number is no key of it
    const wrongHealth = () => lengths.health(1);
    const wrongKeys = () =>
      new WarmCacheMap<string, number>({
        loader: (key) => key.length,
        // @ts-expect-error numbers are no keys of it
        keys: [1],
        ttl: 1000,
      });
    expectTypeOf([
      wrongGet,
      wrongPeek,
      wrongInvalidate,
      wrongSet,
      wrongHealth,
      wrongKeys,
    ]).toBeArray();
  });
});

describe('the types of events', () => {
  it('have the key', () => {
    type Events = WarmCacheMapEvents<string, number>;
    expectTypeOf<Events['refresh']['key']>().toEqualTypeOf<string>();
    expectTypeOf<Events['refresh']['snapshot']>().toEqualTypeOf<Snapshot<number>>();
    expectTypeOf<Events['error']['key']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Events['evict']['reason']>().toEqualTypeOf<'capacity' | 'idle'>();
    expectTypeOf<Events['stop']>().not.toHaveProperty('key');
    lengths.on('load', ({ key, reason }) => {
      expectTypeOf(key).toEqualTypeOf<string>();
      expectTypeOf(reason).toBeString();
    });
    // @ts-expect-error there is no such event
    const wrong = () => lengths.on('nothing', () => {});
    expectTypeOf(wrong).toBeFunction();
  });
});

describe('the types of options', () => {
  type Options = WarmCacheMapOptions<string, number>;

  it('tell functions the key', () => {
    expectTypeOf<NonNullable<Options['loader']>>().parameters.toEqualTypeOf<
      [key: string, context: InlineContext]
    >();
    expectTypeOf<NonNullable<Options['accept']>>().parameters.toEqualTypeOf<
      [next: number, previous: number | undefined, key: string]
    >();
    type Rate = Extract<Options['refreshInterval'], (...args: never[]) => unknown>;
    expectTypeOf<Parameters<Rate>[0]['key']>().toEqualTypeOf<string>();
    type LoadMany = NonNullable<Options['loadMany']>;
    expectTypeOf<Parameters<LoadMany>[0]>().toEqualTypeOf<readonly string[]>();
    type Answer = Awaited<ReturnType<LoadMany>>;
    expectTypeOf<Map<string, number>>().toExtend<Answer>();
    expectTypeOf<[string, number | NotModified | Error][]>().toExtend<Answer>();
    expectTypeOf<Map<number, number>>().not.toExtend<Answer>();
  });
});
