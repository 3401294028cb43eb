import { type Board, type Grouping, groupCount, groupsOf, type Orders, rankable } from './board.ts';
import { expectThat } from './checks.ts';
import type { Dictionary } from './dictionary.ts';
import type { LeaderboardFilter } from './entry.ts';
import { boundsOf, type Order } from './order.ts';
import { atOnce } from './slices.ts';
import { type Part, View } from './view.ts';

/** From how many groups on it is quicker to go through all rows once than through so many lists for each page. */
const MANY_GROUPS = 16;

/** What an order takes beside its rows, in rows: of countries and races that have next to nothing there are many. */
const ORDER_COST = 256;

const costOf = ({ rows }: Order): number => rows.length + ORDER_COST;

type Codes = readonly number[] | undefined;
type Which = keyof Orders;

/**
 * What each filter matches. Countries or races that are wanted together are looked at side by side, as they are; where
 * that can't be, because a player's best row is only one of those that each has, they are put in order once and kept.
 */
export class Views {
  readonly #board: Board;
  /** The one used last stands last. */
  readonly #joined = new Map<string, Order>();
  /** What it costs, counted in rows. */
  #keptCost = 0;

  constructor(board: Board) {
    this.#board = board;
  }

  /** @throws {TypeError} A part of the filter is of the wrong type. */
  of({ country, race, bestRaceOnly = false }: LeaderboardFilter): View {
    expectThat('bestRaceOnly', typeof bestRaceOnly === 'boolean', 'true or false', bestRaceOnly);
    const { values, columns, orders } = this.#board;
    const countries = codesOf('country', values.countries, country);
    const races = codesOf('race', values.races, race);
    const matches = (row: number): boolean =>
      (!countries || countries.includes(columns.country[row] as number)) &&
      (!races || races.includes(columns.race[row] as number));
    const grouping = countries ? (races ? 'pair' : 'country') : races ? 'race' : 'all';
    const which = bestRaceOnly ? 'best' : 'every';
    const groups = this.#groups(grouping, countries, races);
    const parts =
      groups.length <= 1 || this.#areApart(which, groups, races)
        ? groups.map((group) => partOf(orders[grouping][which], group))
        : [partOf(this.#kept(which, grouping, groups), 0)];
    return new View(this.#board, parts, matches);
  }

  /** Whether groups can be looked at side by side. */
  #areApart(which: Which, groups: readonly number[], races: Codes): boolean {
    const { chains, options } = this.#board;
    if (groups.length > MANY_GROUPS || options.ranking === 'dense') return false;
    return which === 'every' || (chains.hasOneCountryEach && (races?.length ?? 1) === 1);
  }

  #groups(grouping: Grouping, countries: Codes, races: Codes): readonly number[] {
    if (grouping === 'all') return [0];
    if (!countries || !races) return countries ?? races ?? [];
    const { values } = this.#board;
    return countries
      .flatMap((country) => races.map((race) => values.pairOf(country, race)))
      .filter((pair) => pair !== undefined);
  }

  /** What is kept, or else made and kept: twice the board's rows at most, or what was asked for last alone. */
  #kept(which: Which, grouping: Grouping, groups: readonly number[]): Order {
    const name = `${which} ${grouping} ${groups}`;
    const known = this.#joined.get(name);
    const order = known ?? this.#join(which, grouping, groups);
    if (!known) this.#keptCost += costOf(order);
    this.#joined.delete(name);
    this.#joined.set(name, order);
    for (const [oldest, old] of this.#joined) {
      if (this.#keptCost <= 2 * this.#board.size || oldest === name) break;
      this.#joined.delete(oldest);
      this.#keptCost -= costOf(old);
    }
    return order;
  }

  /** The rows of some groups, out of all rows, which stand in order. */
  #join(which: Which, grouping: Grouping, groups: readonly number[]): Order {
    const { values, columns, orders } = this.#board;
    const groupOf = groupsOf(columns, grouping) as Uint32Array;
    const isWanted = new Uint8Array(groupCount(values, grouping));
    for (const group of groups) isWanted[group] = 1;
    const isMet = new Uint8Array(which === 'best' ? values.players.size + 1 : 0);
    const joined: number[] = [];
    for (const row of orders.all.every.rows) {
      if (isWanted[groupOf[row] as number] !== 1) continue;
      const player = columns.player[row] as number;
      if (isMet[player] === 1) continue;
      isMet[player] = 1;
      joined.push(row);
    }
    const order = { rows: Uint32Array.from(joined), offsets: Uint32Array.of(0, joined.length) };
    return atOnce(rankable(order, this.#board));
  }
}

function partOf(order: Order, group: number): Part {
  const [start, end] = boundsOf(order, group);
  return { order, start, end };
}

/** The numbers of what is wanted, in order, without what isn't there; `undefined`: all is wanted. */
function codesOf(
  name: string,
  dictionary: Dictionary<string | null>,
  wanted: LeaderboardFilter['country'],
): Codes {
  if (wanted === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  const codes = new Set<number>();
  for (const value of list) {
    const isRight = value === null || typeof value === 'string';
    expectThat(name, isRight, 'text, null, or a list of them', value);
    const code = dictionary.codeOf(value as string | null);
    if (code !== undefined) codes.add(code);
  }
  return [...codes].sort((a, b) => a - b);
}
