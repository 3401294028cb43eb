import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { PLAYER_RACES, type SupabaseStack } from 'supabase-stack';
import { type Loader, type LoadReason, WarmCache, WarmCacheError } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { supabaseLeaderboard } from 'warm-cache/supabase';
import { type LoadCost, Meter } from './meter.ts';

/** Short, so that a minute shows what else takes an hour. */
export const TTL = 2000;

/** Long, so that a load that the server holds up is seen to be. */
const LOAD_TIMEOUT = 30_000;

/** One load of a lane that has ended. */
export interface Load extends LoadCost {
  readonly reason: LoadReason;
  readonly outcome: 'failed' | 'published' | 'rejected' | 'superseded' | 'timeout' | 'unchanged';
  /** Epoch ms. */
  readonly startedAt: number;
  /** Ms. */
  readonly duration: number;
}

/** How a lane is to cache. */
export interface LaneOptions {
  /**
   * Ms for which a board is fresh.
   * @default TTL
   */
  readonly ttl?: number;
  /**
   * Deadline of a load, ms.
   * @default 30_000
   */
  readonly loadTimeout?: number;
  /** Is told of each load that has ended. */
  readonly onLoad?: (load: Load) => void;
}

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
  readonly #meter = new Meter();
  readonly #stopped = new AbortController();
  readonly #ttl: number;
  readonly #onLoad: LaneOptions['onLoad'];
  #value: { readonly board: Leaderboard; readonly loadedAt: number } | undefined;
  #loading: Promise<Leaderboard> | undefined;
  #loads = 0;

  constructor(
    stack: SupabaseStack,
    { ttl = TTL, loadTimeout = LOAD_TIMEOUT, onLoad }: LaneOptions = {},
  ) {
    const loader = loaderOf(clientOf(stack, this.name, this.#meter));
    this.#ttl = ttl;
    this.#onLoad = onLoad;
    // Where there is none before it, it is always a board that comes.
    this.#load = () =>
      loader({
        signal: AbortSignal.any([AbortSignal.timeout(loadTimeout), this.#stopped.signal]),
        previous: undefined,
        attempt: 1,
        reason: 'read',
      } as Parameters<typeof loader>[0]) as Promise<Leaderboard>;
  }

  async get(): Promise<Leaderboard> {
    const value = this.#value;
    if (value && Date.now() - value.loadedAt < this.#ttl) return value.board;
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
    this.#stopped.abort();
    await this.#loading?.catch(() => {});
  }

  async #refresh(): Promise<Leaderboard> {
    const startedAt = Date.now();
    this.#loads += 1;
    this.#meter.begin();
    const end = (outcome: Load['outcome']): void =>
      this.#onLoad?.({
        reason: 'read',
        outcome,
        startedAt,
        duration: Date.now() - startedAt,
        ...this.#meter.end(),
      });
    try {
      const board = await this.#load();
      this.#value = { board, loadedAt: startedAt };
      end('published');
      return board;
    } catch (error) {
      end('failed');
      throw error;
    }
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
  readonly #meter = new Meter();
  readonly #onLoad: LaneOptions['onLoad'];
  #loads = 0;
  /** The load that is under way. */
  #load: Pick<Load, 'reason' | 'startedAt'> | undefined;

  constructor(
    stack: SupabaseStack,
    { ttl = TTL, loadTimeout = LOAD_TIMEOUT, onLoad }: LaneOptions = {},
  ) {
    this.#onLoad = onLoad;
    const client = clientOf(stack, this.name, this.#meter);
    this.cache = new WarmCache({
      name: 'leaderboard',
      loader: loaderOf(client, { updatedAt: 'updated_at' }),
      ttl,
      refreshInterval: ttl,
      maxStale: 600_000,
      loadTimeout,
    });
    this.cache.on('load', ({ reason, startedAt }) => {
      // Of a load whose value nobody wanted any more no event tells.
      this.#end('superseded');
      this.#loads += 1;
      this.#load = { reason, startedAt };
      this.#meter.begin();
    });
    this.cache.on('refresh', () => this.#end('published'));
    this.cache.on('unchanged', () => this.#end('unchanged'));
    this.cache.on('error', ({ error, final }) => {
      if (final) this.#end(outcomeOf(error));
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

  #end(outcome: Load['outcome']): void {
    if (!this.#load) return;
    const load: Load = {
      ...this.#load,
      outcome,
      duration: Date.now() - this.#load.startedAt,
      ...this.#meter.end(),
    };
    this.#load = undefined;
    if (outcome === 'published') this.ended[load.isFull ? 'full' : 'delta'] += 1;
    else if (outcome === 'unchanged') this.ended.unchanged += 1;
    else if (outcome !== 'superseded') this.ended.failed += 1;
    this.#onLoad?.(load);
  }
}

/**
 * A supabase-js client whose requests the stack counts under `lane`.
 *
 * @param meter - Measures them.
 */
export function clientOf(
  stack: SupabaseStack,
  lane: string,
  meter?: Pick<Meter, 'fetch'>,
): SupabaseClient {
  return createClient(stack.url, stack.anonKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      headers: { 'x-lane': lane },
      fetch: meter ? meter.fetch : fetch,
    },
  });
}

function loaderOf(
  client: SupabaseClient,
  columns: { readonly updatedAt?: string } = {},
): Loader<Leaderboard> {
  return supabaseLeaderboard({
    client,
    table: PLAYER_RACES.table,
    columns: { ...PLAYER_RACES.columns, ...columns },
  });
}

/** How a load ended, by the error of a load that failed for good. */
function outcomeOf(error: unknown): Load['outcome'] {
  const code = error instanceof WarmCacheError ? error.code : undefined;
  if (code === 'ERR_LOAD_TIMEOUT') return 'timeout';
  return code === 'ERR_LOAD_REJECTED' ? 'rejected' : 'failed';
}
