// How long a board takes to be made of its rows and of changes, at once and in slices, and how long its slices are.
import { setImmediate as turn } from 'node:timers/promises';
import { Leaderboard, type LeaderboardEntry } from 'warm-cache/leaderboard';
import { median } from '../measure.ts';
import { Random } from '../soak/random.ts';
import { count, ms, quantile, table } from './figures.ts';
import { entriesOf, given } from './source.ts';

/** Fewer of large boards. */
const ROUNDS = { most: 15, least: 3, rows: 1_000_000 };
const CHANGES = [1, 100, 1000];

const source = given();
const entries = await entriesOf(source);
const random = new Random(4);
const board = await Leaderboard.from(entries);

interface Samples {
  /** Ms that each round took. */
  readonly took: number[];
  /** Ms between two turns of the event loop, of all rounds. */
  readonly turns: number[];
}

const isWorking = { now: false };

/** Times the work, and each turn of the event loop meanwhile. */
async function time(work: () => unknown, { took, turns }: Samples): Promise<void> {
  globalThis.gc?.();
  let last = performance.now();
  const start = last;
  isWorking.now = true;
  const watching = (async () => {
    while (isWorking.now) {
      await turn();
      const now = performance.now();
      turns.push(now - last);
      last = now;
    }
  })();
  await work();
  isWorking.now = false;
  took.push(performance.now() - start);
  await watching;
}

/** Some rows with another score. */
function changes(n: number): LeaderboardEntry[] {
  return Array.from({ length: n }, () => {
    const entry = random.pick(entries);
    return { ...entry, score: entry.score + random.from(-30, 30) };
  });
}

const subjects: Record<string, () => unknown> = {
  'at once: new Leaderboard()': () => new Leaderboard(entries),
  'in slices: Leaderboard.from()': () => Leaderboard.from(entries),
};
for (const n of CHANGES) {
  subjects[`withChanges(), ${count(n)} rows`] = () => board.withChanges({ upserts: changes(n) });
}
const samples = new Map(
  Object.keys(subjects).map((name) => [name, { took: [], turns: [] } as Samples]),
);
const rounds = Math.max(ROUNDS.least, Math.min(ROUNDS.most, ROUNDS.rows / source.rows));
for (let round = -2; round < rounds; round++) {
  for (const [name, work] of Object.entries(subjects)) {
    // The first rounds warm the compiler up.
    const kept = samples.get(name) as Samples;
    await time(work, round < 0 ? { took: [], turns: [] } : kept);
  }
}

console.log(`\nA board of ${count(source.rows)} rows is made\n`);
console.log(
  table([
    ['', 'took', 'turns', 'turn p50', 'p99', 'max'],
    ...[...samples].map(([name, { took, turns }]) => {
      const sorted = turns.toSorted((a, b) => a - b);
      return [
        name,
        ms(median(took)),
        count(turns.length / took.length),
        ...[0.5, 0.99, 1].map((q) => ms(quantile(sorted, q))),
      ];
    }),
  ]),
);
