import { isDeepStrictEqual } from 'node:util';
import type { Board } from './board.ts';
import { boardOf, type Content } from './build.ts';
import { greatest, rearranged, rebuilt } from './change.ts';
import { expectThat } from './checks.ts';
import { type Coded, type Columns, FIELDS, resized } from './columns.ts';
import type { AnyEntry } from './entry.ts';
import { checked } from './rows.ts';
import { copyOf, type Sliced } from './slices.ts';

/** How many rows are taken between two places where that may be interrupted. */
const ROWS = 64;
/** How many rows are looked at. */
const LOOKS = 1024;
/** Up to how many changed rows, and which share of all beside, each is moved to its place: with more, all are sorted. */
const FEW_ROWS = 16;
const FEW = 1 / 64;
/** How many texts of rows that are no more are left alone. */
const FEW_TEXTS = 1024;
/** By how much columns grow where rows come to them. */
const GROWTH = 1.25;

/** What is to change of a board. */
export interface Changes {
  readonly upserts: Iterable<unknown>;
  readonly deletes: Iterable<string>;
}

/** Whether more than half of a board's texts, or so, are of rows that are no more. */
export function hasManyOldTexts({ values, ownTexts }: Pick<Board, 'values' | 'ownTexts'>): boolean {
  return values.texts > 2 * ownTexts + FEW_TEXTS;
}

/**
 * The board with rows added, changed and taken away; the same one, where nothing differs.
 *
 * @throws {RowError} A row can't be ranked.
 */
export function* changed(board: Board, { upserts, deletes }: Changes): Sliced<Board> {
  const draft = new Draft(board);
  yield* draft.remove(deletes);
  yield* draft.put(upserts);
  return yield* draft.board();
}

/**
 * The rows of a board while they change. What doesn't stays where it is: a column is copied when the first of its values
 * differs, and a row that comes as it is leaves nothing behind.
 */
export class Draft {
  readonly #board: Board;
  readonly #columns: { -readonly [Field in keyof Columns]: Columns[Field] };
  readonly #details: (readonly unknown[])[];
  /** The rows that something was written into. */
  readonly #written: number[] = [];
  #place = 0;

  constructor(board: Board) {
    this.#board = board;
    this.#columns = { ...board.columns };
    this.#details = [...board.details];
  }

  /** Takes rows away, by key. */
  *remove(keys: Iterable<string>): Sliced<void> {
    for (const key of keys) {
      expectThat('deletes', typeof key === 'string', 'keys, which are text', key);
      yield* this.#clear(this.#board.values.keys.idOf(key));
    }
  }

  /** Takes away all rows that aren't wanted. */
  *keep(isWanted: (row: number) => boolean): Sliced<void> {
    for (let row = 1; row < this.#columns.player.length; row++) {
      if (!isWanted(row)) yield* this.#clear(row);
      if (row % LOOKS === 0) yield;
    }
  }

  /**
   * Checks rows and takes them, each in the place of the one with its key.
   *
   * @param see - Told of each row, and as which one it came.
   * @throws {RowError} One can't be ranked.
   */
  *put(
    rows: Iterable<unknown>,
    see?: (row: number, entry: AnyEntry, place: number) => void,
  ): Sliced<void> {
    const { values, options } = this.#board;
    for (const given of rows) {
      const place = ++this.#place;
      const checking = checked(given, place, options.schema);
      const entry = checking instanceof Promise ? ((yield checking) as AnyEntry) : checking;
      const row = values.keys.add(entry.key);
      see?.(row, entry, place);
      const coded = values.code(entry);
      if (!this.#has(row, coded, entry)) yield* this.#write(row, coded, entry);
      if (place % ROWS === 0) yield;
    }
  }

  /** The board with all that. */
  *board(): Sliced<Board> {
    const board = this.#board;
    const rows = yield* this.#changedRows();
    if (rows.size === 0) return board;
    const { options, values, ownTexts } = board;
    const length = Math.max(board.columns.score.length, 1 + greatest(rows));
    const columns = yield* resized(this.#columns, length);
    const content: Content = { options, values, ownTexts, columns, details: this.#details };
    if (hasManyOldTexts(content)) return yield* rebuilt(content);
    const isMuch = rows.size > FEW_ROWS + FEW * board.size;
    return isMuch ? yield* boardOf(content) : yield* rearranged(board, content, rows);
  }

  #has(row: number, coded: Coded, entry: AnyEntry): boolean {
    for (const field of FIELDS) if (this.#columns[field][row] !== coded[field]) return false;
    return this.#board.options.details.every((detail, i) =>
      isDeepStrictEqual(this.#details[i]?.[row], entry[detail]),
    );
  }

  *#write(row: number, coded: Coded, entry: AnyEntry): Sliced<void> {
    const { length } = this.#columns.score;
    if (row >= length) {
      const longer = Math.ceil(GROWTH * (row + 1));
      Object.assign(this.#columns, yield* resized(this.#columns, longer));
    }
    for (const field of FIELDS) yield* this.#set(field, row, coded[field]);
    for (const [i, detail] of this.#board.options.details.entries()) {
      if (isDeepStrictEqual(this.#details[i]?.[row], entry[detail])) continue;
      if (this.#details[i] === this.#board.details[i]) {
        this.#details[i] = (this.#details[i] as readonly unknown[]).slice();
      }
      (this.#details[i] as unknown[])[row] = entry[detail];
    }
    this.#written.push(row);
  }

  /** Without a player there is no row. */
  *#clear(row: number): Sliced<void> {
    if ((this.#columns.player[row] ?? 0) === 0) return;
    yield* this.#set('player', row, 0);
    this.#written.push(row);
  }

  *#set(field: keyof Columns, row: number, value: number): Sliced<void> {
    const column = this.#columns[field];
    if (column[row] === value) return;
    if (column === this.#board.columns[field]) {
      Object.assign(this.#columns, { [field]: yield* copyOf(column, column.length) });
    }
    this.#columns[field][row] = value;
  }

  /** The written ones that aren't as before after all. */
  *#changedRows(): Sliced<Set<number>> {
    const { columns, details } = this.#board;
    const rows = new Set<number>();
    for (const [i, row] of this.#written.entries()) {
      const was = columns.player[row] ?? 0;
      const isThere = was !== 0 || this.#columns.player[row] !== 0;
      const differs =
        FIELDS.some((field) => this.#columns[field][row] !== columns[field][row]) ||
        this.#details.some((detail, d) => !isDeepStrictEqual(detail[row], details[d]?.[row]));
      if (isThere && differs) rows.add(row);
      if (i % LOOKS === 0) yield;
    }
    return rows;
  }
}
