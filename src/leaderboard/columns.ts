import { Dictionary } from './dictionary.ts';
import type { AnyEntry } from './entry.ts';
import { copyOf, type Sliced } from './slices.ts';
import { StringTable } from './strings.ts';

/** The values of all rows. Boards that come of one another share them, since they only ever grow. */
export class Values {
  /** A row is the number of its key. */
  readonly keys: StringTable = new StringTable();
  readonly players: StringTable = new StringTable();
  readonly names: StringTable = new StringTable();
  readonly countries: Dictionary<string | null> = new Dictionary();
  readonly races: Dictionary<string | null> = new Dictionary();
  /** Of a country and a race. */
  readonly pairs: Dictionary<number> = new Dictionary();

  /** How many texts there are, of rows that are no more as well. */
  get texts(): number {
    return this.keys.size + this.players.size + this.names.size;
  }

  pairOf(country: number, race: number): number | undefined {
    return this.pairs.codeOf(pair(country, race));
  }

  /** The numbers of an entry's values, which are there afterwards. */
  code(entry: AnyEntry): Coded {
    const country = this.countries.add(entry.country);
    const race = this.races.add(entry.race);
    return {
      // No -0: it is no other score than 0.
      score: entry.score + 0,
      player: this.players.add(entry.player),
      name: this.names.add(entry.name),
      country,
      race,
      pair: this.pairs.add(pair(country, race)),
    };
  }
}

/** One number for both: exact for as long as there are less than 2^26 races and 2^27 countries. */
export function pair(country: number, race: number): number {
  return country * 2 ** 26 + race;
}

/** Each row's fields, an array a field; row 0 is none. */
export interface Columns {
  readonly score: Float64Array;
  /** 0 where there is no such row. */
  readonly player: Uint32Array;
  readonly name: Uint32Array;
  readonly country: Uint32Array;
  readonly race: Uint32Array;
  readonly pair: Uint32Array;
}

/** One row's fields. */
export type Coded = { readonly [Field in keyof Columns]: number };

/** How many edits are written between two places where that may be interrupted. */
const EDITS = 512;

/** The names of all columns. */
export const FIELDS = ['score', 'player', 'name', 'country', 'race', 'pair'] as const;

/** Columns with room for so many rows, row 0 included. */
export function newColumns(length: number): Columns {
  return {
    score: new Float64Array(length),
    player: new Uint32Array(length),
    name: new Uint32Array(length),
    country: new Uint32Array(length),
    race: new Uint32Array(length),
    pair: new Uint32Array(length),
  };
}

export function write(columns: Columns, row: number, coded: Coded): void {
  columns.score[row] = coded.score;
  columns.player[row] = coded.player;
  columns.name[row] = coded.name;
  columns.country[row] = coded.country;
  columns.race[row] = coded.race;
  columns.pair[row] = coded.pair;
}

/** The same rows in columns of another length: those that have it already stay what they are. */
export function* resized(columns: Columns, length: number): Sliced<Columns> {
  const resized: Record<string, Float64Array | Uint32Array> = {};
  for (const field of FIELDS) {
    const column = columns[field];
    resized[field] = column.length === length ? column : yield* copyOf(column, length);
  }
  return resized as unknown as Columns;
}

/** An array of another length or the same, with some values changed: where nothing differs, it stays what it is. */
export function* changedArray<A extends Float64Array | Uint32Array, E>(
  array: A,
  length: number,
  edits: ReadonlyMap<number, E>,
  valueIn: (edit: E) => number,
): Sliced<A> {
  let changed = length === array.length ? array : yield* copyOf(array, length);
  let steps = 0;
  for (const [row, edit] of edits) {
    if (++steps % EDITS === 0) yield;
    const value = valueIn(edit);
    if (changed[row] === value) continue;
    if (changed === array) changed = yield* copyOf(array, length);
    changed[row] = value;
  }
  return changed;
}
