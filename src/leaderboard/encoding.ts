import type { Board } from './board.ts';
import { boardOf, present } from './build.ts';
import { newColumns, pair, Values } from './columns.ts';
import type { ResolvedOptions } from './entry.ts';
import { readValue, writeValue } from './plain.ts';
import { BrokenError, bytesOf, Reader } from './reader.ts';
import type { Sliced } from './slices.ts';
import { type Chunks, Writer } from './writer.ts';

// How many rows there are; then column by column, in the order of the rows' numbers: the keys, whatever of the others
// are texts, the scores, and each detail. A text stands where it first comes, and is a number from then on. Orders aren't
// written: to sort is quick beside all else, and what was sorted here needn't be trusted.

/** How many rows are written or read between two places where that may be interrupted. */
const ROWS = 64;

/**
 * What is to be kept of a board.
 *
 * @throws {TypeError} A detail can't be.
 */
export function* written({ options, values, columns, details }: Board): Sliced<Chunks> {
  const { keys, players, names, countries, races } = values;
  const writer = new Writer();
  const rows = yield* present(columns.player);
  const each = function* (write: (row: number) => void): Sliced<void> {
    for (let i = 0; i < rows.length; i++) {
      write(rows[i] as number);
      if (i % ROWS === 0) yield;
    }
  };
  const eachOnce = (column: Uint32Array, size: number, write: (value: number) => void) => {
    const numbers = new Uint32Array(size + 1);
    let last = 0;
    return each((row) => {
      const value = column[row] as number;
      const known = numbers[value] as number;
      writer.count(known || last + 1);
      if (known !== 0) return;
      last += 1;
      numbers[value] = last;
      write(value);
    });
  };
  writer.count(rows.length);
  yield* each((row) => writer.text(keys.textOf(row)));
  yield* eachOnce(columns.player, players.size, (id) => writer.text(players.textOf(id)));
  yield* eachOnce(columns.name, names.size, (id) => writer.text(names.textOf(id)));
  yield* eachOnce(columns.country, countries.size, (code) =>
    writeValue(writer, countries.valueOf(code)),
  );
  yield* eachOnce(columns.race, races.size, (code) => writeValue(writer, races.valueOf(code)));
  yield* each((row) => writer.number(columns.score[row] as number));
  for (const [i, detail] of options.details.entries()) {
    yield* each((row) => {
      try {
        writeValue(writer, details[i]?.[row]);
      } catch (error) {
        const kept = `Expected \`${detail}\` of the row with key ${keys.textOf(row)} to be plain data`;
        throw new TypeError(`${kept}, got ${(error as Error).message}`, { cause: error });
      }
    });
  }
  return writer.chunks();
}

/**
 * The board that was written.
 *
 * @throws {BrokenError} It wasn't.
 */
export function* read(chunks: Chunks, options: ResolvedOptions): Sliced<Board> {
  const reader = new Reader(yield* bytesOf(chunks));
  const size = reader.length();
  const values = new Values();
  const { keys, players, names, countries, races, pairs } = values;
  const columns = newColumns(size + 1);
  const details = options.details.map((): unknown[] => [undefined]);
  const each = function* (readRow: (row: number) => void): Sliced<void> {
    for (let row = 1; row <= size; row++) {
      readRow(row);
      if (row % ROWS === 0) yield;
    }
  };
  /** @param first - The number of the first text in its table. */
  const eachOnce = (column: Uint32Array, first: number, add: () => number) => {
    let last = 0;
    return each((row) => {
      const number = reader.count();
      if (number === 0 || number > last + 1) throw new BrokenError('a number stands for no text');
      const value = number - 1 + first;
      if (number > last) {
        last = number;
        if (add() !== value) throw new BrokenError('a text comes twice');
      }
      column[row] = value;
    });
  };
  yield* each((row) => {
    if (keys.add(reader.text()) !== row) throw new BrokenError('a key comes twice');
  });
  yield* eachOnce(columns.player, 1, () => players.add(reader.text()));
  yield* eachOnce(columns.name, 1, () => names.add(reader.text()));
  yield* eachOnce(columns.country, 0, () => countries.add(textOrNull(reader)));
  yield* eachOnce(columns.race, 0, () => races.add(textOrNull(reader)));
  yield* each((row) => {
    const score = reader.number();
    if (!Number.isFinite(score)) throw new BrokenError('a score is no finite number');
    columns.score[row] = score + 0;
    columns.pair[row] = pairs.add(
      pair(columns.country[row] as number, columns.race[row] as number),
    );
  });
  for (const detail of details) yield* each(() => detail.push(readValue(reader)));
  if (reader.left > 0) throw new BrokenError('it goes on behind its end');
  return yield* boardOf({ options, values, ownTexts: values.texts, columns, details });
}

function textOrNull(reader: Reader): string | null {
  const value = readValue(reader);
  const isRight = value === null || (typeof value === 'string' && value.isWellFormed());
  if (!isRight) throw new BrokenError('a country or a race is neither text nor null');
  return value as string | null;
}
