/** What of a supabase-js client is used. It is neither opened nor closed. */
export interface SupabaseClientLike {
  /** Begins a query of a table or view. */
  from(table: string): SupabaseTable;
  /** Calls a function without arguments. By GET: a replica may answer, and nothing can be changed. */
  rpc?(name: string, args: undefined, options: { get: true; count: 'exact' }): SupabaseQuery;
}

/** What of supabase-js's query builder is used. */
export interface SupabaseTable {
  /** Asks for columns, in PostgREST's words, and perhaps how many rows there are. */
  select(columns: string, options?: { count?: 'exact' }): SupabaseQuery;
}

/** What of a supabase-js query is used: awaited, it is sent. */
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
  /** How many rows there are, if that was asked. */
  readonly count?: number | null;
}
