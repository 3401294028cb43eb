import { type Board, compareRows, type Grouping, type Orders, rankable } from './board.ts';
import { expectThat } from './checks.ts';
import type { Dictionary } from './dictionary.ts';
import type { LeaderboardFilter } from './entry.ts';
import { boundsOf, firstOfEach, grouped, type Order } from './order.ts';
import { atOnce } from './slices.ts';
import { merged } from './sort.ts';

/** The rows that a filter matches, in order: those of `order` from one place up to another. */
export interface View {
  readonly order: Order;
  readonly start: number;
  readonly end: number;
  /** Whether a row is of a country and a race that are wanted. */
  readonly matches: (row: number) => boolean;
}

/** What an order takes beside its rows, in rows: of countries and races that have next to nothing there are many. */
const ORDER_COST = 256;

const costOf = ({ rows }: Order): number => rows.length + ORDER_COST;

type Codes = readonly number[] | undefined;
type Which = keyof Orders;

/** What each filter matches. What is asked for of several countries or races at once is put in order once, and kept. */
export class Views {
  readonly #board: Board;
  /** The one used last stands last. */
  readonly #merged = new Map<string, Order>();
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
    const order = orders[grouping][which];
    const several = (countries?.length ?? 1) * (races?.length ?? 1) > 1;
    if (several) {
      const all = this.#kept(`${which} ${countries} ${races}`, () =>
        this.#merge(which, this.#groups(grouping, countries, races), order),
      );
      return { order: all, start: 0, end: all.rows.length, matches };
    }
    const [group] = this.#groups(grouping, countries, races);
    if (group === undefined) return { order, start: 0, end: 0, matches };
    const [start, end] = boundsOf(order, group);
    return { order, start, end, matches };
  }

  #groups(grouping: Grouping, countries: Codes, races: Codes): readonly number[] {
    if (grouping === 'all') return [0];
    if (!countries || !races) return countries ?? races ?? [];
    const { values } = this.#board;
    return countries
      .flatMap((country) => races.map((race) => values.pairOf(country, race)))
      .filter((pair) => pair !== undefined);
  }

  /** What is kept by a name, or else made and kept: twice the board's rows at most, or the one asked for last alone. */
  #kept(name: string, make: () => Order): Order {
    const known = this.#merged.get(name);
    const order = known ?? make();
    if (!known) this.#keptCost += costOf(order);
    this.#merged.delete(name);
    this.#merged.set(name, order);
    for (const [oldest, old] of this.#merged) {
      if (this.#keptCost <= 2 * this.#board.size || oldest === name) break;
      this.#merged.delete(oldest);
      this.#keptCost -= costOf(old);
    }
    return order;
  }

  #merge(which: Which, groups: readonly number[], order: Order): Order {
    const { values, columns } = this.#board;
    const { score, player } = columns;
    const parts = groups.map((group) => order.rows.subarray(...boundsOf(order, group)));
    const ends = new Uint32Array(parts.length + 1);
    parts.forEach((part, i) => {
      ends[i + 1] = (ends[i] as number) + part.length;
    });
    const rows = new Uint32Array(ends[parts.length] as number);
    parts.forEach((part, i) => {
      rows.set(part, ends[i]);
    });
    const compare = (a: number, b: number): number =>
      compareRows(values.keys, a, score[a] as number, b, score[b] as number);
    const all = atOnce(grouped(atOnce(merged(rows, ends, compare)), undefined, 1));
    // A player may have rows in more than one of the groups.
    const wanted = which === 'best' ? atOnce(firstOfEach(all, player, values.players.size)) : all;
    return atOnce(rankable(wanted, this.#board));
  }
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
