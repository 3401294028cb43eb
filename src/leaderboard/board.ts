import type { Columns, Values } from './columns.ts';
import type { ResolvedOptions } from './entry.ts';
import { type Groups, type Order, withTies } from './order.ts';
import type { Sliced } from './slices.ts';

/** What rows can be grouped by: nothing, a country, a race, or both. */
export const GROUPINGS = ['all', 'country', 'race', 'pair'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** All rows of each group, and the best one of each player in it. */
export interface Orders {
  readonly every: Order;
  readonly best: Order;
}

/** A player's rows, as a chain: in no order. */
export interface Chains {
  /** Of each player, one of the rows, or 0. */
  readonly first: Uint32Array;
  /** Of each row, another one of the same player, or 0. */
  readonly next: Uint32Array;
  /** Whether no player has rows of more than one country; `false` may be of the past. */
  readonly hasOneCountryEach: boolean;
}

/** All that a leaderboard is made of. Nothing of it ever changes, but for what is added to the values. */
export interface Board {
  readonly options: ResolvedOptions;
  readonly values: Values;
  /** How many texts the values had when they held those of one board alone. */
  readonly ownTexts: number;
  readonly size: number;
  readonly columns: Columns;
  /** Each row's details, a list a detail. */
  readonly details: readonly (readonly unknown[])[];
  readonly chains: Chains;
  readonly orders: Readonly<Record<Grouping, Orders>>;
  /** Each row's place among all rows. */
  readonly position: Uint32Array;
}

/** Which group of a grouping each row is in. */
export function groupsOf(columns: Columns, grouping: Grouping): Groups {
  return grouping === 'all' ? undefined : columns[grouping];
}

/** How many groups a grouping has. */
export function groupCount(values: Values, grouping: Grouping): number {
  const counts = {
    all: 1,
    country: values.countries.size,
    race: values.races.size,
    pair: values.pairs.size,
  };
  return counts[grouping];
}

/** The highest score first; among equal ones, by key. */
export function compareRows(
  keys: { compare(a: number, b: number): number },
  a: number,
  scoreA: number,
  b: number,
  scoreB: number,
): number {
  // A difference may be beyond all numbers.
  if (scoreA !== scoreB) return scoreA > scoreB ? -1 : 1;
  return keys.compare(a, b);
}

/** The best of a player's rows that are as wanted, or 0. */
export function bestRow(
  { values, columns, chains }: Pick<Board, 'values' | 'columns' | 'chains'>,
  player: number,
  isWanted: (row: number) => boolean,
): number {
  const { score } = columns;
  let best = 0;
  for (let row = chains.first[player] ?? 0; row !== 0; row = chains.next[row] as number) {
    if (!isWanted(row)) continue;
    const isBetter =
      best === 0 ||
      compareRows(values.keys, row, score[row] as number, best, score[best] as number) < 0;
    if (isBetter) best = row;
  }
  return best;
}

/** The order, with what the ranks of its rows are counted by. */
export function* rankable(
  order: Order,
  { options, columns }: Pick<Board, 'options' | 'columns'>,
): Sliced<Order> {
  return options.ranking === 'dense' && !order.ties ? yield* withTies(order, columns.score) : order;
}
