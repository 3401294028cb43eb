import { copyInto, copyOf, type Sliced, STEPS } from './slices.ts';
import { type Compare, sorted } from './sort.ts';

/** How many places are looked for between two places where that may be interrupted. */
const SEARCHES = 64;

/** Rows in groups, each group in order. */
export interface Order {
  readonly rows: Uint32Array;
  /** Where each group begins; at last, where the last one ends. */
  readonly offsets: Uint32Array;
  /** Where those of another score begin; only where ranks are counted by it. */
  readonly ties?: Uint32Array;
}

/** Which group each row belongs to; `undefined`: all rows are one. */
export type Groups = Uint32Array | undefined;

/** Parts a list in order into groups, each in that order. */
export function* grouped(rows: Uint32Array, groups: Groups, count: number): Sliced<Order> {
  if (!groups) return { rows, offsets: Uint32Array.of(0, rows.length) };
  const offsets = new Uint32Array(count + 1);
  for (let i = 0; i < rows.length; i++) {
    const group = groups[rows[i] as number] as number;
    offsets[group + 1] = (offsets[group + 1] as number) + 1;
    if (i % STEPS === 0) yield;
  }
  for (let group = 0; group < count; group++) {
    offsets[group + 1] = (offsets[group + 1] as number) + (offsets[group] as number);
  }
  const next = offsets.slice();
  const parted = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const group = groups[row] as number;
    const at = next[group] as number;
    parted[at] = row;
    next[group] = at + 1;
    if (i % STEPS === 0) yield;
  }
  return { rows: parted, offsets };
}

/** Only the first row of each player in each group. */
export function* firstOfEach(order: Order, player: Uint32Array, players: number): Sliced<Order> {
  const { rows, offsets } = order;
  const count = offsets.length - 1;
  /** The last group that a player was met in, plus 1. */
  const met = new Uint32Array(players + 1);
  const firsts = new Uint32Array(rows.length);
  const firstOffsets = new Uint32Array(offsets.length);
  let length = 0;
  for (let group = 0; group < count; group++) {
    const end = offsets[group + 1] as number;
    for (let i = offsets[group] as number; i < end; i++) {
      if (i % STEPS === 0) yield;
      const row = rows[i] as number;
      const of = player[row] as number;
      if (met[of] === group + 1) continue;
      met[of] = group + 1;
      firsts[length++] = row;
    }
    firstOffsets[group + 1] = length;
  }
  return { rows: yield* copyOf(firsts, length), offsets: firstOffsets };
}

/** A row that enters a group or leaves it. */
export interface Move {
  readonly row: number;
  readonly group: number;
  /** Ahead of which place among all rows it stands, or will stand, as those were before. */
  readonly place: number;
}

/**
 * An order that some rows have left and others have entered.
 *
 * @param position - Each row's place among all rows, as those were before.
 * @param after - Compares two rows as they will be.
 */
export function* spliced(
  order: Order,
  count: number,
  left: readonly Move[],
  entered: readonly Move[],
  position: Uint32Array,
  after: Compare,
): Sliced<Order> {
  if (left.length === 0 && entered.length === 0) return order;
  const gaps = (yield* placesOf(left, order, position)).sort();
  const places = yield* placesOf(entered, order, position);
  const fills = yield* sorted(
    Uint32Array.from(entered.keys()),
    (a, b) =>
      (places[a] as number) - (places[b] as number) ||
      (entered[a] as Move).group - (entered[b] as Move).group ||
      after((entered[a] as Move).row, (entered[b] as Move).row),
  );
  const rows = new Uint32Array(order.rows.length - gaps.length + fills.length);
  let [from, to, gap] = [0, 0, 0];
  const copyUpTo = function* (end: number): Sliced<void> {
    while (gap < gaps.length && (gaps[gap] as number) < end) {
      const at = gaps[gap++] as number;
      yield* copyInto(rows, to, order.rows, from, at);
      to += at - from;
      from = at + 1;
    }
    yield* copyInto(rows, to, order.rows, from, end);
    to += end - from;
    from = end;
  };
  for (const fill of fills) {
    yield* copyUpTo(places[fill] as number);
    rows[to++] = (entered[fill] as Move).row;
  }
  yield* copyUpTo(order.rows.length);
  return { rows, offsets: shifted(order.offsets, count, left, entered) };
}

function shifted(
  offsets: Uint32Array,
  count: number,
  left: readonly Move[],
  entered: readonly Move[],
): Uint32Array {
  const shifts = new Int32Array(count + 1);
  for (const { group } of left) shifts[group + 1] = (shifts[group + 1] as number) - 1;
  for (const { group } of entered) shifts[group + 1] = (shifts[group + 1] as number) + 1;
  const last = offsets.length - 1;
  let shift = 0;
  return Uint32Array.from(shifts, (change, group) => {
    shift += change;
    return (offsets[Math.min(group, last)] as number) + shift;
  });
}

/** Where in its group's part of the order each row stands, or would stand: any order is in the order of all rows. */
function* placesOf(
  moves: readonly Move[],
  order: Order,
  position: Uint32Array,
): Sliced<Uint32Array> {
  const { rows } = order;
  const places = new Uint32Array(moves.length);
  for (const [i, { group, place }] of moves.entries()) {
    const [start, end] = boundsOf(order, group);
    places[i] = firstWhere(start, end, (at) => (position[rows[at] as number] as number) >= place);
    if (i % SEARCHES === 0) yield;
  }
  return places;
}

/** Where a group begins and ends. One that came to the values after the order was made is empty. */
export function boundsOf({ offsets }: Order, group: number): readonly [number, number] {
  const last = offsets.length - 1;
  return [offsets[Math.min(group, last)] as number, offsets[Math.min(group + 1, last)] as number];
}

/** The order, and where in each group those of another score begin. */
export function* withTies(order: Order, score: Float64Array): Sliced<Order> {
  const { rows, offsets } = order;
  const ties: number[] = [];
  for (let group = 0; group < offsets.length - 1; group++) {
    const [start, end] = boundsOf(order, group);
    for (let i = start; i < end; i++) {
      if (i === start || score[rows[i] as number] !== score[rows[i - 1] as number]) ties.push(i);
      if (i % STEPS === 0) yield;
    }
  }
  return { ...order, ties: Uint32Array.from(ties) };
}

/** The first place from `start` to `end` that is as wanted, if all before aren't and all after are; else `end`. */
export function firstWhere(start: number, end: number, isWanted: (at: number) => boolean): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isWanted(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
