import {
  type Board,
  type Chains,
  GROUPINGS,
  type Grouping,
  groupCount,
  groupsOf,
  type Orders,
  rankable,
} from './board.ts';
import { type Columns, newColumns, resized, Values, write } from './columns.ts';
import type { AnyEntry, ResolvedOptions } from './entry.ts';
import { firstOfEach, grouped } from './order.ts';
import { checked, duplicateError } from './rows.ts';
import { type Sliced, STEPS } from './slices.ts';
import { sorted } from './sort.ts';

const FIRST_ROWS = 64;
/** How many rows are taken between two places where that may be interrupted. */
const ROWS = 64;

/** Takes rows, and makes a board of them. */
export class Builder {
  readonly #options: ResolvedOptions;
  readonly #values = new Values();
  readonly #details: unknown[][];
  #columns: Columns = newColumns(FIRST_ROWS);
  #size = 0;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#details = options.details.map(() => [undefined]);
  }

  /**
   * Checks rows and takes them.
   *
   * @throws {RowError} One can't be ranked, or its key came before.
   */
  *add(rows: Iterable<unknown>): Sliced<void> {
    const { schema } = this.#options;
    for (const row of rows) {
      const length = this.#columns.score.length;
      if (this.#size + 1 === length) this.#columns = yield* resized(this.#columns, 2 * length);
      const entry = checked(row, this.#size + 1, schema);
      this.#put(entry instanceof Promise ? ((yield entry) as AnyEntry) : entry);
      if (this.#size % ROWS === 0) yield;
    }
  }

  #put(entry: AnyEntry): void {
    const row = this.#values.keys.add(entry.key);
    if (row <= this.#size) throw duplicateError(entry.key, this.#size + 1);
    this.#size = row;
    write(this.#columns, row, this.#values.code(entry));
    for (const [i, detail] of this.#options.details.entries()) {
      this.#details[i]?.push(entry[detail]);
    }
  }

  /** The board of all rows that came. */
  *build(): Sliced<Board> {
    return yield* boardOf({
      options: this.#options,
      values: this.#values,
      ownTexts: this.#values.texts,
      columns: yield* resized(this.#columns, this.#size + 1),
      details: this.#details,
    });
  }
}

/** What a board is made of that can't be told from the rest. */
export type Content = Pick<Board, 'options' | 'values' | 'ownTexts' | 'columns' | 'details'>;

/** Sorts all rows, and makes the orders of every group. */
export function* boardOf(content: Content): Sliced<Board> {
  const { values, columns } = content;
  const { score, player } = columns;
  const rows = yield* present(player);
  // By key first: the second sort keeps that where scores are equal. Loaders often bring rows by key already.
  const byKey = yield* sorted(rows, (a, b) => values.keys.compare(a, b));
  const byScore = yield* sorted(byKey, (a, b) => (score[b] as number) - (score[a] as number));
  const orders = {} as Record<Grouping, Orders>;
  for (const grouping of GROUPINGS) {
    const groups = groupsOf(columns, grouping);
    const every = yield* grouped(byScore, groups, groupCount(values, grouping));
    const best = yield* firstOfEach(every, player, values.players.size);
    orders[grouping] = {
      every: yield* rankable(every, content),
      best: yield* rankable(best, content),
    };
  }
  const chains = yield* chained(byScore, columns, values.players.size);
  const position = yield* positions(byScore, player.length);
  return { ...content, size: byScore.length, chains, orders, position };
}

/** The rows that there are. */
export function* present(player: Uint32Array): Sliced<Uint32Array> {
  const rows = new Uint32Array(player.length);
  let size = 0;
  for (let row = 1; row < player.length; row++) {
    if (player[row] !== 0) rows[size++] = row;
    if (row % STEPS === 0) yield;
  }
  return rows.subarray(0, size);
}

function* chained(
  rows: Uint32Array,
  { player, country }: Columns,
  players: number,
): Sliced<Chains> {
  const first = new Uint32Array(players + 1);
  const next = new Uint32Array(player.length);
  let hasOneCountryEach = true;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const of = player[row] as number;
    const other = first[of] as number;
    if (other !== 0 && country[other] !== country[row]) hasOneCountryEach = false;
    next[row] = other;
    first[of] = row;
    if (i % STEPS === 0) yield;
  }
  return { first, next, hasOneCountryEach };
}

/** At which place of a list each row stands. */
export function* positions(rows: Uint32Array, length: number): Sliced<Uint32Array> {
  const position = new Uint32Array(length);
  for (let i = 0; i < rows.length; i++) {
    position[rows[i] as number] = i;
    if (i % STEPS === 0) yield;
  }
  return position;
}
