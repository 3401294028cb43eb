import { expect } from '../../options.ts';
import type { PostgresPool } from './client.ts';
import { expectName, nameOf, quoted, sqlOf } from './names.ts';
import { LONGEST_SUFFIX, triggerSql } from './trigger.ts';

/**
 * The options of {@link changeCounterSql}.
 *
 * @example
 * ```ts
 * import type { ChangeCounterSqlOptions } from 'warm-cache/postgres';
 *
 * const options: ChangeCounterSqlOptions = { table: 'game.players', counter: 'game.players_changes', role: 'app' };
 * ```
 */
export interface ChangeCounterSqlOptions {
  /** Whose changes are counted: `name`, or `schema.name`. Without a schema it is in `public`. */
  readonly table: string;
  /** The table of the counter, which is made. Several tables may share one. */
  readonly counter: string;
  /**
   * Who is to read the counter, besides the owner.
   * @default nobody
   */
  readonly role?: string | undefined;
  /**
   * Of the trigger and its function.
   * @default the table's, and `_count`
   */
  readonly name?: string | undefined;
}

/**
 * The SQL that has PostgreSQL count the statements that change a table: run it once, in a migration. The sum grows with
 * each change, at the moment in which that can be seen, and is cheap to ask for: the token of a `validator`.
 *
 * Each connection counts in a row of its own, so that none waits for another.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} A name is too long.
 *
 * @example
 * ```ts
 * import { changeCounterSql } from 'warm-cache/postgres';
 *
 * console.log(changeCounterSql({ table: 'players', counter: 'players_changes', role: 'app' }));
 * ```
 */
export function changeCounterSql(options: ChangeCounterSqlOptions): string {
  expect('options', options, 'object');
  const table = nameOf('table', options.table);
  const counter = nameOf('counter', options.counter);
  const { role, name = `${table.name}_count` } = options;
  expectName('name', name + LONGEST_SUFFIX);
  if (role !== undefined) expectName('role', role);
  const statements = `  insert into ${sqlOf(counter)} as c (pid, changes) values (pg_backend_pid(), 1)
  on conflict (pid) do update set changes = c.changes + 1;`;
  const grants =
    role === undefined
      ? ''
      : `grant usage on schema ${quoted(counter.schema)} to ${quoted(role)};
grant select on ${sqlOf(counter)} to ${quoted(role)};
`;
  return `create table if not exists ${sqlOf(counter)} (
  pid integer primary key,
  changes bigint not null
) with (fillfactor = 50);

${triggerSql({ table, name, statements, security: 'definer', seesRows: false })}${grants}`;
}

/**
 * A `validator` that asks for the sum of such a counter: while nothing has changed, loads are skipped.
 *
 * @throws {TypeError} An argument is of the wrong type.
 * @throws {RangeError} The name is too long.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { WarmCache } from 'warm-cache';
 * import { changeCounter } from 'warm-cache/postgres';
 *
 * declare const pool: pg.Pool;
 * const players = new WarmCache({
 *   loader: async () => (await pool.query('select * from players')).rows,
 *   validator: changeCounter(pool, 'players_changes'),
 *   ttl: 5000,
 * });
 * ```
 */
export function changeCounter(pool: PostgresPool, counter: string): () => Promise<string> {
  expect('pool.query', Object(pool).query, 'function');
  const name = nameOf('counter', counter);
  const text = `SELECT coalesce(sum(changes), 0)::text AS token FROM ${sqlOf(name)}`;
  return async () => String((await pool.query(text, [])).rows[0]?.['token']);
}
