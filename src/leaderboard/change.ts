import {
  type Board,
  bestRow,
  type Chains,
  compareRows,
  GROUPINGS,
  type Grouping,
  groupCount,
  groupsOf,
  type Orders,
  rankable,
} from './board.ts';
import { Builder, type Content, positions } from './build.ts';
import { type Columns, changedArray } from './columns.ts';
import type { AnyEntry } from './entry.ts';
import { firstWhere, type Move, type Order, spliced } from './order.ts';
import type { Sliced } from './slices.ts';

/** How many changes are made between two places where that may be interrupted. */
const CHANGES = 64;

/** The board with another content, of which only some rows differ: those are moved to their places. */
export function* rearranged(
  board: Board,
  content: Content,
  changed: ReadonlySet<number>,
): Sliced<Board> {
  const { options, values, columns } = content;
  const chains = yield* changedChains(board, columns, changed);
  const next = { options, values, columns, chains };
  const places = yield* placesAmong(board, columns, changed);
  const orders = {} as Record<Grouping, Orders>;
  for (const grouping of GROUPINGS) {
    orders[grouping] = yield* changedOrders(board, next, grouping, changed, places);
  }
  const { rows } = orders.all.every;
  const isMoved = rows !== board.orders.all.every.rows;
  const position = isMoved ? yield* positions(rows, columns.player.length) : board.position;
  return { ...content, size: rows.length, chains, orders, position };
}

/** Ahead of which place among all rows, as those were before, each changed row will stand. */
function* placesAmong(
  { columns: { score: was }, orders, values: { keys } }: Board,
  { score: is, player }: Columns,
  changed: ReadonlySet<number>,
): Sliced<ReadonlyMap<number, number>> {
  const { rows } = orders.all.every;
  const places = new Map<number, number>();
  let steps = 0;
  for (const row of changed) {
    if (++steps % CHANGES === 0) yield;
    if (player[row] === 0) continue;
    const score = is[row] as number;
    const isBehind = (at: number): boolean => {
      const other = rows[at] as number;
      return compareRows(keys, row, score, other, was[other] as number) <= 0;
    };
    places.set(row, firstWhere(0, rows.length, isBehind));
  }
  return places;
}

/** The rows that are left, with the values of no others. */
export function* rebuilt(content: Content): Sliced<Board> {
  const { options } = content;
  // What the schema had to say of these rows it has said.
  const builder = new Builder({ ...options, schema: undefined });
  yield* builder.add(entriesOf(content));
  return { ...(yield* builder.build()), options };
}

function* entriesOf(content: Content): Generator<AnyEntry> {
  const { player } = content.columns;
  for (let row = 1; row < player.length; row++) {
    if (player[row] !== 0) yield entryOf(content, row);
  }
}

/** A row's entry, with its details. */
export function entryOf({ options, values, columns, details }: Content, row: number): AnyEntry {
  const entry: Record<string, unknown> = {
    key: values.keys.textOf(row),
    player: values.players.textOf(columns.player[row] as number),
    name: values.names.textOf(columns.name[row] as number),
    country: values.countries.valueOf(columns.country[row] as number),
    race: values.races.valueOf(columns.race[row] as number),
    score: columns.score[row],
  };
  options.details.forEach((detail, i) => {
    entry[detail] = details[i]?.[row];
  });
  return entry as AnyEntry;
}

function* changedChains(
  { columns, chains }: Board,
  next: Columns,
  changed: ReadonlySet<number>,
): Sliced<Chains> {
  const firsts = new Map<number, number>();
  const links = new Map<number, number>();
  const firstOf = (player: number): number => firsts.get(player) ?? chains.first[player] ?? 0;
  const nextOf = (row: number): number => links.get(row) ?? chains.next[row] ?? 0;
  let steps = 0;
  for (const row of changed) {
    if (++steps % CHANGES === 0) yield;
    const from = columns.player[row] ?? 0;
    const to = next.player[row] as number;
    if (from === to) continue;
    if (from !== 0) {
      const first = firstOf(from);
      if (first === row) firsts.set(from, nextOf(row));
      else {
        let before = first;
        while (nextOf(before) !== row) before = nextOf(before);
        links.set(before, nextOf(row));
      }
      links.set(row, 0);
    }
    if (to !== 0) {
      links.set(row, firstOf(to));
      firsts.set(to, row);
    }
  }
  let { hasOneCountryEach } = chains;
  for (const row of changed) {
    if (!hasOneCountryEach) break;
    if (++steps % CHANGES === 0) yield;
    let other = firstOf(next.player[row] as number);
    while (other !== 0 && next.country[other] === next.country[row]) other = nextOf(other);
    hasOneCountryEach = other === 0;
  }
  const players = Math.max(chains.first.length, 1 + greatest(firsts.keys()));
  return {
    first: yield* changedArray(chains.first, players, firsts, (first) => first),
    next: yield* changedArray(chains.next, next.player.length, links, (link) => link),
    hasOneCountryEach,
  };
}

function* changedOrders(
  board: Board,
  next: Pick<Board, 'options' | 'values' | 'columns' | 'chains'>,
  grouping: Grouping,
  changed: ReadonlySet<number>,
  places: ReadonlyMap<number, number>,
): Sliced<Orders> {
  const count = groupCount(next.values, grouping);
  const was = groupsOf(board.columns, grouping);
  const is = groupsOf(next.columns, grouping);
  const every: Moves = { left: [], entered: [] };
  const best: Moves = { left: [], entered: [] };
  /** The players of each group whose best row may be another one. */
  const touched = new Map<number, Set<number>>();
  const placeWas = (row: number): number => board.position[row] as number;
  const placeIs = (row: number): number => places.get(row) ?? placeWas(row);
  const touch = (group: number, player: number): void => {
    const players = touched.get(group) ?? new Set();
    touched.set(group, players.add(player));
  };
  let steps = 0;
  for (const row of changed) {
    if (++steps % CHANGES === 0) yield;
    const from = was ? (was[row] ?? 0) : 0;
    const to = is ? (is[row] as number) : 0;
    const before = board.columns.player[row] ?? 0;
    const after = next.columns.player[row] as number;
    const isMoved =
      before === 0 ||
      after === 0 ||
      from !== to ||
      board.columns.score[row] !== next.columns.score[row];
    if (before !== 0) {
      touch(from, before);
      if (isMoved) every.left.push({ row, group: from, place: placeWas(row) });
    }
    if (after !== 0) {
      touch(to, after);
      if (isMoved) every.entered.push({ row, group: to, place: placeIs(row) });
    }
  }
  for (const [group, players] of touched) {
    for (const player of players) {
      if (++steps % CHANGES === 0) yield;
      const before = bestRow(board, player, (row) => !was || was[row] === group);
      const after = bestRow(next, player, (row) => !is || is[row] === group);
      if (before === after && board.columns.score[before] === next.columns.score[after]) continue;
      if (before !== 0) best.left.push({ row: before, group, place: placeWas(before) });
      if (after !== 0) best.entered.push({ row: after, group, place: placeIs(after) });
    }
  }
  return {
    every: yield* moved(board, next, board.orders[grouping].every, count, every),
    best: yield* moved(board, next, board.orders[grouping].best, count, best),
  };
}

interface Moves {
  readonly left: Move[];
  readonly entered: Move[];
}

function* moved(
  board: Board,
  next: Pick<Board, 'options' | 'values' | 'columns'>,
  order: Order,
  count: number,
  { left, entered }: Moves,
): Sliced<Order> {
  const { keys } = next.values;
  const { score } = next.columns;
  const after = (a: number, b: number): number =>
    compareRows(keys, a, score[a] as number, b, score[b] as number);
  return yield* rankable(yield* spliced(order, count, left, entered, board.position, after), next);
}

/** The greatest of some numbers, or 0. */
export function greatest(numbers: Iterable<number>): number {
  let greatest = 0;
  for (const number of numbers) greatest = Math.max(greatest, number);
  return greatest;
}
