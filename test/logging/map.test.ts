import { describe, expect, it, vi } from 'vitest';
import { logTo } from 'warm-cache/logging';
import { fakeTime } from '../map/maps.ts';
import { settle } from '../support/loads.ts';
import { pinoLogger, textOf } from './loggers.ts';

const makeMap = fakeTime();

describe('a line of a map', () => {
  it('names the key', async () => {
    const { lines, logger } = pinoLogger('info');
    const map = makeMap({ name: 'boards', loader: (key: string) => [key], keys: ['PL'] });
    logTo(logger, map);
    map.start();
    await map.ready();
    await map.stop();
    expect(textOf(lines)).toEqual([
      'info: boards started',
      'info: boards[PL] refreshed in 0 ms, 1 row',
      'info: boards stopped',
    ]);
    expect(lines[1]).toMatchObject({ cache: 'boards', key: 'PL', rows: 1 });
    expect(lines[0]).not.toHaveProperty('key');
  });

  it('names a key that is an object, or a number', async () => {
    const { lines, logger } = pinoLogger('info');
    const map = makeMap({
      name: 'boards',
      loader: () => 1,
      keyOf: (key: number | { country: string }) => JSON.stringify(key),
    });
    logTo(logger, map);
    await map.get({ country: 'PL' });
    await map.get(7);
    expect(lines).toMatchObject([
      { key: '{"country":"PL"}', msg: 'boards[{"country":"PL"}] refreshed in 0 ms' },
      { key: 7, msg: 'boards[7] refreshed in 0 ms' },
    ]);
  });

  it('tells of an outage of one key, how old its value is, and of its end', async () => {
    const { lines, logger } = pinoLogger('warn');
    let down = '';
    const map = makeMap({
      name: 'boards',
      ttl: 10_000,
      maxStale: Infinity,
      loader: (key: string) => {
        if (key === down) throw new Error('no such country');
        return [key];
      },
      keys: ['KR', 'PL'],
    });
    logTo(logger, map);
    map.start();
    await map.ready();
    down = 'PL';
    await vi.advanceTimersByTimeAsync(30_000);
    down = '';
    await vi.advanceTimersByTimeAsync(30_000);
    expect(textOf(lines)).toEqual([
      expect.stringMatching(
        /^warn: boards\[PL\] fails to load: no such country; serving the value of [\d.]+ s ago, next/,
      ),
      expect.stringMatching(/^warn: boards\[PL\] loads again after .* had failed; refreshed in/),
    ]);
  });

  it('tells of a key that was forgotten at debug level', async () => {
    const { lines, logger } = pinoLogger('debug');
    const map = makeMap({ name: 'boards', loader: (key: string) => key, maxEntries: 1 });
    logTo(logger, map);
    await map.get('KR');
    await map.get('PL');
    await settle();
    expect(textOf(lines)).toContain('debug: boards[KR] forgotten: capacity');
  });

  it('tells that the keys can’t be told, once', async () => {
    const { lines, logger } = pinoLogger('warn');
    const map = makeMap({
      name: 'boards',
      loader: (key: string) => key,
      keys: () => Promise.reject(new Error('no connection')),
    });
    logTo(logger, map);
    map.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(textOf(lines)).toEqual(['warn: boards met an error: no connection, next try in 1 s']);
  });
});

describe('an outage of many keys', () => {
  const keys = Array.from({ length: 500 }, (_, i) => `k${i}`);

  async function broken() {
    const { lines, logger } = pinoLogger('warn');
    const world = { up: true };
    const map = makeMap({
      name: 'boards',
      ttl: 10_000,
      maxStale: Infinity,
      loader: (key: string) => {
        if (!world.up) throw new Error('no connection');
        return key;
      },
      keys,
    });
    logTo(logger, map);
    map.start();
    await map.ready();
    world.up = false;
    await vi.advanceTimersByTimeAsync(30_000);
    return { lines, map, world };
  }

  it('is told by ten of them', async () => {
    const { lines, map, world } = await broken();
    expect(map.health().failing).toBe(500);
    expect(
      textOf(lines).filter((line) => line.includes('fails to load: no connection')),
    ).toHaveLength(10);
    expect(textOf(lines).slice(10)).toEqual([
      'warn: boards fails to load more keys: those beyond these ten are told at debug level',
    ]);
    lines.length = 0;
    world.up = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(textOf(lines).filter((line) => line.includes('] loads again after'))).toHaveLength(10);
    expect(textOf(lines).filter((line) => !line.includes(']'))).toEqual([
      'warn: boards loads all keys again, 500 had failed',
    ]);
  });

  it('ends when those that fail are deleted', async () => {
    const { lines, map, world } = await broken();
    lines.length = 0;
    for (const key of keys.slice(1)) map.delete(key);
    world.up = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(textOf(lines).at(-1)).toBe('warn: boards loads all keys again, 500 had failed');
  });
});
