import { inspect } from 'node:util';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AnyEntry } from './entry.ts';

/** How many of a row's issues a message tells. */
const MOST_ISSUES = 3;

/**
 * A row that can't be ranked: which one it is and why.
 *
 * @example
 * ```ts
 * import { Leaderboard, RowError } from 'warm-cache/leaderboard';
 *
 * try {
 *   new Leaderboard([
 *     { key: '7', player: 'p1', name: 'Ace', country: null, race: null, score: Number.NaN },
 *   ]);
 * } catch (error) {
 *   if (error instanceof RowError) console.error(error.key, error.issues);
 * }
 * ```
 */
export class RowError extends TypeError {
  override name = 'RowError';
  /** The row's key, where it has one. */
  readonly key: string | undefined;
  /** What is wrong with it: at least one. */
  readonly issues: readonly StandardSchemaV1.Issue[];

  constructor(key: string | undefined, place: number, issues: readonly StandardSchemaV1.Issue[]) {
    const told = issues.slice(0, MOST_ISSUES).map(textOf);
    if (issues.length > MOST_ISSUES) told.push(`${issues.length - MOST_ISSUES} more`);
    const row = key === undefined ? `row ${place}` : `the row with key ${key}`;
    super(`In ${row}: ${told.join('; ')}`);
    this.key = key;
    this.issues = issues;
  }
}

/** `wins.total: too low`. */
function textOf({ path = [], message }: StandardSchemaV1.Issue): string {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
}

/** Of a key that came twice. */
export function duplicateError(key: string, place: number): RowError {
  return new RowError(key, place, [
    { message: 'expected it to be unique, got it twice', path: ['key'] },
  ]);
}

type Field = 'key' | 'player' | 'name' | 'country' | 'race' | 'score';

const isText = (value: unknown): boolean => typeof value === 'string' && value.isWellFormed();
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);

const FIELDS: readonly (readonly [Field, string, (value: unknown) => boolean])[] = [
  ['key', 'text', isText],
  ['player', 'text', isText],
  ['name', 'text', isText],
  ['country', 'text or null', isTextOrNull],
  ['race', 'text or null', isTextOrNull],
  ['score', 'a finite number', Number.isFinite],
];

/** The fields that every row has. */
export const OWN_FIELDS: readonly string[] = FIELDS.map(([field]) => field);

/**
 * Checks one row.
 *
 * @param place - The row's number, from 1: what it is called where it has no key.
 * @throws {RowError} It isn't what it should be; rejects with it, where the schema answers later.
 */
export function checked(
  row: unknown,
  place: number,
  schema: StandardSchemaV1<unknown, unknown> | undefined,
): AnyEntry | Promise<AnyEntry> {
  if (!schema) return entryOf(row, place);
  const result = schema['~standard'].validate(row);
  return result instanceof Promise
    ? result.then((settled) => outputOf(settled, row, place))
    : outputOf(result, row, place);
}

function outputOf(result: StandardSchemaV1.Result<unknown>, row: unknown, place: number): AnyEntry {
  if (result.issues) throw new RowError(keyOf(row), place, result.issues);
  return entryOf(result.value, place);
}

function entryOf(row: unknown, place: number): AnyEntry {
  const given = (row ?? {}) as Record<string, unknown>;
  for (const [field, expected, isRight] of FIELDS) {
    if (isRight(given[field])) continue;
    const message = `expected ${expected}, got ${shown(given[field])}`;
    throw new RowError(keyOf(row), place, [{ message, path: [field] }]);
  }
  return given as AnyEntry;
}

/** A value of any kind, in a few words: JSON knows no bigint, no circle, and calls NaN null. */
function shown(value: unknown): string {
  return inspect(value, {
    depth: 1,
    breakLength: Infinity,
    maxArrayLength: 5,
    maxStringLength: 100,
  });
}

function keyOf(row: unknown): string | undefined {
  const key = (row as { readonly key?: unknown } | null | undefined)?.key;
  return typeof key === 'string' ? key : undefined;
}
