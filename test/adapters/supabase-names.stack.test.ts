import { beforeAll, describe, expect, it } from 'vitest';
import { notModified } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { type SupabaseClientLike, supabaseLeaderboard } from 'warm-cache/supabase';
import { make, tables } from '../support/tables.ts';

const servers = tables({ schemas: ['public', 'game', 'Other "one"'] });

/** What PostgreSQL takes for the name of a column, and what PostgREST has a meaning for. */
const NAMES = [
  'plain_1$',
  'CamelCase',
  ...['order', 'select', 'limit', 'offset', 'and', 'or', 'not', 'columns', 'on_conflict'],
  ...['eq', 'gt', 'is', 'null', 'count', 'sum', 'asc', 'desc', 'nullslast', 'apikey', 'text'],
  ...['a b', ' a ', 'a\tb', 'a\nb', 'a,b', 'a.b', '.', 'x.order', 'not.and', 'a:b', 'a::text'],
  ...['(a)', 'and(', 'count()', 'a->b', 'a->>b', 'a-b', '!inner', '...a', '[a]', '{a}', '$'],
  ...['"', 'say "so"', 'odd" one', '\\', 'a\\"b', '\\" x', "it's", '`', '%', '%2C', 'a&b=c', 'a=b'],
  ...['a+b', 'a/b', '?#', ';', '1a', '-', '_', 'ä', 'é', '名前', '🔥', 'a\u00a0b', '\u200b'],
  'x'.repeat(63),
];

interface Source {
  readonly client?: SupabaseClientLike;
  readonly table: string;
  readonly columns: {
    readonly key: string | readonly [string, ...string[]];
    readonly player: string;
    readonly name: string;
    readonly score: string;
    readonly country?: string;
    readonly race?: string;
    readonly updatedAt?: string;
    readonly details?: readonly string[];
  };
}

function loaderOf(source: Source) {
  const { client } = servers;
  const loader = supabaseLeaderboard({ client, pageSize: 2, ...source });
  return async (held?: Leaderboard): Promise<Leaderboard> => {
    const previous = held && { value: held, version: 1, loadedAt: 0, source: 'loader' as const };
    const { signal } = new AbortController();
    const board = await loader({ signal, previous, attempt: 1, reason: 'read', notModified });
    if (board === notModified) throw new Error('Expected a board, got notModified');
    return board;
  };
}

const id = (name: string): string => servers.database.escapeIdentifier(name);
const keysOf = (board: Leaderboard): string[] => board.top(100).map(({ key }) => key);

beforeAll(async () => {
  const statements = NAMES.map(
    (name, i) => `
      create table name_${i} (
        ${id(name)} text not null unique, n integer not null, at timestamptz not null default now()
      );
      insert into name_${i} select 'k' || i, i / 2 from generate_series(1, 5) as i;
      create view time_${i} as select ${id(name)} as id, n, at as ${id(name)} from name_${i};`,
  );
  await make(servers, statements.join(''));
}, 60_000);

describe('a column', { timeout: 60_000 }, () => {
  it.each(NAMES.map((name, i) => [name, i] as const))(
    '%j may be a key, a part of one, the time of a change, and all else',
    async (name, i) => {
      const columns = { key: name, player: name, name, score: 'n', country: name, race: name };
      const table = `name_${i}`;
      const board = await loaderOf({ table, columns: { ...columns, details: [name] } })();
      expect(board.top(100)).toEqual(
        ['k4', 'k5', 'k2', 'k3', 'k1'].map((key, place) => ({
          rank: [1, 1, 3, 3, 5][place],
          ...{ key, player: key, name: key, country: key, race: key, [name]: key },
          score: [2, 2, 1, 1, 0][place],
        })),
      );
      const parts = await loaderOf({ table, columns: { ...columns, key: ['n', name] } })();
      expect(keysOf(parts)).toEqual([
        ...['["2","k4"]', '["2","k5"]'],
        ...['["1","k2"]', '["1","k3"]'],
        '["0","k1"]',
      ]);
      const times = { key: 'id', player: 'id', name: 'id', score: 'n', updatedAt: name };
      const load = loaderOf({ table: `time_${i}`, columns: times });
      const before = await load();
      await servers.database.query(`update ${table} set n = n + 10, at = clock_timestamp()`);
      servers.requests.length = 0;
      const after = await load(before);
      for (const asked of servers.requests) {
        // Only what was changed, and a count.
        expect(asked.get('order') ?? 'at.asc,id.asc').toMatch(/.[.]asc,id[.]asc$/s);
      }
      expect(after.top(100).map(({ score }) => score)).toEqual([12, 12, 11, 11, 10]);
    },
  );

  it('may be a score', async () => {
    await make(servers, 'create table scores (id text primary key, "say ""so"" (x)" integer)');
    await servers.database.query(`insert into scores values ('a', 1), ('b', 2)`);
    const columns = { key: 'id', player: 'id', name: 'id', score: 'say "so" (x)' };
    expect(keysOf(await loaderOf({ table: 'scores', columns })())).toEqual(['b', 'a']);
  });
});

describe('a table', { timeout: 60_000 }, () => {
  const columns = { key: 'id', player: 'id', name: 'id', score: 'n', updatedAt: 'at' };

  it.each([
    'a b',
    'a/b',
    'a?b#c',
    '%2F',
    '"',
    '(a,b)',
    'CamelCase',
    'ä 🔥',
    'a.b',
    'a:b',
    "it's",
    '+',
  ])('may be called %j', async (table) => {
    const name = id(table);
    await make(
      servers,
      `create table ${name} (id text, n integer, at timestamptz default now());
         insert into ${name} values ('a', 1), ('b', 2), ('c', 3)`,
    );
    const load = loaderOf({ table, columns });
    const board = await load();
    expect(keysOf(board)).toEqual(['c', 'b', 'a']);
    await servers.database.query(`delete from ${name} where id = 'b'`);
    expect(keysOf(await load(board))).toEqual(['c', 'a']);
  });

  it.each(['game', 'Other "one"'])('may be in the schema %j', async (schema) => {
    const name = `${id(schema)}.board`;
    await make(
      servers,
      `create table if not exists board (id text, n integer, at timestamptz default now());
       create table ${name} (id text, n integer, at timestamptz default now());
       insert into ${name} values ('a', 1), ('b', 2), ('c', 3)`,
    );
    const load = loaderOf({ client: servers.client.schema(schema), table: 'board', columns });
    const board = await load();
    expect(keysOf(board)).toEqual(['c', 'b', 'a']);
    await servers.database.query(`update ${name} set n = 4, at = clock_timestamp() where id = 'a'`);
    await servers.database.query(`insert into ${name} values ('d', 5)`);
    expect(keysOf(await load(board))).toEqual(['d', 'a', 'c', 'b']);
  });
});
