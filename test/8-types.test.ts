import type Keyv from 'keyv';
import { describe, expectTypeOf, it } from 'vitest';
import {
  type CacheStatus,
  type Codec,
  type HealthReport,
  type InlineContext,
  type LoadContext,
  type LoadError,
  type Loader,
  type LoadOutcome,
  type LoadReason,
  type NotModified,
  type notModified,
  type SelectOptions,
  type Snapshot,
  type SnapshotSource,
  type SnapshotStore,
  type View,
  WarmCache,
  type WarmCacheEvents,
  type WarmCacheListener,
  type WarmCacheOptions,
} from 'warm-cache';

interface Board {
  readonly scores: readonly number[];
}

const board = new WarmCache({
  loader: async ({ notModified: same }): Promise<Board | NotModified> =>
    Math.random() < 2 ? { scores: [] } : same,
  ttl: 1000,
});

describe('the types of a cache', () => {
  it('follow from what the loader returns, without notModified', () => {
    expectTypeOf(board).toEqualTypeOf<WarmCache<Board>>();
    expectTypeOf(board.get()).toEqualTypeOf<Promise<Board>>();
    expectTypeOf(board.peek()).toEqualTypeOf<Snapshot<Board> | undefined>();
    expectTypeOf(board.ready()).toEqualTypeOf<Promise<Snapshot<Board>>>();
    expectTypeOf(board.refresh()).toEqualTypeOf<Promise<Snapshot<Board>>>();
    expectTypeOf(board.invalidate()).toEqualTypeOf<Promise<Snapshot<Board>>>();
    expectTypeOf(board.set).parameter(0).toEqualTypeOf<Board>();
    expectTypeOf(board.health()).toEqualTypeOf<HealthReport>();
    expectTypeOf(board.stop()).toEqualTypeOf<Promise<void>>();
  });

  it('follow from a synchronous loader too, and from one of undefined', () => {
    const sync = new WarmCache({ loader: () => 1, ttl: 1000 });
    expectTypeOf(sync.get()).toEqualTypeOf<Promise<number>>();
    const maybe = new WarmCache<string | undefined>({ loader: () => undefined, ttl: 1000 });
    expectTypeOf(maybe.get()).toEqualTypeOf<Promise<string | undefined>>();
  });
});

describe('the types of options', () => {
  type Options = WarmCacheOptions<Board>;

  it('ask for loader and ttl alone', () => {
    type Given = { loader: () => Board; ttl: number };
    expectTypeOf<Given>().toExtend<Options>();
    expectTypeOf<Omit<Given, 'ttl'>>().not.toExtend<Options>();
    expectTypeOf<Omit<Given, 'loader'>>().not.toExtend<Options>();
  });

  it('let each of the others be undefined', () => {
    expectTypeOf<Options['maxStale']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<{ retries: undefined }>().toExtend<NonNullable<Options['retry']>>();
  });

  it('give functions what they need', () => {
    expectTypeOf<Parameters<Options['loader']>>().toEqualTypeOf<[context: InlineContext]>();
    expectTypeOf<Parameters<Loader<Board>>>().toEqualTypeOf<[context: LoadContext<Board>]>();
    expectTypeOf<Parameters<NonNullable<Options['accept']>>>().toEqualTypeOf<
      [next: Board, previous: Board | undefined]
    >();
    type Validator = NonNullable<Options['validator']>;
    expectTypeOf<Parameters<Validator>>().toEqualTypeOf<[context: InlineContext]>();
    expectTypeOf<() => Promise<number>>().toExtend<Validator>();
    expectTypeOf<() => object>().not.toExtend<Validator>();
  });

  it('give the loader its context', () => {
    type Context = LoadContext<Board>;
    expectTypeOf<Context['signal']>().toEqualTypeOf<AbortSignal>();
    expectTypeOf<Context['previous']>().toEqualTypeOf<Snapshot<Board> | undefined>();
    expectTypeOf<Context['attempt']>().toBeNumber();
    expectTypeOf<Context['reason']>().toEqualTypeOf<LoadReason>();
    expectTypeOf<Context['notModified']>().toEqualTypeOf<typeof notModified>();
  });
});

describe('the types of views', () => {
  const scores = board.select(({ scores }) => scores);
  const best = scores.select((all) => all[0], { eager: true, equals: (a, b) => a === b });

  it('follow from what they are derived from, and from what the function gives', () => {
    expectTypeOf(scores).toEqualTypeOf<View<readonly number[]>>();
    expectTypeOf(best).toEqualTypeOf<View<number | undefined>>();
    expectTypeOf(best.get({ maxAge: 5 })).toEqualTypeOf<Promise<number | undefined>>();
    expectTypeOf(best.peek()).toEqualTypeOf<Snapshot<number | undefined> | undefined>();
    board.select((value) => expectTypeOf(value).toEqualTypeOf<Board>());
    scores.select((value) => expectTypeOf(value).toEqualTypeOf<readonly number[]>());
  });

  it('give equals what was derived, twice', () => {
    board.select(({ scores }) => scores.length, {
      equals: (next, previous) => {
        expectTypeOf([next, previous]).toEqualTypeOf<number[]>();
        return true;
      },
    });
    expectTypeOf<SelectOptions<number>['equals']>().toEqualTypeOf<
      ((next: number, previous: number) => boolean) | undefined
    >();
    expectTypeOf<SelectOptions<number>>().not.toExtend<SelectOptions<string>>();
  });

  it('let each option be undefined', () => {
    expectTypeOf<{ eager: undefined; equals: undefined }>().toExtend<SelectOptions<number>>();
  });
});

describe('the types of what skips and keeps', () => {
  type Options = WarmCacheOptions<Board>;

  it('give equals two values, and contentHash one', () => {
    expectTypeOf<NonNullable<Options['equals']>>().toEqualTypeOf<
      (next: Board, previous: Board) => boolean
    >();
    expectTypeOf<() => string>().toExtend<NonNullable<Options['contentHash']>>();
    expectTypeOf<() => Promise<string>>().not.toExtend<NonNullable<Options['contentHash']>>();
  });

  it('leave the type of the cache to the loader', () => {
    const cache = new WarmCache({
      loader: async () => new Map([['ace', 1]]),
      ttl: 1000,
      equals: (next, previous) => next.size === previous.size,
      contentHash: (map) => map.size,
      codec: {
        encode: (map) => [...map],
        decode: (data) => new Map(data as [string, number][]),
      },
    });
    expectTypeOf(cache).toEqualTypeOf<WarmCache<Map<string, number>>>();
  });

  it('take Keyv as a store, and a Map, and any other get and set', () => {
    expectTypeOf<Keyv>().toExtend<SnapshotStore>();
    expectTypeOf<Keyv<Board>>().toExtend<SnapshotStore>();
    expectTypeOf<Map<string, unknown>>().toExtend<SnapshotStore>();
    type Sync = { get(key: string): string; set(key: string, entry: unknown): void };
    expectTypeOf<Sync>().toExtend<SnapshotStore>();
    expectTypeOf<Pick<Sync, 'get'>>().not.toExtend<SnapshotStore>();
    expectTypeOf<Options['store']>().toEqualTypeOf<SnapshotStore | undefined>();
  });

  it('have a codec take the value, and give it back', () => {
    expectTypeOf<Parameters<Codec<Board>['encode']>>().toEqualTypeOf<[value: Board]>();
    expectTypeOf<Parameters<Codec<Board>['decode']>>().toEqualTypeOf<[data: unknown]>();
    expectTypeOf<ReturnType<Codec<Board>['decode']>>().toEqualTypeOf<Board | Promise<Board>>();
    expectTypeOf<Codec<Board>>().toExtend<NonNullable<Options['codec']>>();
    expectTypeOf<Codec<string>>().not.toExtend<NonNullable<Options['codec']>>();
  });

  it('name each source', () => {
    expectTypeOf<SnapshotSource>().toEqualTypeOf<'loader' | 'set' | 'shared' | 'store'>();
    expectTypeOf<HealthReport['probes']>().toBeNumber();
    expectTypeOf<HealthReport['skipped']>().toBeNumber();
    expectTypeOf<HealthReport['interval']>().toEqualTypeOf<{
      readonly ms: number | null;
      readonly why: string;
    }>();
  });
});

describe('the types of events', () => {
  it('allow only the events that there are', () => {
    type Name = Parameters<typeof board.on>[0];
    expectTypeOf<Name>().toEqualTypeOf<keyof WarmCacheEvents<Board>>();
    expectTypeOf<Name>().toEqualTypeOf<
      | 'load'
      | 'refresh'
      | 'change'
      | 'unchanged'
      | 'error'
      | 'slow'
      | 'loadEnd'
      | 'invalidate'
      | 'status'
      | 'start'
      | 'stop'
    >();
  });

  it('give each listener its payload', () => {
    board.once('refresh', (payload) => {
      expectTypeOf(payload).toEqualTypeOf<WarmCacheEvents<Board>['refresh']>();
      expectTypeOf(payload.snapshot).toEqualTypeOf<Snapshot<Board>>();
      expectTypeOf(payload.previous).toEqualTypeOf<Snapshot<Board> | undefined>();
      expectTypeOf(payload.reason).toEqualTypeOf<LoadReason | 'set' | 'shared' | 'store'>();
    });
    board.once('change', (payload) => {
      expectTypeOf(payload.snapshot).toEqualTypeOf<Snapshot<Board>>();
      expectTypeOf(payload.previous).toEqualTypeOf<Snapshot<Board> | undefined>();
      expectTypeOf(payload.reason).toEqualTypeOf<LoadReason | 'set' | 'shared' | 'store'>();
      expectTypeOf(payload).not.toHaveProperty('duration');
    });
    board.on('error', ({ error, final, retryAt }) => {
      expectTypeOf(error).toBeUnknown();
      expectTypeOf(final).toBeBoolean();
      expectTypeOf(retryAt).toEqualTypeOf<number | undefined>();
    });
    board.on('slow', ({ outcome }) => expectTypeOf(outcome).toEqualTypeOf<LoadOutcome>());
    board.on('loadEnd', ({ outcome, error }) => {
      expectTypeOf(outcome).toEqualTypeOf<LoadOutcome>();
      expectTypeOf(error).toEqualTypeOf<LoadError | undefined>();
    });
    board.on('status', ({ to }) => expectTypeOf(to).toEqualTypeOf<CacheStatus>());
    board.on('invalidate', ({ purge }) => expectTypeOf(purge).toBeBoolean());
    board.off('stop', ({ name }) => expectTypeOf(name).toBeString());
  });

  it('allow a listener to be async', () => {
    expectTypeOf<() => Promise<void>>().toExtend<WarmCacheListener<Board, 'load'>>();
  });

  it('name each outcome, reason and status', () => {
    expectTypeOf<keyof HealthReport['loads']>().toEqualTypeOf<LoadOutcome>();
    expectTypeOf<LoadOutcome>().toEqualTypeOf<
      'published' | 'unchanged' | 'rejected' | 'failed' | 'timeout' | 'superseded' | 'stopped'
    >();
    expectTypeOf<LoadReason>().toEqualTypeOf<
      'start' | 'interval' | 'read' | 'invalidate' | 'refresh' | 'retry'
    >();
    expectTypeOf<CacheStatus>().toEqualTypeOf<'NOT_READY' | 'READY' | 'STALE' | 'ERROR'>();
  });
});
