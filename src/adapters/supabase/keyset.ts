import { nameOf, quoted } from './words.ts';

/**
 * From how many rows on a page is a long one: where all of them agree, there may be many more, and where the server has a
 * cap, it may be that.
 */
const MANY = 100;

/** Where a list was read to, by the columns that it is ordered by. */
export interface Place {
  /** The values of the last row that came; of the first columns alone, once there are no more rows with those. */
  readonly values: readonly string[];
  /** How many of the first columns have to be as they are; what follows is to be greater. */
  readonly fixed: number;
}

/**
 * Where to go on after a page.
 *
 * Where all of a long page agrees in the first columns, the rest of such rows is asked for alone: PostgreSQL finds its
 * beginning in the index, however many there are. Else it would have to pass over those that came before.
 *
 * @param first - The values of its first row, `last` those of its last one.
 */
export function placeAfter(first: readonly string[], last: readonly string[], rows: number): Place {
  const differing = first.findIndex((value, i) => value !== last[i]);
  const fixed = differing < 0 ? last.length - 1 : differing;
  return { values: last, fixed: rows < MANY ? 0 : fixed };
}

/** Where to go on where there are no more rows: `undefined` where there are none at all. */
function placeBeyond({ values, fixed }: Place): Place | undefined {
  return fixed === 0 ? undefined : { values: values.slice(0, fixed), fixed: fixed - 1 };
}

/** The filter for the rows beyond a place, in the words that PostgREST has for `(a, b, c) > (1, 2, 3)`. */
export function filterOf(columns: readonly string[], { values, fixed }: Place): string {
  const is = (operator: 'eq' | 'gt' | 'gte', i: number): string =>
    `${nameOf(columns[i] as string)}.${operator}.${quoted(values[i] as string)}`;
  const equal = values.map((_, i) => is('eq', i));
  const greater = values.map((_, i) => all([...equal.slice(fixed, i), is('gt', i)])).slice(fixed);
  const terms = equal.slice(0, fixed);
  // All that follows implies it, and only of this PostgreSQL makes where to begin in the index.
  if (greater.length > 1) terms.push(is('gte', fixed));
  terms.push(greater.length > 1 ? `or(${greater})` : (greater[0] as string));
  return all(terms);
}

function all(terms: readonly string[]): string {
  return terms.length === 1 ? (terms[0] as string) : `and(${terms})`;
}

/** What a server answers. */
export interface Page<Row> {
  /** The first rows that a filter matches, some at a time. */
  readonly rows: AsyncIterable<readonly Row[]>;
  /** How many it matches, where that was asked. */
  readonly total?: number | undefined;
}

/** What is known of how many rows a server answers at most. */
export interface Answers {
  /** How many the longest one had. */
  longest: number;
}

/**
 * All rows of a list, page by page up to the end.
 *
 * The server may cap answers at less than was asked for, so that a short page needn't be the last one. But one that is
 * shorter than another of the same list isn't capped, and has all that was left when it was read. Nor is one that is short
 * as such, and shorter than any other answer of the server was; a long one may be, if the server's cap has been lowered.
 * To wait for an empty page could take for ever, where rows come all the time. An answer that says how many rows there are
 * settles it.
 *
 * @param columns - What the list is ordered by: together unique, and never null.
 * @param read - Asks for the first rows that a filter matches; of all rows, without one.
 * @param valuesOf - A row's values of the columns.
 * @param answers - Of earlier lists of the server; those of this list are added.
 * @param begin - The filter for the first page.
 * @throws {TypeError} A value isn't there.
 */
export async function* pages<Row>(
  columns: readonly string[],
  read: (filter: string | undefined) => Promise<Page<Row>>,
  valuesOf: (row: Row) => readonly unknown[],
  answers: Answers,
  begin?: string,
): AsyncGenerator<readonly Row[], void, undefined> {
  const textsOf = (row: Row): readonly string[] =>
    valuesOf(row).map((value, i) => {
      if (typeof value === 'string') return value;
      throw new TypeError(`Expected \`${columns[i]}\` to be never null, got ${value}`);
    });
  let longest = 0;
  let place: Place | undefined;
  do {
    let length = 0;
    let first: Row | undefined;
    let last: Row | undefined;
    const page = await read(place ? filterOf(columns, place) : begin);
    for await (const rows of page.rows) {
      if (rows.length === 0) continue;
      if (length === 0) first = rows[0];
      last = rows.at(-1);
      length += rows.length;
      yield rows;
    }
    const known = length < MANY ? Math.max(longest, answers.longest) : longest;
    longest = Math.max(longest, length);
    answers.longest = Math.max(answers.longest, length);
    const isWhole = page.total !== undefined && length >= page.total;
    if (!isWhole && length > 0 && length >= known) {
      place = placeAfter(textsOf(first as Row), textsOf(last as Row), length);
    } else place &&= placeBeyond(place);
  } while (place);
}
