import { createClient } from '@supabase/supabase-js';
import { PLAYER_RACES, type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoadError, WarmCache } from 'warm-cache';
import { SupabaseError, supabaseLeaderboard } from 'warm-cache/supabase';

const ROWS = 3500;
const { columns } = PLAYER_RACES;

let stack: SupabaseStack;

beforeAll(async () => {
  stack = await startStack({ rows: ROWS });
}, 60_000);
afterAll(async () => {
  await stack?.stop();
}, 60_000);

function board(
  change: {
    table?: string;
    columns?: Partial<Record<keyof typeof columns, string>>;
    key?: string;
  } = {},
) {
  const client = createClient(stack.url, change.key ?? stack.anonKey);
  return new WarmCache({
    loader: supabaseLeaderboard({
      client,
      table: change.table ?? 'player_races',
      columns: { ...columns, ...change.columns },
    }),
    ttl: 60_000,
    retry: { retries: 1, minTimeout: 1 },
  });
}

const inDatabase = (): Promise<object[]> =>
  stack.query(
    `select rank() over (order by rating desc)::integer as rank, id::text as key, player_id::text as player,
       player_name as name, country, race, rating as score
     from player_races order by rating desc, id`,
  );

describe('on the real stack', () => {
  it('the board is what the database has, row for row, ids exact', async () => {
    const { size, page } = await board()
      .get()
      .then((value) => ({ size: value.size, page: value.page({ pageSize: ROWS }) }));
    expect(size).toBe(ROWS);
    expect(page.rows).toEqual(await inDatabase());
    expect(page.rows.some(({ key }) => BigInt(key) > Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  it('a match is seen after invalidate()', async () => {
    const cache = board();
    const [first, second] = (await cache.get()).page().rows;
    const client = createClient(stack.url, stack.anonKey);
    const match = { winner: second?.key, loser: first?.key };
    expect((await client.rpc('report_match', match)).error).toBeNull();
    const { value } = await cache.invalidate();
    expect(value.page({ pageSize: ROWS }).rows).toEqual(await inDatabase());
  });

  it.each([
    ['a wrong column', { columns: { score: 'nope' } }, 400, '42703'],
    ['a wrong table', { table: 'nope' }, 404, '42P01'],
    ['a table that is not for visitors', { table: 'pg_authid' }, 404, '42P01'],
  ])('%s ends the retries, code and status kept', async (_, change, status, code) => {
    const before = stack.requests();
    const error = await board(change)
      .get()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LoadError);
    expect((error as LoadError).cause).toBeInstanceOf(SupabaseError);
    expect((error as LoadError).cause).toMatchObject({ status, code });
    expect(stack.requests() - before).toBe(1);
  });

  it('a wrong key ends the retries', async () => {
    const error = await board({ key: 'not.a.jwt' })
      .get()
      .catch((thrown: unknown) => thrown);
    expect((error as LoadError).cause).toMatchObject({ name: 'SupabaseError', status: 401 });
  });

  it('an API that is down is tried again, and found again', async () => {
    const cache = board();
    await cache.get();
    await stack.stopApi();
    const before = stack.requests();
    await expect(cache.refresh()).rejects.toBeInstanceOf(LoadError);
    expect(stack.requests() - before).toBe(2);
    expect((await cache.get()).size).toBe(ROWS);
    await stack.startApi();
    expect((await cache.invalidate()).value.size).toBe(ROWS);
    await cache.stop();
  });
});
