import { body, type Name, quoted, sqlOf } from './names.ts';

/** A trigger, and what it does after each statement that changes a table. */
export interface Trigger {
  readonly table: Name;
  /** Of the trigger, and of its function in the table's schema. */
  readonly name: string;
  /** Of plpgsql. */
  readonly declare?: string;
  readonly statements: string;
  /** Whose rights it has: those of who changes the table, or of who made it. */
  readonly security: 'definer' | 'invoker';
  /** Whether it looks at the rows, as `old_rows` and `new_rows`. */
  readonly seesRows: boolean;
}

/** What each kind of statement has rows of; TRUNCATE has none. */
const ROWS = {
  insert: 'referencing new table as new_rows',
  update: 'referencing old table as old_rows new table as new_rows',
  delete: 'referencing old table as old_rows',
  truncate: '',
};

/** The SQL that makes it, or makes it anew. */
export function triggerSql({
  table,
  name,
  declare = '',
  statements,
  security,
  seesRows,
}: Trigger): string {
  const fn = sqlOf({ schema: table.schema, name });
  // Rows can be had by triggers of one kind of statement alone.
  const triggers = seesRows
    ? Object.entries(ROWS).map(([event, rows]) => ({ event, rows, suffix: `_${event}` }))
    : [{ event: Object.keys(ROWS).join(' or '), rows: '', suffix: '' }];
  const all = ['', ...Object.keys(ROWS).map((event) => `_${event}`)];
  const drops = all.map(
    (suffix) => `drop trigger if exists ${quoted(name + suffix)} on ${sqlOf(table)};`,
  );
  const creates = triggers.map(
    ({ event, rows, suffix }) =>
      `create trigger ${quoted(name + suffix)} after ${event} on ${sqlOf(table)} ${rows}
  for each statement execute function ${fn}();`,
  );
  return `create or replace function ${fn}() returns trigger
language plpgsql security ${security} set search_path = pg_catalog, pg_temp as ${body(`${declare}begin
${statements}
  return null;
end`)};
revoke execute on function ${fn}() from public;

${drops.join('\n')}
${creates.join('\n')}
`;
}

/** Behind the name of a trigger, at most. */
export const LONGEST_SUFFIX = '_truncate';
