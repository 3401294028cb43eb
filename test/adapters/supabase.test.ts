import { getEventListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AbortError, notModified, WarmCache } from 'warm-cache';
import { type Leaderboard, RowError } from 'warm-cache/leaderboard';
import { type SupabaseClientLike, SupabaseError, supabaseLeaderboard } from 'warm-cache/supabase';
import { answer, FakePostgrest, type Row, row } from '../support/postgrest.ts';

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

async function load(
  signal: AbortSignal = new AbortController().signal,
  pageSize = 1000,
  client: SupabaseClientLike = server.client,
): Promise<Leaderboard> {
  const loader = supabaseLeaderboard({ client, table: 'board', columns, pageSize });
  const board = await loader({
    signal,
    previous: undefined,
    attempt: 1,
    reason: 'start',
    notModified,
  });
  expect(board).not.toBe(notModified);
  return board as Leaderboard;
}

const idsOf = (rows: readonly Row[]): string[] => rows.map((given) => String(given['id']));

const keysOf = (board: Leaderboard): string[] =>
  board
    .page({ pageSize: 1_000_000 })
    .rows.map(({ key }) => key)
    .toSorted();

describe('the loader', () => {
  it('reads all rows, past the cap of the server, along the key', async () => {
    server.rows = Array.from({ length: 35 }, (_, n) => row(n));
    const board = await load();
    expect(keysOf(board)).toEqual(idsOf(server.rows).toSorted());
    expect(server.requests).toHaveLength(4);
    for (const { searchParams } of server.requests) {
      expect(searchParams.get('order')).toBe('id.asc');
      expect(searchParams.get('limit')).toBe('1000');
      expect(searchParams.get('select')).toContain('key0:id::text,player:player_id::text');
    }
  });

  it('asks for fewer rows at a time where it is told to', async () => {
    server.rows = Array.from({ length: 7 }, (_, n) => row(n));
    expect((await load(undefined, 3)).size).toBe(7);
    expect(server.requests.map((url) => url.searchParams.get('limit'))).toEqual(['3', '3', '3']);
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
    const standing = idsOf(server.rows.slice(5));
    server.onRequest = (n) => {
      // Ahead of the place that was read, and behind it.
      if (n === 2) server.rows = [...server.rows.slice(5), row(-1), row(3), row(999)];
    };
    const keys = keysOf(await load());
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toEqual(expect.arrayContaining(standing));
    expect(keys).toContain(String(row(999)['id']));
  });

  it.each(['headers', 'half a body'])(
    'ends at once when it is aborted, after %s',
    async (after) => {
      const controller = new AbortController();
      server.faults.push((_, response) => {
        if (after === 'headers') return controller.abort(new Error('enough'));
        response.write('[{"key"', () => controller.abort(new Error('enough')));
      });
      // Neither is ever answered in full.
      await expect(load(controller.signal)).rejects.toThrow('enough');
      expect(server.requests).toHaveLength(1);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    },
  );

  it('sends nothing where it is aborted already', async () => {
    await expect(load(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(0);
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

  it.each([
    ['breaks', (request: IncomingMessage) => request.socket.destroy()],
    [
      'breaks midway',
      (request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('[{"key"', () => request.socket.destroy());
      },
    ],
  ])('of a connection that %s may be tried again', async (_, fault) => {
    server.faults.push(fault);
    const error = await fail();
    expect(error).toBeInstanceOf(SupabaseError);
    expect(error).toMatchObject({ status: 0 });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [404, '[]'],
    [404, ''],
    [401, 'null'],
    [403, '"no"'],
    [401, '{"code":401,"message":"Missing authorization header"}'],
  ])('%i ends the retries, also with the body %s', async (status, odd) => {
    server.rows = [row(1)];
    server.onRequest = (n) => {
      if (n === 2) server.faults.push(answer(status, odd));
    };
    const error = await fail();
    expect(error).toBeInstanceOf(AbortError);
    expect((error as AbortError).originalError).toMatchObject({ name: 'SupabaseError', status });
    expect((error as AbortError).originalError).toMatchObject({ code: expect.any(String) });
  });

  it('of a client that throws is one like the others', async () => {
    const thrown = new TypeError('fetch failed');
    const query = {
      order: () => query,
      limit: () => query,
      or: () => query,
      abortSignal: () => query,
      // biome-ignore lint/suspicious/noThenProperty: a query is sent by being awaited
      then: (...handlers: Parameters<Promise<never>['then']>) =>
        Promise.reject(thrown).then(...handlers),
    };
    const client = { from: () => ({ select: () => query }) } as unknown as SupabaseClientLike;
    const loader = supabaseLeaderboard({ client, table: 'board', columns });
    const cache = new WarmCache({ loader, ttl: 60_000, retry: { retries: 0 } });
    await expect(cache.get()).rejects.toMatchObject({
      cause: { name: 'SupabaseError', message: 'fetch failed', status: 0, cause: thrown },
    });
    await cache.stop();
  });

  it('has a message of bounded length, and all that came as its cause', async () => {
    const page = `<html>${'x'.repeat(50_000)}</html>`;
    server.faults.push(answer(502, page), answer(200, page));
    const refused = (await fail()) as SupabaseError;
    expect(refused.message).toHaveLength(200);
    expect(refused.cause).toMatchObject({ message: page });
    const garbage = (await fail()) as SupabaseError;
    expect(garbage.message).toHaveLength(200);
    expect(garbage.message).toContain('Expected rows, got <html>');
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

  const right = { key0: '7', player: 'p', name: 'n', country: null, race: null, score: 1 };

  it.each([
    ['no score', { ...right, score: null }, 'the row with key 7: score'],
    ['a score of text', { ...right, score: 'NaN' }, 'the row with key 7: score'],
    ['no name', { ...right, name: null }, 'the row with key 7: name'],
    ['a player that is no text', { ...right, player: 5 }, 'the row with key 7: player'],
    ['no column for the country', { ...right, country: undefined }, 'the row with key 7: country'],
    ['a race that is no text', { ...right, race: 3 }, 'the row with key 7: race'],
    ['no key', { ...right, key0: null }, 'row 2: key'],
    ['nothing', null, 'row 2: key'],
    ['the key of another', { ...right, key0: '6' }, 'the row with key 6: key'],
  ])('of a row with %s names it, and ends the retries', async (_, bad, named) => {
    server.faults.push(answer(200, JSON.stringify([{ ...right, key0: '6' }, bad])));
    const error = await fail();
    expect(error).toBeInstanceOf(AbortError);
    const { originalError } = error as AbortError;
    expect(originalError).toBeInstanceOf(RowError);
    expect(originalError.message).toContain(`In ${named}: expected`);
  });

  it('ends a load whose server deals out the same page again and again', async () => {
    const page = answer(200, JSON.stringify([{ ...right, key0: '6' }, right]));
    server.onRequest = () => server.faults.push(page);
    expect(await fail()).toMatchObject({ originalError: { name: 'RowError', key: '6' } });
    expect(server.requests).toHaveLength(2);
  });
});

describe('Retry-After', () => {
  afterEach(() => {
    // In this order: the spy is on the fake, and would put that back.
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  /** The requests go over real sockets; only the wait between them is faked. */
  function fakeTimers() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_700_000_000_000 });
    return vi.spyOn(globalThis, 'setTimeout');
  }

  const delayed = (setTimer: ReturnType<typeof fakeTimers>, delay: number): boolean =>
    setTimer.mock.calls.some(([, ms]) => ms === delay);

  const oneTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  /** Not by `vi.waitUntil`, which moves a faked clock on. */
  async function armed(setTimer: ReturnType<typeof fakeTimers>, delay: number): Promise<void> {
    while (!delayed(setTimer, delay)) await oneTurn();
  }

  it.each([429, 503])(
    'of a %i is waited for, and the same page asked for again',
    async (status) => {
      server.rows = Array.from({ length: 25 }, (_, n) => row(n));
      server.onRequest = (n) => {
        if (n === 2)
          server.faults.push(answer(status, '{"message":"slow down"}', { 'retry-after': '0' }));
      };
      expect((await load()).size).toBe(25);
      const pages = server.requests.map((url) => url.searchParams.get('or'));
      expect(pages[2]).toBe(pages[1]);
      expect(new Set(pages).size).toBe(3);
      expect(pages).toHaveLength(4);
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

  it.each([
    ['seconds', () => '7'],
    ['a date', () => new Date(Date.now() + 7000).toUTCString()],
  ])('in %s is waited for, no shorter and no longer', async (_, header) => {
    const setTimer = fakeTimers();
    server.rows = [row(1)];
    server.faults.push(answer(429, '{"message":"slow down"}', { 'retry-after': header() }));
    const loading = load();
    await armed(setTimer, 7000);
    vi.advanceTimersByTime(6999);
    await oneTurn();
    expect(server.requests).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect((await loading).size).toBe(1);
    expect(server.requests).toHaveLength(3);
  });

  it('is not waited for past the abort, which leaves no timer and no listener', async () => {
    const setTimer = fakeTimers();
    const controller = new AbortController();
    server.faults.push(answer(429, '{"message":"slow down"}', { 'retry-after': '3600' }));
    const loading = load(controller.signal);
    await armed(setTimer, 3_600_000);
    const others = vi.getTimerCount() - 1;
    controller.abort(new Error('enough'));
    await expect(loading).rejects.toThrow('enough');
    expect(vi.getTimerCount()).toBe(others);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('leaves no listener where it has been waited for', async () => {
    const { signal } = new AbortController();
    server.faults.push(answer(429, '{"message":"slow down"}', { 'retry-after': '0' }));
    // Node's fetch leaves listeners of its own on a signal until they are collected.
    const client = server.clientWith((url, init) => fetch(url, { ...init, signal: null }));
    await load(signal, 1000, client);
    expect(server.requests).toHaveLength(2);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('keeps no process alive', async () => {
    const setTimer = fakeTimers();
    const controller = new AbortController();
    server.faults.push(answer(503, '{"message":"slow down"}', { 'retry-after': '60' }));
    const loading = load(controller.signal);
    await armed(setTimer, 60_000);
    const timer = setTimer.mock.results.find(
      (_, n) => setTimer.mock.calls[n]?.[1] === 60_000,
    )?.value;
    expect((timer as NodeJS.Timeout).hasRef()).toBe(false);
    controller.abort();
    await expect(loading).rejects.toThrow();
  });

  it('of more than a timer can hold is no wait of none', async () => {
    const setTimer = fakeTimers();
    const controller = new AbortController();
    server.faults.push(answer(429, '{"message":"slow down"}', { 'retry-after': '99999999' }));
    const loading = load(controller.signal);
    await armed(setTimer, 2 ** 31 - 1);
    controller.abort();
    await expect(loading).rejects.toThrow();
  });

  it.each([403, 500, 200])('of a %i is not heeded', async (status) => {
    server.faults.push(answer(status, '{"message":"no"}', { 'retry-after': '0' }));
    await expect(load()).rejects.toThrow();
    expect(server.requests).toHaveLength(1);
  });

  it.each(['soon', ''])('%j means nothing, and is left to the cache', async (header) => {
    server.faults.push(answer(429, '{"message":"slow down"}', { 'retry-after': header }));
    await expect(load()).rejects.toMatchObject({ status: 429 });
    expect(server.requests).toHaveLength(1);
  });
});
