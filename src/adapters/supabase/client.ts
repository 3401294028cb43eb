/**
 * What of a supabase-js client is used. It is neither opened nor closed.
 *
 * @example
 * ```ts
 * import { createClient } from '@supabase/supabase-js';
 * import type { SupabaseClientLike } from 'warm-cache/supabase';
 *
 * const client: SupabaseClientLike = createClient('https://project.supabase.co', 'anon key');
 * ```
 */
export interface SupabaseClientLike {
  /** Begins a query of a table or view. */
  from(table: string): SupabaseTable;
  /** Calls a function without arguments. By GET: a replica may answer, and nothing can be changed. */
  rpc?(name: string, args: undefined, options: { get: true; count: 'exact' }): SupabaseQuery;
}

/**
 * What of supabase-js's query builder is used.
 *
 * @example
 * ```ts
 * import type { SupabaseClientLike, SupabaseTable } from 'warm-cache/supabase';
 *
 * declare const client: SupabaseClientLike;
 * const ratings: SupabaseTable = client.from('ratings');
 * ```
 */
export interface SupabaseTable {
  /** Asks for columns, in PostgREST's words, and perhaps how many rows there are. */
  select(columns: string, options?: { count?: 'exact' }): SupabaseQuery;
}

/**
 * What of a supabase-js query is used: awaited, it is sent.
 *
 * @example
 * ```ts
 * import type { SupabaseQuery, SupabaseTable } from 'warm-cache/supabase';
 *
 * declare const ratings: SupabaseTable;
 * const query: SupabaseQuery = ratings.select('id::text,rating').order('id', { ascending: true });
 * console.log((await query.limit(10)).data);
 * ```
 */
export interface SupabaseQuery extends PromiseLike<SupabaseResponse> {
  /** Only rows that one of these filters matches, in PostgREST's words. */
  or(filters: string): this;
  /** In which order the rows come; called again, by what those stand that are equal so far. */
  order(column: string, options: { ascending: boolean }): this;
  /** How many rows at most. */
  limit(count: number): this;
  /** What ends the request early. */
  abortSignal(signal: AbortSignal): this;
}

/**
 * What of a PostgREST answer is used.
 *
 * @example
 * ```ts
 * import type { SupabaseQuery, SupabaseResponse } from 'warm-cache/supabase';
 *
 * declare const query: SupabaseQuery;
 * const { data, error, status }: SupabaseResponse = await query;
 * console.log(status, error?.message ?? data);
 * ```
 */
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
  /** How many rows there are, if that was asked. */
  readonly count?: number | null;
}
