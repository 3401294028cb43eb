import type { Board } from './board.ts';
import { rebuilt } from './change.ts';
import { Draft, hasManyOldTexts } from './draft.ts';
import type { ResolvedOptions } from './entry.ts';
import { duplicateError } from './rows.ts';
import type { Sliced } from './slices.ts';

/** Whether a board was made with the same options. */
export function isMadeWith(board: Board, { ranking, details, schema }: ResolvedOptions): boolean {
  const { options } = board;
  return (
    options.ranking === ranking &&
    options.schema === schema &&
    options.details.length === details.length &&
    options.details.every((detail, i) => detail === details[i])
  );
}

/** Takes all rows anew, and makes a board of them that shares with the one before what is still so. */
export class Renewal {
  readonly #board: Board;
  #base: Board;
  #draft: Draft | undefined;
  /** 1 for each row that came. */
  #seen: Uint8Array = new Uint8Array(0);

  constructor(board: Board) {
    this.#board = board;
    this.#base = board;
  }

  /**
   * Checks rows and takes them.
   *
   * @throws {RowError} One can't be ranked, or its key came before.
   */
  *add(rows: Iterable<unknown>): Sliced<void> {
    const draft = yield* this.#begun();
    yield* draft.put(rows, (row, entry, place) => {
      if (row >= this.#seen.length) this.#seeUpTo(2 * row);
      if (this.#seen[row] === 1) throw duplicateError(entry.key, place);
      this.#seen[row] = 1;
    });
  }

  /** The board of all rows that came: the same one, where nothing differs. */
  *build(): Sliced<Board> {
    const draft = yield* this.#begun();
    yield* draft.keep((row) => this.#seen[row] === 1);
    const board = yield* draft.board();
    return board === this.#base ? this.#board : board;
  }

  /** Boards that came to nothing may have left more texts than can be borne: they are not gone on with. */
  *#begun(): Sliced<Draft> {
    if (!this.#draft) {
      if (hasManyOldTexts(this.#board)) this.#base = yield* rebuilt(this.#board);
      this.#seeUpTo(this.#base.columns.player.length);
      this.#draft = new Draft(this.#base);
    }
    return this.#draft;
  }

  #seeUpTo(length: number): void {
    const longer = new Uint8Array(length + 1);
    longer.set(this.#seen);
    this.#seen = longer;
  }
}
