import { describe, expect, it, vi } from 'vitest';
import { notModified } from 'warm-cache';
import { fleetTier } from 'warm-cache/fleet';
import { Leaderboard } from 'warm-cache/leaderboard';
import { logTo } from 'warm-cache/logging';
import { memoryServer } from '../support/fleet/memory-store.ts';
import { fakeTime, manualLoader, settle, t0 } from '../support/loads.ts';
import { pinoLogger, textOf } from './loggers.ts';

const makeCache = fakeTime();

/** A cache whose first value is asked for and not there yet, and what is logged of it. */
function started<T>(options: Partial<Parameters<typeof makeCache<T>>[0]> = {}, log = {}) {
  const { lines, logger } = pinoLogger();
  const { calls, loader } = manualLoader<T>();
  const cache = makeCache<T>({ name: 'board', loader, ...options });
  const silence = logTo(logger, cache, log);
  cache.start();
  return { cache, calls, lines, silence };
}

describe('a line tells', () => {
  it('a start, a refresh with how long it took and how many rows there are, and a stop', async () => {
    const { cache, calls, lines } = started<number[]>();
    await vi.advanceTimersByTimeAsync(78);
    calls[0]?.resolve(Array.from({ length: 30_000 }, (_, i) => i));
    await settle();
    await cache.stop();
    expect(lines).toEqual([
      { level: 'info', cache: 'board', event: 'start', msg: 'board started' },
      {
        level: 'info',
        cache: 'board',
        event: 'refresh',
        duration: 78,
        reason: 'start',
        version: 1,
        rows: 30_000,
        msg: 'board refreshed in 78 ms, 30 000 rows',
      },
      {
        level: 'debug',
        cache: 'board',
        event: 'status',
        from: 'NOT_READY',
        to: 'READY',
        msg: 'board is READY, was NOT_READY',
      },
      { level: 'info', cache: 'board', event: 'stop', msg: 'board stopped' },
    ]);
  });

  it('a load that changed nothing, at debug level', async () => {
    const { cache, calls, lines } = started<string>();
    calls[0]?.resolve('a');
    await settle();
    lines.length = 0;
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(12);
    calls[1]?.resolve(notModified);
    await settle();
    expect(lines).toEqual([
      {
        level: 'debug',
        cache: 'board',
        event: 'unchanged',
        duration: 12,
        reason: 'refresh',
        version: 1,
        msg: 'board unchanged, checked in 12 ms',
      },
    ]);
  });

  it('a slow load at warn, whatever it answered', async () => {
    const { cache, calls, lines } = started<string>({ slowThreshold: 1000 });
    await vi.advanceTimersByTimeAsync(1234);
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    await vi.advanceTimersByTimeAsync(2000);
    calls[1]?.resolve(notModified);
    await settle();
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { event: 'slow', outcome: 'published', duration: 1234, msg: 'board took 1.2 s to load' },
      { event: 'slow', outcome: 'unchanged', duration: 2000, msg: 'board took 2 s to load' },
    ]);
  });

  it('a value that was set, and an invalidation', async () => {
    const { cache, calls, lines } = started<Map<string, number>>();
    calls[0]?.resolve(new Map());
    await settle();
    lines.length = 0;
    cache.set(new Map([['a', 1]]));
    void cache.invalidate();
    void cache.invalidate({ purge: true });
    expect(textOf(lines).filter((line) => !line.includes(' is '))).toEqual([
      'info: board set, 1 row',
      'debug: board invalidated',
      'debug: board invalidated, and dropped',
    ]);
  });

  it('a value that comes from the store, and how old it is', async () => {
    const kept = new Map<string, unknown>();
    const store = {
      get: async (key: string) => kept.get(key),
      set: async (key: string, value: unknown) => void kept.set(key, value),
    };
    const first = makeCache({ name: 'board', loader: () => ['a', 'b'], store });
    await first.get();
    await first.stop();
    await vi.advanceTimersByTimeAsync(41_000);
    const { lines } = started<string[]>({ store });
    await settle();
    expect(textOf(lines)).toContain('info: board restored, 2 rows, 41 s old');
    expect(lines).toContainEqual(expect.objectContaining({ event: 'refresh', age: 41_000 }));
  });

  it('what another process has loaded, and found unchanged', async () => {
    const server = memoryServer();
    const options = { loader: () => ['a', 'b'] };
    const other = makeCache({ ...options, shared: fleetTier(server.store()) }).start();
    await vi.advanceTimersByTimeAsync(10_000);
    const { lines } = started<string[]>({ ...options, shared: fleetTier(server.store()) });
    await vi.advanceTimersByTimeAsync(1000);
    void other.refresh();
    await vi.advanceTimersByTimeAsync(1000);
    const text = textOf(lines);
    expect(text).toContainEqual(
      expect.stringMatching(/^info: board taken from another process, 2 rows, 10(.0\d*)? s old$/),
    );
    expect(text).toContain('debug: board unchanged, says another process');
    const shared = lines.filter(({ reason }) => reason === 'shared');
    expect(shared.map(({ duration }) => duration)).toEqual([undefined, undefined]);
  });

  it.each([
    ['an array', [1, 2], ', 2 rows'],
    ['a Set', new Set([1]), ', 1 row'],
    ['a Map', new Map(), ', 0 rows'],
    ['a leaderboard', new Leaderboard([]), ', 0 rows'],
    ['a number `size`', { size: 1234 }, ', 1 234 rows'],
    ['a number `count`', { size: 'L', count: 1_234_567 }, ', 1 234 567 rows'],
    ['no number', { size: 'L', count: () => 2 }, ''],
    ['text', 'abc', ''],
    ['nothing', null, ''],
    [
      'a getter that throws',
      {
        get size() {
          throw new Error('hostile');
        },
      },
      '',
    ],
  ])('the size of %s', async (_name, value, size) => {
    const { calls, lines } = started<unknown>();
    calls[0]?.resolve(value);
    await settle();
    expect(textOf(lines)).toContain(`info: board refreshed in 0 ms${size}`);
  });

  it('what `describe` says of a value, and nothing where it throws', async () => {
    const describeValue = (value: unknown) => {
      if (value === 'b') throw new Error('mine');
      return `all of ${value}`;
    };
    const { cache, calls, lines } = started<string>({}, { describe: describeValue });
    calls[0]?.resolve('a');
    await settle();
    void cache.refresh();
    calls[1]?.resolve('b');
    await settle();
    expect(textOf(lines.filter(({ event }) => event === 'refresh'))).toEqual([
      'info: board refreshed in 0 ms, all of a',
      'info: board refreshed in 0 ms',
    ]);
  });
});

it('nothing is written below `level`', async () => {
  const { calls, lines, cache } = started<string>({ slowThreshold: 10 }, { level: 'warn' });
  await vi.advanceTimersByTimeAsync(20);
  calls[0]?.resolve('a');
  await settle();
  void cache.invalidate();
  expect(textOf(lines)).toEqual(['warn: board took 20 ms to load']);
});

it('nothing is written once it is taken off, and no line is made that the logger leaves out', async () => {
  const describeValue = vi.fn(() => '');
  const { calls, lines, cache, silence } = started<string>({}, { describe: describeValue });
  silence();
  lines.length = 0;
  calls[0]?.resolve('a');
  await settle();
  expect(lines).toEqual([]);
  const { logger } = pinoLogger('warn');
  logTo(logger, cache, { describe: describeValue });
  void cache.refresh();
  calls[1]?.resolve('b');
  await settle();
  expect(cache.peek()?.value).toBe('b');
  expect(describeValue).not.toHaveBeenCalled();
});

it('a logger that throws, or rejects, disturbs nobody', async () => {
  const seen = vi.fn();
  const { loader, calls } = manualLoader<string>();
  const cache = makeCache({ loader });
  const throwing = () => {
    throw new Error('disk full');
  };
  logTo({ debug: throwing, info: throwing, warn: throwing, error: throwing }, cache);
  const rejecting = () => Promise.reject(new Error('disk full'));
  logTo({ debug: rejecting, info: rejecting, warn: rejecting, error: rejecting }, cache);
  cache.on('refresh', seen);
  cache.start();
  calls[0]?.reject(new Error('down'));
  await vi.advanceTimersByTimeAsync(1000);
  calls[1]?.resolve('a');
  await settle();
  expect(seen).toHaveBeenCalledOnce();
  expect(cache.peek()).toMatchObject({ value: 'a', loadedAt: t0 + 1000 });
});

it.each([
  ['logger', () => logTo(undefined as never, makeCache({ loader: () => 1 })), TypeError],
  [
    'level',
    () => logTo(console, makeCache({ loader: () => 1 }), { level: 'loud' as never }),
    RangeError,
  ],
  [
    'call',
    () => logTo(console, makeCache({ loader: () => 1 }), { call: 'pino' as never }),
    RangeError,
  ],
  [
    'describe',
    () => logTo(console, makeCache({ loader: () => 1 }), { describe: 1 as never }),
    TypeError,
  ],
  ['stack', () => logTo(console, makeCache({ loader: () => 1 }), { stack: 1 as never }), TypeError],
])('a wrong `%s` is told at once', (name, act, type) => {
  expect(act).toThrow(type);
  expect(act).toThrow(name);
});
