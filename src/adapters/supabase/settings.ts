import type { SupabaseClientLike } from './client.ts';
import type { SupabaseLeaderboardOptions, SupabaseTableOptions } from './options.ts';
import type { Columns } from './rows.ts';

/** Every option with its value, for a table: no other file holds a default. */
export interface TableSettings {
  readonly kind: 'table';
  readonly client: SupabaseClientLike;
  readonly table: string;
  readonly columns: Columns;
  readonly pageSize: number;
  readonly overlap: number;
  readonly fullReloadInterval: number;
  readonly countRows: boolean;
}

/** The same for a function. */
export interface FunctionSettings {
  readonly kind: 'function';
  readonly client: Required<SupabaseClientLike>;
  readonly rpc: string;
  readonly details: readonly string[];
}

type TableOptions = SupabaseTableOptions<SupabaseClientLike, string, string, unknown>;

const HOUR = 3_600_000;

/** What says something of a table alone. */
const OF_TABLES = ['table', 'columns', 'pageSize', 'overlap', 'fullReloadInterval', 'countRows'];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} An option is missing or of the wrong type, or says nothing of what is read.
 * @throws {RangeError} A number is out of range.
 */
export function settingsOf(options: SupabaseLeaderboardOptions): TableSettings | FunctionSettings {
  expectThat('options', typeof options === 'object' && options !== null, 'an object', options);
  if (options.rpc === undefined) return tableSettings(options as TableOptions);
  const { client, rpc, details = [] } = options;
  for (const option of OF_TABLES) {
    const given = options[option as keyof typeof options];
    expectThat(option, given === undefined, 'left out beside `rpc`', given);
  }
  expectThat('client.rpc', typeof client?.rpc === 'function', 'a function', client?.rpc);
  expectThat('rpc', isText(rpc), 'the name of a function', rpc);
  expectThat('details', Array.isArray(details), 'a list of fields', details);
  return { kind: 'function', client: client as Required<SupabaseClientLike>, rpc, details };
}

function tableSettings(options: TableOptions): TableSettings {
  const { client, table, pageSize = 1000, overlap = 10_000 } = options;
  const { fullReloadInterval = HOUR, countRows = true } = options;
  expectThat('client.from', typeof client?.from === 'function', 'a function', client?.from);
  expectThat('table', isText(table), 'the name of a table', table);
  const { details } = options as { readonly details?: unknown };
  expectThat('details', details === undefined, 'among the `columns`', details);
  const columns = columnsOf(options.columns);
  expectNumber('pageSize', pageSize, 1, Number.MAX_SAFE_INTEGER);
  if (pageSize % 1 !== 0) {
    throw new RangeError(`Expected \`pageSize\` to be an integer, got ${pageSize}`);
  }
  expectNumber('overlap', overlap, 0, Number.MAX_VALUE);
  expectNumber('fullReloadInterval', fullReloadInterval, 0, Infinity);
  expectThat('countRows', typeof countRows === 'boolean', 'true or false', countRows);
  const times = { overlap, fullReloadInterval };
  return { kind: 'table', client, table, columns, pageSize, ...times, countRows };
}

function columnsOf(given: TableOptions['columns']): Columns {
  const { key, player, name, score, country, race, updatedAt, details = [] } = given ?? {};
  const keys = Array.isArray(key) ? [...key] : [key];
  expectThat('columns.key', keys.length > 0, 'at least one column', '[]');
  for (const column of keys) expectColumn('columns.key', column);
  expectColumn('columns.player', player);
  expectColumn('columns.name', name);
  expectColumn('columns.score', score);
  for (const [field, column] of Object.entries({ country, race, updatedAt })) {
    if (column !== undefined) expectColumn(`columns.${field}`, column);
  }
  expectThat('columns.details', Array.isArray(details), 'a list of columns', details);
  for (const column of details) expectColumn('columns.details', column);
  return { key: keys, player, name, score, country, race, updatedAt, details: [...details] };
}

function expectColumn(option: string, given: unknown): void {
  expectThat(option, isText(given), 'the name of a column', given);
  // In quotes, too, it is what PostgREST calls all of them.
  expectThat(option, given !== '*', 'a name other than *', given);
}

function expectNumber(option: string, given: number, least: number, most: number): void {
  expectThat(option, typeof given === 'number', 'a number', given);
  if (!(given >= least && given <= most)) {
    throw new RangeError(`Expected \`${option}\` to be from ${least} to ${most}, got ${given}`);
  }
}

function isText(given: unknown): boolean {
  return typeof given === 'string' && given !== '';
}

function expectThat(option: string, isRight: boolean, expected: string, given: unknown): void {
  if (!isRight) throw new TypeError(`Expected \`${option}\` to be ${expected}, got ${given}`);
}
