import { describe, expect, it } from 'vitest';
import { WarmCache } from 'warm-cache';
import { Instruments } from '../examples/leaderboard-demo/src/instruments.ts';
import { countsOf, levelOf } from '../examples/leaderboard-demo/src/level.ts';
import { lineOf, marksAt } from '../examples/leaderboard-demo/src/line.ts';

describe('the line of a load', () => {
  it('has nothing for none, the lowest bar for one, and the highest for the most', () => {
    expect(lineOf([0, 1, 8, 40, 80], 80)).toBe(' ▁▁▄█');
  });

  it('is one of a scale that others share', () => {
    expect(lineOf([10, 10], 80)).toBe('▁▁');
    expect(lineOf([10, 10], 10)).toBe('██');
  });

  it('has room for no load at all', () => {
    expect(lineOf([], 0)).toBe('');
    expect(lineOf([0, 0], 0)).toBe('  ');
  });

  it('has marks below it where phases began, side by side where there is no more room', () => {
    expect(marksAt([0, 3, 6])).toBe('1  2  3');
    expect(marksAt([0, 0, 4])).toBe('12  3');
  });
});

describe('the level of a load', () => {
  it('counts whole parts of the time alone', () => {
    const times = [-1, 0, 99, 100, 250, 299, 300];
    expect(countsOf(times, { from: 0, until: 290, width: 100 })).toEqual([2, 1]);
  });

  it('is 1 where each tenth of an interval has as much', () => {
    const times = Array.from({ length: 300 }, (_, i) => 500 + i * 10);
    expect(levelOf(times, { from: 500, until: 3500, interval: 1000 })).toEqual({
      mean: 10,
      largest: 10,
      usual: 1,
    });
  });

  it('is 10 where one tenth of each interval has everything', () => {
    const times = [0, 1000, 2000].flatMap((start) => new Array<number>(50).fill(start + 420));
    expect(levelOf(times, { from: 0, until: 3000, interval: 1000 })).toEqual({
      mean: 5,
      largest: 50,
      usual: 10,
    });
  });

  it('is that of the median interval, so that a machine that was busy once changes the largest alone', () => {
    const level = Array.from({ length: 300 }, (_, i) => i * 10);
    const held = level.map((time) => (time >= 1200 && time < 1500 ? 1500 : time));
    const { mean, largest, usual } = levelOf(held, { from: 0, until: 3000, interval: 1000 });
    expect({ mean, largest, usual }).toEqual({ mean: 10, largest: 40, usual: 1 });
  });

  it('looks at whole intervals, whatever the fractions', () => {
    const from = 1234.567;
    const times = Array.from({ length: 90 }, (_, i) => from + i * 33.3 + 1);
    const { mean } = levelOf(times, { from, until: from + 2999, interval: 999 });
    expect(mean).toBe(3);
  });
});

describe('the instruments of the demo', () => {
  it('tell of a cache over HTTP: metrics, readiness and liveness', async () => {
    const instruments = new Instruments();
    const address = await instruments.listen(0);
    const ask = async (path: string) => {
      const response = await fetch(`${address}${path}`);
      const type = response.headers.get('content-type');
      return { status: response.status, type, text: await response.text() };
    };
    await using cache = new WarmCache({ name: 'board', loader: () => 'a', ttl: 60_000 });
    instruments.see(cache);
    try {
      expect(await ask('/readyz')).toMatchObject({ status: 503, type: 'application/health+json' });
      await cache.start().ready();
      expect(await ask('/readyz')).toMatchObject({ status: 200 });
      expect(await ask('/healthz')).toMatchObject({ status: 200 });
      const metrics = await ask('/metrics');
      expect(metrics).toMatchObject({ status: 200, type: expect.stringContaining('text/plain') });
      expect(metrics.text).toMatch(/^warm_cache_status\{.*cache="board".*\} 1$/m);
      expect(await ask('/')).toMatchObject({ status: 404 });
    } finally {
      await instruments.stop();
    }
    await expect(fetch(`${address}/metrics`)).rejects.toThrow('fetch failed');
  });
});
