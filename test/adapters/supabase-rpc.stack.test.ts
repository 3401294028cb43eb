import { createClient } from '@supabase/supabase-js';
import pg from 'pg';
import { PLAYER_RACES, type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AbortError, WarmCache } from 'warm-cache';
import { Leaderboard, type LeaderboardEntry } from 'warm-cache/leaderboard';
import { type SupabaseError, supabaseLeaderboard } from 'warm-cache/supabase';
import type { SupabaseQuery } from '../../src/adapters/supabase/client.ts';
import { fetchLists } from '../../src/adapters/supabase/rpc.ts';

const ROWS = 30_000;

let stack: SupabaseStack;
let database: pg.Client;

beforeAll(async () => {
  stack = await startStack({ rows: ROWS });
  database = new pg.Client({ connectionString: stack.pg });
  await database.connect();
}, 60_000);
afterAll(async () => {
  await database?.end();
  await stack?.stop();
}, 60_000);

const anon = () => createClient(stack.url, stack.anonKey);
const server = () => createClient(stack.url, stack.serviceKey);

type Entry = LeaderboardEntry & { readonly wins: number; readonly losses: number };

function lists(name = 'leaderboard_board', client = anon()) {
  const call = () =>
    client.rpc(name, undefined, { get: true, count: 'exact' }) as unknown as SupabaseQuery;
  return fetchLists(call, new AbortController().signal) as AsyncGenerator<readonly Entry[]>;
}

async function query<Row extends object>(sql: string, ...values: unknown[]): Promise<Row[]> {
  return (await database.query<Row>(sql, values)).rows;
}

/** Runs SQL as somebody else, and takes back whatever it did. */
async function as<T>(role: string, run: () => Promise<T>, before = ''): Promise<T> {
  await database.query(`begin; ${before}; set local role ${role}`);
  try {
    return await run();
  } finally {
    await database.query('rollback');
  }
}

describe('leaderboard_board()', () => {
  it('answers the rows that the table has, in lists of a thousand', async () => {
    const details = ['wins', 'losses'] as const;
    const ofTable = new WarmCache({
      loader: supabaseLeaderboard({
        client: anon(),
        table: PLAYER_RACES.table,
        columns: { ...PLAYER_RACES.columns, details },
      }),
      ttl: 60_000,
    });
    const lengths: number[] = [];
    const counted = async function* () {
      for await (const rows of lists()) {
        lengths.push(rows.length);
        yield rows;
      }
    };
    const board = await Leaderboard.from(counted(), { details });
    expect(lengths).toEqual(Array.from({ length: ROWS / 1000 }, () => 1000));
    const all = { pageSize: ROWS };
    const { rows } = board.page(all);
    expect(rows).toHaveLength(ROWS);
    expect(rows).toEqual((await ofTable.get()).page(all).rows);
    expect(rows[0]).toMatchObject({ wins: expect.any(Number), losses: expect.any(Number) });
  }, 60_000);

  it('sees one moment, however many matches end meanwhile', async () => {
    const [{ sum, ids }] = (await query(
      'select sum(rating)::integer, (array_agg(id::text order by rating))[1:20] as ids from ratings',
    )) as [{ sum: number; ids: string[] }];
    let matches = 0;
    let isOver = false;
    const players = [0, 1, 2].map(async (first) => {
      for (let n = first; !isOver; n++) {
        const [winner, loser] = [ids[n % 20], ids[(n + 1) % 20]];
        const { error } = await anon().rpc('report_match', { winner, loser });
        if (!error) matches++;
      }
    });
    for (let n = 0; n < 5; n++) {
      const before = matches;
      let score = 0;
      for await (const rows of lists()) for (const row of rows) score += row.score;
      // What one wins, the other loses.
      expect(score).toBe(sum);
      await vi.waitUntil(() => matches > before, { timeout: 10_000 });
    }
    isOver = true;
    await Promise.all(players);
  }, 60_000);

  describe('beside one that answers row by row', () => {
    const first = async (name: string): Promise<unknown> => {
      try {
        return (await lists(name).next()).value?.length;
      } catch (error) {
        return error instanceof AbortError ? error.originalError : error;
      }
    };

    beforeAll(async () => {
      await query(
        `create function row_by_row() returns setof json language sql stable
         as $$ select row_to_json(player_races) from player_races limit 1001 $$`,
      );
      await query(`notify pgrst, 'reload schema'`);
      // Until then the API knows of no such function.
      await vi.waitUntil(
        async () => ((await first('row_by_row')) as SupabaseError).code !== 'PGRST202',
        { timeout: 20_000 },
      );
    }, 30_000);

    it('is whole where that one is refused, for it would be cut off', async () => {
      expect(await first('leaderboard_board')).toBe(1000);
      expect(await first('row_by_row')).toMatchObject({
        name: 'SupabaseError',
        message: 'Expected all that the function answers, got 1000 of 1001',
      });
    });

    it('takes its time where that one may not', async () => {
      const limitTo = async (ms: number): Promise<void> => {
        await query(`alter role anon set statement_timeout = ${ms}; notify pgrst, 'reload config'`);
      };
      await limitTo(1);
      await vi.waitUntil(
        async () => ((await first('row_by_row')) as SupabaseError).code === '57014',
        { timeout: 20_000 },
      );
      expect(await first('leaderboard_board')).toBe(1000);
      await limitTo(3000);
      await vi.waitUntil(
        async () => ((await first('row_by_row')) as SupabaseError).code !== '57014',
        { timeout: 20_000 },
      );
    }, 60_000);
  });
});

describe('visitors', () => {
  const tables = ['countries', 'games', 'players', 'races', 'ratings'];

  it('may read all tables and the view, and no more', async () => {
    const found = await query(
      `select relname as name, relkind = 'r' and not relrowsecurity as open,
         array(
           select distinct privilege_type from aclexplode(relacl)
           where grantee::regrole::text in ('-', 'anon', 'authenticated') order by privilege_type
         ) as privileges
       from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') order by name`,
    );
    const names = [...tables, 'player_races'].sort();
    expect(found).toEqual(names.map((name) => ({ name, open: false, privileges: ['SELECT'] })));
  });

  it.each(['anon', 'authenticated'])('as %s read all rows, and change none', async (role) => {
    const counts = await query<{ players: number; ratings: number; rows: number }>(
      `select (select count(*)::integer from players) as players,
         (select count(*)::integer from ratings) as ratings,
         (select count(*)::integer from player_races) as rows`,
    );
    expect(counts[0]?.rows).toBe(ROWS);
    await as(role, async () => {
      expect(
        await query(
          `select (select count(*)::integer from players) as players,
             (select count(*)::integer from ratings) as ratings,
             (select count(*)::integer from player_races where player_name is not null) as rows`,
        ),
      ).toEqual(counts);
    });
    for (const sql of [
      'insert into players values (1)',
      'update ratings set rating = 9000',
      'delete from games',
      'truncate countries, players, ratings, games',
    ]) {
      await as(role, async () => {
        await expect(query(sql)).rejects.toMatchObject({ code: '42501' });
      });
    }
  });

  it.each(tables)('of the API change no %s', async (table) => {
    const key = ['countries', 'races'].includes(table) ? 'code' : 'id';
    const before = await query(`select count(*) from ${table}`);
    const changed = await Promise.all([
      anon().from(table).insert({}),
      anon().from(table).upsert({}),
      anon().from(table).delete().neq(key, 0),
    ]);
    for (const { error } of changed) expect(error).toMatchObject({ code: '42501' });
    expect(await query(`select count(*) from ${table}`)).toEqual(before);
  });

  it('call nothing but the leaderboard and the report of a match', async () => {
    const callable = await query(
      `select proname as name from pg_proc
       where pronamespace = 'public'::regnamespace and proname <> 'row_by_row'
         and has_function_privilege('anon', oid, 'execute') order by name`,
    );
    expect(callable).toEqual([{ name: 'leaderboard_board' }, { name: 'report_match' }]);
  });

  it('see no more in the view than in its tables', async () => {
    const read = () => query('select 1 from player_races limit 1');
    await as('anon', async () => expect(await read()).toHaveLength(1));
    const hidden = 'revoke select on players from anon';
    await as('anon', async () => expect(read()).rejects.toMatchObject({ code: '42501' }), hidden);
    const none = 'drop policy "All may read" on ratings';
    await as('anon', async () => expect(await read()).toEqual([]), none);
  });
});

describe('the time of the last change', () => {
  interface Stamp {
    readonly id: string;
    readonly player: string;
    readonly old: boolean;
  }

  const ofPlayer = `player = (select player from ratings group by player having count(*) = 2 limit 1)`;
  /** Of a player with two ratings, and of the one before. */
  const stamps = () =>
    query<Stamp>(
      `select id::text, player::text, updated_at < transaction_timestamp() as old
       from ratings where ${ofPlayer} order by id`,
    );
  const untouched = () =>
    query<{ n: number }>(
      `select count(*)::integer as n from ratings where updated_at < transaction_timestamp()`,
    );

  it.each([
    ['a change', 'update ratings set wins = wins + 1'],
    ['a time of its own', "update ratings set updated_at = '2020-01-01'"],
    ['a change and a time of its own', "update ratings set wins = 1, updated_at = '2020-01-01'"],
  ])('is that of %s', async (_, change) => {
    await as('service_role', async () => {
      const [{ n }] = (await untouched()) as [{ n: number }];
      const [first] = await stamps();
      await query(`${change} where id = $1`, first?.id);
      expect((await stamps()).map(({ old }) => old)).toEqual([false, true]);
      expect(await untouched()).toEqual([{ n: n - 1 }]);
    });
  });

  it('is that of a row that came with an older one', async () => {
    await as('service_role', async () => {
      await query('insert into players (id, name) values (1, $1)', 'new');
      const rows = await query(
        `insert into ratings (player, race, updated_at) values (1, 'zerg', '2020-01-01')
         returning updated_at > transaction_timestamp() as now`,
      );
      expect(rows).toEqual([{ now: true }]);
    });
  });

  it('is later than the begin of its transaction', async () => {
    await as('service_role', async () => {
      const sql = `update ratings set wins = wins + 1 where ${ofPlayer}
        returning updated_at > statement_timestamp() as later`;
      await query('select pg_sleep(0.001)');
      expect(await query(sql)).toEqual([{ later: true }, { later: true }]);
    });
  });

  const thePlayer = `id = (select player from ratings where ${ofPlayer} limit 1)`;

  it.each(["name = 'another'", "country = 'XX'"])('is moved by a player: %s', async (change) => {
    const run = async (): Promise<void> => {
      const [{ n }] = (await untouched()) as [{ n: number }];
      await query(`update players set ${change} where ${thePlayer}`);
      expect((await stamps()).map(({ old }) => old)).toEqual([false, false]);
      expect(await untouched()).toEqual([{ n: n - 2 }]);
    };
    await as('service_role', run, "insert into countries values ('XX', 'Elsewhere')");
  });

  it('is not moved by a player who stays the same', async () => {
    await as('service_role', async () => {
      await query('update players set name = name, country = country');
      expect(await untouched()).toEqual([{ n: ROWS }]);
    });
  });

  it('is moved by players who may change their name and no rating', async () => {
    const may = `create policy "Own name" on players for update to authenticated using (true);
      grant update (name) on players to authenticated`;
    await as(
      'authenticated',
      async () => {
        await query(`update players set name = 'me' where ${thePlayer}`);
        expect((await stamps()).map(({ old }) => old)).toEqual([false, false]);
      },
      may,
    );
  });

  it('of a match is that of both rows', async () => {
    const before = await query<{ id: string; at: Date }>(
      `select id::text, updated_at as at from ratings order by rating desc, id limit 2`,
    );
    const [winner, loser] = before.map(({ id }) => id);
    expect((await server().rpc('report_match', { winner, loser })).error).toBeNull();
    const after = await query(
      `select count(*)::integer as n from ratings where id in ($1, $2) and updated_at > $3 and updated_at > $4`,
      winner,
      loser,
      before[0]?.at,
      before[1]?.at,
    );
    expect(after).toEqual([{ n: 2 }]);
  });
});

describe('the plan', () => {
  const planOf = (sql: string): Promise<string> =>
    as('anon', async () =>
      (await query<{ 'QUERY PLAN': string }>(`explain ${sql}`))
        .map((line) => line['QUERY PLAN'])
        .join('\n'),
    );

  it('of a count leaves the players out', async () => {
    expect(await planOf('select count(*) from player_races')).not.toContain('players');
  });

  it('of what changed goes by the index', async () => {
    const plan = await planOf(
      `select * from player_races where updated_at > '2020-01-01' order by updated_at, id limit 1000`,
    );
    expect(plan).toContain('ratings_updated_at_id_idx');
    expect(plan).not.toContain('Sort');
  });
});
