import type { Board } from './board.ts';
import { firstWhere, type Order } from './order.ts';

/** Rows of an order that stand side by side. */
export interface Part {
  readonly order: Order;
  readonly start: number;
  readonly end: number;
}

/**
 * The rows that a filter matches, in order: those of some parts, none of which has a row of another one. Nothing is
 * merged but what is asked for.
 */
export class View {
  /** How many rows there are. */
  readonly size: number;
  /** Whether a row is of a country and a race that are wanted. */
  readonly matches: (row: number) => boolean;
  readonly #board: Board;
  readonly #parts: readonly Part[];

  constructor(board: Board, parts: readonly Part[], matches: (row: number) => boolean) {
    this.#board = board;
    this.#parts = parts;
    this.matches = matches;
    this.size = parts.reduce((size, { start, end }) => size + end - start, 0);
  }

  /** The rows from one place up to another, the first place being 0. */
  rows(from: number, to: number): number[] {
    const { position } = this.#board;
    const wanted = Math.min(to, this.size) - from;
    if (wanted <= 0) return [];
    const next = this.#startsAt(from);
    if (this.#parts.length === 1) {
      const [at] = next as [number];
      return [...(this.#parts[0] as Part).order.rows.subarray(at, at + wanted)];
    }
    const placeAt = ({ order, end }: Part, at: number): number =>
      at < end ? (position[order.rows[at] as number] as number) : Infinity;
    // Where the next row of each part stands among all rows of the board.
    const places = this.#parts.map((part, i) => placeAt(part, next[i] as number));
    const rows: number[] = [];
    while (rows.length < wanted) {
      let first = 0;
      for (let i = 1; i < places.length; i++) {
        if ((places[i] as number) < (places[first] as number)) first = i;
      }
      const part = this.#parts[first] as Part;
      const at = next[first] as number;
      rows.push(part.order.rows[at] as number);
      next[first] = at + 1;
      places[first] = placeAt(part, at + 1);
    }
    return rows;
  }

  /** At which place a row stands. */
  placeOf(row: number): number {
    return this.#ahead(this.#board.position[row] as number);
  }

  /** The ranks of rows that stand side by side from a place on. */
  ranksOf(rows: readonly number[], from: number): number[] {
    const { columns, options } = this.#board;
    const { ranking } = options;
    const ranks: number[] = [];
    let rank = 0;
    let rankedScore: number | undefined;
    for (const [i, row] of rows.entries()) {
      const score = columns.score[row];
      const isTied = score === rankedScore && ranking !== 'ordinal';
      // Whoever stands behind one of another score has as many ahead as its place says.
      if (!isTied) {
        if (i > 0 && ranking === 'competition') rank = from + i + 1;
        else if (i > 0 && ranking === 'dense') rank += 1;
        else rank = this.rankAt(from + i, row);
      }
      rankedScore = score;
      ranks.push(rank);
    }
    return ranks;
  }

  /** The rank of a row that stands at a place. */
  rankAt(place: number, row: number): number {
    const { columns, options, orders, position } = this.#board;
    const all = orders.all.every.rows;
    const score = columns.score[row] as number;
    const scoreAt = (at: number): number => columns.score[all[at] as number] as number;
    const at = position[row] as number;
    switch (options.ranking) {
      case 'ordinal':
        return place + 1;
      case 'competition':
        return this.#ahead(firstWhere(0, at, (tied) => scoreAt(tied) <= score)) + 1;
      case 'modified-competition':
        return this.#ahead(firstWhere(at, all.length, (behind) => scoreAt(behind) < score));
      case 'dense': {
        const { order, start } = this.#parts[0] as Part;
        const ties = order.ties as Uint32Array;
        const upTo = (end: number): number =>
          firstWhere(0, ties.length, (tie) => (ties[tie] as number) > end);
        return upTo(start + place) - upTo(start) + 1;
      }
    }
  }

  /** Where in each part the rows begin that stand at a place or behind it. */
  #startsAt(place: number): number[] {
    if (this.#parts.length === 1) return [(this.#parts[0] as Part).start + place];
    // Where that is among all rows of the board is found by halves, and so is where it is in each part: between where
    // the last place that was too far ahead is in it, and the last one that was not.
    let [low, high] = [0, this.#board.size];
    let from = this.#parts.map(({ start }) => start);
    let to = this.#parts.map(({ end }) => end);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const starts = this.#parts.map((part, i) =>
        this.#startOf(part, middle, from[i] as number, to[i] as number),
      );
      const ahead = this.#parts.reduce(
        (sum, { start }, i) => sum + (starts[i] as number) - start,
        0,
      );
      if (ahead >= place) [high, to] = [middle, starts];
      else [low, from] = [middle + 1, starts];
    }
    return to;
  }

  /** How many of the rows stand ahead of a place among all rows of the board. */
  #ahead(position: number): number {
    let ahead = 0;
    for (const part of this.#parts)
      ahead += this.#startOf(part, position, part.start, part.end) - part.start;
    return ahead;
  }

  /** Where in a part, between two places of it, the rows begin that stand at a place of the board or behind it. */
  #startOf({ order }: Part, wanted: number, from: number, to: number): number {
    const { position } = this.#board;
    return firstWhere(from, to, (at) => (position[order.rows[at] as number] as number) >= wanted);
  }
}
