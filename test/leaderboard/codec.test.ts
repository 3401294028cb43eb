import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { type Codec, WarmCache } from 'warm-cache';
import {
  Leaderboard,
  type LeaderboardCodec,
  type LeaderboardEntry,
  leaderboardCodec,
  RowError,
} from 'warm-cache/leaderboard';
import { z } from 'zod';
import { Writer } from '../../src/leaderboard/writer.ts';
import { answersOf, type Board, expectSame, questions, RANKINGS } from '../support/answers.ts';
import { PlainBoard } from '../support/plain-board.ts';
import { anyKeys, rowsWith, type TestRow } from '../support/rows.ts';
import { runs } from '../support/runs.ts';

//   RUNS=100000 npm test -- test/leaderboard/codec     more of them

const RUNS = runs('RUNS', 500);
const TIMEOUT = { timeout: 3_600_000 };

type Details = { readonly wins: number; readonly badge: string | null };
const details = ['wins', 'badge'] as const;

const shape = {
  key: z.string(),
  player: z.string(),
  name: z.string(),
  country: z.string().nullable(),
  race: z.string().nullable(),
  score: z.number(),
};

/** Two rows, as version 1 writes them. */
const GOLDEN = {
  checksum: 2_170_432_390,
  data: 'AgExAXgBAWECAWIBAsOEAQEFAlBMAgEBAQIFBHplcmcAAAAAAAAA4D8OBNkEBAIBBQTwn5Sl',
};

/** What a store makes of it. */
const stored = (data: unknown): unknown => JSON.parse(JSON.stringify(data));

async function again<D extends object>(
  board: Leaderboard<D>,
  codec: LeaderboardCodec<D>,
): Promise<Leaderboard<D>> {
  return codec.decode(stored(await codec.encode(board)));
}

function entry(key: string, change: object = {}): LeaderboardEntry {
  return { key, player: 'p', name: 'n', country: null, race: null, score: 1, ...change };
}

/** A board of some rows that have a detail each. */
const boardOf = (...values: unknown[]): Leaderboard<{ it: unknown }> =>
  new Leaderboard<{ it: unknown }>(
    values.map((it, i) => ({ ...entry(String(i)), it })),
    { details: ['it'] },
  );
const codecOfIt = leaderboardCodec<{ it: unknown }>({ details: ['it'] });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a board that was encoded and decoded', () => {
  it(
    'answers as the plain one does, goes on from there, and is encoded alike',
    TIMEOUT,
    async () => {
      const everything = rowsWith(anyKeys, 25);
      await fc.assert(
        fc.asyncProperty(
          everything,
          everything,
          fc.array(questions, { minLength: 1, maxLength: 8 }),
          fc.constantFrom(...RANKINGS),
          async (first, then, asked, ranking) => {
            const options = { ranking, details };
            const codec = leaderboardCodec<Details>(options);
            const rows = new Map(first.map((row) => [row.key, row]));
            const deletes = first.filter((_, i) => i % 3 === 0).map(({ key }) => key);
            const expectRight = (board: Board, all: Iterable<TestRow>): void => {
              const plain = new PlainBoard(all, ranking);
              for (const question of [{ page: 1, pageSize: 1000, player: '1', n: 1 }, ...asked]) {
                expectSame(answersOf(board, question), answersOf(plain, question));
              }
              const { countries, races, size } = plain;
              expect(board).toMatchObject({ countries, races, size });
            };
            const board = new Leaderboard<Details>(first, options);
            const whole = await again(board, codec);
            expectRight(whole, first);
            expect(await Leaderboard.from(first, { ...options, previous: whole })).toBe(whole);

            // One that has rows and texts of the past.
            const changed = await whole.withChanges({ upserts: then, deletes });
            for (const key of deletes) rows.delete(key);
            for (const row of then) rows.set(row.key, row);
            const data = stored(await codec.encode(changed));
            const decoded = await codec.decode(data);
            expectRight(decoded, rows.values());
            expect(stored(await codec.encode(decoded))).toEqual(data);
            expect(await Leaderboard.from(rows.values(), { ...options, previous: decoded })).toBe(
              decoded,
            );
            expect(await decoded.withChanges({ upserts: rows.values() })).toBe(decoded);
            expectRight(await decoded.withChanges({ upserts: first }), [
              ...new Map([...rows, ...first.map((row) => [row.key, row] as const)]).values(),
            ]);
          },
        ),
        RUNS,
      );
    },
  );

  it('has its details, whatever of these they are', TIMEOUT, async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud83d', 'a\udd25b', '\ufeff', '\0', '__proto__', 'constructor', '1'),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom(undefined, null, true, false, 0, -0, Number.NaN, Infinity, -Infinity),
        fc.double(),
        fc.integer(),
        fc.maxSafeInteger(),
        fc.constantFrom(
          2 ** 50 - 1,
          2 ** 50,
          1 - 2 ** 50,
          -(2 ** 50),
          2 ** 53,
          -(2 ** 53),
          127,
          128,
        ),
        fc.bigInt(),
        fc.date({ noInvalidDate: false }),
        text,
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(text, tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 8 }), async (values) => {
        const decoded = await again(boardOf(...values), codecOfIt);
        const given = decoded.top(100).map(({ it }) => it);
        if (!isDeepStrictEqual(given, values)) expect(given).toEqual(values);
        expect(isDeepStrictEqual(given, values)).toBe(true);
      }),
      RUNS,
    );
  });

  it('has details of other prototypes than any, and names that are none of ours', async () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    const named = JSON.parse('{"__proto__":{"a":1},"":2}') as object;
    const decoded = await again(boardOf(bare, named), codecOfIt);
    const [first, second] = decoded.top(2).map(({ it }) => it as object);
    expect(Object.getPrototypeOf(first)).toBe(null);
    expect(Object.keys(second as object)).toEqual(['__proto__', '']);
    expect(Object.getPrototypeOf(second)).toBe(Object.prototype);
  });

  it('has texts of any length, of which some are longer than what is written at a time', async () => {
    const long = '🔥ä'.repeat(40_000);
    const rows = [
      { ...entry('1', { name: long, score: 3 }), it: long },
      { ...entry(long, { score: 2 }), it: `${long}\ud83d` },
      { ...entry('3', { player: long, country: long, race: '' }), it: '' },
    ];
    const decoded = await again(
      new Leaderboard<{ it: unknown }>(rows, { details: ['it'] }),
      codecOfIt,
    );
    expectSame(
      decoded.top(3).map(({ rank, ...row }) => row),
      rows,
    );
  });

  it('of no rows, and without options', async () => {
    const codec = leaderboardCodec();
    const decoded = await again(new Leaderboard([]), codec);
    expect([decoded.size, decoded.countries, decoded.page().rows]).toEqual([0, [], []]);
    const next = await decoded.withChanges({ upserts: [entry('1')] });
    expect((await again(next, codec)).top(1)).toEqual([{ ...entry('1'), rank: 1 }]);
  });

  it('checks what comes by its schema, not what was there', async () => {
    const schema = z.object({ ...shape, score: z.coerce.number(), wins: z.number().min(0) });
    const options = { schema, details: ['wins'] as const };
    const codec = leaderboardCodec(options);
    const given = [{ ...entry('1', { score: '7' }), wins: 3 }];
    const board = await Leaderboard.from(given, options);
    const decoded = await again(board, codec);
    expect(decoded.top(1)).toEqual([{ ...entry('1', { score: 7 }), wins: 3, rank: 1 }]);
    expect(await Leaderboard.from(given, { ...options, previous: decoded })).toBe(decoded);
    await expect(decoded.withChanges({ upserts: [{ ...entry('2'), wins: -1 }] })).rejects.toThrow(
      RowError,
    );
  });

  it('is read as it was written long ago', async () => {
    const board = new Leaderboard<Details>(
      [
        {
          ...entry('1', { player: 'a', name: 'Ä', country: 'PL', score: 0.5 }),
          wins: 300,
          badge: null,
        },
        {
          ...entry('x', { player: 'b', name: 'Ä', race: 'zerg', score: -7 }),
          wins: -1,
          badge: '🔥',
        },
      ],
      { ranking: 'dense', details },
    );
    const codec = leaderboardCodec<Details>({ ranking: 'dense', details });
    const data = {
      format: 'warm-cache/leaderboard',
      version: 1,
      ranking: 'dense',
      details: ['wins', 'badge'],
      schema: false,
      checksum: GOLDEN.checksum,
      data: [GOLDEN.data],
    };
    expect(await codec.encode(board)).toEqual(data);
    expect((await codec.decode(data)).top(2)).toEqual(board.top(2));
  });

  it('was made in between other work', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => entry(String(i), { name: `name ${i}` }));
    const board = new Leaderboard(rows);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 10;
      return now;
    });
    const codec = leaderboardCodec();
    const turnsOf = async <T>(work: Promise<T>): Promise<[number, T]> => {
      let turns = 0;
      let isDone = false;
      const count = (): void => {
        turns += 1;
        if (!isDone) setImmediate(count);
      };
      count();
      const value = await work;
      isDone = true;
      return [turns, value];
    };
    const [encoding, data] = await turnsOf(codec.encode(board));
    const [decoding, decoded] = await turnsOf(codec.decode(data));
    // Six columns, 64 rows at a time.
    expect(encoding).toBeGreaterThan((6 * rows.length) / 100);
    expect(decoding).toBeGreaterThan((6 * rows.length) / 100);
    expect(decoded.top(5000)).toEqual(board.top(5000));
  });
});

describe('what can’t be kept', () => {
  const circle: unknown[] = [];
  circle.push({ circle });
  const deep = Array.from({ length: 101 }).reduce((value) => [value], 1);

  it.each<[string, unknown, string]>([
    ['a function', () => 1, '[Function'],
    ['a symbol', Symbol('it'), 'Symbol(it)'],
    ['a Map', new Map([[1, 2]]), 'Map(1)'],
    ['bytes', Buffer.from('ab'), '<Buffer 61 62>'],
    ['an instance', new (class Medal {})(), 'Medal {}, which is no plain object'],
    ['an error', new Error('it'), 'which is no plain object'],
    ['a date that has more', Object.assign(new Date(0), { more: 1 }), 'which is no plain object'],
    ['a name that is a symbol', { [Symbol('it')]: 1 }, 'which is no plain object'],
    ['a list with a hole', Object.assign([1], { 2: 3 }), 'which is more or less than a list'],
    ['a list that has more', Object.assign([1], { more: 1 }), 'which is more or less than a list'],
    ['a list of another kind', new (class extends Array {})(), 'which is more or less than a list'],
    ['a circle', circle, 'which is within itself'],
    ['what is too deep', deep, 'which is more than 100 deep'],
    ['any of these within', { a: [{ b: 7 }, { b: () => 7 }] }, '[Function: b]'],
  ])('is refused: %s', async (_, value, message) => {
    const error = await codecOfIt.encode(boardOf(1, value)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(
      /^Expected `it` of the row with key 1 to be plain data, got /,
    );
    expect((error as Error).message).toContain(message);
  });

  it('does not begin where something is as deep as may be', async () => {
    const value = Array.from({ length: 100 }).reduce((inner) => [inner], 1);
    expect((await again(boardOf(value), codecOfIt)).top(1)[0]?.it).toEqual(value);
    // Twice in one place is no circle.
    const twice = [1];
    const [row] = (await again(boardOf([twice, twice]), codecOfIt)).top(1);
    expect(row?.it).toEqual([[1], [1]]);
  });

  it.each([undefined, null, 5, {}, [], new PlainBoard([], 'dense')])(
    'is what is no leaderboard: %s',
    async (wrong) => {
      const encoding = leaderboardCodec().encode(wrong as never);
      await expect(encoding).rejects.toThrow(/^Expected `board` to be a leaderboard, got /);
      await expect(encoding).rejects.toThrow(TypeError);
    },
  );
});

describe('the options', () => {
  const schema = z.object(shape).loose();
  const other = z.object(shape).loose();
  const all = [
    {},
    { ranking: 'dense' },
    { details: ['wins'] },
    { details: ['wins', 'badge'] },
    { details: ['badge', 'wins'] },
    { schema },
  ] as never[];

  it('are the board’s own, or it is refused on either way', async () => {
    for (const [i, of] of all.entries()) {
      const board = new Leaderboard([entry('1')], of);
      const data = stored(await leaderboardCodec(of).encode(board));
      for (const [j, options] of all.entries()) {
        const codec = leaderboardCodec(options);
        if (i === j) {
          expect((await codec.decode(data)).size).toBe(1);
          continue;
        }
        for (const work of [codec.encode(board), codec.decode(data)]) {
          const error = await work.catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(TypeError);
          expect((error as Error).message).toMatch(
            /^Expected a leaderboard with the options of the codec, got one whose `(ranking|details|schema)` is .+, not .+/,
          );
        }
      }
    }
  });

  it('are told where they differ', async () => {
    const dense = new Leaderboard([], { ranking: 'dense' });
    await expect(leaderboardCodec().encode(dense)).rejects.toThrow(
      "got one whose `ranking` is 'dense', not 'competition'",
    );
    const board = await Leaderboard.from([entry('1')], { schema: schema as never });
    await expect(leaderboardCodec({ schema: other }).encode(board)).rejects.toThrow(
      'Expected a leaderboard with the options of the codec, got one of another `schema`',
    );
  });

  it.each([{ ranking: 'first' }, { details: ['key'] }, { details: 'wins' }, { schema: {} }])(
    'are refused at once where they are wrong: %j',
    (wrong) => {
      expect(() => leaderboardCodec(wrong as never)).toThrow(TypeError);
    },
  );

  it('are copied', async () => {
    const given = ['wins'];
    const codec = leaderboardCodec({ details: given as never[] });
    given.push('losses');
    const board = new Leaderboard([entry('1')], { details: ['wins' as never] });
    expect((await again(board, codec)).size).toBe(1);
  });
});

describe('data that is no such board', () => {
  const codec = leaderboardCodec<Details>({ details });
  const rows = Array.from({ length: 12 }, (_, i) => ({
    ...entry(String(i), { player: `p${i % 5}`, name: `näme ${i % 7}`, score: i % 4 }),
    country: i % 3 === 0 ? null : `c${i % 3}`,
    race: i % 2 === 0 ? 'zerg' : 'terran',
    wins: i * 100,
    badge: i % 2 === 0 ? null : '🔥',
  }));
  const encoded = async (): Promise<Record<string, unknown>> =>
    stored(await codec.encode(new Leaderboard<Details>(rows, { details }))) as Record<
      string,
      unknown
    >;

  it.each<[unknown, string]>([
    [undefined, 'got undefined'],
    [null, 'got null'],
    ['warm-cache/leaderboard', "got 'warm-cache/leaderboard'"],
    [7, 'got 7'],
    [[], 'got []'],
    [{}, 'got {}'],
    [rows, 'Expected an encoded leaderboard, got ['],
  ])('is refused: %o', async (wrong, message) => {
    await expect(codec.decode(wrong)).rejects.toThrow(TypeError);
    await expect(codec.decode(wrong)).rejects.toThrow('Expected an encoded leaderboard, ');
    await expect(codec.decode(wrong)).rejects.toThrow(message);
  });

  it.each<[object, string]>([
    [{ format: 'another' }, 'Expected an encoded leaderboard, got {'],
    [{ version: 2 }, 'Expected an encoded leaderboard of version 1, got one of version 2'],
    [{ version: '1' }, "of version '1'"],
    [{ version: undefined }, 'of version undefined'],
    [{ ranking: undefined }, 'whose `ranking` is undefined'],
    [{ details: 'wins,badge' }, "whose `details` is 'wins,badge'"],
    [{ schema: 0 }, 'whose `schema` is 0'],
    [{ checksum: '0' }, 'without its data'],
    [{ checksum: 0 }, 'a broken one: its checksum is another one'],
    [{ data: undefined }, 'without its data'],
    [{ data: 'AAAA' }, 'without its data'],
    [{ data: [7] }, 'without its data'],
    [{ data: [] }, 'its checksum is another one'],
    [{ data: [], checksum: 0 }, 'a broken one: it ends too early'],
    [{ data: ['%%%%'], checksum: 0 }, 'its checksum is another one'],
  ])('is refused with %j', async (change, message) => {
    const data = { ...(await encoded()), ...change };
    await expect(codec.decode(data)).rejects.toThrow(TypeError);
    await expect(codec.decode(data)).rejects.toThrow(message);
  });

  it('is whatever was changed by chance', TIMEOUT, async () => {
    const { data: given, ...rest } = await encoded();
    const [text] = given as [string];
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.nat(63), async (at, digit) => {
        const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
        for (const changed of [
          text.slice(0, at) + base64[digit] + text.slice(at + 1),
          text.slice(0, at) + base64[digit] + text.slice(at),
          text.slice(0, at) + text.slice(at + 1),
          text.slice(0, at),
        ]) {
          // What stands beside the last byte is nothing to it.
          const isSame = Buffer.from(changed, 'base64').equals(Buffer.from(text, 'base64'));
          const decoding = codec.decode({ ...rest, data: [changed] });
          if (isSame) await decoding.catch(() => {});
          else await expect(decoding).rejects.toThrow(TypeError);
        }
      }),
      RUNS,
    );
  });

  it('is refused or is a board, even where its checksum is right', TIMEOUT, async () => {
    const { data: given, ...rest } = await encoded();
    const right = Buffer.from((given as [string])[0], 'base64');
    const change = fc.record({
      at: fc.nat(right.length),
      away: fc.constantFrom(0, 1, 1, 1, 2, 5, 1000),
      bytes: fc.array(fc.oneof(fc.nat(12), fc.nat(255), fc.constantFrom(127, 128, 255)), {
        maxLength: 3,
      }),
    });
    const came = { refused: 0, read: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let bytes = right;
        for (const { at, away, bytes: put } of changes) {
          bytes = Buffer.concat([
            bytes.subarray(0, at),
            Buffer.from(put),
            bytes.subarray(at + away),
          ]);
        }
        const data = { ...rest, checksum: crc32(bytes), data: [bytes.toString('base64')] };
        const board = await codec.decode(data).catch((error: unknown) => {
          expect(error).toBeInstanceOf(TypeError);
          expect((error as Error).message).toMatch(
            /^Expected an encoded leaderboard, got a broken/,
          );
          return undefined;
        });
        came[board ? 'read' : 'refused'] += 1;
        if (board) expectSound(board);
      }),
      { ...RUNS, numRuns: 4 * (RUNS.numRuns ?? 0) },
    );
    expect(came.refused).toBeGreaterThan(0);
    expect(came.read).toBeGreaterThan(0);
  });

  /** That a board is one that could have been made of its rows. */
  function expectSound(board: Leaderboard<Details>): void {
    const all = board.top(1000);
    expect(all.length).toBe(board.size);
    const anew = new Leaderboard<Details>(
      all.map(({ rank, ...row }) => row),
      { details },
    );
    expect([board.countries, board.races]).toEqual([anew.countries, anew.races]);
    for (const filter of [
      {},
      { country: null },
      { country: ['c1', 'c2', ''], race: ['zerg', null] },
      { race: 'zerg', bestRaceOnly: true },
      { race: ['terran', 'zerg'], bestRaceOnly: true },
    ]) {
      for (let page = 1; page <= Math.ceil(board.size / 5) + 1; page++) {
        const query = { ...filter, page, pageSize: 5 };
        expectSame(board.page(query), anew.page(query));
      }
      expect(board.rankOf('p1', filter)).toBe(anew.rankOf('p1', filter));
    }
  }

  type Column = (writer: Writer) => void;
  const one: Record<string, Column> = {
    size: (writer) => writer.count(1),
    key: (writer) => writer.text('k'),
    player: named('p'),
    name: named('n'),
    country: nothing,
    race: nothing,
    score: (writer) => writer.number(7),
    wins: (writer) => tagged(writer, 0),
    badge: (writer) => tagged(writer, 1),
  };

  function named(text: string): Column {
    return (writer) => {
      writer.count(1);
      writer.text(text);
    };
  }
  function nothing(writer: Writer): void {
    writer.count(1);
    writer.byte(1);
  }
  function tagged(writer: Writer, ...bytes: number[]): void {
    for (const byte of bytes) writer.byte(byte);
  }

  /** A board of one row, or what is made of it. */
  async function decoded(change: Record<string, Column>): Promise<Leaderboard<Details>> {
    const writer = new Writer();
    for (const column of Object.values({ ...one, ...change })) column(writer);
    return codec.decode({ ...(await encoded()), ...writer.chunks() });
  }

  it('is a board where nothing is wrong', async () => {
    const board = await decoded({});
    const row = { key: 'k', player: 'p', name: 'n', country: null, race: null, score: 7 };
    expect(board.top(2)).toEqual([{ ...row, wins: undefined, badge: null, rank: 1 }]);
    // -0 is no other score than 0.
    const [zero] = (await decoded({ score: (writer) => writer.number(-0) })).top(1);
    expect(Object.is(zero?.score, 0)).toBe(true);
  });

  it.each<[string, Record<string, Column>, string]>([
    ['more rows than bytes', { size: (w) => w.count(2 ** 45) }, 'it ends too early'],
    [
      'a number without an end',
      { size: (w) => tagged(w, ...Array(9).fill(255)) },
      'beyond all bounds',
    ],
    [
      'a number beyond 2^53',
      { size: (w) => tagged(w, ...Array(7).fill(255), 127) },
      'beyond all bounds',
    ],
    ['a text that is too long', { key: (w) => w.count(2 ** 40) }, 'it ends too early'],
    ['no UTF-8', { key: (w) => tagged(w, 2, 0xc3, 0x28) }, 'a text is no UTF-8'],
    [
      'a surrogate in UTF-8',
      { name: (w) => tagged(w, 1, 3, 0xed, 0xa0, 0x80) },
      'a text is no UTF-8',
    ],
    ['half of a character', { player: (w) => tagged(w, 1, 2, 0xf0, 0x9f) }, 'a text is no UTF-8'],
    ['no player', { player: (w) => w.count(0) }, 'a number stands for no text'],
    ['a name that is nowhere', { name: (w) => w.count(2) }, 'a number stands for no text'],
    ['a country of another kind', { country: (w) => tagged(w, 1, 2) }, 'neither text nor null'],
    [
      'a race that is no Unicode',
      { race: (w) => tagged(w, 1, 6, 2, 0x3d, 0xd8) },
      'neither text nor null',
    ],
    ['a score of NaN', { score: (w) => w.number(Number.NaN) }, 'no finite number'],
    ['a score of Infinity', { score: (w) => w.number(-Infinity) }, 'no finite number'],
    ['a detail of no kind', { wins: (w) => tagged(w, 12) }, 'a value is of kind 12'],
    [
      'a list that is too long',
      { wins: (w) => tagged(w, 9, 255, 255, 255, 127) },
      'it ends too early',
    ],
    ['an object that is too large', { wins: (w) => tagged(w, 10, 255, 127) }, 'it ends too early'],
    ['a name that is no text', { wins: (w) => tagged(w, 10, 1, 1, 1) }, 'a name is no text'],
    ['a bigint of no digits', { wins: (w) => tagged(w, 7, 1, 0x2d) }, 'a bigint is none'],
    ['a bigint of other digits', { wins: (w) => tagged(w, 7, 2, 0x31, 0x78) }, 'a bigint is none'],
    ['half a unit', { wins: (w) => tagged(w, 6, 1, 0) }, 'a text is no UTF-16'],
    ['what is too deep', { wins: (w) => tagged(w, ...Array(200).fill([9, 1]).flat()) }, '100 deep'],
    ['a byte too many', { badge: (w) => tagged(w, 1, 1) }, 'it goes on behind its end'],
    ['a byte too few', { badge: () => {} }, 'it ends too early'],
    [
      'a key that comes twice',
      { size: (w) => w.count(2), key: (w) => tagged(w, 1, 0x6b, 1, 0x6b) },
      'a key comes twice',
    ],
    [
      'a player who comes twice',
      {
        size: (w) => w.count(2),
        key: (w) => tagged(w, 1, 0x6b, 1, 0x6c),
        player: (w) => tagged(w, 1, 1, 0x70, 2, 1, 0x70),
      },
      'a text comes twice',
    ],
    [
      'a country that comes twice',
      {
        size: (w) => w.count(2),
        key: (w) => tagged(w, 1, 0x6b, 1, 0x6c),
        player: (w) => tagged(w, 1, 1, 0x70, 1),
        name: (w) => tagged(w, 1, 1, 0x70, 1),
        country: (w) => tagged(w, 1, 1, 2, 1),
      },
      'a text comes twice',
    ],
  ])('is refused with %s', async (_, change, message) => {
    const error = await decoded(change).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(
      /^Expected an encoded leaderboard, got a broken one: /,
    );
    expect((error as Error).message).toContain(message);
  });
});

describe('a cache', () => {
  it('serves the board of the one before while it loads', async () => {
    const entries = new Map<string, string>();
    const store = {
      get: (key: string) => JSON.parse(entries.get(key) ?? 'null') as unknown,
      set: (key: string, data: unknown) => entries.set(key, JSON.stringify(data)),
    };
    const row = { ...entry('1'), wins: 7 };
    const options = { name: 'board', ttl: 60_000, store };
    const codec = leaderboardCodec<{ wins: number }>({ details: ['wins'] });
    const first = new WarmCache({
      ...options,
      loader: async ({ signal }) => Leaderboard.from([row], { details: ['wins'], signal }),
      codec,
    });
    await first.get();
    await vi.waitFor(() => expect(entries.size).toBe(1));
    await first.stop();
    const second = new WarmCache<Leaderboard<{ wins: number }>>({
      ...options,
      loader: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      codec,
    });
    second.start();
    expect((await second.get()).top(1)).toEqual([{ ...row, rank: 1 }]);
    await second.stop();
  });
});

describe('the types', () => {
  it('are those of the board', () => {
    expectTypeOf(leaderboardCodec()).toExtend<Codec<Leaderboard>>();
    expectTypeOf(leaderboardCodec<{ wins: number }>({ details: ['wins'] })).toExtend<
      Codec<Leaderboard<{ wins: number }>>
    >();
    const schema = z.object({ ...shape, wins: z.number() });
    expectTypeOf(leaderboardCodec({ schema, details: ['wins'] })).toEqualTypeOf<
      LeaderboardCodec<{ wins: number }>
    >();
    // @ts-expect-error No such detail.
    leaderboardCodec<{ wins: number }>({ details: ['losses'] });
    // @ts-expect-error What it is, nothing says.
    leaderboardCodec({ details: ['wins'] });
    const cached = () =>
      new WarmCache({
        loader: async ({ signal }) =>
          Leaderboard.from([{ ...entry('1'), wins: 7 }], { details: ['wins'], signal }),
        ttl: 1000,
        codec: leaderboardCodec<{ wins: number }>({ details: ['wins'] }),
      });
    expectTypeOf(cached).returns.toEqualTypeOf<WarmCache<Leaderboard<{ wins: number }>>>();
  });
});
