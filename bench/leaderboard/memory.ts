// What a board holds in memory, whether that grows in line with its rows, and whether old ones are let go.
import { Leaderboard } from 'warm-cache/leaderboard';
import { memoryInUse } from '../measure.ts';
import { Random } from '../soak/random.ts';
import { aim, count, megabytes, table } from './figures.ts';
import { KINDS } from './filters.ts';
import { cacheOf, changing, countingClient, entriesOf, given } from './source.ts';

const LEAST_ROWS = 10_000;
/** What a snapshot of 30,000 rows may have, a row. */
const AIM = 5e6 / 30_000;
/** Filters of each kind that a board is asked for, so that it keeps all that it ever keeps. */
const FILTERS = 50;
const CHANGED = 100;

const source = given();
await using ladder = await changing(source);

interface Held {
  readonly rows: number;
  /** Bytes that a new board keeps. */
  readonly bytes: number;
  /** And once it was asked for a page of a great many filters. */
  readonly asked: number;
  /** And with two details a row. */
  readonly detailed: number;
}

async function held(rows: number): Promise<Held> {
  return {
    rows,
    ...(await heldBy(rows)),
    detailed: (await heldBy(rows, ['wins', 'losses'])).bytes,
  };
}

async function heldBy(
  rows: number,
  details: readonly ('wins' | 'losses')[] = [],
): Promise<Pick<Held, 'bytes' | 'asked'>> {
  const before = await memoryInUse();
  // The rows that it is made of are gone by the time that memory is looked at.
  const board = await Leaderboard.from(await entriesOf(source, rows), { details });
  const bytes = (await memoryInUse()) - before;
  const random = new Random(3);
  for (let i = 0; i < FILTERS; i++) {
    for (const filterOf of Object.values(KINDS)) board.page(filterOf(board, random));
  }
  const asked = (await memoryInUse()) - before;
  if (board.size !== rows) throw new Error(`${board.size} rows instead of ${rows}`);
  return { bytes, asked };
}

/** 10,000 rows, 30,000, 100,000, and so on, up to all that there are. */
const sizes: number[] = [];
for (let rows = LEAST_ROWS, by = 3; rows < source.rows; rows *= by, by = by === 3 ? 10 / 3 : 3) {
  sizes.push(Math.round(rows));
}
sizes.push(source.rows);

// What is kept once, whatever comes later, is there after this.
await held(LEAST_ROWS);
const figures: Held[] = [];
for (const rows of sizes) figures.push(await held(rows));

const perRow = (of: (figure: Held) => number, figure: Held): string =>
  `${(of(figure) / figure.rows).toFixed(0)} B`;
console.log('\nWhat a snapshot holds, heap and array buffers together\n');
console.log(
  table([
    ['rows', 'new', 'a row', 'asked for everything', 'a row', 'with wins and losses', 'a row'],
    ...figures.map((figure) => [
      count(figure.rows),
      ...[
        ({ bytes }: Held) => bytes,
        ({ asked }: Held) => asked,
        ({ detailed }: Held) => detailed,
      ].flatMap((of) => [megabytes(of(figure)), perRow(of, figure)]),
    ]),
  ]),
);
const last = figures.at(-1) as Held;
aim('asked for everything, a row', last.asked / last.rows, AIM, (bytes) => `${bytes.toFixed(0)} B`);

/** Whether the first snapshot is still there after each of two refreshes. */
async function outlived(refreshes: 'in full' | 'by deltas'): Promise<readonly boolean[]> {
  const cache = cacheOf(countingClient(source).client, refreshes);
  await cache.refresh();
  const first = new WeakRef(await cache.get());
  const isThere: boolean[] = [];
  for (let i = 0; i < 2; i++) {
    await ladder.change(CHANGED);
    await cache.refresh();
    await memoryInUse();
    isThere.push(first.deref() !== undefined);
  }
  return isThere;
}

console.log('\nThe first snapshot, after the first refresh and after the second\n');
const words = (isThere: readonly boolean[]): string[] =>
  isThere.map((there) => (there ? 'there' : 'gone'));
const full = await outlived('in full');
const delta = await outlived('by deltas');
console.log(
  table([
    ['', '1', '2'],
    ['full loads', ...words(full)],
    ['delta refreshes', ...words(delta)],
  ]),
);
const left = [full, delta].filter((isThere) => isThere.at(-1)).length;
aim('snapshots that outlive two refreshes', left, 0, String);
