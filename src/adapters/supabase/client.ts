/** What of a supabase-js client is used. It is neither opened nor closed. */
export interface SupabaseClientLike {
  /** Begins a query of a table or view. */
  from(table: string): SupabaseTable;
}

/** What of supabase-js's query builder is used. */
export interface SupabaseTable {
  /** Asks for columns, in PostgREST's words. */
  select(columns: string): SupabaseQuery;
}

/** What of a supabase-js query is used: awaited, it is sent. */
export interface SupabaseQuery extends PromiseLike<SupabaseResponse> {
  /** Only rows whose column is greater than the value, which PostgreSQL reads as of the column's type. */
  gt(column: string, value: string): this;
  /** In which order the rows come. */
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
}
