import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { notModified } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { supabaseLeaderboard } from 'warm-cache/supabase';
import { make, tables } from '../support/tables.ts';

const servers = tables();

/** Types of keys, and values of them that are told apart. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  integer: ['-2147483648', '-10', '-9', '0', '7', '10', '9', '2147483647'],
  bigint: ['-9223372036854775808', '9007199254740992', '9007199254740993', '9223372036854775807'],
  numeric: ['-1e30', '-0.5', '0', '0.1', '0.10000000000000000000001', '1.50', 'NaN', 'Infinity'],
  real: ['-Infinity', '-1.5', '1e-38', '0.1', '3.4e38', 'NaN'],
  'double precision': ['5e-324', '0.1', '0.30000000000000004', '0.3', '1e308', 'NaN'],
  boolean: ['false', 'true'],
  uuid: ['ffffffff-ffff-4fff-bfff-ffffffffffff', '00000000-0000-0000-0000-000000000001'],
  timestamptz: [
    '2025-01-01 00:00:00.000001+00',
    '2025-01-01 00:00:00.000002+00',
    '2025-01-01 00:00:00+01',
    '0044-03-15 12:00:00+00 BC',
    '-infinity',
    'infinity',
  ],
  timestamp: ['2025-01-01 00:00:00.000001', '2025-01-01 00:00:00.000002', 'infinity'],
  date: ['2025-01-01', '0044-03-15 BC', '-infinity'],
  time: ['00:00:00.000001', '24:00:00'],
  interval: ['1 year 2 mons -3 days', '-00:00:00.5', '00:00:00'],
  bytea: ['\\x', '\\x00', '\\x5c22ff'],
  inet: ['10.0.0.1', '10.0.0.0/8', '::1'],
  'char(3)': ['', 'a', 'ab', '"'],
  'text[]': ['{}', '{a}', '{"a,b"}', '{NULL}', '{"\\"",x}'],
  jsonb: ['null', '{"a": "\\"(,)"}', '[1, 2]', '"x"', '1.5'],
  int4range: ['empty', '[1,5)', '(,)'],
  mood: ['so, so', 'good "day"', 'bad'],
};

/** Texts that mean something to PostgREST, to PostgreSQL, to a URL or to JSON. */
const TEXTS = [
  ...['', ' ', '  ', 'a', 'A', 'b', 'B', 'ab', 'a b', 'a,b', 'a.b', 'a:b', 'a(b)', '(', ')', '{}'],
  ...['"', '""', '\\', '\\\\', '\\"', 'say "so"', "it's", "''", '*', '%', '%25', '%2C', '_', '+'],
  ...['null', 'NULL', 'true', 'eq.1', 'gt."a"', 'and(k.gt.1)', ')or(', '&k=eq.1', '#', '?', '/'],
  ...['\t', '\n', '\r\n', '\u0001', '\u007f', '\u00a0', '\u200b', '\u2028', '\ufeff', '\ufffd'],
  ...[
    'é',
    'e\u0301',
    'ß',
    'ss',
    'ſ',
    'İ',
    'ı',
    '名前',
    'ア',
    '🔥',
    '👩‍🚀',
    '\u{10ffff}',
    '10',
    '9',
    '-1',
  ],
  'x'.repeat(1500),
];

const COLLATIONS = ['"C"', 'by_code', 'by_language', 'by_number'];

async function load(table: string, key: string | readonly [string, ...string[]], pageSize: number) {
  const columns = { key, player: 'n', name: 'v', score: 'n' };
  const loader = supabaseLeaderboard({ client: servers.client, table, columns, pageSize });
  const { signal } = new AbortController();
  const context = { signal, previous: undefined, attempt: 1, reason: 'read', notModified } as const;
  return (await loader(context)) as Leaderboard;
}

const keysOf = (board: Leaderboard): string[] =>
  board
    .top(100_000)
    .map(({ key }) => key)
    .sort();

/** That each row of a table is on the board, once, whatever the pages are. */
async function expectAll(
  table: string,
  key = 'k::text',
  columns: Parameters<typeof load>[1] = 'k',
) {
  const { rows } = await servers.database.query(`select ${key} as key from ${table}`);
  const right = rows.map((row) => row.key).sort();
  for (const pageSize of [1, 2, 7, 1000]) {
    expect(keysOf(await load(table, columns, pageSize))).toEqual(right);
  }
  return right;
}

const tableOf = (type: string): string => `of_${type.replaceAll(/\W/g, '_').toLowerCase()}`;

beforeAll(async () => {
  const types = Object.keys(KEYS).map(
    (type) =>
      `create table ${tableOf(type)} (k ${type} primary key, n serial, v text default 'v');`,
  );
  const texts = COLLATIONS.map(
    (name) =>
      `create table ${tableOf(name)} (k text collate ${name} primary key, n serial, v text default 'v');`,
  );
  await make(
    servers,
    `create type mood as enum ('bad', 'so, so', 'good "day"');
     create collation by_code (provider = builtin, locale = 'C.UTF-8');
     create collation by_language (provider = icu, locale = 'sv-SE');
     create collation by_number (provider = icu, locale = 'und-u-kn');
     ${types.join('')} ${texts.join('')}
     create table pairs (
       a text collate by_language, b numeric, c uuid, n serial, v text default 'v', primary key (a, b, c)
     );
     create table many (a integer, b text, n serial, v text default 'v', primary key (a, b))`,
  );
}, 60_000);

describe('pages have every row once', { timeout: 60_000 }, () => {
  it.each(Object.entries(KEYS))('by keys of the type %s', async (type, values) => {
    const table = tableOf(type);
    await servers.database.query(
      `insert into ${table} (k) select value::${type} from unnest($1::text[]) as value`,
      [values],
    );
    expect(await expectAll(table)).toHaveLength(values.length);
  });

  it.each(COLLATIONS)('by text in the order of %s', async (collation) => {
    const table = tableOf(collation);
    await servers.database.query(`insert into ${table} (k) select unnest($1::text[])`, [TEXTS]);
    expect(await expectAll(table)).toHaveLength(TEXTS.length);
  });

  it.each(COLLATIONS)('by any text in the order of %s', { timeout: 120_000 }, async (collation) => {
    const table = tableOf(collation);
    const unit = fc.oneof(
      fc.constantFrom(...'"\\,.()%&+*=:; \'/#\t\nabA1'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    // PostgreSQL has no NUL in text.
    const text = fc.string({ unit, maxLength: 6 }).map((value) => value.replaceAll('\0', ''));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { maxLength: 40 }), async (values) => {
        await servers.database.query(`truncate ${table}`);
        await servers.database.query(
          `insert into ${table} (k) select unnest($1::text[]) on conflict do nothing`,
          [values],
        );
        await expectAll(table);
      }),
      { numRuns: 15 },
    );
  });

  it('by several columns of different types', { timeout: 60_000 }, async () => {
    const number = fc.constantFrom('-1', '0', '0.5', '1.50', '10', 'NaN');
    const text = fc.constantFrom('', 'a', 'Å', 'z', 'say "so"', '\\', 'a,b');
    const parts = fc.tuple(text, number, fc.uuid());
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 60 }), async (rows) => {
        await servers.database.query('truncate pairs');
        await servers.database.query(
          `insert into pairs (a, b, c)
           select * from unnest($1::text[], $2::numeric[], $3::uuid[]) on conflict do nothing`,
          [0, 1, 2].map((i) => rows.map((row) => row[i])),
        );
        const { rows: right } = await servers.database.query(
          'select a, b::text, c::text from pairs',
        );
        const keys = right.map(({ a, b, c }) => JSON.stringify([a, b, c])).sort();
        for (const pageSize of [1, 3, 1000]) {
          expect(keysOf(await load('pairs', ['a', 'b', 'c'], pageSize))).toEqual(keys);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('by columns of which the first is the same in thousands of rows', async () => {
    await servers.database.query(
      `insert into many (a, b)
       select case when i <= 2500 then 1 when i <= 2600 then i else 3000 end, 'b' || i
       from generate_series(1, 5000) as i`,
    );
    servers.requests.length = 0;
    const board = await load('many', ['a', 'b'], 1000);
    expect(board.size).toBe(5000);
    expect(new Set(keysOf(board)).size).toBe(5000);
    const filters = servers.requests.map((asked) => asked.get('or') ?? '');
    expect(filters.filter((filter) => filter.startsWith('(and(a.eq.'))).toHaveLength(3);
  });

  it('by a key that is called several columns, and is one', async () => {
    expect(keysOf(await load('of_integer', ['k'], 3))).toEqual([...(KEYS['integer'] ?? [])].sort());
  });
});
