import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Leaderboard, type LeaderboardEntry, type LeaderboardQuery } from 'warm-cache/leaderboard';

const COUNTRIES = ['PL', 'KR', null];
const RACES = ['zerg', 'terran', null];

const entries: fc.Arbitrary<LeaderboardEntry[]> = fc.uniqueArray(
  fc.record({
    key: fc.oneof(fc.nat(2000).map(String), fc.string({ minLength: 1, maxLength: 3 })),
    player: fc.nat(12).map(String),
    name: fc.string(),
    country: fc.constantFrom(...COUNTRIES),
    race: fc.constantFrom(...RACES),
    score: fc.integer({ min: 0, max: 9 }),
  }),
  { selector: ({ key }) => key, maxLength: 60 },
);

const filters: fc.Arbitrary<LeaderboardQuery> = fc.record({
  country: fc.constantFrom('PL', 'KR', 'XX', undefined),
  race: fc.constantFrom('zerg', 'terran', undefined),
  bestRaceOnly: fc.boolean(),
});

/** The same, said as plainly as can be. */
function expected(all: readonly LeaderboardEntry[], query: LeaderboardQuery): [string, number][] {
  const order = (a: LeaderboardEntry, b: LeaderboardEntry): number => {
    const [integerA, integerB] = [/^\d+$/.test(a.key), /^\d+$/.test(b.key)];
    if (a.score !== b.score) return b.score - a.score;
    if (integerA !== integerB) return integerA ? -1 : 1;
    if (integerA && Number(a.key) !== Number(b.key)) return Number(a.key) - Number(b.key);
    return a.key.length !== b.key.length && integerA
      ? a.key.length - b.key.length
      : a.key < b.key
        ? -1
        : 1;
  };
  const matching = all
    .filter(({ country }) => query.country === undefined || country === query.country)
    .filter(({ race }) => query.race === undefined || race === query.race);
  const listed = query.bestRaceOnly
    ? matching.filter((entry) =>
        matching.every(
          (other) => other === entry || other.player !== entry.player || order(entry, other) < 0,
        ),
      )
    : matching;
  return listed
    .toSorted(order)
    .map(({ key, score }) => [key, 1 + listed.filter((other) => other.score > score).length]);
}

describe('a leaderboard', () => {
  it('answers every filter as the plain way does, its pages side by side', () => {
    fc.assert(
      fc.property(entries, filters, fc.integer({ min: 1, max: 9 }), (all, query, pageSize) => {
        const board = new Leaderboard(all);
        const wanted = expected(all, query);
        const got: [string, number][] = [];
        const { totalPages, totalRows } = board.page({ ...query, pageSize });
        for (let page = 1; page <= totalPages; page++) {
          const { rows } = board.page({ ...query, page, pageSize });
          expect(rows.length).toBe(Math.min(pageSize, totalRows - (page - 1) * pageSize));
          got.push(...rows.map(({ key, rank }): [string, number] => [key, rank]));
        }
        expect(got).toEqual(wanted);
        expect(totalRows).toBe(wanted.length);
        expect(board.page({ ...query, page: totalPages + 1, pageSize }).rows).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  const entry = (key: string, score: number): LeaderboardEntry => ({
    key,
    player: key,
    name: key,
    country: null,
    race: null,
    score,
  });

  it('shares a rank among equal scores, and leaves out the next', () => {
    const board = new Leaderboard([entry('1', 5), entry('2', 9), entry('3', 5), entry('4', 1)]);
    expect(board.page().rows.map(({ key, rank }) => [key, rank])).toEqual([
      ['2', 1],
      ['1', 2],
      ['3', 2],
      ['4', 4],
    ]);
    expect(board.size).toBe(4);
  });

  it('has equal scores stand by key, integers by value, past 2^53 too, ahead of text', () => {
    const keys = ['b', '10', '9007199254740993', '9', '9007199254740992', 'a'];
    const board = new Leaderboard(keys.map((key) => entry(key, 1)));
    expect(board.page().rows.map(({ key }) => key)).toEqual([
      '9',
      '10',
      '9007199254740992',
      '9007199254740993',
      'a',
      'b',
    ]);
  });

  it('is not changed by what it was made of', () => {
    const list = [entry('1', 1)];
    const board = new Leaderboard(list);
    list.push(entry('2', 2));
    expect(board.page().totalRows).toBe(1);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])('has no page %d, and none of that size', (wrong) => {
    const board = new Leaderboard([]);
    expect(() => board.page({ page: wrong })).toThrow(RangeError);
    expect(() => board.page({ pageSize: wrong })).toThrow('`pageSize`');
  });
});
