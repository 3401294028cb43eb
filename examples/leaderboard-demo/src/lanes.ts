import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { SupabaseStack } from 'supabase-stack';
import { type Loader, WarmCache } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { supabaseLeaderboard } from 'warm-cache/supabase';

/** Short, so that a minute shows what else takes an hour. */
export const TTL = 2000;

/** One way to cache the board, and what the demo asks of it. */
export interface Lane {
  readonly name: string;
  get(): Promise<Leaderboard>;
  /** As of when the last value served is true, in epoch ms. */
  loadedAt(): number;
  /** Says that the board has changed. */
  invalidate(): Promise<unknown>;
  /** Times the whole board was loaded, or that was tried. */
  loads(): number;
  stop(): Promise<void>;
}

/**
 * What the Discord bot had: a value and a time, and whoever comes after that time waits for the query. Its board is built
 * in slices, unlike the bot's: both lanes share an event loop, and the readers of the other one would wait too.
 */
export class LazyLane implements Lane {
  readonly name = 'before';
  readonly #load: () => Promise<Leaderboard>;
  #value: { readonly board: Leaderboard; readonly loadedAt: number } | undefined;
  #loading: Promise<Leaderboard> | undefined;
  #loads = 0;

  constructor(stack: SupabaseStack) {
    const loader = loaderOf(clientOf(stack, this.name));
    const { signal } = new AbortController();
    // Where there is none before it, it is always a board that comes.
    this.#load = () =>
      loader({ signal, previous: undefined, attempt: 1, reason: 'read' } as Parameters<
        typeof loader
      >[0]) as Promise<Leaderboard>;
  }

  async get(): Promise<Leaderboard> {
    const value = this.#value;
    if (value && Date.now() - value.loadedAt < TTL) return value.board;
    // Kinder than the bot's: those who wait share one query.
    this.#loading ??= this.#refresh().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  loadedAt(): number {
    return this.#value?.loadedAt ?? Date.now();
  }

  async invalidate(): Promise<void> {
    this.#value = undefined;
  }

  loads(): number {
    return this.#loads;
  }

  async stop(): Promise<void> {
    await this.#loading?.catch(() => {});
  }

  async #refresh(): Promise<Leaderboard> {
    const loadedAt = Date.now();
    this.#loads += 1;
    const board = await this.#load();
    this.#value = { board, loadedAt };
    return board;
  }
}

/** How the loads of a lane ended. */
export interface LoadCounts {
  /** Everything was read. */
  full: number;
  /** What had changed was read. */
  delta: number;
  /** Nothing had changed. */
  unchanged: number;
  failed: number;
}

/** The same board, kept hot: once there is one, only what has changed is asked for. */
export class WarmLane implements Lane {
  readonly name = 'after';
  readonly cache: WarmCache<Leaderboard>;
  readonly ended: LoadCounts = { full: 0, delta: 0, unchanged: 0, failed: 0 };
  #loads = 0;
  /** Whether the load that is under way reads everything. */
  #isFull = false;

  constructor(stack: SupabaseStack) {
    const client = clientOf(stack, this.name, (url) => {
      // Everything is read from the beginning, hence with no filter; and to count no rows are asked for.
      const { searchParams } = new URL(url);
      if (!searchParams.has('or') && searchParams.get('limit') !== '0') this.#isFull = true;
    });
    this.cache = new WarmCache({
      name: 'leaderboard',
      loader: loaderOf(client, { updatedAt: 'updated_at' }),
      ttl: TTL,
      refreshInterval: TTL,
      maxStale: 600_000,
    });
    this.cache.on('load', () => {
      this.#loads += 1;
      this.#isFull = false;
    });
    this.cache.on('refresh', () => {
      this.ended[this.#isFull ? 'full' : 'delta'] += 1;
    });
    this.cache.on('unchanged', () => {
      this.ended.unchanged += 1;
    });
    this.cache.on('error', ({ final }) => {
      if (final) this.ended.failed += 1;
    });
    this.cache.start();
  }

  get(): Promise<Leaderboard> {
    return this.cache.get();
  }

  loadedAt(): number {
    return this.cache.peek()?.loadedAt ?? Date.now();
  }

  invalidate(): Promise<unknown> {
    return this.cache.invalidate();
  }

  loads(): number {
    return this.#loads;
  }

  /**
   * Resolves when the value is up to date once more.
   *
   * @throws The reason of `signal`.
   */
  renewed(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.cache.once('refresh', () => resolve());
    this.cache.once('unchanged', () => resolve());
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    return promise;
  }

  stop(): Promise<void> {
    return this.cache.stop();
  }
}

/**
 * A supabase-js client whose requests the stack counts under `lane`.
 *
 * @param onRequest - Is told of each.
 */
export function clientOf(
  stack: SupabaseStack,
  lane: string,
  onRequest?: (url: string) => void,
): SupabaseClient {
  return createClient(stack.url, stack.anonKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      headers: { 'x-lane': lane },
      fetch: (resource, init) => {
        onRequest?.(String(resource));
        return fetch(resource, init);
      },
    },
  });
}

function loaderOf(
  client: SupabaseClient,
  columns: { readonly updatedAt?: string } = {},
): Loader<Leaderboard> {
  return supabaseLeaderboard({
    client,
    table: 'player_races',
    columns: {
      key: 'id',
      player: 'player_id',
      name: 'player_name',
      country: 'country',
      race: 'race',
      score: 'rating',
      ...columns,
    },
  });
}
