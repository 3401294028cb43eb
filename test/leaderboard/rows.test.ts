import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Leaderboard, type LeaderboardEntry, RowError } from 'warm-cache/leaderboard';
import { z } from 'zod';

const ace = { key: '7', player: 'p1', name: 'Ace', country: 'PL', race: 'zerg', score: 1500 };
const fox = { key: '8', player: 'p2', name: 'Fox', country: null, race: null, score: 1600 };

/** What is thrown, whichever way the rows take into a board. */
const ways: [string, (rows: unknown[], options?: object) => Promise<Leaderboard>][] = [
  [
    'the constructor',
    async (rows, options) => new Leaderboard(rows as LeaderboardEntry[], options),
  ],
  ['from()', (rows, options) => Leaderboard.from(rows as LeaderboardEntry[], options)],
  [
    'from() with the board before',
    (rows, options) => {
      const previous = new Leaderboard([], options);
      return Leaderboard.from(rows as LeaderboardEntry[], { ...options, previous });
    },
  ],
  [
    'withChanges()',
    (rows, options) =>
      new Leaderboard([], options).withChanges({ upserts: rows as LeaderboardEntry[] }),
  ],
];

async function refused(board: Promise<Leaderboard>): Promise<RowError> {
  const error = await board.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RowError);
  expect(error).toBeInstanceOf(TypeError);
  return error as RowError;
}

const circle: { own?: unknown } = {};
circle.own = circle;

describe.each(ways)('a row that comes by %s', (_, make) => {
  it.each<[string, unknown, string]>([
    ['key', 7, 'In row 2: key: expected text, got 7'],
    ['key', 7n, 'In row 2: key: expected text, got 7n'],
    ['key', undefined, 'In row 2: key: expected text, got undefined'],
    ['key', null, 'In row 2: key: expected text, got null'],
    ['key', '\ud83d', 'In the row with key \ud83d: key: expected text'],
    ['player', 1n, 'In the row with key 7: player: expected text, got 1n'],
    ['player', '\udd25\ud83d', 'In the row with key 7: player: expected text'],
    ['name', null, 'In the row with key 7: name: expected text, got null'],
    ['name', { first: 'A' }, "In the row with key 7: name: expected text, got { first: 'A' }"],
    [
      'name',
      circle,
      'In the row with key 7: name: expected text, got <ref *1> { own: [Circular *1] }',
    ],
    ['name', Symbol('Ace'), 'In the row with key 7: name: expected text, got Symbol(Ace)'],
    ['name', 'x\udfff', 'In the row with key 7: name: expected text, got'],
    ['country', undefined, 'In the row with key 7: country: expected text or null, got undefined'],
    ['country', 'P\ud800', 'In the row with key 7: country: expected text or null'],
    ['race', 3, 'In the row with key 7: race: expected text or null, got 3'],
    ['race', ['zerg'], "In the row with key 7: race: expected text or null, got [ 'zerg' ]"],
    ['score', '1500', "In the row with key 7: score: expected a finite number, got '1500'"],
    ['score', null, 'In the row with key 7: score: expected a finite number, got null'],
    ['score', 1500n, 'In the row with key 7: score: expected a finite number, got 1500n'],
    ['score', Number.NaN, 'In the row with key 7: score: expected a finite number, got NaN'],
    ['score', Infinity, 'In the row with key 7: score: expected a finite number, got Infinity'],
    ['score', -Infinity, 'In the row with key 7: score: expected a finite number, got -Infinity'],
  ])('with a %s of %s is refused', async (field, wrong, message) => {
    const error = await refused(make([fox, { ...ace, [field]: wrong }]));
    expect(error.message).toContain(message);
    expect(error.name).toBe('RowError');
    expect(error.issues).toEqual([{ message: expect.any(String), path: [field] }]);
    const key = field === 'key' ? wrong : '7';
    expect(error.key).toBe(typeof key === 'string' ? key : undefined);
  });

  it.each([undefined, null, 5, 'row', []])('and is %s is refused', async (wrong) => {
    const error = await refused(make([wrong]));
    expect(error.message).toBe('In row 1: key: expected text, got undefined');
    expect(error.key).toBeUndefined();
  });

  it('is copied', async () => {
    const row: LeaderboardEntry & { score: number } = { ...ace };
    const rows: LeaderboardEntry[] = [row];
    const board = await make(rows);
    row.score = 1;
    rows.push({ ...fox });
    expect(board.top(5)).toEqual([{ ...ace, rank: 1 }]);
  });

  it('and has more fields than an entry leaves them behind', async () => {
    const board = await make([{ ...ace, wins: 3, rank: 99 }]);
    expect(board.top(1)).toEqual([{ ...ace, rank: 1 }]);
  });

  it('brings along the details that are named', async () => {
    const options = { details: ['wins', 'medals', 'absent', 'wins'] };
    const medals = { gold: 1, of: ['2024'] };
    const [other, row] = (await make([{ ...ace, wins: 3, medals, losses: 1 }, fox], options)).top(
      2,
    );
    expect(row).toEqual({ ...ace, wins: 3, medals, absent: undefined, rank: 2 });
    expect(other).toEqual({
      ...fox,
      wins: undefined,
      medals: undefined,
      absent: undefined,
      rank: 1,
    });
  });
});

it('a key that comes twice is refused, by both ways to a new board', async () => {
  for (const [, make] of ways.slice(0, 2)) {
    const error = await refused(make([ace, fox, { ...fox, key: '7' }]));
    expect(error.message).toBe(
      'In the row with key 7: key: expected it to be unique, got it twice',
    );
    expect(error.key).toBe('7');
    expect(error.issues).toEqual([{ message: expect.any(String), path: ['key'] }]);
  }
});

it('a board whose changes were refused, or that made others, stays as it is, and can be changed again', async () => {
  const board = new Leaderboard([ace]);
  const upserts = [
    fox,
    { ...ace, score: 1 },
    { ...ace, key: 'new', player: 'new', name: 'new', country: 'new', score: Number.NaN },
  ];
  await refused(board.withChanges({ upserts, deletes: ['7'] }));
  expect(board.top(5)).toEqual([{ ...ace, rank: 1 }]);
  expect(board.countries).toEqual(['PL']);
  const next = await board.withChanges({ upserts: [fox, { ...ace, key: 'new' }] });
  expect(next.top(5).map(({ key, rank }) => [key, rank])).toEqual([
    ['8', 1],
    ['7', 2],
    ['new', 2],
  ]);
});

const schemas = {
  zod: z.object({
    key: z.string(),
    player: z.string(),
    name: z.string(),
    country: z.string().nullable(),
    race: z.string().nullable(),
    score: z.number().min(0),
    wins: z.number().int(),
    tags: z.array(z.string().min(1)),
  }),
  valibot: v.object({
    key: v.string(),
    player: v.string(),
    name: v.string(),
    country: v.nullable(v.string()),
    race: v.nullable(v.string()),
    score: v.pipe(v.number(), v.minValue(0)),
    wins: v.pipe(v.number(), v.integer()),
    tags: v.array(v.pipe(v.string(), v.minLength(1))),
  }),
  arktype: type({
    key: 'string',
    player: 'string',
    name: 'string',
    country: 'string | null',
    race: 'string | null',
    score: 'number >= 0',
    wins: 'number.integer',
    tags: 'string >= 1[]',
  }),
};

describe.each(Object.entries(schemas))('a schema of %s', (_, schema) => {
  const details = ['wins', 'tags'] as const;
  const row = { ...ace, wins: 3, tags: ['a'] };

  it('lets pass what keeps to it', async () => {
    for (const board of [
      new Leaderboard([row], { schema, details }),
      await Leaderboard.from([row], { schema, details }),
      await new Leaderboard([], { schema, details }).withChanges({ upserts: [row] }),
    ]) {
      expect(board.top(1)).toEqual([{ ...row, rank: 1 }]);
    }
  });

  it.each<[string, object, PropertyKey[][]]>([
    ['wins', { wins: 1.5 }, [['wins']]],
    ['score', { score: -1 }, [['score']]],
    ['tags.1', { tags: ['a', ''] }, [['tags', 1]]],
    ['country', { country: 5 }, [['country']]],
    ['wins', { wins: '1', score: '2' }, [['score'], ['wins']]],
  ])('says which row is refused, and why: %s', async (named, change, paths) => {
    for (const [, make] of ways) {
      const error = await refused(
        make(
          [
            { ...row, key: '6' },
            { ...row, ...change },
          ],
          { schema, details },
        ),
      );
      expect(error.key).toBe('7');
      expect(error.message).toContain('In the row with key 7: ');
      expect(error.message).toContain(`${named}: `);
      const given = error.issues.map(({ path = [] }) =>
        Array.from(path, (part) => (typeof part === 'object' ? part.key : part)),
      );
      expect(given.sort()).toEqual(paths);
      for (const { message } of error.issues) expect(error.message).toContain(message);
    }
  });
});

describe('a schema', () => {
  /** As a client has them: numbers for ids, text for scores. */
  const raw = (id: number, rating: string) => ({ id, rating, nick: ' Ace ' });
  const raws = [raw(7, '1500'), raw(8, '1600.5')];
  const transforming = z
    .object({ id: z.number(), rating: z.string(), nick: z.string() })
    .transform(({ id, rating, nick }) => ({
      key: String(id),
      player: `p${id}`,
      name: nick.trim(),
      country: null,
      race: null,
      score: Number(rating),
    }));
  const given = raws as unknown as LeaderboardEntry[];

  it('may make an entry of what is none', async () => {
    const right = [
      ['8', 'p8', 'Ace', 1600.5],
      ['7', 'p7', 'Ace', 1500],
    ];
    for (const [, make] of ways) {
      const rows = (await make(given, { schema: transforming })).top(5);
      expect(rows.map(({ key, player, name, score }) => [key, player, name, score])).toEqual(right);
    }
  });

  it('is not trusted to make one', async () => {
    const bad = [raw(7, '1500'), raw(8, 'many')] as unknown as LeaderboardEntry[];
    for (const [, make] of ways) {
      const error = await refused(make(bad, { schema: transforming }));
      expect(error.message).toBe('In the row with key 8: score: expected a finite number, got NaN');
      expect(error.key).toBe('8');
    }
  });

  const later = z.object({
    key: z.string(),
    player: z.string(),
    name: z.string().refine(async (name) => name !== 'Fox', 'no foxes'),
    country: z.string().nullable(),
    race: z.string().nullable(),
    score: z.number().transform(async (score) => score * 2),
  });

  it('may answer later, where the board is made in slices', async () => {
    for (const [, make] of ways.slice(1)) {
      expect((await make([ace], { schema: later })).top(1)).toEqual([
        { ...ace, score: 3000, rank: 1 },
      ]);
      const error = await refused(make([ace, fox], { schema: later }));
      expect(error.message).toBe('In the row with key 8: name: no foxes');
      expect(error.key).toBe('8');
    }
  });

  it('may not do so where the board is made at once, and is not heard of later', async () => {
    const make = () => new Leaderboard([fox], { schema: later });
    expect(make).toThrow(TypeError);
    expect(make).toThrow('Leaderboard.from()');
    await new Promise((resolve) => setTimeout(resolve));
  });

  it('that throws or rejects is heard', async () => {
    for (const validate of [
      () => {
        throw new Error('no connection');
      },
      () => Promise.reject(new Error('no connection')),
    ]) {
      const schema = { '~standard': { version: 1, vendor: 'own', validate } };
      for (const [, make] of ways.slice(1)) {
        await expect(make([ace], { schema })).rejects.toThrow('no connection');
      }
    }
  });

  it('with many issues, or issues of no field, has them told in short', async () => {
    const issues = ['a', 'b', 'c', 'd', 'e'].map((message) => ({ message }));
    const schema = { '~standard': { version: 1, vendor: 'own', validate: () => ({ issues }) } };
    const error = await refused(Leaderboard.from([ace], { schema: schema as never }));
    expect(error.message).toBe('In the row with key 7: a; b; c; 2 more');
    expect(error.issues).toEqual(issues);
  });
});
