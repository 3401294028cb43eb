import type { LeaderboardEntry } from '../../leaderboard.ts';

/**
 * Which columns of the table hold what, as PostgREST's `select` names them: in double quotes where a name has a space,
 * a comma or the like, and where the key's is one of PostgREST's own words (`"order"`).
 */
export interface LeaderboardColumns {
  /** Unique, never null and sortable: what the pages are cut by. Of any type: it comes as text. */
  readonly key: string;
  /** Whose entry it is. Of any type: it comes as text. */
  readonly player: string;
  /** The player's name: text. */
  readonly name: string;
  /** Text, or null. */
  readonly country: string;
  /** Text, or null. */
  readonly race: string;
  /** Ranked by this, the highest first: a finite number. */
  readonly score: string;
}

type Field = keyof LeaderboardColumns;

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);

/** What each field of a row must be. */
const FIELDS: readonly (readonly [Field, string, (value: unknown) => boolean])[] = [
  ['key', 'text', isText],
  ['player', 'text', isText],
  ['name', 'text', isText],
  ['country', 'text or null', isTextOrNull],
  ['race', 'text or null', isTextOrNull],
  ['score', 'a finite number', Number.isFinite],
];

/** What to ask PostgREST for. JSON would round 64-bit numbers: keys and players come as text. */
export function selectOf(columns: LeaderboardColumns): string {
  return FIELDS.map(([field]) => {
    const isId = field === 'key' || field === 'player';
    return `${field}:${columns[field]}${isId ? '::text' : ''}`;
  }).join();
}

/**
 * Appends the rows of one page to those before.
 *
 * @throws {TypeError} A row isn't what it should be, or its key came before.
 */
export function append(
  entries: LeaderboardEntry[],
  page: readonly unknown[],
  columns: LeaderboardColumns,
): void {
  const lastOfBefore = entries.at(-1)?.key;
  let last = lastOfBefore;
  for (const row of page) {
    const entry = entryOf(row, columns);
    // Keys that repeat stand side by side; a server that deals out the same page again ends it with the same key.
    if (entry.key === last || entry.key === lastOfBefore) {
      throw new TypeError(`Expected \`${columns.key}\` to be unique, got ${entry.key} twice`);
    }
    last = entry.key;
    entries.push(entry);
  }
}

function entryOf(row: unknown, columns: LeaderboardColumns): LeaderboardEntry {
  const given = (row ?? {}) as Partial<Record<Field, unknown>>;
  for (const [field, expected, isRight] of FIELDS) {
    if (isRight(given[field])) continue;
    const got = JSON.stringify(given[field]);
    throw new TypeError(
      `Expected \`${columns[field]}\` of the row with key ${given.key} to be ${expected}, got ${got}`,
    );
  }
  const { key, player, name, country, race, score } = given as LeaderboardEntry;
  return { key, player, name, country, race, score };
}
