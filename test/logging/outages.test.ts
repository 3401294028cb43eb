import { describe, expect, it, vi } from 'vitest';
import { logTo } from 'warm-cache/logging';
import { fakeTime, settle } from '../support/loads.ts';
import { pinoLogger, textOf } from './loggers.ts';

const makeCache = fakeTime();

/** A cache with a value, whose loader throws while there is an `error`. */
function outage(options: Partial<Parameters<typeof makeCache<string[]>>[0]> = {}, log = {}) {
  const { lines, logger } = pinoLogger();
  const world: { error: unknown } = { error: undefined };
  const cache = makeCache<string[]>({
    name: 'board',
    ttl: 10_000,
    maxStale: Infinity,
    loader: async () => {
      if (world.error !== undefined) throw world.error;
      return ['a'];
    },
    ...options,
  });
  logTo(logger, cache, log);
  /** Without what is for those who look for more. */
  const loud = () => textOf(lines.filter(({ level }) => level === 'warn' || level === 'error'));
  return { cache, lines, world, loud };
}

describe('an outage', () => {
  it('is two lines, however many loads fail', async () => {
    const { cache, lines, loud, world } = outage();
    await cache.start().ready();
    world.error = new Error('no connection');
    await vi.advanceTimersByTimeAsync(60_000);
    const { failed } = cache.health().loads;
    expect(failed).toBeGreaterThan(5);
    world.error = undefined;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(loud()).toEqual([
      'warn: board fails to load: no connection; serving the value of 9.5 s ago, next try in 1 s',
      expect.stringMatching(
        `^warn: board loads again after .*, ${failed} loads had failed; refreshed in 0 ms, 1 row$`,
      ),
    ]);
    const [began, ended] = lines.filter(({ level }) => level === 'warn');
    expect(began).toMatchObject({
      cache: 'board',
      event: 'outage',
      error: 'no connection',
      code: 'ERR_LOAD_FAILED',
      serving: true,
      age: 9500,
      reason: 'interval',
    });
    expect(began).not.toHaveProperty('stack');
    expect(ended).toMatchObject({ event: 'recovery', failedLoads: failed, rows: 1, duration: 0 });
    // The first load of those that answer is told by the second line.
    expect(lines.filter(({ event, reason }) => event === 'refresh' && reason === 'retry')).toEqual(
      [],
    );
    expect(ended?.['outage']).toBeGreaterThan(50_000);
  });

  it('is told anew when there is another', async () => {
    const { cache, loud, world } = outage();
    await cache.start().ready();
    for (const _ of [1, 2]) {
      world.error = new Error('no connection');
      await vi.advanceTimersByTimeAsync(20_000);
      world.error = undefined;
      await vi.advanceTimersByTimeAsync(20_000);
    }
    expect(loud()).toHaveLength(4);
    expect(loud()[3]).toContain('loads again after');
  });

  it('with nothing to serve is an error, and ends when a value is there', async () => {
    const { cache, loud, world } = outage();
    world.error = new Error('no connection');
    cache.start();
    await vi.advanceTimersByTimeAsync(1500);
    world.error = undefined;
    await vi.advanceTimersByTimeAsync(5000);
    expect(loud()).toEqual([
      'error: board fails to load: no connection; nothing to serve, next try in 1 s',
      'warn: board loads again after 3 s, 2 loads had failed; refreshed in 0 ms, 1 row',
    ]);
  });

  it('that outlives the value says so, once', async () => {
    const { cache, loud, world } = outage({ maxStale: 20_000 });
    await cache.start().ready();
    world.error = new Error('no connection');
    await vi.advanceTimersByTimeAsync(90_000);
    expect(loud().slice(1)).toEqual(['error: board has nothing left to serve']);
  });

  it('ends with a load that changed nothing as well, but not with set()', async () => {
    const { cache, loud, world } = outage({ equals: () => true });
    await cache.start().ready();
    world.error = new Error('no connection');
    await vi.advanceTimersByTimeAsync(10_000);
    cache.set(['b']);
    expect(loud()).toHaveLength(1);
    world.error = undefined;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(loud()[1]).toMatch(/ had failed; unchanged, checked in 0 ms$/);
  });

  it('is forgotten by a stop', async () => {
    const { cache, loud, world } = outage();
    await cache.start().ready();
    world.error = new Error('no connection');
    await vi.advanceTimersByTimeAsync(20_000);
    await cache.stop();
    world.error = undefined;
    cache.start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(loud()).toHaveLength(1);
  });

  it('of slow loads that fail isn’t told as slow', async () => {
    const { cache, loud } = outage({ loader: () => new Promise(() => {}), loadTimeout: 5000 });
    cache.start();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(loud()).toEqual([
      'error: board fails to load: no end within 5000 ms; nothing to serve, next try in 1 s',
    ]);
  });

  it('has the stack of what was thrown, if asked for', async () => {
    const { cache, lines, world } = outage({}, { stack: true });
    world.error = new TypeError('no such column');
    cache.start();
    await settle();
    expect(lines.find(({ event }) => event === 'outage')?.['stack']).toContain('outages.test.ts');
  });
});

it('an attempt that is made again is told at debug level', async () => {
  const { cache, lines, loud, world } = outage({
    retry: { retries: 1, minTimeout: 250, randomize: false },
  });
  world.error = new Error('no connection');
  cache.start();
  await settle();
  world.error = undefined;
  await vi.advanceTimersByTimeAsync(250);
  expect(loud()).toEqual([]);
  expect(textOf(lines)).toContain(
    'debug: board failed in attempt 1: no connection, next try in 250 ms',
  );
});

it('what isn’t a load is told once in five minutes', async () => {
  const { cache, loud } = outage({
    validator: () => {
      throw new Error('no such table');
    },
  });
  cache.start();
  await vi.advanceTimersByTimeAsync(290_000);
  expect(cache.health().probes).toBeGreaterThan(20);
  expect(loud()).toEqual(['warn: board met an error: no such table']);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(loud()).toHaveLength(2);
});

describe('what went wrong is told in one line:', () => {
  const hostile = {
    get message() {
      throw new Error('mine');
    },
  };
  it.each([
    ['of several lines', new Error('a\n  b\t c'), 'a b c'],
    [
      'with its cause',
      new TypeError('fetch failed', { cause: new Error('refused') }),
      'fetch failed: refused',
    ],
    ['without a cause that it names', new Error('a: b', { cause: new Error('b') }), 'a: b'],
    [
      'by its code',
      Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
    ['by its name', new RangeError(''), 'RangeError'],
    ['no error', 'down', 'down'],
    ['null', null, 'null'],
    [
      'hostile',
      Object.assign(Object.create(Error.prototype, Object.getOwnPropertyDescriptors(hostile))),
      'unprintable',
    ],
    ['endless', new Error('x'.repeat(10_000)), 'x'.repeat(500)],
  ])('%s', async (_name, error, words) => {
    const { cache, lines, world } = outage();
    world.error = error;
    cache.start();
    await settle();
    expect(lines.find(({ event }) => event === 'outage')).toMatchObject({ error: words });
  });

  it('vetoed', async () => {
    const { cache, loud } = outage({ accept: () => false });
    cache.start();
    await settle();
    expect(loud()[0]).toContain('board fails to load: vetoed by accept;');
  });
});
