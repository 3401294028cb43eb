import type { SupabaseClient } from '@supabase/supabase-js';
import { WarmCache, type WarmCacheOptions } from 'warm-cache';
import { type Leaderboard, type LeaderboardRow, vetoShrink } from 'warm-cache/leaderboard';
import { supabaseLeaderboard } from 'warm-cache/supabase';
import { type Log, reasonOf } from './log.ts';

interface Details {
  readonly wins: number;
  readonly losses: number;
}

/** The ladder: a row for each race that a player plays. */
export type Board = Leaderboard<Details>;

export type BoardRow = LeaderboardRow<Details>;

export type BoardCache = WarmCache<Board>;

/** How the board is kept, but for what it is made of. */
export type BoardOptions = Omit<WarmCacheOptions<Board>, 'loader' | 'name'>;

/** The board, kept hot. */
export function boardCache(client: SupabaseClient, options: BoardOptions): BoardCache {
  return new WarmCache<Board>({
    name: 'leaderboard',
    loader: supabaseLeaderboard({
      client,
      table: 'player_races',
      columns: {
        key: 'id',
        player: 'player_id',
        name: 'player_name',
        country: 'country',
        race: 'race',
        score: 'rating',
        updatedAt: 'updated_at',
        details: ['wins', 'losses'],
      },
    }),
    // An old leaderboard that tells its age is better than none, for as long as an outage may last.
    maxStale: 24 * 3_600_000,
    loadTimeout: 20_000,
    backoff: { minDelay: 1000, maxDelay: 15_000 },
    accept: vetoShrink(),
    ...options,
  });
}

/** Has the log say what the cache does, but for the many loads that go well. */
export function logBoard(cache: BoardCache, log: Log): void {
  cache.on('refresh', ({ name, snapshot, previous, duration }) => {
    if (previous) return;
    log.info(`${name}: ${snapshot.value.size} entries, read in ${Math.round(duration)} ms`);
  });
  cache.on('status', ({ name, from, to }) => log.info(`${name}: ${from} -> ${to}`));
  cache.on('error', ({ error, final, retryAt, serving }) => {
    if (!final) return;
    const next = retryAt ? `, next try at ${new Date(retryAt).toISOString()}` : '';
    const meanwhile = serving ? 'served from memory' : 'nothing to serve';
    log.warn(`${reasonOf(error)}; ${meanwhile}${next}`);
  });
}
