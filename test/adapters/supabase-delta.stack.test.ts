import fc from 'fast-check';
import pg from 'pg';
import { PLAYER_RACES } from 'supabase-stack';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WarmCache } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { supabaseLeaderboard } from 'warm-cache/supabase';
import { make, tables } from '../support/tables.ts';

const ROWS = 5000;
const servers = tables({ rows: ROWS });

const columns = {
  ...PLAYER_RACES.columns,
  updatedAt: 'updated_at',
  details: ['wins', 'losses'],
} as const;

function cacheOf(table = 'player_races', more: { pageSize?: number; overlap?: number } = {}) {
  const loader = supabaseLeaderboard({ client: servers.client, table, columns, ...more });
  return new WarmCache({ loader, ttl: 60_000, retry: { retries: 0 } });
}

const query = async <T>(sql: string, values: unknown[] = []): Promise<T[]> =>
  (await servers.database.query(sql, values)).rows as T[];

/** That a board is what the database has, row for row. */
async function expectSame(board: Leaderboard, table = 'player_races'): Promise<void> {
  const right = await query(
    `select rank() over (order by rating desc)::integer as rank, id::text as key, player_id::text as player,
       player_name as name, country, race, rating as score, wins, losses
     from ${table} order by rating desc, id`,
  );
  expect(board.top(100_000)).toEqual(right);
}

/** What was asked for since the last call. */
function asked(): string[] {
  return servers.requests.splice(0).map((words) => {
    if (words.get('limit') === '0') return 'count';
    return words.get('order') === 'id.asc' ? 'all' : 'changes';
  });
}

/** Tables of a test each: what one changes is within the overlap of the next. */
const COPIES = ['late', 'ties', 'busy', 'gone', 'untold', 'emptied', 'refused'] as const;

beforeAll(async () => {
  const statements = COPIES.map(
    (
      name,
    ) => `create table ${name} as select * from player_races; alter table ${name} add primary key (id);
      create index on ${name} (updated_at, id);`,
  );
  await make(servers, statements.join(''));
}, 60_000);

beforeEach(() => {
  servers.onRequest = () => {};
  servers.requests.length = 0;
});

describe('a refresh', { timeout: 60_000 }, () => {
  it('of a table at rest gets no rows, and leaves the board as it is', async () => {
    const cache = cacheOf();
    const board = await cache.get();
    await expectSame(board);
    expect(asked()).toEqual(['all', 'all', 'all', 'all', 'all', 'all']);
    await cache.refresh();
    expect(asked().sort()).toEqual(['changes', 'count']);
    expect(await cache.get()).toBe(board);
    expect(cache.health().loads).toMatchObject({ published: 1, unchanged: 1 });
  });

  it('has a match, for two requests', async () => {
    const cache = cacheOf();
    const [first, second] = (await cache.get()).top(2);
    const match = { winner: second?.key, loser: first?.key };
    expect((await servers.client.rpc('report_match', match)).error).toBeNull();
    asked();
    await expectSame((await cache.invalidate()).value);
    expect(asked().sort()).toEqual(['changes', 'count']);
  });

  it('has what was committed late', async () => {
    const cache = cacheOf('late');
    await cache.get();
    const other = new pg.Client({ connectionString: servers.stack.pg });
    await other.connect();
    // Its now() is from here on what it was.
    await other.query('begin; select now()');
    await other.query('update late set rating = rating + 1, updated_at = now() where id % 100 = 1');
    await query('update late set rating = rating - 1, updated_at = now() where id % 100 = 2');
    await expectSame((await cache.refresh()).value, 'late');
    await other.query('commit');
    await other.end();
    asked();
    await expectSame((await cache.refresh()).value, 'late');
    expect(asked()).not.toContain('all');
  });

  it('has thousands of rows that one statement has changed', async () => {
    const cache = cacheOf('ties');
    await cache.get();
    await query('update ties set wins = wins + 1, updated_at = now() where id % 5 > 0');
    asked();
    await expectSame((await cache.refresh()).value, 'ties');
    // Four pages of them, and none of a later time.
    expect(asked().sort()).toEqual([...Array.from({ length: 5 }, () => 'changes'), 'count']);
  });

  it('has what changes while it reads', async () => {
    const cache = cacheOf('busy', { pageSize: 100 });
    await cache.get();
    await query('update busy set wins = wins + 1, updated_at = clock_timestamp() where id % 7 = 0');
    asked();
    servers.onRequest = async () => {
      await query(
        `update busy set rating = rating + 1, updated_at = clock_timestamp()
         where id in (select id from busy order by updated_at desc limit 3)`,
      );
    };
    await cache.refresh();
    expect(asked()).not.toContain('all');
    servers.onRequest = () => {};
    await expectSame((await cache.refresh()).value, 'busy');
  });

  it('has rows that are gone, and rows that came instead', async () => {
    const cache = cacheOf('gone');
    await cache.get();
    await query(
      `with gone as (delete from gone where id in (select id from gone order by id desc limit 3) returning *)
       insert into gone
       select id + 1000, player_id, player_name, country, race, rating, wins, losses, now() from gone`,
    );
    asked();
    await expectSame((await cache.refresh()).value, 'gone');
    const kinds = asked().sort();
    expect(kinds).toContain('all');
    expect(kinds.filter((kind) => kind !== 'all')).toEqual(['changes', 'count', 'count']);
  });

  it.each(['null', `'2020-01-01'`])('has rows that came without saying when: %s', async (at) => {
    const cache = cacheOf('untold');
    const { size } = await cache.get();
    await query(
      `insert into untold
       select max(id) + 1, 1, 'new', null, null, 5000, 0, 0, ${at}::timestamptz from untold`,
    );
    await expectSame((await cache.refresh()).value, 'untold');
    expect((await cache.get()).size).toBe(size + 1);
    asked();
    await cache.refresh();
    expect(asked().sort()).toEqual(['changes', 'count']);
  });

  it('has all of a table that was emptied, and filled again', async () => {
    const cache = cacheOf('emptied');
    await cache.get();
    await query('delete from emptied');
    await expectSame((await cache.refresh()).value, 'emptied');
    expect((await cache.get()).size).toBe(0);
    await query('insert into emptied select * from player_races limit 2000');
    await query('update emptied set updated_at = clock_timestamp()');
    await expectSame((await cache.refresh()).value, 'emptied');
  });
});

describe('whatever happens to a table', { timeout: 120_000 }, () => {
  const table = 'changing';

  beforeAll(async () => {
    await make(
      servers,
      `create table ${table} (
         id bigint primary key, player_id bigint, player_name text, country text, race text,
         rating integer, wins integer, losses integer, updated_at timestamptz
       )`,
    );
  });

  /** What changes rows, by their numbers. */
  const STATEMENTS = {
    insert: `insert into ${table} select i, i / 2, 'n' || i, null, 'zerg', i % 5, 0, 0, clock_timestamp()
      from unnest($1::int[]) as i on conflict do nothing`,
    together: `insert into ${table} select i, i, 'n', 'PL', null, 1, 0, 0, now()
      from unnest($1::int[]) as i on conflict do nothing`,
    update: `update ${table} set rating = rating + 1, updated_at = clock_timestamp() where id = any($1)`,
    rename: `update ${table} set player_name = player_name || '!', country = 'KR', race = 'protoss',
      player_id = 1, wins = wins + 1, updated_at = now() where id = any($1)`,
    touch: `update ${table} set updated_at = now() where id = any($1)`,
    delete: `delete from ${table} where id = any($1)`,
    move: `update ${table} set id = id + 1000, updated_at = now()
      where id = any($1) and not exists (select from ${table} as other where other.id = ${table}.id + 1000)`,
  } as const;
  const kinds = Object.keys(STATEMENTS) as (keyof typeof STATEMENTS)[];

  it('a refresh has it', async () => {
    const ids = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 25 });
    const change = fc.tuple(fc.constantFrom(...kinds), ids);
    const between = fc.array(change, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(between, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(1, 3, 1000),
        async (rounds, pageSize) => {
          await query(`truncate ${table}`);
          await query(STATEMENTS.insert, [[5, 10, 15, 20, 25, 30, 35]]);
          const cache = cacheOf(table, { pageSize });
          await expectSame(await cache.get(), table);
          for (const changes of rounds) {
            for (const [kind, numbers] of changes) await query(STATEMENTS[kind], [numbers]);
            await expectSame((await cache.refresh()).value, table);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('while it is read, the refresh after that has it', async () => {
    const ids = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });
    const change = fc.tuple(fc.constantFrom(...kinds), ids);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 2 }), { minLength: 1, maxLength: 12 }),
        fc.constantFrom(2, 5, 1000),
        async (perRequest, pageSize) => {
          await query(`truncate ${table}`);
          await query(STATEMENTS.insert, [Array.from({ length: 30 }, (_, i) => i + 1)]);
          const cache = cacheOf(table, { pageSize });
          const rest = [...perRequest];
          servers.onRequest = async () => {
            for (const [kind, numbers] of rest.shift() ?? [])
              await query(STATEMENTS[kind], [numbers]);
          };
          await cache.get();
          while (rest.length > 0) await cache.refresh();
          servers.onRequest = () => {};
          await expectSame((await cache.refresh()).value, table);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('a row that is refused', { timeout: 60_000 }, () => {
  it('is told of by its key, and the last good board stays', async () => {
    const cache = cacheOf('refused');
    const board = await cache.get();
    const [{ id = '' } = {}] = await query<{ id: string }>(
      'update refused set rating = null, updated_at = now() where id = (select min(id) from refused) returning id',
    );
    await expect(cache.refresh()).rejects.toMatchObject({ cause: { name: 'RowError', key: id } });
    expect(await cache.get()).toBe(board);
    await query('update refused set rating = 7, updated_at = now() where id = $1', [id]);
    await expectSame((await cache.refresh()).value, 'refused');
  });
});
