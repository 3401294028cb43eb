import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { notModified, type WarmCache, type WarmCacheOptions } from 'warm-cache';
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
type Board = readonly string[];
type Options = Partial<WarmCacheOptions<Board>>;

const hashOf = (board: Board): string => board.join();
const ways: [string, Options][] = [
  ['equals', { equals: isDeepStrictEqual }],
  ['contentHash', { contentHash: hashOf }],
];

/** A cache that brings these values, an array of its own each time, and the last of them for ever. */
function newCache(boards: Board[], options: Options = {}): WarmCache<Board> {
  const loader = () => [...((boards.length > 1 ? boards.shift() : boards[0]) ?? [])];
  return makeCache<Board>({ name, loader, ...options });
}

describe.each(ways)('a load that brings an equal value, by %s,', (_, options) => {
  it('ends as unchanged: the value keeps its identity and version, and has the new age', async () => {
    const cache = newCache([['ace']], options);
    const { value } = await cache.refresh();
    await vi.advanceTimersByTimeAsync(100);
    const again = await cache.refresh();
    expect(again).toEqual({ value: ['ace'], version: 1, loadedAt: t0 + 100, source: 'loader' });
    expect(again.value).toBe(value);
    expect(await cache.get()).toBe(value);
    expect(outcomesOf(cache)).toEqual({ published: 1, unchanged: 1 });
  });

  it('is told by unchanged, and by neither refresh nor change', async () => {
    const cache = newCache([['ace']], options);
    await cache.refresh();
    const told: string[] = [];
    for (const event of eventNames) cache.on(event, () => told.push(event));
    await cache.refresh();
    expect(told).toEqual(['load', 'unchanged', 'loadEnd']);
  });

  it('has no view derived anew', async () => {
    const cache = newCache([['ace']], options);
    const fn = vi.fn((board: Board) => board.length);
    const lazy = cache.select(fn);
    cache.select(fn, { eager: true });
    await lazy.get();
    await cache.refresh();
    await lazy.get();
    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('lifts an invalidation, and is what its caller gets', async () => {
    const cache = newCache([['ace']], options).start();
    await cache.ready();
    await vi.advanceTimersByTimeAsync(100);
    const invalidated = cache.invalidate();
    expect(cache.health().status).toBe('STALE');
    expect(await invalidated).toMatchObject({ version: 1, loadedAt: t0 + 100 });
    expect(cache.health().status).toBe('READY');
  });

  it('is published after a purge', async () => {
    const cache = newCache([['ace']], options);
    await cache.refresh();
    expect(await cache.invalidate({ purge: true })).toMatchObject({ version: 2 });
  });

  it('has its validator spare the next one', async () => {
    const loader = vi.fn(() => ['ace']);
    const tokens = [1, 2, 2];
    const validator = () => tokens.shift() ?? 0;
    const cache = makeCache<Board>({ loader, validator, ...options });
    await cache.refresh();
    await cache.refresh();
    await cache.refresh();
    expect(loader).toHaveBeenCalledTimes(2);
  });

  it('is not told from what set() has put there', async () => {
    const cache = newCache([['ace']], options);
    cache.set(['ace']);
    expect(await cache.refresh()).toMatchObject({ version: 1, source: 'set' });
    cache.set(['bolt']);
    expect(await cache.refresh()).toMatchObject({ value: ['ace'], version: 3 });
  });

  it('is another where the value is', async () => {
    const cache = newCache([['ace'], ['bolt'], ['ace']], options);
    for (const version of [1, 2, 3]) expect((await cache.refresh()).version).toBe(version);
    expect(outcomesOf(cache)).toEqual({ published: 3 });
  });

  it('is vetoed first, where accept does so', async () => {
    const accept = vi.fn().mockReturnValueOnce(true).mockReturnValue(false);
    const cache = newCache([['ace']], { ...options, accept });
    await cache.refresh();
    await expect(cache.refresh()).rejects.toMatchObject({ code: 'ERR_LOAD_REJECTED' });
  });
});

describe('equals', () => {
  it('is given the new value and the one that stands, and not asked before there is one', async () => {
    const equals = vi.fn(() => false);
    const cache = newCache([['ace'], ['bolt']], { equals });
    await cache.refresh();
    expect(equals).not.toHaveBeenCalled();
    await cache.refresh();
    expect(equals.mock.calls).toEqual([[['bolt'], ['ace']]]);
  });

  it('has to say true: what else it says is no', async () => {
    const equals = (() => 1) as unknown as () => boolean;
    const cache = newCache([['ace']], { equals });
    await cache.refresh();
    expect((await cache.refresh()).version).toBe(2);
  });

  it('is asked also where the hashes differ, and not where they are the same', async () => {
    const equals = vi.fn(() => true);
    const hashes = ['a', 'b', 'a'];
    const cache = newCache([['ace']], { equals, contentHash: () => hashes.shift() ?? '' });
    await cache.refresh();
    expect((await cache.refresh()).version).toBe(1);
    expect(equals).toHaveBeenCalledTimes(1);
    // The value that stands is the first one still, and so is its hash.
    expect((await cache.refresh()).version).toBe(1);
    expect(equals).toHaveBeenCalledTimes(1);
  });
});

describe('contentHash', () => {
  it('is asked once a value', async () => {
    const contentHash = vi.fn(hashOf);
    const cache = newCache([['ace'], ['bolt']], { contentHash });
    await cache.refresh();
    await cache.refresh();
    cache.set(['fox']);
    expect(contentHash.mock.calls).toEqual([[['ace']], [['bolt']], [['fox']]]);
  });

  it('may be a number', async () => {
    const cache = newCache([['ace'], ['bolt']], { contentHash: () => 0 });
    await cache.refresh();
    expect(await cache.refresh()).toMatchObject({ value: ['ace'], version: 1 });
  });
});

describe.each<[string, (fn: () => never) => Options]>([
  ['equals', (equals) => ({ equals })],
  ['contentHash', (contentHash) => ({ contentHash })],
])('where %s throws', (_, options) => {
  const thrown = new Error('no');
  const refuse = () => {
    throw thrown;
  };

  it('values count as different, and an error event tells: attempt 0, not final', async () => {
    const cache = newCache([['ace']], options(refuse));
    const errors = payloadsOf(cache, 'error');
    await cache.refresh();
    expect((await cache.refresh()).version).toBe(2);
    expect(errors.at(-1)).toEqual({
      name,
      error: thrown,
      reason: 'refresh',
      attempt: 0,
      final: false,
      retryAt: undefined,
      serving: true,
    });
    expect(cache.health().consecutiveFailures).toBe(0);
  });

  it('in set(), that is told too, also while a load is under way, and the value is published', async () => {
    const { calls, loader } = manualLoader<Board>();
    const cache = makeCache({ loader, ...options(refuse) });
    cache.set(['ace']);
    void cache.refresh();
    const errors = payloadsOf(cache, 'error');
    expect(cache.set(['bolt'])).toMatchObject({ version: 2 });
    expect(errors).toMatchObject([{ error: thrown, attempt: 0, reason: undefined }]);
    calls[0]?.resolve([]);
  });
});

it('where equals throws in set(), an error listener may set another value: that stays', async () => {
  const equals = vi.fn(() => false).mockImplementationOnce(() => JSON.parse('{'));
  const cache = newCache([['ace']], { equals });
  await cache.refresh();
  cache.once('error', () => cache.set(['fallback']));
  const changes = payloadsOf(cache, 'change');
  cache.set(['bolt']);
  expect(cache.peek()).toMatchObject({ value: ['fallback'], version: 3 });
  expect(changes).toMatchObject([
    { snapshot: { value: ['bolt'] }, previous: { value: ['ace'] } },
    { snapshot: { value: ['fallback'] }, previous: { value: ['bolt'] } },
  ]);
});

describe('change', () => {
  it('tells the new snapshot, the one before and why, right after refresh', async () => {
    const cache = newCache([['ace'], ['bolt']]);
    const told: string[] = [];
    cache.on('refresh', ({ snapshot }) => told.push(`refresh ${snapshot.version}`));
    cache.on('change', ({ snapshot }) => told.push(`change ${snapshot.version}`));
    const payloads = payloadsOf(cache, 'change');
    const first = await cache.refresh();
    const second = await cache.refresh();
    expect(payloads).toEqual([
      { name, snapshot: first, previous: undefined, reason: 'refresh' },
      { name, snapshot: second, previous: first, reason: 'refresh' },
    ]);
    expect(told).toEqual(['refresh 1', 'change 1', 'refresh 2', 'change 2']);
  });

  it('is not told where the very same value is published again', async () => {
    const board: Board = ['ace'];
    const cache = makeCache({ loader: () => board });
    await cache.refresh();
    const changes = payloadsOf(cache, 'change');
    const refreshes = payloadsOf(cache, 'refresh');
    await cache.refresh();
    cache.set(board);
    expect(refreshes).toHaveLength(2);
    expect(changes).toEqual([]);
  });

  it.each(ways)('is not told where set() publishes an equal value, by %s', async (_, options) => {
    const cache = newCache([['ace']], options);
    await cache.refresh();
    const changes = payloadsOf(cache, 'change');
    const refreshes = payloadsOf(cache, 'refresh');
    cache.set(['ace']);
    expect(refreshes).toHaveLength(1);
    expect(changes).toEqual([]);
    cache.set(['bolt']);
    expect(changes).toMatchObject([{ reason: 'set', snapshot: { value: ['bolt'], version: 3 } }]);
  });

  it('is told of what comes after a purge, though it be what was there before', async () => {
    const cache = newCache([['ace']], { equals: isDeepStrictEqual });
    await cache.refresh();
    const changes = payloadsOf(cache, 'change');
    await cache.invalidate({ purge: true });
    expect(changes).toMatchObject([{ previous: undefined, snapshot: { version: 2 } }]);
  });

  it('is not told of a load that found nothing modified, or failed', async () => {
    const { calls, loader } = manualLoader<Board>();
    const cache = makeCache({ loader });
    cache.set(['ace']);
    const changes = payloadsOf(cache, 'change');
    void cache.refresh();
    calls[0]?.resolve(notModified);
    await settle();
    void cache.refresh();
    calls[1]?.reject(new Error('down'));
    await settle();
    expect(changes).toEqual([]);
  });

  it('has once() wait for the first that is one', async () => {
    const cache = newCache([['ace'], ['ace'], ['ace'], ['bolt'], ['fox']], {
      contentHash: hashOf,
    });
    await cache.refresh();
    const changed = vi.fn();
    cache.once('change', ({ snapshot }) => changed(snapshot.value));
    for (let i = 0; i < 4; i += 1) await cache.refresh();
    expect(changed.mock.calls).toEqual([[['bolt']]]);
  });

  it('ends with the newest, where a listener of refresh sets another: told once, from what was there', async () => {
    const cache = newCache([['ace'], ['bolt']]);
    await cache.refresh();
    const changes = payloadsOf(cache, 'change');
    cache.once('refresh', () => cache.set(['fox']));
    await cache.refresh();
    expect(changes).toMatchObject([{ snapshot: { value: ['fox'] }, previous: { value: ['ace'] } }]);
  });

  it('is told though that listener sets an equal one', async () => {
    const cache = newCache([['ace'], ['bolt']], { equals: isDeepStrictEqual });
    await cache.refresh();
    const changes = payloadsOf(cache, 'change');
    cache.once('refresh', () => cache.set(['bolt']));
    await cache.refresh();
    expect(changes).toMatchObject([
      { reason: 'set', snapshot: { value: ['bolt'], version: 3 }, previous: { value: ['ace'] } },
    ]);
  });

  it('is not told of what a listener of refresh has purged', async () => {
    const cache = newCache([['ace'], ['bolt'], ['fox']]);
    await cache.refresh();
    const changes = payloadsOf(cache, 'change');
    cache.once('refresh', () => void cache.invalidate({ purge: true }));
    await cache.refresh();
    await settle();
    expect(changes).toMatchObject([{ snapshot: { value: ['fox'] }, previous: undefined }]);
  });

  it.each(['stopped', 'stopped and started'])(
    'is not told after a listener of refresh has %s the cache',
    async (what) => {
      const cache = newCache([['ace']]);
      const changes = payloadsOf(cache, 'change');
      cache.once('refresh', () => {
        void cache.stop();
        if (what !== 'stopped') cache.start();
      });
      void cache.refresh();
      await settle();
      expect(changes).toHaveLength(what === 'stopped' ? 0 : 1);
    },
  );
});

describe('health() tells what was spared:', () => {
  const saved = (cache: WarmCache<Board>) => {
    const { probes, skipped } = cache.health();
    return { probes, skipped };
  };

  it('how often the validator was asked, and how many loads it spared', async () => {
    const tokens = ['a', 'a', 'b', 'b', 'b'];
    const cache = newCache([['ace']], { validator: () => tokens.shift() ?? '' });
    expect(saved(cache)).toEqual({ probes: 0, skipped: 0 });
    for (let i = 0; i < 5; i += 1) await cache.refresh();
    expect(saved(cache)).toEqual({ probes: 5, skipped: 3 });
    expect(outcomesOf(cache)).toEqual({ published: 2, unchanged: 3 });
  });

  it('a probe that throws is one, and spares nothing', async () => {
    const validator = () => Promise.reject(new Error('no'));
    const cache = newCache([['ace']], { validator });
    await cache.refresh();
    expect(saved(cache)).toEqual({ probes: 1, skipped: 0 });
  });

  it('one a load, however many attempts that takes', async () => {
    const loader = vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue(['ace']);
    const retry = { retries: 1, minTimeout: 0 };
    const cache = makeCache<Board>({ loader, retry, validator: () => 1 });
    await cache.refresh();
    expect(saved(cache)).toEqual({ probes: 1, skipped: 0 });
  });

  it('nothing where the loader, or equals, found the value unchanged', async () => {
    const cache = newCache([['ace']], { equals: isDeepStrictEqual });
    await cache.refresh();
    await cache.refresh();
    expect(saved(cache)).toEqual({ probes: 0, skipped: 0 });
    expect(outcomesOf(cache)).toEqual({ published: 1, unchanged: 1 });
  });
});
