import { afterEach, describe, expect, it, vi } from 'vitest';
import { Leaderboard } from 'warm-cache/leaderboard';
import {
  type Answers,
  answersOf,
  type Board,
  expectSame,
  type Question,
  RANKINGS,
  type Ranking,
} from '../support/answers.ts';
import { collected, heldInMemory } from '../support/garbage.ts';
import { PlainBoard } from '../support/plain-board.ts';
import type { TestRow } from '../support/rows.ts';

// What no small board shows: memory that grows piece by piece, and work of many slices.

const ROWS = 20_000;
const details = ['wins', 'badge'] as const;
/** At the ends of pieces of memory, and past them. */
const LENGTHS = [0, 1, 511, 512, 513, 1023, 1024, 1025, 32_767, 65_535, 65_536, 65_537, 200_000];

function row(i: number, change: Partial<TestRow> = {}): TestRow {
  const long = i % 97 === 0 ? 'é'.repeat((LENGTHS[(i / 97) % LENGTHS.length] ?? 0) / 2) : '';
  return {
    // Every fourth key is no number.
    key: i % 4 === 0 ? `k${i * 7919}` : String(i * 7919),
    player: `player ${i % 7001}`,
    name: `${i % 5000} ${long}`,
    country: i % 31 === 0 ? null : `country ${i % 31}`,
    race: i % 7 === 0 ? null : `race ${i % 7}`,
    score: ((i * 48_271) % 3989) - 1000,
    wins: i % 10,
    badge: null,
    ...change,
  };
}

const rows = Array.from({ length: ROWS }, (_, i) => row(i));

const questions: readonly Question[] = [
  {},
  { bestRaceOnly: true },
  { country: 'country 3' },
  { race: null, bestRaceOnly: true },
  { country: ['country 3', null, 'country 30'], bestRaceOnly: true },
  { country: ['country 3', 'new'], race: ['race 1', 'race 2', null] },
].map((filter) => ({ ...filter, page: 2, pageSize: 1000, player: 'player 12', n: 3000 }));

function expectRight(board: Board, all: Iterable<TestRow>, ranking: Ranking): void {
  const plain = new PlainBoard(all, ranking);
  const answers = (of: Board): Answers[] => questions.map((question) => answersOf(of, question));
  expectSame(answers(board), answers(plain));
}

function changed(
  all: readonly TestRow[],
  upserts: readonly TestRow[],
  deletes: readonly string[],
): TestRow[] {
  const next = new Map(all.map((one) => [one.key, one]));
  for (const key of deletes) next.delete(key);
  for (const one of upserts) next.set(one.key, one);
  return [...next.values()];
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe(`of ${ROWS} rows`, { timeout: 60_000 }, () => {
  it.each(RANKINGS)('a board is right, and so are those made of it, by %s', async (ranking) => {
    const board = await Leaderboard.from(rows, { ranking, details });
    expectRight(board, rows, ranking);
    for (const many of [1, 100, 3000]) {
      const upserts = Array.from({ length: many }, (_, i) => [
        row(i * 5, { score: i, country: 'new' }),
        row(i * 5 + 1, { player: `player ${i}` }),
        row(i * 5 + 2, { race: 'new' }),
        row(ROWS + i),
      ]).flat();
      const deletes = rows.slice(-many).map(({ key }) => key);
      const all = changed(rows, upserts, deletes);
      const next = await board.withChanges({ upserts, deletes });
      expectRight(next, all, ranking);
      const anew = await Leaderboard.from(all, { ranking, details, previous: board });
      expectRight(anew, all, ranking);
      expect(await Leaderboard.from(all.toReversed(), { ranking, details, previous: next })).toBe(
        next,
      );
    }
    expectRight(board, rows, ranking);
  });

  it('all names change again and again', async () => {
    let board = await Leaderboard.from(rows, { details });
    let all = rows;
    for (let round = 0; round < 4; round++) {
      const upserts = all.map((one, i) => ({
        ...one,
        name: `${round} ${i}`,
        player: `${round} ${one.player}`,
      }));
      const deletes = all.slice(0, 50).map(({ key }) => key);
      const before = board;
      board = await board.withChanges({ upserts: upserts.slice(50), deletes });
      expectRight(before, all, 'competition');
      all = upserts.slice(50);
      expectRight(board, all, 'competition');
      // Few changes after that, too.
      const one = row(3, { score: round });
      board = await board.withChanges({ upserts: [one] });
      all = changed(all, [one], []);
      expectRight(board, all, 'competition');
    }
  });

  it('several are made of one board at the same time', async () => {
    const board = await Leaderboard.from(rows, { details });
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 10;
      return now;
    });
    const changes = [0, 1, 2, 3].map((n) => {
      const many = n < 2 ? 100 : 1000;
      return {
        upserts: Array.from({ length: many }, (_, i) =>
          row(i * (n + 2), {
            country: `of ${n}`,
            race: `of ${n}`,
            player: `of ${n}, ${i % 30}`,
            name: `${n}`,
          }),
        ),
        deletes: [row(9999 + n).key],
      };
    });
    const next = await Promise.all(changes.map((change) => board.withChanges(change)));
    next.forEach((one, n) => {
      const { upserts = [], deletes = [] } = changes[n] ?? {};
      const all = changed(rows, upserts, deletes);
      expectRight(one, all, 'competition');
      expect(one.countries.filter((country) => country.startsWith('of'))).toEqual([`of ${n}`]);
      expect(one.count({ country: [0, 1, 2, 3].map((m) => `of ${m}`) })).toBe(upserts.length);
    });
    expectRight(board, rows, 'competition');
  });

  it('what nobody has a hold of any more is collected, though boards were made of it', async () => {
    let board = await Leaderboard.from(rows, { details });
    const refs = [new WeakRef<object>(board)];
    for (let i = 0; i < 3; i++) {
      board = await board.withChanges({ upserts: [row(i, { score: 10_000 + i })] });
      refs.push(new WeakRef(board));
    }
    await collected(refs.slice(0, -1));
    expect(board.size).toBe(ROWS);
  });

  it('no set of countries is kept for good', async () => {
    const board = await Leaderboard.from([...rows, row(ROWS, { race: 'rare' })], { details });
    const ask = (race: string, from: number, to: number): void => {
      for (let bits = from; bits < to; bits++) {
        const country = Array.from({ length: 16 }, (_, i) => `country ${i + 1}`).filter(
          (_, i) => (bits >> i) & 1,
        );
        board.count({ country, race });
      }
    };
    ask('race 3', 0, 1000);
    ask('rare', 0, 1000);
    const before = await heldInMemory();
    ask('race 3', 1000, 5000);
    ask('rare', 1000, 2 ** 16);
    expect((await heldInMemory()) - before).toBeLessThan(3_000_000);
  });
});
