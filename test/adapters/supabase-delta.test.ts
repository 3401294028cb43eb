import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AbortError, type LoadContext, type NotModified, notModified, WarmCache } from 'warm-cache';
import { Leaderboard } from 'warm-cache/leaderboard';
import {
  type SupabaseClientLike,
  type SupabaseTableOptions,
  supabaseLeaderboard,
} from 'warm-cache/supabase';
import { answer, FakePostgrest, type Row, row } from '../support/postgrest.ts';

const CAP = 10;
const OVERLAP = 10_000;
const DAY = 86_400_000;

const columns = {
  key: 'id',
  player: 'player_id',
  name: 'player_name',
  country: 'country',
  race: 'race',
  score: 'rating',
  updatedAt: 'updated_at',
} as const;

let server: FakePostgrest;

beforeEach(async () => {
  server = new FakePostgrest(CAP);
  server.rows = Array.from({ length: 25 }, (_, n) => row(n));
  await server.listen();
});
afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

type Loader = (context: LoadContext<Leaderboard>) => Promise<Leaderboard | NotModified>;
type Change = Partial<SupabaseTableOptions<SupabaseClientLike, string, never, undefined>>;

const loaderWith = (change: Change = {}): Loader =>
  supabaseLeaderboard({ client: server.client, table: 'board', columns, ...change });

/** Loads as a cache does that has a board already, or has none. */
function load(
  loader: Loader,
  held?: Leaderboard,
  signal: AbortSignal = new AbortController().signal,
): Promise<Leaderboard | NotModified> {
  const previous = held && { value: held, version: 1, loadedAt: 0, source: 'loader' as const };
  return loader({ signal, previous, attempt: 1, reason: 'interval', notModified });
}

async function loaded(loader: Loader, held?: Leaderboard): Promise<Leaderboard> {
  const board = await load(loader, held);
  if (board === notModified) throw new Error('Expected a board, got notModified');
  return board;
}

type Asked = 'all' | 'changes' | 'count';

function kindOf({ searchParams }: URL): Asked {
  if (searchParams.get('limit') === '0') return 'count';
  return searchParams.get('order') === 'updated_at.asc,id.asc' ? 'changes' : 'all';
}

/** What was asked for since the last call: pages of all rows, pages of changes, and counts, in no other order. */
const asked = (): Asked[] => server.requests.splice(0).map(kindOf).sort();

const FULL = ['all', 'all', 'all'];

/** Ms after the server's clock, of what the first page of changes begins with. */
function sinceOf(request = server.requests.at(0)): number {
  const [, since] =
    /^\(updated_at\.gt\."(.*)"\)$/.exec(request?.searchParams.get('or') ?? '') ?? [];
  return Date.parse(since ?? '') - server.now;
}

const at = (ms: number): string => new Date(ms).toISOString().replace('Z', '000+00:00');

/** Changes a row, or adds it, at a time of the server's clock. */
function put(n: number, change: Row = {}, time: number = server.now): void {
  const changed = row(n, { updated_at: at(time), ...change });
  const rest = server.rows.filter((given) => given['id'] !== changed['id']);
  server.rows = [...rest, changed];
}

function remove(n: number): void {
  server.rows = server.rows.filter((given) => given['id'] !== row(n)['id']);
}

/** That a board is what the server has. */
function expectSame(board: Leaderboard, rows: readonly Row[] = server.rows): void {
  const right = new Leaderboard(
    rows.map((given) => ({
      key: given['id'] as string,
      player: given['player_id'] as string,
      name: given['player_name'] as string,
      country: given['country'] as string | null,
      race: given['race'] as string | null,
      score: given['rating'] as number,
    })),
  );
  expect(board.top(1_000_000)).toEqual(right.top(1_000_000));
}

describe('a refresh of a table that says when rows were changed', { timeout: 30_000 }, () => {
  it('at rest costs a request without rows and a count', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    expect(asked()).toEqual(FULL);
    server.now += 60_000;
    expect(await load(loader, board)).toBe(notModified);
    expect(asked()).toEqual(['changes', 'count']);
  });

  it('asks for what was changed since the load before, and the overlap before that', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    asked();
    server.now += 60_000;
    expect(await load(loader, board)).toBe(notModified);
    expect(sinceOf()).toBeLessThanOrEqual(-60_000 - OVERLAP);
    expect(sinceOf()).toBeGreaterThan(-60_000 - OVERLAP - 5000);
    // The load that found nothing counts as well.
    asked();
    server.now += 1000;
    expect(await load(loader, board)).toBe(notModified);
    expect(sinceOf()).toBeGreaterThan(-1000 - OVERLAP - 5000);
  });

  it('merges rows that were changed and rows that came into a new board', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    const before = board.top(100);
    server.now += 60_000;
    put(3, { rating: 5000 });
    put(4, { country: 'KR' });
    put(90);
    asked();
    const next = await loaded(loader, board);
    expect(asked()).toEqual(['changes', 'count']);
    expectSame(next);
    expect(next.top(1)[0]?.score).toBe(5000);
    expect(board.top(100)).toEqual(before);
  });

  it('finds nothing new in the rows of the overlap', async () => {
    const loader = loaderWith();
    put(3, { rating: 5000 });
    const board = await loaded(loader);
    asked();
    server.now += 1000;
    expect(await load(loader, board)).toBe(notModified);
    expect(asked()).toEqual(['changes', 'count']);
    server.now += OVERLAP + 5000;
    expect(await load(loader, board)).toBe(notModified);
    server.now += 1000;
    asked();
    expect(await load(loader, board)).toBe(notModified);
    expect(asked()).toEqual(['changes', 'count']);
  });

  it('sees a row that was committed late, within the overlap', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    const began = server.now;
    server.now += 5000;
    const between = await load(loader, board);
    expect(between).toBe(notModified);
    // By a transaction that began before the last load did.
    put(3, { rating: 5000 }, began);
    put(90, {}, began);
    server.now += 1000;
    expectSame(await loaded(loader, board));
  });

  it('reads thousands of rows with one timestamp, across many pages', async () => {
    const large = new FakePostgrest(1000);
    await large.listen();
    large.rows = Array.from({ length: 5000 }, (_, n) => row(n));
    const loader = loaderWith({ client: large.client });
    const board = await loaded(loader);
    large.now += 60_000;
    const changed = { rating: 1, updated_at: at(large.now) };
    large.rows = large.rows.map((given, n) => (n < 4000 ? { ...given, ...changed } : given));
    large.requests.length = 0;
    const next = await loaded(loader, board);
    expectSame(next, large.rows);
    // Four pages, one of what is later, and the count.
    expect(large.requests).toHaveLength(6);
    await large.close();
  });

  it('reads all changes, though the server gives fewer rows at a time than before', async () => {
    const large = new FakePostgrest(1000);
    await large.listen();
    large.rows = Array.from({ length: 1500 }, (_, n) => row(n));
    const loader = loaderWith({ client: large.client });
    const board = await loaded(loader);
    large.maxRows = 150;
    large.now += 60_000;
    large.rows = large.rows.map((given, n) =>
      n < 400 ? { ...given, rating: n, updated_at: at(large.now + n) } : given,
    );
    expectSame(await loaded(loader, board), large.rows);
    await large.close();
  });

  it('tells changes apart that are a microsecond from one another', async () => {
    const loader = loaderWith({ pageSize: 1 });
    const board = await loaded(loader);
    server.now += 60_000;
    const second = new Date(server.now).toISOString().slice(0, 19);
    for (const n of [1, 2, 3]) put(n, { updated_at: `${second}.00000${n}+00:00`, rating: n });
    expectSame(await loaded(loader, board));
  });

  it('has the last of the changes that come while pages are read', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    for (let n = 0; n < 15; n++) put(n, { rating: 1 });
    asked();
    server.onRequest = () => {
      if (server.requests.length !== 2) return;
      server.now += 1000;
      put(0, { rating: 2 });
      put(14, { rating: 2 });
    };
    const scores = Array.from({ length: 10 }, (_, n) => 1024 - n);
    const next = await loaded(loader, board);
    expectSame(next);
    expect(next.top(12).map(({ score }) => score)).toEqual([...scores, 2, 2]);
    expect(asked()).toEqual(['changes', 'changes', 'count']);
  });

  it('that changes as quickly as it is read is read as a whole', async () => {
    const loader = loaderWith({ pageSize: CAP });
    const board = await loaded(loader);
    server.now += 60_000;
    asked();
    server.onRequest = () => {
      server.now += 1000;
      for (let n = 0; n < 15; n++) put(n, { rating: server.requests.length });
    };
    const next = await loaded(loader, board);
    server.onRequest = () => {};
    expect(asked()).toEqual([...FULL, 'changes', 'changes', 'changes', 'count']);
    server.now += 1000;
    expectSame(await loaded(loader, next));
  });

  it('sees what came between the pages of a full load', async () => {
    const loader = loaderWith();
    server.onRequest = (n) => {
      if (n !== 3) return;
      put(0, { rating: 5000 });
      put(-1, { rating: 4000 });
    };
    const board = await loaded(loader);
    server.onRequest = () => {};
    expect(board.top(1)[0]?.score).toBeLessThan(4000);
    server.now += 60_000;
    expectSame(await loaded(loader, board));
  });

  it('is without one where `updatedAt` isn’t named', async () => {
    const { updatedAt: _, ...rest } = columns;
    const loader = loaderWith({ columns: rest });
    const board = await loaded(loader);
    asked();
    expect(await load(loader, board)).toBe(notModified);
    expect(asked()).toEqual(FULL);
    put(3, { rating: 5000 });
    expectSame(await loaded(loader, board));
  });

  it('heeds the schema and the ranking of the board', async () => {
    const loader = loaderWith({ ranking: 'dense' });
    const board = await loaded(loader);
    put(3, { rating: 5000 });
    put(4, { rating: 5000 });
    const next = await loaded(loader, board);
    expect(next.top(3).map(({ rank }) => rank)).toEqual([1, 1, 2]);
  });
});

describe('a row that is gone', { timeout: 30_000 }, () => {
  it('is found by counting: all rows are read again, in the same load', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    remove(3);
    asked();
    expectSame(await loaded(loader, board));
    expect(asked()).toEqual([...FULL, 'changes', 'count', 'count']);
  });

  it('is found where another one came at once', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    remove(3);
    put(90);
    expectSame(await loaded(loader, board));
  });

  it('is found by the next load where one came between the changes and the count', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    asked();
    server.onRequest = () => {
      if (server.requests.length !== 2) return;
      remove(3);
      put(90);
    };
    expect(await load(loader, board)).toBe(notModified);
    expect(asked()).toEqual(['changes', 'count']);
    server.now += 60_000;
    expectSame(await loaded(loader, board));
    expect(asked()).toEqual([...FULL, 'changes', 'count', 'count']);
  });

  it('is found where more than one came between the changes and the count', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    asked();
    server.onRequest = () => {
      if (server.requests.length !== 2) return;
      remove(3);
      put(90);
      put(91);
    };
    expectSame(await loaded(loader, board));
    expect(asked()).toEqual([...FULL, 'changes', 'changes', 'count', 'count', 'count', 'count']);
  });

  it('and came again is a row that was changed', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    remove(3);
    put(3, { rating: 7 });
    asked();
    expectSame(await loaded(loader, board));
    expect(asked()).toEqual(['changes', 'count']);
  });

  it('under its key is gone where it has another key', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    remove(3);
    put(3, { id: '1' });
    expectSame(await loaded(loader, board));
  });

  it('stays without a count, until all is read again', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const loader = loaderWith({ countRows: false, fullReloadInterval: DAY });
    const board = await loaded(loader);
    server.now += 60_000;
    remove(3);
    put(90);
    asked();
    const next = await loaded(loader, board);
    expect(asked()).toEqual(['changes']);
    expect(next.size).toBe(26);
    vi.advanceTimersByTime(DAY);
    server.now += DAY;
    expectSame(await loaded(loader, next));
  });
});

describe('a row that comes', { timeout: 30_000 }, () => {
  it('between the changes and the count is read at once', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    asked();
    server.onRequest = () => {
      if (server.requests.length === 2) put(90);
    };
    expectSame(await loaded(loader, board));
    expect(asked()).toEqual(['changes', 'changes', 'count', 'count', 'count']);
  });

  it('while all were counted already is no reason to read anything again', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    asked();
    const counted = Promise.withResolvers<void>();
    server.onRequest = (n) => {
      const kind = kindOf(server.requests.at(-1) as URL);
      if (kind === 'count') setImmediate(counted.resolve);
      else if (n <= 2) {
        server.faults.push((request, response) => {
          void counted.promise.then(() => {
            put(90);
            server.list(request, response);
          });
        });
      }
    };
    expectSame(await loaded(loader, board));
    expect(asked()).toEqual(['changes', 'count', 'count']);
  });

  it('all the time is no reason to read everything', async () => {
    const loader = loaderWith();
    let board = await loaded(loader);
    let next = 90;
    server.onRequest = () => put(next++);
    asked();
    for (let i = 0; i < 5; i++) {
      server.now += 60_000;
      board = await loaded(loader, board);
      expect(asked()).not.toContain('all');
    }
    server.onRequest = () => {};
    server.now += 60_000;
    expectSame(await loaded(loader, board));
  });

  it.each([
    ['without the time of its change', null],
    ['with a time long past', '2020-01-01T00:00:00+00:00'],
  ])('%s is found by counting', async (_, updated_at) => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    put(90, { updated_at });
    asked();
    const next = await loaded(loader, board);
    expect(asked()).toEqual([...FULL, 'changes', 'changes', 'count', 'count', 'count', 'count']);
    expectSame(next);
    server.now += 60_000;
    expect(await load(loader, next)).toBe(notModified);
    expect(asked()).toEqual(['changes', 'count']);
  });

  it('without the time of its change is seen as soon as it is changed', async () => {
    put(3, { updated_at: null });
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    put(3, { rating: 7 });
    expectSame(await loaded(loader, board));
  });
});

describe('all rows are read again', { timeout: 30_000 }, () => {
  it.each([0, 1000, DAY])('every %d ms, from the start of one such load', async (interval) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const loader = loaderWith({ fullReloadInterval: interval });
    const board = await loaded(loader);
    for (const until of [interval, 2 * interval]) {
      asked();
      if (interval > 0) {
        vi.advanceTimersByTime(interval - 1);
        expect(await load(loader, board)).toBe(notModified);
        expect(asked()).toEqual(['changes', 'count']);
        vi.advanceTimersByTime(1);
      }
      expect(performance.now() % (interval || 1), String(until)).toBe(0);
      expect(await load(loader, board)).toBe(notModified);
      expect(asked()).toEqual(FULL);
    }
  });

  it('an hour after they were, where nothing else is said', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const loader = loaderWith();
    const board = await loaded(loader);
    vi.advanceTimersByTime(3_599_999);
    asked();
    await load(loader, board);
    expect(asked()).toEqual(['changes', 'count']);
    vi.advanceTimersByTime(1);
    await load(loader, board);
    expect(asked()).toEqual(FULL);
  });

  it('also where deletions were found in between, from then on', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const loader = loaderWith({ fullReloadInterval: 1000 });
    const board = await loaded(loader);
    vi.advanceTimersByTime(900);
    remove(3);
    const next = await loaded(loader, board);
    vi.advanceTimersByTime(900);
    expect(await load(loader, next)).toBe(notModified);
  });

  it('never by time, if one likes', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const loader = loaderWith({ fullReloadInterval: Infinity });
    const board = await loaded(loader);
    vi.advanceTimersByTime(1000 * DAY);
    expect(await load(loader, board)).toBe(notModified);
  });

  it('to the last one, though the server gives fewer at a time than before', async () => {
    const loader = loaderWith();
    await loaded(loader);
    server.maxRows = 4;
    asked();
    expectSame(await loaded(loader));
    expect(asked()).toHaveLength(7);
  });

  it('for a board of another make', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    const others = [new Leaderboard([]), await loaded(loaderWith({ ranking: 'dense' }))];
    for (const other of others) {
      asked();
      expectSame(await loaded(loader, other));
      expect(asked()).toEqual(FULL);
    }
    const same = await loaded(loaderWith());
    asked();
    expect(await load(loader, same)).toBe(notModified);
    expect(asked()).toEqual(FULL);
    // It is known by now.
    for (const known of [same, board]) {
      expect(await load(loader, known)).toBe(notModified);
      expect(asked()).toEqual(['changes', 'count']);
    }
  });
});

describe('the server’s clock', { timeout: 30_000 }, () => {
  it('may be years away from this machine’s', async () => {
    server.now += 3650 * DAY;
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    put(3, { rating: 5000 });
    expectSame(await loaded(loader, board));
  });

  it.each([
    ['no', null],
    ['no readable', 'a while ago'],
  ])('is unknown of answers that have %s date: all rows are read each time', async (_, date) => {
    server.date = () => date;
    const loader = loaderWith();
    const board = await loaded(loader);
    asked();
    put(3, { rating: 5000 });
    expectSame(await loaded(loader, board));
    expect(await load(loader, board)).not.toBe(notModified);
    expect(asked()).toEqual([...FULL, ...FULL]);
  });

  it('is told by the first answer that has a date', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const told = server.date;
    server.date = (now) => (server.requests.length === 1 ? null : told(now));
    server.onRequest = (n) => {
      if (n !== 3) return;
      vi.advanceTimersByTime(20_000);
      server.now += 20_000;
    };
    const loader = loaderWith();
    const board = await loaded(loader);
    asked();
    server.date = told;
    expect(await load(loader, board)).toBe(notModified);
    expect(sinceOf()).toBe(-20_000 - OVERLAP);
  });

  it('moves on by the time that passes where it isn’t told any more', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const loader = loaderWith();
    const board = await loaded(loader);
    server.date = () => null;
    for (const passed of [5000, 70_000, 20_000]) {
      asked();
      vi.advanceTimersByTime(passed);
      server.now += passed;
      expect(await load(loader, board)).toBe(notModified);
      expect(sinceOf()).toBe(-passed - OVERLAP);
    }
    put(3, { rating: 5000 });
    expectSame(await loaded(loader, board));
  });

  it('is not told by a client of another make: all rows are read each time', async () => {
    const client = { from: (table: string) => hidden(server.client.from(table)) };
    // Whatever a query gives back, it hides how it fetches.
    const hidden = <T extends object>(query: T): T =>
      new Proxy(query, {
        get(target, name) {
          if (name === 'fetch' || name === 'url') return undefined;
          const found = Reflect.get(target, name);
          if (typeof found !== 'function') return found;
          return (...given: unknown[]) => {
            const result = found.apply(target, given);
            return name === 'then' ? result : hidden(result as object);
          };
        },
        set: () => true,
      });
    const loader = loaderWith({ client });
    const board = await loaded(loader);
    asked();
    put(3, { rating: 5000 });
    expectSame(await loaded(loader, board));
    expect(await load(loader, board)).not.toBe(notModified);
    expect(asked()).toEqual([...FULL, ...FULL]);
  });
});

describe('a load that comes to nothing', { timeout: 30_000 }, () => {
  it.each(['changes', 'second page of changes', 'count'])(
    'at the %s leaves what is known of the board as it was',
    async (place) => {
      const loader = loaderWith();
      const board = await loaded(loader);
      server.now += 60_000;
      for (let n = 0; n < 15; n++) put(n, { rating: 1 });
      asked();
      const controller = new AbortController();
      const last = { changes: 1, 'second page of changes': 2, count: 3 }[place];
      server.onRequest = () => {
        if (server.requests.length !== last) return;
        controller.abort(new Error('enough'));
        // Never answered.
        server.faults.push(() => {});
      };
      await expect(load(loader, board, controller.signal)).rejects.toThrow('enough');
      server.onRequest = () => {};
      asked();
      server.now += 60_000;
      expectSame(await loaded(loader, board));
    },
  );

  it('because of a count that isn’t answered is tried again', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.onRequest = () => {
      const isCount = server.requests.at(-1)?.searchParams.get('limit') === '0';
      if (isCount) server.faults.push(answer(200, '[]'));
    };
    await expect(load(loader, board)).rejects.toMatchObject({
      name: 'SupabaseError',
      message: 'Expected a count, got []',
    });
  });

  it('because of a row and of a count is one error, and nothing is left behind', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    put(3, { rating: null });
    let isCounted = false;
    server.onRequest = () => {
      if (server.requests.at(-1)?.searchParams.get('limit') !== '0') return;
      server.faults.push((request, response) => {
        setImmediate(() => {
          isCounted = true;
          answer(503, '{}')(request, response);
        });
      });
    };
    await expect(load(loader, board)).rejects.toMatchObject({
      originalError: { name: 'RowError' },
    });
    expect(isCounted).toBe(true);
  });

  it('because of a row that can’t be ranked is tried again by the next load alone', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    put(3, { rating: null });
    const error = await load(loader, board).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AbortError);
    expect((error as AbortError).originalError).toMatchObject({
      name: 'RowError',
      key: row(3)['id'],
    });
    put(3, { rating: 3 });
    expectSame(await loaded(loader, board));
  });

  it('because it is vetoed leaves what is known of the board as it was', async () => {
    const loader = loaderWith();
    const board = await loaded(loader);
    server.now += 60_000;
    put(3, { rating: 5000 });
    const vetoed = await loaded(loader, board);
    server.now += 60_000;
    put(4, { rating: 6000 });
    expectSame(await loaded(loader, board));
    expectSame(await loaded(loader, vetoed));
  });
});

describe('caches', { timeout: 30_000 }, () => {
  const cacheOf = (loader: Loader): WarmCache<Leaderboard> =>
    new WarmCache<Leaderboard>({ loader, ttl: 60_000, retry: { retries: 0 } });

  it('that share a loader don’t disturb each other', async () => {
    const loader = loaderWith();
    const [first, second] = [cacheOf(loader), cacheOf(loader)];
    await first.get();
    await second.get();
    server.now += 60_000;
    put(3, { rating: 5000 });
    asked();
    expectSame((await first.refresh()).value);
    server.now += 60_000;
    put(4, { rating: 6000 });
    expectSame((await first.refresh()).value);
    expectSame((await second.refresh()).value);
    expect(asked()).not.toContain('all');
  });

  it('that share a board, too', async () => {
    const loader = loaderWith();
    const [first, second] = [cacheOf(loader), cacheOf(loader)];
    second.set(await first.get());
    server.now += 60_000;
    await second.refresh();
    server.now += 60_000;
    put(3, { rating: 5000 });
    expectSame((await first.refresh()).value);
    expectSame((await second.refresh()).value);
  });

  it('have `unchanged` for an outcome, and keep the board', async () => {
    const cache = cacheOf(loaderWith());
    const board = await cache.get();
    await cache.refresh();
    expect(cache.health().loads).toMatchObject({ published: 1, unchanged: 1 });
    expect(await cache.get()).toBe(board);
  });

  it('have after invalidate() what was written before it, and all rows after a purge', async () => {
    const cache = cacheOf(loaderWith());
    await cache.get();
    put(3, { rating: 5000 });
    asked();
    expectSame((await cache.invalidate()).value);
    expect(asked()).toEqual(['changes', 'count']);
    // It is not said when this was changed.
    put(4, { rating: 6000, updated_at: '2020-01-01T00:00:00+00:00' });
    expect((await cache.invalidate()).value.top(1)[0]?.score).toBe(5000);
    asked();
    expectSame((await cache.invalidate({ purge: true })).value);
    expect(asked()).toEqual(FULL);
  });

  it('given a board by set() read all rows, and go on from there', async () => {
    const cache = cacheOf(loaderWith());
    await cache.get();
    cache.set(new Leaderboard([]));
    asked();
    expectSame((await cache.refresh()).value);
    expect(asked()).toEqual(FULL);
    await cache.refresh();
    expect(asked()).toEqual(['changes', 'count']);
  });
});
