import { expect } from '../../options.ts';
import { expectName, literal, nameOf, quoted } from './names.ts';
import { LONGEST_SUFFIX, triggerSql } from './trigger.ts';

/**
 * The options of {@link notifySql}.
 *
 * @example
 * ```ts
 * import type { NotifySqlOptions } from 'warm-cache/postgres';
 *
 * const options: NotifySqlOptions = { table: 'game.players', channel: 'player_changed', key: 'country' };
 * ```
 */
export interface NotifySqlOptions {
  /** Whose changes are told: `name`, or `schema.name`. Without a schema it is in `public`. */
  readonly table: string;
  /** Where they are told. At most 63 bytes. */
  readonly channel: string;
  /** The column whose values are told, of the rows as they were and as they are. Else it is told that there was a change. */
  readonly key?: string | undefined;
  /**
   * How many of them are told after one statement: if there are more, it is told that all may have changed.
   * @default 100
   */
  readonly maxKeys?: number | undefined;
  /**
   * Of the trigger and its function. A table with several has them told apart by it.
   * @default the table's, and `_notify`
   */
  readonly name?: string | undefined;
}

/**
 * The SQL that has PostgreSQL tell of changes to a table, for {@link invalidateOnNotify}: run it once, in a migration. Run
 * again, it makes the triggers anew.
 *
 * They run once a statement, be it INSERT, UPDATE, DELETE, MERGE, TRUNCATE or COPY. What they tell is sent when the
 * transaction commits, the same only once; of one that is rolled back nothing is.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} A name is too long, or a number out of range.
 *
 * @example
 * ```ts
 * import { notifySql } from 'warm-cache/postgres';
 *
 * console.log(notifySql({ table: 'players', channel: 'player_changed', key: 'country' }));
 * ```
 */
export function notifySql(options: NotifySqlOptions): string {
  expect('options', options, 'object');
  const { channel, key, maxKeys = 100 } = options;
  const table = nameOf('table', options.table);
  const { name = `${table.name}_notify` } = options;
  expectName('channel', channel);
  expectName('name', name + LONGEST_SUFFIX);
  expect('maxKeys', maxKeys, [0, 10_000]);
  // As with the options of a cache.
  expect('maxKeys % 1', maxKeys % 1, [0, 0]);
  if (key !== undefined) expectName('key', key);
  const told = literal(channel);
  const common = { table, name, security: 'invoker' } as const;
  return key === undefined
    ? triggerSql({ ...common, seesRows: false, statements: `  perform pg_notify(${told}, '');` })
    : triggerSql({
        ...common,
        seesRows: true,
        ...keysOf(told, quoted(key), maxKeys),
      });
}

/** A row without a key, or with one that is too long to be told, may be in the values of any. */
function keysOf(channel: string, column: string, maxKeys: number) {
  const keys = (rows: string): string => `select ${column}::text collate "C" as key from ${rows}`;
  // One more than may be told is enough to know that there are too many.
  const gather = (rows: string): string =>
    `v_keys := array(select distinct key from (${rows}) as changed limit ${maxKeys + 1});`;
  const declare = `declare
  v_keys text[];
  v_key text;
`;
  const statements = `  if tg_op = 'INSERT' then
    ${gather(keys('new_rows'))}
  elsif tg_op = 'DELETE' then
    ${gather(keys('old_rows'))}
  elsif tg_op = 'UPDATE' then
    ${gather(`${keys('old_rows')} union all ${keys('new_rows')}`)}
  end if;
  if tg_op = 'TRUNCATE' or cardinality(v_keys) > ${maxKeys} then
    perform pg_notify(${channel}, '');
    return null;
  end if;
  foreach v_key in array v_keys loop
    perform pg_notify(${channel}, case when octet_length(v_key) < 8000 then v_key else '' end);
  end loop;`;
  return { declare, statements };
}
