import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ChangeCounterSqlOptions,
  changeCounter,
  changeCounterSql,
  type NotifySqlOptions,
  notifySql,
} from 'warm-cache/postgres';
import { postgresServer } from './postgres-server.ts';

const server = postgresServer();
let writer: pg.Client;
let listener: pg.Client;
let heard: string[] = [];

/** What was told of what was done before. */
async function told(): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onFence = ({ channel }: pg.Notification): void => {
    if (channel === 'fence') resolve();
  };
  listener.on('notification', onFence);
  // Notifications come in the order of the commits.
  await server.pool.query(`select pg_notify('fence', '')`);
  await promise;
  listener.off('notification', onFence);
  return heard.splice(0).sort();
}

async function toldOf(...statements: string[]): Promise<string[]> {
  for (const statement of statements) await writer.query(statement);
  return told();
}

beforeAll(async () => {
  await server.pool.query(`
    create role writer login;
    create table players (id int primary key, country text, rating int not null default 0);
    create table countries (code text primary key);
    grant all on players, countries to writer;
    create table plain (id int primary key);
    grant all on plain to writer;
    create schema game;
    create type game.race as enum ('terran', 'zerg');
    create table game."The races" (id uuid primary key default gen_random_uuid(), "the race" game.race);
    ${notifySql({ table: 'players', channel: 'players', key: 'country' })}
    ${notifySql({ table: 'plain', channel: 'plain' })}
    ${notifySql({ table: 'game."The races"', channel: `it's`, key: 'the race', maxKeys: 1 })}`);
  writer = await server.connect('writer');
  listener = await server.connect();
  await listener.query(`listen players; listen plain; listen "it's"; listen fence`);
  listener.on('notification', ({ channel, payload }) => {
    if (channel !== 'fence') heard.push(`${channel}:${payload}`);
  });
}, 60_000);
afterAll(() => {
  heard = [];
});
beforeEach(async () => {
  await writer.query('truncate players; truncate plain');
  await told();
});

describe('a trigger without a key', () => {
  it('tells once a statement that there was a change, of any kind', async () => {
    expect(await toldOf('insert into plain select generate_series(1, 500)')).toEqual(['plain:']);
    expect(await toldOf('update plain set id = -id')).toEqual(['plain:']);
    expect(await toldOf('delete from plain where id < -100')).toEqual(['plain:']);
    expect(await toldOf('truncate plain')).toEqual(['plain:']);
    expect(await toldOf('select * from plain')).toEqual([]);
  });

  it('tells when the transaction commits, once, and of none that is rolled back', async () => {
    await writer.query('begin; insert into plain values (1); update plain set id = 2');
    expect(await told()).toEqual([]);
    await writer.query('insert into plain values (3); commit');
    expect(await told()).toEqual(['plain:']);
    expect(await toldOf('begin; delete from plain; rollback')).toEqual([]);
    expect(await toldOf('begin; savepoint s; delete from plain; rollback to s; commit')).toEqual(
      [],
    );
  });
});

describe('a trigger with a key', () => {
  it('tells each key of the rows once', async () => {
    const insert = `insert into players values (1, 'PL'), (2, 'PL'), (3, 'KR')`;
    expect(await toldOf(insert)).toEqual(['players:KR', 'players:PL']);
    expect(await toldOf('update players set rating = 1 where id = 1')).toEqual(['players:PL']);
    expect(await toldOf('delete from players where id = 3')).toEqual(['players:KR']);
    expect(await toldOf('update players set rating = 2 where false')).toEqual([]);
    expect(await toldOf('delete from players where false')).toEqual([]);
  });

  it('tells the key that a row had, and the one that it has', async () => {
    await writer.query(`insert into players values (1, 'PL')`);
    await told();
    expect(await toldOf(`update players set country = 'DE'`)).toEqual(['players:DE', 'players:PL']);
  });

  it('tells of upserts, MERGE and COPY', async () => {
    await writer.query(`insert into players values (1, 'PL')`);
    await told();
    const upsert = `insert into players values (1, 'KR'), (2, 'DE')
      on conflict (id) do update set country = excluded.country`;
    expect(await toldOf(upsert)).toEqual(['players:DE', 'players:KR', 'players:PL']);
    expect(await toldOf(`insert into players values (1, 'US') on conflict do nothing`)).toEqual([]);
    const merge = `merge into players p using (values (1, 'FR'), (9, 'IT')) as given (id, country)
      on p.id = given.id
      when matched then delete
      when not matched then insert values (given.id, given.country)`;
    expect(await toldOf(merge)).toEqual(['players:IT', 'players:KR']);
    await server.pool.query(
      `copy players (id, country) from program 'printf "20\\tSE\\n21\\tNO\\n"'`,
    );
    expect(await told()).toEqual(['players:NO', 'players:SE']);
  });

  it('tells that all may have changed by TRUNCATE, or by more keys than it may tell', async () => {
    const insert = (from: number, to: number) =>
      `insert into players select i, 'c' || i from generate_series(${from}, ${to}) as i`;
    expect(await toldOf(insert(1, 100))).toHaveLength(100);
    expect(await toldOf(insert(101, 201))).toEqual(['players:']);
    expect(await toldOf(`update players set country = 'd' || id where id <= 50`)).toHaveLength(100);
    expect(await toldOf(`update players set country = 'e' || id where id <= 51`)).toEqual([
      'players:',
    ]);
    expect(await toldOf('truncate players')).toEqual(['players:']);
  });

  it('tells that all may have changed where a key is missing, empty, or too long', async () => {
    expect(await toldOf('insert into players values (1, null)')).toEqual(['players:']);
    expect(await toldOf(`update players set country = ''`)).toEqual(['players:']);
    expect(await toldOf(`update players set country = repeat('x', 7999)`)).toEqual([
      'players:',
      `players:${'x'.repeat(7999)}`,
    ]);
    expect(await toldOf(`insert into players values (2, repeat('é', 4000))`)).toEqual(['players:']);
  });

  it('tells all keys of a transaction, each once, and nothing of what is rolled back', async () => {
    await writer.query('begin');
    for (let i = 0; i < 30; i++) {
      await writer.query(`insert into players values (${i}, 'c${i % 3}')`);
    }
    expect(await told()).toEqual([]);
    expect(await toldOf('commit')).toEqual(['players:c0', 'players:c1', 'players:c2']);
    expect(await toldOf(`begin; update players set country = 'XX'; rollback`)).toEqual([]);
    await expect(writer.query(`insert into players values (40, 'YY'), (1, 'YY')`)).rejects.toThrow(
      'duplicate key',
    );
    expect(await told()).toEqual([]);
  });

  it('tells keys apart that are equal by their column’s collation', async () => {
    await server.pool.query(`
      create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table names (name text collate folded);
      ${notifySql({ table: 'names', channel: 'players', key: 'name' })}
      insert into names values ('ace'), ('ACE')`);
    expect(await told()).toEqual(['players:ACE', 'players:ace']);
  });

  it('tells what a foreign key cascades to, and of a partition what names it or its parent', async () => {
    await server.pool.query(`
      create table parents (id int primary key);
      create table children (parent int references parents on delete cascade);
      insert into parents values (1), (2);
      insert into children values (1), (2);
      create table years (year int) partition by list (year);
      create table years_1 partition of years for values in (1);
      ${notifySql({ table: 'children', channel: 'players', key: 'parent' })}
      ${notifySql({ table: 'years', channel: 'players', key: 'year' })}`);
    expect(await toldOf()).toEqual([]);
    await server.pool.query('delete from parents where id = 2');
    expect(await told()).toEqual(['players:2']);
    await server.pool.query('insert into years values (1)');
    expect(await told()).toEqual(['players:1']);
    await server.pool.query('insert into years_1 values (1)');
    expect(await told()).toEqual([]);
    await server.pool.query(notifySql({ table: 'years_1', channel: 'players', key: 'year' }));
    await server.pool.query('insert into years_1 values (1)');
    expect(await told()).toEqual(['players:1']);
  });

  it('takes any names and types', async () => {
    const insert = (races: string) =>
      server.pool.query(
        `insert into game."The races" ("the race") select unnest('{${races}}'::game.race[])`,
      );
    await insert('zerg,zerg');
    await insert('terran');
    await insert('zerg,terran');
    expect(await told()).toEqual([`it's:`, `it's:terran`, `it's:zerg`]);
  });
});

describe('the SQL of triggers', () => {
  it('makes them anew, with or without a key, and several by name', async () => {
    await server.pool.query(`create table often (id int)`);
    await listener.query('listen often; listen seldom');
    const insert = async (): Promise<string[]> => {
      await server.pool.query('insert into often values (7)');
      return told();
    };
    const apply = (options: object) =>
      server.pool.query(notifySql({ table: 'often', channel: 'often', ...options }));
    await apply({});
    await apply({});
    expect(await insert()).toEqual(['often:']);
    await apply({ key: 'id' });
    expect(await insert()).toEqual(['often:7']);
    await apply({ name: 'another', channel: 'seldom' });
    expect(await insert()).toEqual(['often:7', 'seldom:']);
    await apply({ key: 'id' });
    await apply({});
    expect(await insert()).toEqual(['often:', 'seldom:']);
    const { rows } = await server.pool.query(
      `select tgname from pg_trigger where tgrelid = 'often'::regclass order by tgname`,
    );
    expect(rows).toEqual([{ tgname: 'another' }, { tgname: 'often_notify' }]);
  });

  it('names the channel as it is, whatever strings mean to who writes', async () => {
    const channel = `a\\'b`;
    await server.pool.query(`create table odd (id int); ${notifySql({ table: 'odd', channel })}`);
    await listener.query(`listen "${channel}"`);
    const other = await server.connect();
    await other.query('set standard_conforming_strings = off');
    await other.query('insert into odd values (1)');
    await other.end();
    await server.pool.query('insert into odd values (2)');
    expect(await told()).toEqual([`${channel}:`, `${channel}:`]);
  });

  it('lets nobody else call its functions', async () => {
    const { rows } = await server.pool.query(`
      select proname, prosecdef, proconfig, has_function_privilege('writer', oid, 'execute') as may
      from pg_proc where proname in ('players_notify', 'plain_notify')`);
    const config = { prosecdef: false, proconfig: ['search_path=pg_catalog, pg_temp'], may: false };
    expect(rows).toEqual([
      { proname: 'players_notify', ...config },
      { proname: 'plain_notify', ...config },
    ]);
  });

  it('is made of names that are names', () => {
    const bad = (options: object) => () =>
      notifySql({ table: 't', channel: 'c', ...options } as NotifySqlOptions);
    expect(bad({ table: undefined })).toThrow('`table`');
    expect(bad({ channel: '' })).toThrow('`channel`');
    expect(bad({ channel: 'é'.repeat(32) })).toThrow(RangeError);
    expect(bad({ channel: 'c'.repeat(63) })).not.toThrow();
    expect(bad({ key: '' })).toThrow('`key`');
    expect(bad({ maxKeys: -1 })).toThrow('`maxKeys`');
    expect(bad({ maxKeys: 1.5 })).toThrow('`maxKeys % 1`');
    expect(bad({ name: 'n'.repeat(55) })).toThrow('`name`');
    expect(bad({ table: 't'.repeat(48) })).toThrow('`name`');
    expect(() => notifySql(undefined as never)).toThrow('`options`');
  });
});

describe('a counter of changes', () => {
  const COUNTER = 'game."The changes"';
  const count = changeCounter({ query: (...given) => server.pool.query(...given) }, COUNTER);

  beforeAll(() =>
    server.pool.query(`
      create role reader login;
      ${changeCounterSql({ table: 'countries', counter: COUNTER, role: 'reader' })}`),
  );

  it('grows with each statement, as its changes can be seen, and not by what is rolled back', async () => {
    const first = await count();
    expect(first).toBe('0');
    await writer.query(`insert into countries values ('PL'), ('KR')`);
    expect(await count()).toBe('1');
    await writer.query(`begin; update countries set code = 'p'||code; delete from countries`);
    expect(await count()).toBe('1');
    await writer.query('commit');
    expect(await count()).toBe('3');
    await writer.query('begin; truncate countries; rollback');
    expect(await count()).toBe('3');
    await writer.query('truncate countries');
    expect(await count()).toBe('4');
  });

  it('tells of a transaction that began before another, and commits after it', async () => {
    const slow = await server.connect('writer');
    await slow.query(`begin; insert into countries values ('slow')`);
    // Nobody waits for it.
    await writer.query(`insert into countries values ('fast')`);
    const before = await count();
    await slow.query('commit');
    expect(await count()).not.toBe(before);
    await slow.end();
  });

  it('lets no two transactions wait for each other that did not before', async () => {
    const [one, two] = [await server.connect('writer'), await server.connect('writer')];
    await writer.query(`insert into countries values ('a'), ('b')`);
    await one.query(`begin; update countries set code = 'a1' where code = 'a'`);
    await two.query(`begin; update countries set code = 'b1' where code = 'b'`);
    const blocked = one.query(`update countries set code = 'b2' where code = 'b1' or code = 'b'`);
    await two.query('commit');
    await blocked;
    await one.query('commit');
    await Promise.all([one.end(), two.end()]);
  });

  it('is read with no more rights than are granted, and written with none', async () => {
    const reader = await server.connect('reader');
    expect(await changeCounter(reader, COUNTER)()).toBe(await count());
    await expect(reader.query(`update ${COUNTER} set changes = 0`)).rejects.toThrow('denied');
    await expect(writer.query(`table ${COUNTER}`)).rejects.toThrow('denied');
    await reader.end();
  });

  it('goes on when its SQL is run again', async () => {
    const before = await count();
    await server.pool.query(changeCounterSql({ table: 'countries', counter: COUNTER }));
    expect(await count()).toBe(before);
    await writer.query(`insert into countries values ('again')`);
    expect(await count()).toBe(`${Number(before) + 1}`);
  });

  it('keeps its sum as the rows of connections that are gone are put into one', async () => {
    const before = await count();
    const fold = `with gone as (
        delete from ${COUNTER} where pid <> 0 and pid not in (select pid from pg_stat_activity)
        returning changes
      )
      insert into ${COUNTER} as c select 0, sum(changes) from gone having count(*) > 0
      on conflict (pid) do update set changes = c.changes + excluded.changes`;
    await server.pool.query(fold);
    await server.pool.query(fold);
    expect(await count()).toBe(before);
    const { rows } = await server.pool.query(`select pid from ${COUNTER} where pid = 0`);
    expect(rows).toHaveLength(1);
  });

  it('is made of names that are names', () => {
    const bad = (options: object) => () =>
      changeCounterSql({ table: 't', counter: 'c', ...options } as ChangeCounterSqlOptions);
    expect(bad({ table: 1 })).toThrow('`table`');
    expect(bad({ counter: 'a.b.c' })).toThrow('`counter`');
    expect(bad({ name: 'n'.repeat(55) })).toThrow('`name`');
    expect(bad({ role: '' })).toThrow('`role`');
    expect(() => changeCounterSql(undefined as never)).toThrow('`options`');
    expect(() => changeCounter({} as never, 'c')).toThrow('`pool.query`');
    expect(() => changeCounter(server.pool, '')).toThrow('`counter`');
  });
});
