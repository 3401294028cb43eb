import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AbortError, type LoadContext, notModified, WarmCache } from 'warm-cache';
import { type Leaderboard, SupabaseError, supabaseLeaderboard } from 'warm-cache/supabase';
import { answer, FakePostgrest, row } from '../support/postgrest.ts';

const columns = {
  key: 'id',
  player: 'player_id',
  name: 'player_name',
  country: 'country',
  race: 'race',
  score: 'rating',
};

let server: FakePostgrest;

beforeEach(async () => {
  server = new FakePostgrest(10);
  await server.listen();
});
afterEach(async () => {
  await server.close();
});

function load(signal: AbortSignal = new AbortController().signal, pageSize = 1000) {
  const loader = supabaseLeaderboard({ client: server.client, table: 'board', columns, pageSize });
  const context: LoadContext<Leaderboard> = {
    signal,
    previous: undefined,
    attempt: 1,
    reason: 'start',
    notModified,
  };
  return loader(context);
}

const keysOf = (board: Leaderboard): string[] =>
  board
    .page({ pageSize: 1_000_000 })
    .rows.map(({ key }) => key)
    .toSorted();

describe('the loader', () => {
  it('reads all rows, past the cap of the server, along the key', async () => {
    server.rows = Array.from({ length: 35 }, (_, n) => row(n));
    const board = await load();
    expect(keysOf(board)).toEqual(server.rows.map(({ id }) => id).toSorted());
    expect(server.requests).toHaveLength(5);
    for (const { searchParams } of server.requests) {
      expect(searchParams.get('order')).toBe('id.asc');
      expect(searchParams.get('limit')).toBe('1000');
      expect(searchParams.get('select')).toContain('key:id::text,player:player_id::text');
    }
  });

  it('asks for fewer rows at a time where it is told to', async () => {
    server.rows = Array.from({ length: 7 }, (_, n) => row(n));
    expect((await load(undefined, 3)).size).toBe(7);
    expect(server.requests.map((url) => url.searchParams.get('limit'))).toEqual([
      '3',
      '3',
      '3',
      '3',
    ]);
  });

  it('has 64-bit ids exact', async () => {
    server.rows = [row(0)];
    const { rows } = (await load()).page();
    expect(rows[0]).toEqual({
      rank: 1,
      key: '9007199254740993',
      player: '175928847299117063',
      name: 'player 0',
      country: null,
      race: 'zerg',
      score: 1000,
    });
  });

  it('of an empty table makes an empty board', async () => {
    const { rows, totalRows, totalPages } = (await load()).page();
    expect({ rows, totalRows, totalPages }).toEqual({ rows: [], totalRows: 0, totalPages: 0 });
  });

  it('repeats no row and loses none where others come and go between two pages', async () => {
    server.rows = Array.from({ length: 30 }, (_, n) => row(2 * n));
    const standing = server.rows.slice(5).map(({ id }) => id);
    server.onRequest = (n) => {
      // Ahead of the place that was read, and behind it.
      if (n === 2) server.rows = [...server.rows.slice(5), row(-1), row(3), row(999)];
    };
    const keys = keysOf(await load());
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toEqual(expect.arrayContaining(standing));
    expect(keys).toContain(row(999).id);
  });

  it('ends at once when it is aborted', async () => {
    const controller = new AbortController();
    server.faults.push(() => controller.abort(new Error('enough')));
    await expect(load(controller.signal)).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(1);
  });

  it('keeps a cache warm', async () => {
    server.rows = [row(1)];
    const loader = supabaseLeaderboard({ client: server.client, table: 'board', columns });
    const cache = new WarmCache({ loader, ttl: 60_000 });
    expect((await cache.get()).size).toBe(1);
    server.rows.push(row(2));
    expect((await cache.invalidate()).value.size).toBe(2);
    await cache.stop();
  });
});

describe('an error', () => {
  const body = JSON.stringify({ message: 'no', code: '42703', hint: 'try id', details: 'why' });
  const fail = (): Promise<unknown> => load().catch((error: unknown) => error);

  it.each([400, 401, 403, 404, 406, 409, 416, 422])('%i ends the retries', async (status) => {
    server.faults.push(answer(status, body));
    const error = await fail();
    expect(error).toBeInstanceOf(AbortError);
    const { originalError } = error as AbortError;
    expect(originalError).toBeInstanceOf(SupabaseError);
    expect(originalError).toMatchObject({
      message: 'no',
      code: '42703',
      hint: 'try id',
      details: 'why',
      status,
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 520])(
    '%i may be tried again, by the cache alone',
    async (status) => {
      server.faults.push(answer(status, body));
      const error = await fail();
      expect(error).toBeInstanceOf(SupabaseError);
      expect(error).toMatchObject({ name: 'SupabaseError', message: 'no', status });
      expect(server.requests).toHaveLength(1);
    },
  );

  it('of a connection that breaks may be tried again', async () => {
    server.faults.push((request) => request.socket.destroy());
    const error = await fail();
    expect(error).toBeInstanceOf(SupabaseError);
    expect(error).toMatchObject({ status: 0 });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['an HTML page', '<html>busy</html>'],
    ['nothing', ''],
    ['JSON cut in the middle', '[{"key":"1","pla'],
    ['an object', '{"rows":[]}'],
    ['null', 'null'],
  ])('of an answer that is %s may be tried again', async (_, garbage) => {
    server.faults.push(answer(200, garbage));
    const error = await fail();
    expect(error).toBeInstanceOf(SupabaseError);
    expect(error).toMatchObject({ status: 200 });
  });

  it.each([
    ['no score', { key: '7', player: 'p', name: 'n', country: null, race: null, score: null }],
    ['no name', { key: '7', player: 'p', name: null, country: null, race: null, score: 1 }],
  ])('of a row with %s names its key', async (_, bad) => {
    server.faults.push(answer(200, JSON.stringify([bad])));
    expect(String(await fail())).toContain('7');
  });
});

describe('Retry-After', () => {
  it.each([429, 503])(
    'of a %i is waited for, and the same page asked for again',
    async (status) => {
      server.rows = Array.from({ length: 25 }, (_, n) => row(n));
      server.onRequest = (n) => {
        if (n === 2)
          server.faults.push(answer(status, '{"message":"slow down"}', { 'retry-after': '0' }));
      };
      expect((await load()).size).toBe(25);
      const pages = server.requests.map((url) => url.searchParams.get('id'));
      expect(pages[2]).toBe(pages[1]);
      expect(new Set(pages).size).toBe(4);
      expect(pages).toHaveLength(5);
    },
  );

  it('may be a date', async () => {
    const past = new Date(Date.now() - 1000).toUTCString();
    server.faults.push(answer(429, '{"message":"slow down"}', { 'retry-after': past }));
    expect((await load()).size).toBe(0);
  });

  it('is heeded three times a page, and then left to the cache', async () => {
    const busy = answer(429, '{"message":"slow down"}', { 'retry-after': '0' });
    server.faults.push(busy, busy, busy, busy, busy);
    await expect(load()).rejects.toMatchObject({ status: 429 });
    expect(server.requests).toHaveLength(4);
  });

  it('is not waited for past the abort', async () => {
    const controller = new AbortController();
    server.faults.push(answer(429, '{"message":"slow down"}', { 'retry-after': '3600' }));
    const loading = load(controller.signal);
    await vi.waitUntil(() => server.requests.length === 1);
    controller.abort();
    await expect(loading).rejects.toThrow();
    expect(server.requests).toHaveLength(1);
  });

  it('that means nothing is no delay', async () => {
    server.faults.push(answer(429, '{"message":"slow down"}', { 'retry-after': 'soon' }));
    await expect(load()).rejects.toMatchObject({ status: 429 });
  });
});

describe('the options', () => {
  const good = { client: { from: () => ({ select: () => ({}) }) }, table: 'board', columns };

  it.each([
    ['client', { client: undefined }],
    ['client', { client: {} }],
    ['table', { table: '' }],
    ['table', { table: 7 }],
    ['columns.key', { columns: undefined }],
    ['columns.score', { columns: { ...columns, score: 3 } }],
    ['pageSize', { pageSize: '10' }],
  ])('%s: a wrong one is a TypeError', (name, wrong) => {
    const options = { ...good, ...wrong } as Parameters<typeof supabaseLeaderboard>[0];
    expect(() => supabaseLeaderboard(options)).toThrow(TypeError);
    expect(() => supabaseLeaderboard(options)).toThrow(`\`${name}`);
  });

  it.each([0, -1, 1.5, Number.NaN])('pageSize: %d is a RangeError', (pageSize) => {
    expect(() => supabaseLeaderboard({ ...good, pageSize })).toThrow(RangeError);
  });
});
