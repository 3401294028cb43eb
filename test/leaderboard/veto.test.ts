import { describe, expect, it } from 'vitest';
import type { WarmCache } from 'warm-cache';
import { Leaderboard, RowError, vetoShrink } from 'warm-cache/leaderboard';
import { fakeTime, outcomesOf } from '../support/loads.ts';

const makeCache = fakeTime();

const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    key: String(i),
    player: String(i),
    name: String(i),
    country: null,
    race: null,
    score: i,
  }));

describe('vetoShrink()', () => {
  it.each<[number | undefined, number, number, boolean]>([
    [undefined, 5, 10, true],
    [undefined, 4, 10, false],
    [undefined, 5, 11, false],
    [undefined, 0, 10, false],
    [undefined, 0, 0, true],
    [undefined, 20, 10, true],
    [0, 0, 10, true],
    [1, 9, 10, false],
    [1, 10, 10, true],
    [0.9, 9, 10, true],
    [0.9, 8, 10, false],
  ])('of %s: %i after %i rows pass: %s', (share, next, previous, passes) => {
    expect(vetoShrink(share)({ size: next }, { size: previous })).toBe(passes);
  });

  it('lets the first value pass, whatever it is', () => {
    expect(vetoShrink(1)({ size: 0 }, undefined)).toBe(true);
  });

  it.each([
    [-0.1, RangeError],
    [1.1, RangeError],
    [Number.NaN, RangeError],
    [Infinity, RangeError],
    ['half', TypeError],
    [null, TypeError],
  ])('of %s there is none', (share, kind) => {
    expect(() => vetoShrink(share as number)).toThrow(kind);
    expect(() => vetoShrink(share as number)).toThrow('`share`');
  });

  it('keeps the last good board, which is served on', async () => {
    let given = rows(100);
    const cache = makeCache({
      loader: () => Leaderboard.from(given),
      accept: vetoShrink(),
    });
    const board = await cache.get();
    given = rows(49);
    await expect(cache.refresh()).rejects.toThrow();
    expect(await cache.get()).toBe(board);
    expect(outcomesOf(cache)).toEqual({ published: 1, rejected: 1 });
    given = rows(50);
    expect((await cache.refresh()).value.size).toBe(50);
    // From there on, half of it is 25.
    given = rows(25);
    expect((await cache.refresh()).value.size).toBe(25);
    given = [];
    expect((await cache.invalidate({ purge: true })).value.size).toBe(0);
  });
});

it('a row that is refused is told of, and the last good board stays', async () => {
  let given = rows(3);
  const cache: WarmCache<Leaderboard> = makeCache({ loader: () => Leaderboard.from(given) });
  const board = await cache.get();
  given = [...rows(2), { ...rows(1)[0], key: 'bad', score: Number.NaN }] as typeof given;
  const error = await cache.refresh().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ERR_LOAD_FAILED', cause: { name: 'RowError', key: 'bad' } });
  expect((error as Error).cause).toBeInstanceOf(RowError);
  expect(await cache.get()).toBe(board);
  expect(board.size).toBe(3);
});
