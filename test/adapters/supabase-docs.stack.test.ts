import { describe, expect, it, vi } from 'vitest';
import { notModified } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { supabaseLeaderboard } from 'warm-cache/supabase';
import { codeBlocks } from '../support/docs.ts';
import { make, tables } from '../support/tables.ts';

const ROWS = 2500;
const servers = tables({ rows: ROWS });

/** The SQL of the guide that makes something. */
function sqlThatMakes(what: string): string {
  const [block, more] = codeBlocks.filter(
    ({ file, language, code }) =>
      file === 'docs/supabase.md' && language === 'sql' && code.includes(`create ${what}`),
  );
  if (!block || more) throw new Error(`Expected one block that makes a ${what}`);
  return block.code;
}

describe('the SQL of the guide', { timeout: 60_000 }, () => {
  it('makes a function that answers the whole board', async () => {
    await servers.database.query('drop function if exists leaderboard_board');
    await make(servers, sqlThatMakes('function leaderboard_board'));
    const known = async () =>
      expect((await servers.client.rpc('leaderboard_board')).status).toBe(200);
    await vi.waitFor(known, 20_000);
    const { signal } = new AbortController();
    const context = {
      signal,
      previous: undefined,
      attempt: 1,
      reason: 'read',
      notModified,
    } as const;
    const { client } = servers;
    const columns = {
      ...{ key: 'id', player: 'player_id', name: 'player_name', score: 'rating' },
      ...{ country: 'country', race: 'race' },
    };
    const details = ['wins', 'losses'];
    const loader = supabaseLeaderboard({ client, rpc: 'leaderboard_board', details });
    const board = (await loader(context)) as Leaderboard;
    const byTable = { client, table: 'player_races', columns: { ...columns, details } };
    const same = (await supabaseLeaderboard(byTable)(context)) as Leaderboard;
    expect(board.size).toBe(ROWS);
    expect(board.top(ROWS)).toEqual(same.top(ROWS));
  });

  it('makes a view whose rows are counted without a look at the players', async () => {
    const { database } = servers;
    await database.query('drop view player_races cascade');
    await database.query(sqlThatMakes('view player_races'));
    const { rows } = await database.query('explain select count(*) from player_races');
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('ratings');
    expect(plan).not.toContain('players');
  });

  it('makes rows tell when they were changed', async () => {
    const { database } = servers;
    await database.query('alter table ratings drop column updated_at cascade');
    await database.query(sqlThatMakes('trigger touch'));
    const { rows } = await database.query(
      `with chosen as (select id from ratings limit 1)
       update ratings set rating = 1 where id in (select id from chosen) returning updated_at = now() as told`,
    );
    expect(rows).toEqual([{ told: true }]);
  });
});
