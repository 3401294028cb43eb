import type { LeaderboardEntry } from '../../leaderboard.ts';
import { nameOf } from './words.ts';

/** Which columns hold what: their names as in the database. */
export interface Columns {
  /** One, or several that make a key together. */
  readonly key: readonly string[];
  readonly player: string;
  readonly name: string;
  readonly score: string;
  readonly country: string | undefined;
  readonly race: string | undefined;
  readonly updatedAt: string | undefined;
  readonly details: readonly string[];
}

/** A row as it comes; what is in it, the leaderboard checks. */
export type Row = { readonly [field: string]: unknown } | null;

/**
 * What to ask PostgREST for, each column under a name of ours, so that none can be mistaken for another one. JSON would
 * round 64-bit numbers: keys and players come as text.
 */
export function selectOf({ key, details, ...columns }: Columns): string {
  const asked: [string, string | undefined][] = [
    ...key.map((column, i): [string, string] => [`key${i}`, `${nameOf(column)}::text`]),
    ['player', `${nameOf(columns.player)}::text`],
  ];
  for (const field of ['name', 'score', 'country', 'race', 'updatedAt'] as const) {
    const column = columns[field];
    if (column !== undefined) asked.push([field, nameOf(column)]);
  }
  asked.push(...details.map((detail, i): [string, string] => [`detail${i}`, nameOf(detail)]));
  return asked.map(([field, column]) => `${field}:${column}`).join();
}

/** A row's values of the key's columns. */
export function keyOf(row: Row, { key }: Columns): readonly unknown[] {
  return key.map((_, i) => row?.[`key${i}`]);
}

/** A row as the leaderboard has it, if it is what it should be. */
export function entryOf(row: Row, columns: Columns): LeaderboardEntry {
  const entry: Record<string, unknown> = {
    key: textOf(keyOf(row, columns)),
    player: row?.['player'],
    name: row?.['name'],
    country: columns.country === undefined ? null : row?.['country'],
    race: columns.race === undefined ? null : row?.['race'],
    score: row?.['score'],
  };
  columns.details.forEach((detail, i) => {
    entry[detail] = row?.[`detail${i}`];
  });
  return entry as unknown as LeaderboardEntry;
}

/** The one value, or all of them; nothing, if one is missing. */
function textOf(values: readonly unknown[]): unknown {
  if (values.length === 1) return values[0];
  return values.every((value) => typeof value === 'string') ? JSON.stringify(values) : null;
}
