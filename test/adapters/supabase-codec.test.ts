import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadContext, type NotModified, notModified } from 'warm-cache';
import { type Leaderboard, leaderboardCodec } from 'warm-cache/leaderboard';
import { supabaseLeaderboard } from 'warm-cache/supabase';
import { FakePostgrest, row } from '../support/postgrest.ts';

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
  server = new FakePostgrest(100);
  server.rows = Array.from({ length: 25 }, (_, n) => row(n));
  await server.listen();
});
afterEach(() => server.close());

type Loader = (context: LoadContext<Leaderboard>) => Promise<Leaderboard | NotModified>;

function load(loader: Loader, held?: Leaderboard): Promise<Leaderboard | NotModified> {
  const { signal } = new AbortController();
  const previous = held && { value: held, version: 1, loadedAt: 0, source: 'loader' as const };
  return loader({ signal, previous, attempt: 1, reason: 'interval', notModified });
}

async function loaded(loader: Loader, held?: Leaderboard): Promise<Leaderboard> {
  const board = await load(loader, held);
  if (board === notModified) throw new Error('Expected a board, got notModified');
  return board;
}

const codec = leaderboardCodec();

async function again(board: Leaderboard): Promise<Leaderboard> {
  return codec.decode(JSON.parse(JSON.stringify(await codec.encode(board))));
}

type Asked = 'all' | 'changes' | 'count';

function kindOf({ searchParams }: URL): Asked {
  if (searchParams.get('limit') === '0') return 'count';
  return searchParams.get('order') === 'updated_at.asc,id.asc' ? 'changes' : 'all';
}

/** What was asked for since the last call. */
const asked = (): Set<Asked> => new Set(server.requests.splice(0).map(kindOf));

describe('a board that comes out of a store', () => {
  const loaderOf = (): Loader =>
    supabaseLeaderboard({ client: server.client, table: 'board', columns });

  it('is followed by all rows, which are compared with it, and then by changes', async () => {
    const before = loaderOf();
    const held = await again(await loaded(before));
    asked();
    // The loader that made it knows no more of it than one that never did.
    for (const loader of [before, loaderOf()]) {
      expect(await load(loader, held)).toBe(notModified);
      expect(asked()).toEqual(new Set(['all']));
      expect(await load(loader, held)).toBe(notModified);
      expect(asked()).toEqual(new Set(['changes', 'count']));
    }
  });

  it('has nothing that changed meanwhile, as long ago as that may be said to be', async () => {
    const held = await again(await loaded(loaderOf()));
    // Neither of them would be among the changes since then.
    server.rows = [
      row(3, { rating: 5000, updated_at: '2001-01-01T00:00:00+00:00' }),
      ...server.rows.slice(4),
    ];
    const next = await loaded(loaderOf(), held);
    expect(next.size).toBe(22);
    expect(next.top(1)[0]).toMatchObject({ name: 'player 3', score: 5000 });
    const all = await loaded(loaderOf());
    expect(next.top(100)).toEqual(all.top(100));
  });
});
