/**
 * Caches that several processes share through PostgreSQL, and caches that PostgreSQL invalidates.
 *
 * @module warm-cache/postgres
 * @category API
 */
import { type FleetOptions, fleetTier } from '../fleet.ts';
import type { SharedTier } from '../shared.ts';
import type { PostgresPool } from './postgres/client.ts';
import { type PostgresStoreOptions, postgresStore } from './postgres/store.ts';

export type { PostgresNotification, PostgresPool, PostgresSession } from './postgres/client.ts';
export {
  type ChangeCounterSqlOptions,
  changeCounter,
  changeCounterSql,
} from './postgres/counter.ts';
export { type FleetSqlOptions, fleetSql } from './postgres/fleet-sql.ts';
export {
  invalidateOnNotify,
  type NotifiedCache,
  type NotifiedMap,
  type NotifyOptions,
} from './postgres/invalidate.ts';
export { type NotifySqlOptions, notifySql } from './postgres/notify-sql.ts';
export type { SessionOptions } from './postgres/session.ts';
export { type PostgresStoreOptions, postgresStore } from './postgres/store.ts';

/**
 * The options of {@link postgresTier}.
 *
 * @example
 * ```ts
 * import type { PostgresTierOptions } from 'warm-cache/postgres';
 *
 * const options: PostgresTierOptions = { key: 'leaderboard', table: 'warm_cache.fleet', timeout: 2000 };
 * ```
 */
export interface PostgresTierOptions extends FleetOptions, PostgresStoreOptions {}

/**
 * Has processes share what a cache loads through a row of PostgreSQL: one of them loads, all have the value.
 * {@link fleetSql} makes the table.
 *
 * Each question is one statement, so a pooler in transaction mode will do. Without `connect` the row is polled.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} A number or a name is out of range.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { WarmCache } from 'warm-cache';
 * import { postgresTier } from 'warm-cache/postgres';
 *
 * declare function board(): Promise<string[]>;
 *
 * const pool = new pg.Pool();
 * const leaderboard = new WarmCache({
 *   name: 'leaderboard',
 *   loader: board,
 *   ttl: 60_000,
 *   shared: postgresTier(pool, { key: 'leaderboard' }),
 * });
 * leaderboard.start();
 * ```
 */
export function postgresTier(pool: PostgresPool, options: PostgresTierOptions): SharedTier {
  return fleetTier(postgresStore(pool, options), options);
}
