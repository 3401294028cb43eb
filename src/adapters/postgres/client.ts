/**
 * What of a pool or a client of `pg` is asked, or of any other that takes `$1`. It is neither opened nor closed.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import type { PostgresPool } from 'warm-cache/postgres';
 *
 * const pool: PostgresPool = new pg.Pool({ connectionString: 'postgresql://app@db.example/app' });
 * ```
 */
export interface PostgresPool {
  /** Runs one statement. */
  query(
    text: string,
    values: unknown[],
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
}

/**
 * What of a client of `pg` is used to listen: a session of its own, that ends when it isn't needed any more.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import type { PostgresSession } from 'warm-cache/postgres';
 *
 * async function connect(): Promise<PostgresSession> {
 *   const client = new pg.Client({ connectionTimeoutMillis: 5000 });
 *   await client.connect();
 *   return client;
 * }
 * ```
 */
export interface PostgresSession {
  /** Runs one statement. */
  query(text: string): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  /** As an emitter does: calls `listener` at each notification. */
  on(event: 'notification', listener: (notification: PostgresNotification) => void): unknown;
  /** The same at an error, of a connection that is lost. */
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** The same at the end of the connection. */
  on(event: 'end', listener: () => void): unknown;
  /** Takes a listener away. */
  off(
    event: 'notification' | 'error' | 'end',
    listener: ((notification: PostgresNotification) => void) | ((error: Error) => void),
  ): unknown;
  /** Ends the connection. */
  end(): Promise<unknown>;
}

/**
 * What of a notification is read.
 *
 * @example
 * ```ts
 * import type { PostgresNotification } from 'warm-cache/postgres';
 *
 * const notification: PostgresNotification = { channel: 'player_changed', payload: '42' };
 * ```
 */
export interface PostgresNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}
