import { setTimeout as sleep } from 'node:timers/promises';
import { AbortError } from 'p-retry';
import { Leaderboard, type LeaderboardEntry } from '../leaderboard.ts';
import type { LoadContext } from '../options.ts';

export {
  Leaderboard,
  type LeaderboardEntry,
  type LeaderboardPage,
  type LeaderboardQuery,
  type LeaderboardRow,
} from '../leaderboard.ts';

/** What of a PostgREST answer is used. */
export interface SupabaseResponse {
  readonly data: unknown;
  readonly error: {
    readonly message: string;
    readonly code?: string;
    readonly hint?: string | null;
    readonly details?: string | null;
  } | null;
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;
}

/** What of a supabase-js query is used. */
interface SupabaseQuery extends PromiseLike<SupabaseResponse> {
  gt(column: string, value: string): this;
  order(column: string, options: { ascending: boolean }): this;
  limit(count: number): this;
  abortSignal(signal: AbortSignal): this;
}

/** What of a supabase-js client is used. It is neither opened nor closed. */
export interface SupabaseClientLike {
  /** Begins a query of a table or view. */
  from(table: string): SupabaseTable;
}

/** What of supabase-js's query builder is used. */
export interface SupabaseTable {
  /** Asks for columns, in PostgREST's words. */
  select(columns: string): unknown;
}

/** Which columns of the table hold what. */
export interface LeaderboardColumns {
  /** Unique and sortable: what the pages are cut by. */
  readonly key: string;
  /** Whose entry it is. */
  readonly player: string;
  readonly name: string;
  readonly country: string;
  readonly race: string;
  /** Ranked by this, the highest first. A number. */
  readonly score: string;
}

/** The options of {@link supabaseLeaderboard}. */
export interface SupabaseLeaderboardOptions {
  /** A supabase-js client. */
  readonly client: SupabaseClientLike;
  /** The table or view to read. */
  readonly table: string;
  readonly columns: LeaderboardColumns;
  /**
   * Rows a request asks for. Fewer may come: Supabase caps answers at 1,000 by default.
   * @default 1000
   */
  readonly pageSize?: number | undefined;
}

/** PostgREST, or the way to it, refused: what it said, as a real `Error`. */
export class SupabaseError extends Error {
  override name = 'SupabaseError';
  /** PostgreSQL's SQLSTATE or PostgREST's own code; empty where there is none. */
  readonly code: string;
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;
  readonly hint: string | undefined;
  readonly details: string | undefined;

  constructor({ error, status }: SupabaseResponse) {
    super(error?.message || `HTTP ${status}`, { cause: error });
    this.code = error?.code ?? '';
    this.status = status;
    this.hint = error?.hint ?? undefined;
    this.details = error?.details ?? undefined;
  }
}

/** How often one page is asked for again because the server said when to. */
const MOST_WAITS = 3;

/**
 * Makes the loader of a leaderboard: reads a whole table or view of Supabase, however many rows that are, page by
 * page along its unique key, and ranks it. Rows that come or go between two pages neither repeat nor hide others.
 *
 * What can't get better by trying (a wrong column, no permission) ends a load's retries; what can (no connection,
 * 408, 425, 429, 5xx) is tried again. Where the server says `Retry-After`, the same page is asked for once more by then.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} `pageSize` is no integer of 1 or more.
 *
 * @example
 * ```ts
 * import { createClient } from '@supabase/supabase-js';
 * import { WarmCache } from 'warm-cache';
 * import { supabaseLeaderboard } from 'warm-cache/supabase';
 *
 * const client = createClient('https://project.supabase.co', 'anon key');
 * const leaderboard = new WarmCache({
 *   name: 'leaderboard',
 *   loader: supabaseLeaderboard({
 *     client,
 *     table: 'player_races',
 *     columns: {
 *       key: 'id',
 *       player: 'player_id',
 *       name: 'player_name',
 *       country: 'country',
 *       race: 'race',
 *       score: 'rating',
 *     },
 *   }),
 *   ttl: 60_000,
 * });
 * leaderboard.start();
 * ```
 */
export function supabaseLeaderboard(
  options: SupabaseLeaderboardOptions,
): (context: LoadContext<Leaderboard>) => Promise<Leaderboard> {
  const { client, table, columns, pageSize = 1000 } = options;
  expectOption('client.from', typeof client?.from === 'function', 'a function', client?.from);
  expectOption('table', typeof table === 'string' && table !== '', 'the name of a table', table);
  for (const column of ['key', 'player', 'name', 'country', 'race', 'score'] as const) {
    const name = columns?.[column];
    const isName = typeof name === 'string' && name !== '';
    expectOption(`columns.${column}`, isName, 'the name of a column', name);
  }
  expectOption('pageSize', typeof pageSize === 'number', 'a number', pageSize);
  if (!Number.isSafeInteger(pageSize) || pageSize < 1) {
    throw new RangeError(`Expected \`pageSize\` to be an integer of 1 or more, got ${pageSize}`);
  }
  // 64-bit numbers would be rounded by JSON: keys and players come as text.
  const select = `key:${columns.key}::text,player:${columns.player}::text,name:${columns.name},country:${columns.country},race:${columns.race},score:${columns.score}`;

  const fetchPage = async (after: string | undefined, signal: AbortSignal): Promise<unknown[]> => {
    for (let waits = 0; ; waits++) {
      let query = client.from(table).select(select) as SupabaseQuery;
      query = query.order(columns.key, { ascending: true }).limit(pageSize).abortSignal(signal);
      if (after !== undefined) query = query.gt(columns.key, after);
      const retryAfter = watchRetryAfter(query);
      const response = await query;
      signal.throwIfAborted();
      if (!response.error && Array.isArray(response.data)) return response.data;
      const error = errorOf(response);
      const delay = retryAfter();
      if (delay === undefined || waits === MOST_WAITS) throw error;
      await sleep(delay, undefined, { signal, ref: false });
    }
  };

  return async ({ signal }) => {
    const entries: LeaderboardEntry[] = [];
    let last: string | undefined;
    // A short page isn't the last one: the server may cap answers at less than was asked for.
    for (;;) {
      const page = await fetchPage(last, signal);
      if (page.length === 0) return new Leaderboard(entries);
      for (const row of page) entries.push(entryOf(row));
      last = entries.at(-1)?.key;
    }
  };
}

/** The error to throw: one that ends the retries, where trying again can't help. */
function errorOf(response: SupabaseResponse): Error {
  const { status, error } = response;
  if (!error) {
    const message = 'the answer is no list of rows';
    return new SupabaseError({ ...response, error: { message } });
  }
  const failed = new SupabaseError(response);
  const mayPass = status < 400 || status >= 500 || [408, 425, 429].includes(status);
  return mayPass ? failed : new AbortError(failed);
}

function entryOf(row: unknown): LeaderboardEntry {
  const { key, player, name, country, race, score } = row as LeaderboardEntry;
  if (typeof key !== 'string' || typeof player !== 'string' || typeof name !== 'string') {
    throw new TypeError(`The row with key ${key} has no key, player or name`);
  }
  if (typeof score !== 'number' || !Number.isFinite(score)) {
    throw new TypeError(`The row with key ${key} has no score: ${score}`);
  }
  return { key, player, name, country, race, score };
}

/** supabase-js keeps the answer's headers to itself: they are seen as its query fetches, where it has a `fetch`. */
function watchRetryAfter(query: SupabaseQuery): () => number | undefined {
  const watched = query as { fetch?: typeof fetch; retry?: (enabled: boolean) => unknown };
  const { fetch: send } = watched;
  let retryAfter: string | null = null;
  // Its own retries would multiply with those of the cache.
  watched.retry?.(false);
  if (send) {
    watched.fetch = async (...request) => {
      const response = await send(...request);
      retryAfter = response.headers.get('retry-after');
      return response;
    };
  }
  return () => delayOf(retryAfter);
}

/** Ms that a `Retry-After` header asks for, in seconds or as a date (RFC 9110, section 10.2.3). */
function delayOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const seconds = Number(retryAfter);
  const delay = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  // A timer can't wait longer; the load's own deadline comes long before.
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(delay, 0), 2 ** 31 - 1);
}

function expectOption(option: string, right: boolean, expected: string, given: unknown): void {
  if (!right) throw new TypeError(`Expected \`${option}\` to be ${expected}, got ${given}`);
}
