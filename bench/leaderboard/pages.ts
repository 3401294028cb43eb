// What a page costs by the kind of its filter, the first time that a board is asked for it and later; and what else a
// board is asked for.
import { Leaderboard, type LeaderboardFilter } from 'warm-cache/leaderboard';
import { Random } from '../soak/random.ts';
import { aim, count, quantile, table, us } from './figures.ts';
import { KINDS, type Kind } from './filters.ts';
import { entriesOf, given } from './source.ts';

const PAGE_SIZE = 20;
const NEIGHBOURS = 5;
const TOP = 10;
/** Times that each call is timed, of a board that was asked for it before. */
const LATER = 10_000;
const WARM_UP = 2000;
/** Calls of a kind, of which each is made many times. */
const CALLS = 200;
/** Where an order is made for each filter when it is first asked for, and the last ones are kept. */
const FEW_FILTERS = 4;
/** Filters of each kind that a new board is asked for: fewer where there aren't as many. */
const FILTERS = 20;
/** New boards: fewer of large ones. */
const BOARDS = { most: 20, least: 3, rows: 600_000 };

type Call = (board: Leaderboard) => void;

const source = given();
const entries = await entriesOf(source);
const random = new Random(2);
/** Knows how many pages there are, so that no board under test has been asked. */
const scout = new Leaderboard(entries);

const filterOf = (kind: Kind): LeaderboardFilter => KINDS[kind](scout, random);

function pageOf(filter: LeaderboardFilter): Call {
  const pages = Math.max(1, Math.ceil(scout.count(filter) / PAGE_SIZE));
  const query = { ...filter, page: random.from(1, pages), pageSize: PAGE_SIZE };
  return (board) => board.page(query);
}

/** Takes about as long as a page, and neither memory nor anything from it. */
function spin(): number {
  let sum = 0;
  for (let i = 0; i < 8500; i++) sum = Math.imul(sum ^ i, 0x01000193);
  return sum;
}

function timed(call: Call, board: Leaderboard): number {
  const start = performance.now();
  call(board);
  return (performance.now() - start) * 1000;
}

const kinds = Object.keys(KINDS) as Kind[];
const isKept = (kind: Kind): boolean => kind.includes('several');
const repeat = <T>(times: number, make: () => T): T[] => Array.from({ length: times }, make);

/** Calls at random, made beforehand: what is done between two calls takes from the processor's caches. */
const calls = new Map<string, readonly Call[]>([
  ['(the machine: 10 us of arithmetic)', [spin]],
  ...kinds.map((kind) => {
    const filters = repeat(isKept(kind) ? FEW_FILTERS : CALLS, () => filterOf(kind));
    return [`page: ${kind}`, repeat(CALLS, () => pageOf(random.pick(filters)))] as const;
  }),
  ...(['all', 'a race', 'best', 'best of a country'] as const).flatMap((kind) => {
    const withPlayer = (
      call: (board: Leaderboard, player: string, filter: LeaderboardFilter) => void,
    ) =>
      repeat(CALLS, (): Call => {
        const [player, filter] = [random.pick(entries).player, filterOf(kind)];
        return (board) => call(board, player, filter);
      });
    return [
      [
        `around: ${kind}`,
        withPlayer((board, player, filter) => board.around(player, NEIGHBOURS, filter)),
      ],
      [`rankOf: ${kind}`, withPlayer((board, player, filter) => board.rankOf(player, filter))],
      [`top: ${kind}`, withPlayer((board, _, filter) => board.top(TOP, filter))],
    ] as const;
  }),
]);

/** Makes a call of each kind `times` times over, the kinds in turn. */
function later(board: Leaderboard, times: number): Map<string, number[]> {
  const samples = new Map([...calls.keys()].map((name) => [name, [] as number[]]));
  for (let i = 0; i < times; i++) {
    for (const [name, list] of calls) {
      samples.get(name)?.push(timed(list[i % list.length] as Call, board));
    }
  }
  return samples;
}

/** Times the first page of each filter, on board after board that has answered none. */
async function first(): Promise<Map<string, number[]>> {
  const samples = new Map(kinds.map((kind) => [`page: ${kind}`, [] as number[]]));
  const boards = Math.min(BOARDS.most, Math.max(BOARDS.least, BOARDS.rows / source.rows));
  for (let i = 0; i < boards; i++) {
    const board = await Leaderboard.from(entries);
    const asked = new Set<string>();
    for (let times = 0; times < FILTERS; times++) {
      for (const kind of kinds) {
        const filter = filterOf(kind);
        const text = JSON.stringify(filter);
        if (asked.has(text)) continue;
        asked.add(text);
        samples.get(`page: ${kind}`)?.push(timed(pageOf(filter), board));
      }
    }
  }
  return samples;
}

// The compiler is to have seen everything.
later(scout, WARM_UP);
const firsts = await first();
const board = await Leaderboard.from(entries);
later(board, WARM_UP);
const laters = later(board, LATER);

const QUANTILES = [0.5, 0.99, 1];
const cells = (samples: readonly number[] | undefined): string[] => {
  const sorted = samples?.toSorted((a, b) => a - b) ?? [];
  return QUANTILES.map((q) => (sorted.length > 0 ? us(quantile(sorted, q)) : ''));
};
console.log(`\nWhat a board is asked for, ${count(source.rows)} rows; ${PAGE_SIZE} rows a page\n`);
console.log(
  table([
    ['', 'first p50', 'p99', 'max', 'later p50', 'p99', 'max'],
    ...[...laters].map(([name, samples]) => [name, ...cells(firsts.get(name)), ...cells(samples)]),
  ]),
);
const worst = Math.max(
  ...[...laters.values()].slice(1).map((samples) =>
    quantile(
      samples.toSorted((a, b) => a - b),
      0.99,
    ),
  ),
);
aim('p99 of the slowest kind, later', worst, source.rows <= 30_000 ? 50 : 200, us);
