import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import pg from 'pg';
import { PLAYER_RACES } from 'supabase-stack';
import { type Loader, WarmCache } from 'warm-cache';
import type { Leaderboard, LeaderboardEntry } from 'warm-cache/leaderboard';
import { type LeaderboardLoader, supabaseLeaderboard } from 'warm-cache/supabase';

/** Where the rows come from: what a process needs to know of a stack that another one runs. */
export interface Source {
  readonly url: string;
  readonly key: string;
  /** Connection string of the database. */
  readonly pg: string;
  readonly rows: number;
}

/** The one that a part of the bench is run on. */
export function given(): Source {
  return JSON.parse(process.argv[2] ?? '') as Source;
}

/** The column that delta refreshes go by. */
const UPDATED_AT = 'updated_at';

/** The loader of the board. */
export function loaderOf(
  client: SupabaseClient,
  refreshes: 'in full' | 'by deltas',
): LeaderboardLoader<object> {
  const updatedAt = refreshes === 'by deltas' ? UPDATED_AT : undefined;
  const columns = { ...PLAYER_RACES.columns, updatedAt };
  return supabaseLeaderboard({ client, table: PLAYER_RACES.table, columns });
}

/** A cache of the board that refreshes when it is told to. */
export function cacheOf(
  client: SupabaseClient,
  refreshes: 'in full' | 'by deltas',
): WarmCache<Leaderboard> {
  return coldCache(loaderOf(client, refreshes));
}

/** A cache that refreshes when it is told to. */
export function coldCache(loader: Loader<Leaderboard>): WarmCache<Leaderboard> {
  return new WarmCache({
    loader,
    ttl: 3_600_000,
    refreshInterval: Infinity,
    loadTimeout: 3_600_000,
  });
}

/** What a client has asked for. */
export interface Asked {
  requests: number;
  rows: number;
}

/** A supabase-js client, and what it has asked for so far. */
export function countingClient({ url, key }: Source): {
  readonly client: SupabaseClient;
  readonly asked: Asked;
} {
  const asked = { requests: 0, rows: 0 };
  const client = createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      fetch: async (...request) => {
        asked.requests += 1;
        const response = await fetch(...request);
        // `0-99/*`, or `*/*` where there are none; a HEAD request names rows that it doesn't bring.
        const [, first, last] =
          /^(\d+)-(\d+)\//.exec(response.headers.get('content-range') ?? '') ?? [];
        if (response.body && first && last) asked.rows += Number(last) - Number(first) + 1;
        return response;
      },
    },
  });
  return { client, asked };
}

/** An entry with the further fields that the stack's view has. */
type Entry = LeaderboardEntry & { readonly wins: number; readonly losses: number };

/** The first rows of the ladder, past PostgREST: many times as quick. */
export async function entriesOf(source: Source, limit: number = source.rows): Promise<Entry[]> {
  return connected(source, async (database) => {
    const { rows } = await database.query<Entry>(
      `select id::text as key, player_id::text as player, player_name as name, country, race, rating as score,
        wins, losses
      from player_races order by id limit $1`,
      [limit],
    );
    return rows;
  });
}

/** What moves the ratings of so many rows at random, as matches do, each time that it is told to. */
export async function changing(
  source: Source,
): Promise<{ change(n: number): Promise<void>; [Symbol.asyncDispose](): Promise<void> }> {
  const database = new pg.Client({ connectionString: source.pg });
  await database.connect();
  return {
    change: (n) => changeBy(database, source, n),
    [Symbol.asyncDispose]: () => database.end(),
  };
}

async function changeBy(database: pg.Client, source: Source, n: number): Promise<void> {
  const { rows } = await database.query<{ first: string }>('select min(id) as first from ratings');
  const first = BigInt(rows[0]?.first ?? 0);
  const ids = new Set<string>();
  while (ids.size < Math.min(n, source.rows)) {
    ids.add(String(first + BigInt(Math.floor(Math.random() * source.rows))));
  }
  const { rowCount } = await database.query(
    'update ratings set rating = rating + 1, updated_at = clock_timestamp() where id = any($1)',
    [[...ids]],
  );
  if (rowCount !== ids.size) throw new Error(`${rowCount} rows changed instead of ${ids.size}`);
}

/** Runs `use` on a connection of the superuser. */
async function connected<T>(source: Source, use: (database: pg.Client) => Promise<T>): Promise<T> {
  const database = new pg.Client({ connectionString: source.pg });
  try {
    await database.connect();
    return await use(database);
  } finally {
    await database.end();
  }
}
