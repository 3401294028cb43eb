import { describe, expect, it } from 'vitest';
import { Leaderboard, type LeaderboardEntry, type Ranking } from 'warm-cache/leaderboard';

function entry(
  key: string,
  score: number,
  change: Partial<LeaderboardEntry> = {},
): LeaderboardEntry {
  return { key, player: `p${key}`, name: `n${key}`, country: null, race: null, score, ...change };
}

const ladder = new Leaderboard([
  entry('1', 1500, { player: 'ace', country: 'PL', race: 'zerg' }),
  entry('2', 1700, { player: 'fox', country: 'KR', race: 'terran' }),
  entry('3', 1500, { player: 'ace', country: 'PL', race: 'terran' }),
  entry('4', 1400, { player: 'fox', country: 'KR', race: 'zerg' }),
  entry('5', 1500, { player: 'elk', race: 'zerg' }),
  entry('6', 1300, { player: 'ace', country: 'DE' }),
]);

const ranks = (rows: readonly { readonly key: string; readonly rank: number }[]): string =>
  rows.map(({ key, rank }) => `${rank}:${key}`).join(' ');

describe('page()', () => {
  it('has everything by default, twenty rows a page', () => {
    const board = new Leaderboard(Array.from({ length: 45 }, (_, i) => entry(String(i), -i)));
    expect(board.page()).toMatchObject({ page: 1, pageSize: 20, totalRows: 45, totalPages: 3 });
    expect(ranks(board.page().rows)).toBe(
      Array.from({ length: 20 }, (_, i) => `${i + 1}:${i}`).join(' '),
    );
    expect(ranks(board.page({ page: 3 }).rows)).toBe('41:40 42:41 43:42 44:43 45:44');
    expect(board.page({ page: 4 })).toEqual({
      rows: [],
      page: 4,
      pageSize: 20,
      totalRows: 45,
      totalPages: 3,
    });
  });

  it('has all that is known of a row', () => {
    expect(ladder.page({ pageSize: 1 }).rows).toEqual([
      { key: '2', player: 'fox', name: 'n2', country: 'KR', race: 'terran', score: 1700, rank: 1 },
    ]);
  });

  it.each<[string, object, string]>([
    ['nothing', {}, '1:2 2:1 2:3 2:5 5:4 6:6'],
    [
      'undefined',
      { country: undefined, race: undefined, bestRaceOnly: undefined },
      '1:2 2:1 2:3 2:5 5:4 6:6',
    ],
    ['a country', { country: 'PL' }, '1:1 1:3'],
    ['a race', { race: 'zerg' }, '1:1 1:5 3:4'],
    ['both', { country: 'KR', race: 'zerg' }, '1:4'],
    ['both, of which there is none', { country: 'DE', race: 'zerg' }, ''],
    ['countries', { country: ['KR', 'DE'] }, '1:2 2:4 3:6'],
    ['one country twice', { country: ['PL', 'PL'] }, '1:1 1:3'],
    ['no known country', { country: null }, '1:5'],
    ['no known country, or one', { country: [null, 'DE'] }, '1:5 2:6'],
    ['no known race', { race: null }, '1:6'],
    ['races', { race: ['zerg', null] }, '1:1 1:5 3:4 4:6'],
    ['countries and races', { country: ['PL', null, 'KR'], race: ['zerg', null] }, '1:1 1:5 3:4'],
    ['no countries', { country: [] }, ''],
    ['no races', { race: [] }, ''],
    ['a country that nobody has', { country: 'XX' }, ''],
    ['one that nobody has, and another', { country: ['XX', 'DE'] }, '1:6'],
    ["a country by the name of an object's own", { country: '__proto__' }, ''],
    ['the best', { bestRaceOnly: true }, '1:2 2:1 2:5'],
    ['the best of a country', { bestRaceOnly: true, country: 'PL' }, '1:1'],
    ['the best of a race', { bestRaceOnly: true, race: 'terran' }, '1:2 2:3'],
    ['the best of countries', { bestRaceOnly: true, country: ['PL', 'DE'] }, '1:1'],
    ['the best of one of them', { bestRaceOnly: true, country: 'DE' }, '1:6'],
    [
      'the best of all three',
      { bestRaceOnly: true, country: ['KR', 'PL'], race: ['zerg'] },
      '1:1 2:4',
    ],
  ])('by %s', (_, filter, right) => {
    const { rows, totalRows, totalPages } = ladder.page({ ...filter, pageSize: 100 });
    expect(ranks(rows)).toBe(right);
    expect(totalRows).toBe(rows.length);
    expect(totalPages).toBe(Math.min(1, rows.length));
    expect(ladder.count(filter)).toBe(rows.length);
    expect(ladder.top(100, filter)).toEqual(rows);
    // Page by page the same rows, none twice.
    const paged = rows.flatMap((_, i) => ladder.page({ ...filter, page: i + 1, pageSize: 1 }).rows);
    expect(paged).toEqual(rows);
  });

  it('of an empty board', () => {
    const board = new Leaderboard([]);
    expect(board.page()).toEqual({ rows: [], page: 1, pageSize: 20, totalRows: 0, totalPages: 0 });
    expect(board.page({ country: ['a', 'b'], race: ['c', 'd'], bestRaceOnly: true }).rows).toEqual(
      [],
    );
    expect([
      board.size,
      board.count(),
      board.top(5),
      board.around('p', 2),
      board.rankOf('p'),
    ]).toEqual([0, 0, [], [], undefined]);
    expect([board.countries, board.races]).toEqual([[], []]);
  });

  it('gives rows that are the caller’s own', () => {
    const [row] = ladder.page().rows as unknown as { name: string }[];
    if (row) row.name = 'another';
    (ladder.page().rows as unknown[]).length = 0;
    expect(ladder.page().rows[0]?.name).toBe('n2');
    (ladder.countries as string[]).length = 0;
    expect(ladder.countries).toEqual(['DE', 'KR', 'PL']);
  });
});

describe('a rank', () => {
  const scores = [9, 5, 5, 5, 4, 4, 1];
  const rows = scores.map((score, i) => entry(String(i), score));

  it.each<[Ranking | undefined, number[]]>([
    [undefined, [1, 2, 2, 2, 5, 5, 7]],
    ['competition', [1, 2, 2, 2, 5, 5, 7]],
    ['modified-competition', [1, 4, 4, 4, 6, 6, 7]],
    ['dense', [1, 2, 2, 2, 3, 3, 4]],
    ['ordinal', [1, 2, 3, 4, 5, 6, 7]],
  ])('by %s', async (ranking, right) => {
    for (const board of [
      new Leaderboard(rows, { ranking }),
      await Leaderboard.from(rows, { ranking }),
      await new Leaderboard(rows.slice(3), { ranking }).withChanges({ upserts: rows.slice(0, 3) }),
    ]) {
      expect(board.top(7).map(({ rank }) => rank)).toEqual(right);
      // From amidst of those that share it, too.
      expect(scores.map((_, i) => board.page({ page: i + 1, pageSize: 1 }).rows[0]?.rank)).toEqual(
        right,
      );
      expect(rows.map(({ player }) => board.rankOf(player))).toEqual(right);
      expect(rows.map(({ player }) => board.around(player, 0)[0]?.rank)).toEqual(right);
    }
  });

  it('is that among what a filter matches', () => {
    expect(ladder.rankOf('ace')).toBe(2);
    expect(ladder.rankOf('ace', { country: 'PL' })).toBe(1);
    expect(ladder.rankOf('ace', { country: 'DE' })).toBe(1);
    expect(ladder.rankOf('fox', { race: 'zerg' })).toBe(3);
    expect(ladder.rankOf('fox', { race: 'zerg', bestRaceOnly: true })).toBe(3);
    expect(ladder.rankOf('fox', { country: 'PL' })).toBeUndefined();
    expect(ladder.rankOf('nobody')).toBeUndefined();
    // Not one that only looks the same in UTF-8.
    expect(new Leaderboard([entry('1', 1, { player: '\ufffd' })]).rankOf('\ud83d')).toBeUndefined();
  });

  it.each(['', 'first', 'DENSE', 7, null])('by %s there is none', async (ranking) => {
    const options = { ranking: ranking as Ranking };
    expect(() => new Leaderboard([], options)).toThrow(TypeError);
    expect(() => new Leaderboard([], options)).toThrow('`ranking`');
    await expect(Leaderboard.from([], options)).rejects.toThrow('`ranking`');
  });
});

describe('around()', () => {
  const board = new Leaderboard(Array.from({ length: 9 }, (_, i) => entry(String(i), -i)));

  it.each<[string, number, string]>([
    ['p4', 2, '3:2 4:3 5:4 6:5 7:6'],
    ['p4', 0, '5:4'],
    ['p0', 2, '1:0 2:1 3:2'],
    ['p1', 2, '1:0 2:1 3:2 4:3'],
    ['p8', 2, '7:6 8:7 9:8'],
    ['p4', 1000, '1:0 2:1 3:2 4:3 5:4 6:5 7:6 8:7 9:8'],
    ['nobody', 3, ''],
  ])('%s has up to %i on either side', (player, n, right) => {
    expect(ranks(board.around(player, n))).toBe(right);
  });

  it('goes by the best of the player’s rows, within the filter', () => {
    expect(ranks(ladder.around('ace', 1))).toBe('1:2 2:1 2:3');
    expect(ranks(ladder.around('ace', 1, { race: ['terran', null] }))).toBe('1:2 2:3 3:6');
    expect(ranks(ladder.around('ace', 1, { bestRaceOnly: true }))).toBe('1:2 2:1 2:5');
    expect(ladder.around('ace', 1, { country: 'KR' })).toEqual([]);
  });
});

describe('the order', () => {
  it('is by score, then by key: whole numbers by value, ahead of text by code point', () => {
    const keys = [
      '-9007199254740993',
      '-9007199254740992',
      '-10',
      '-9',
      '0',
      '9',
      '10',
      '9007199254740992',
      '9007199254740993',
      '18446744073709551616',
      '',
      ' 1',
      '+1',
      '-',
      '-0',
      '-01',
      '007',
      '1.0',
      '1e3',
      'Z',
      'a',
      'b',
      '٣',
      '\uff5e',
      '\u{1f525}',
    ];
    const board = new Leaderboard(keys.toReversed().map((key) => entry(key, 1)));
    expect(board.top(keys.length).map(({ key }) => key)).toEqual(keys);
  });

  it('is by value of every finite score, -0 and 0 being one', () => {
    const scores = [
      Number.MAX_VALUE,
      1e308,
      2 ** 53 + 2,
      2 ** 53,
      1.5,
      5e-324,
      0,
      -0,
      -5e-324,
      -1,
      -Number.MAX_VALUE,
    ];
    const board = new Leaderboard(scores.toReversed().map((score, i) => entry(String(-i), score)));
    expect(board.top(20).map(({ score, rank }) => [score, rank])).toEqual(
      scores.map((score, i) => [score + 0, i === 7 ? 7 : i + 1]),
    );
  });
});

describe('countries and races', () => {
  it('are those that rows have, each once, sorted', async () => {
    expect(ladder.countries).toEqual(['DE', 'KR', 'PL']);
    expect(ladder.races).toEqual(['terran', 'zerg']);
    const next = await ladder.withChanges({
      upserts: [entry('7', 1, { country: 'AT' })],
      deletes: ['6'],
    });
    expect(next.countries).toEqual(['AT', 'KR', 'PL']);
    expect(ladder.countries).toEqual(['DE', 'KR', 'PL']);
  });
});

describe('withChanges()', () => {
  it('leaves the board as it is, and makes another one', async () => {
    const next = await ladder.withChanges({
      upserts: [entry('9', 1600), entry('6', 1800, { player: 'ace', country: 'DE' })],
      deletes: ['2', '2', 'nowhere', ''],
    });
    expect(ranks(next.top(10))).toBe('1:6 2:9 3:1 3:3 3:5 6:4');
    expect(ranks(ladder.top(10))).toBe('1:2 2:1 2:3 2:5 5:4 6:6');
    expect([next.size, ladder.size]).toEqual([6, 6]);
  });

  it('keeps a row that is to be put and deleted; of two with one key the last one counts', async () => {
    const next = await ladder.withChanges({
      upserts: [entry('2', 1), entry('2', 3), entry('8', 7), entry('8', 2)],
      deletes: ['2', '8'],
    });
    expect(ranks(next.top(10))).toBe('1:1 1:3 1:5 4:4 5:6 6:2 7:8');
  });

  it('is the board itself, where nothing differs', async () => {
    const board = new Leaderboard([{ ...entry('1', -0), medals: { gold: [1] } }], {
      details: ['medals'],
    });
    const same = { ...entry('1', 0), medals: { gold: [1] } };
    const other = { ...same, medals: { gold: [2] } };
    for (const changes of [
      {},
      { upserts: [], deletes: [] },
      { upserts: undefined, deletes: undefined },
      { deletes: ['2'] },
      { upserts: [same] },
      { upserts: [same], deletes: ['1'] },
      { upserts: [other, same] },
    ]) {
      expect(await board.withChanges(changes)).toBe(board);
    }
    expect(await board.withChanges({ upserts: [other] })).not.toBe(board);
    expect(board.top(1)).toEqual([{ ...same, rank: 1 }]);
  });

  it('keeps ranking, details and schema', async () => {
    const options = { ranking: 'dense', details: ['wins'] } as const;
    const rows = [5, 5, 3].map((score, i) => ({ ...entry(String(i), score), wins: i }));
    const board = await new Leaderboard(rows, options).withChanges({
      upserts: [{ ...entry('9', 4), wins: 7 }],
    });
    expect(board.top(9).map(({ rank, wins }) => [rank, wins])).toEqual([
      [1, 0],
      [1, 1],
      [2, 7],
      [3, 2],
    ]);
  });

  it('takes anything that can be gone through', async () => {
    const next = await ladder.withChanges({
      upserts: new Set([entry('9', 9999)]),
      deletes: (function* () {
        yield '1';
        yield '2';
      })(),
    });
    expect(ranks(next.top(9))).toBe('1:9 2:3 2:5 4:4 5:6');
  });

  it.each([
    ['upserts', { upserts: 5 }],
    ['upserts', { upserts: null }],
    ['deletes', { deletes: 5 }],
    ['deletes', { deletes: [5] }],
    ['no changes', null],
  ])('refuses what it can’t go through: %s', async (_, wrong) => {
    await expect(ladder.withChanges(wrong as never)).rejects.toThrow(TypeError);
  });

  it('takes only text for a key that is well-formed', async () => {
    const board = new Leaderboard([entry('\ufffd', 1)]);
    expect((await board.withChanges({ deletes: ['\ud83d'] })).size).toBe(1);
  });
});

describe('a wrong question', () => {
  const number = [
    [0, RangeError],
    [-1, RangeError],
    [1.5, RangeError],
    [Number.NaN, RangeError],
    [Infinity, RangeError],
    [2 ** 53, RangeError],
    ['1', TypeError],
    [null, TypeError],
    [1n, TypeError],
    [{}, TypeError],
  ] as const;

  it.each(number)('page and pageSize of %s', (wrong, kind) => {
    for (const name of ['page', 'pageSize']) {
      expect(() => ladder.page({ [name]: wrong })).toThrow(kind);
      expect(() => ladder.page({ [name]: wrong })).toThrow(`\`${name}\``);
    }
  });

  it.each(number.slice(1))('n of %s', (wrong, kind) => {
    const n = wrong as number;
    for (const ask of [
      () => ladder.top(n),
      () => ladder.around('ace', n),
      () => ladder.around('nobody', n),
    ]) {
      expect(ask).toThrow(kind);
      expect(ask).toThrow('`n`');
    }
    expect(ladder.top(0)).toEqual([]);
  });

  it.each([1, true, {}, [1], ['PL', undefined], [['PL']], new Set(['PL']), Symbol('PL')])(
    'country and race of %s',
    (wrong) => {
      for (const name of ['country', 'race']) {
        const filter = { [name]: wrong } as object;
        for (const ask of [
          () => ladder.page(filter),
          () => ladder.top(1, filter),
          () => ladder.around('ace', 1, filter),
          () => ladder.rankOf('ace', filter),
          () => ladder.count(filter),
        ]) {
          expect(ask).toThrow(TypeError);
          expect(ask).toThrow(`\`${name}\``);
        }
      }
    },
  );

  it.each(['true', 'false', 1, 0, null, {}])('bestRaceOnly of %s', (wrong) => {
    const filter = { bestRaceOnly: wrong as boolean };
    expect(() => ladder.page(filter)).toThrow(TypeError);
    expect(() => ladder.count(filter)).toThrow('`bestRaceOnly`');
  });

  it.each([undefined, null, 5, {}, Symbol('ace')])('player of %s', (wrong) => {
    for (const ask of [
      () => ladder.rankOf(wrong as string),
      () => ladder.around(wrong as string, 1),
    ]) {
      expect(ask).toThrow(TypeError);
      expect(ask).toThrow('`player`');
    }
  });
});

describe('a wrong option', () => {
  it.each<[string, unknown]>([
    ['details', 'wins'],
    ['details', 5],
    ['details', [5]],
    ['details', ['wins', 'key']],
    ['details', ['rank']],
    ['schema', {}],
    ['schema', 5],
    ['schema', null],
    ['schema', { '~standard': {} }],
  ])('%s of %j', async (name, wrong) => {
    const options = { [name]: wrong } as object;
    expect(() => new Leaderboard([], options)).toThrow(TypeError);
    expect(() => new Leaderboard([], options)).toThrow(`\`${name}\``);
    await expect(Leaderboard.from([], options)).rejects.toThrow(`\`${name}\``);
  });

  it.each([undefined, null, 5, {}])('rows of %s', async (wrong) => {
    expect(() => new Leaderboard(wrong as never)).toThrow(TypeError);
    await expect(Leaderboard.from(wrong as never)).rejects.toThrow(TypeError);
  });
});
