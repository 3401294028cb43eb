import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Leaderboard } from 'warm-cache/leaderboard';
import {
  type Answers,
  answersOf,
  type Board,
  expectSame,
  type Question,
  questions,
  RANKINGS,
} from '../support/answers.ts';
import { PlainBoard } from '../support/plain-board.ts';
import {
  anyKeys,
  COUNTRIES,
  PLAYERS,
  RACES,
  restOf,
  rowsWith,
  scores,
  type TestRow,
} from '../support/rows.ts';
import { runs } from '../support/runs.ts';

//   RUNS=100000 npm test -- test/leaderboard           more of them
//   SEED=… RUN_PATH=… npm test -- test/leaderboard     one of them again

const RUNS = runs('RUNS', 1000);
const DETAILS = ['wins', 'badge'] as const;
const EVERYTHING: Question = { page: 1, pageSize: 1_000_000, player: '1', n: 1 };

const asked = fc.array(questions, { minLength: 1, maxLength: 12 });

function answers(board: Board, questions: readonly Question[]): Answers[] {
  return [EVERYTHING, ...questions].map((question) => answersOf(board, question));
}

/** Rows amidst of which the others are ranked: few changes of many rows are made in another way than many of few. */
function crowd(count: number): TestRow[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `in the crowd ${i}`,
    player: i % 9 === 0 ? (PLAYERS[(i / 9) % PLAYERS.length] ?? '') : `in the crowd ${i % 50}`,
    name: `name ${i % 7}`,
    country: COUNTRIES[i % COUNTRIES.length] ?? null,
    race: RACES[i % RACES.length] ?? null,
    score: (i % 13) - 4,
    wins: i,
    badge: null,
  }));
}

interface Change {
  readonly upserts: readonly TestRow[];
  readonly deletes: readonly string[];
}

const sequences = fc
  .tuple(fc.uniqueArray(anyKeys, { minLength: 1, maxLength: 10 }), scores)
  .chain(([keys, score]) => {
    const key = fc.constantFrom(...keys);
    const row = fc.tuple(key, restOf(score)).map(([key, rest]): TestRow => ({ key, ...rest }));
    const change: fc.Arbitrary<Change> = fc.record({
      upserts: fc.array(row, { maxLength: 4 }),
      deletes: fc.array(key, { maxLength: 2 }),
    });
    return fc.record({
      crowd: fc.constantFrom(0, 0, 450),
      first: fc.uniqueArray(row, { selector: ({ key }) => key, maxLength: 8 }),
      // Of which board each is made: not always of the last one.
      changes: fc.array(fc.tuple(fc.nat(3), fc.boolean(), change), { minLength: 1, maxLength: 6 }),
      ranking: fc.constantFrom(...RANKINGS),
    });
  });

function changed(
  rows: ReadonlyMap<string, TestRow>,
  { upserts, deletes }: Change,
): Map<string, TestRow> {
  const next = new Map(rows);
  for (const key of deletes) next.delete(key);
  for (const row of upserts) next.set(row.key, row);
  return next;
}

describe('a board', () => {
  it('answers as the plain one does', { timeout: 3_600_000 }, () => {
    fc.assert(
      fc.property(
        rowsWith(anyKeys, 30),
        asked,
        fc.constantFrom(...RANKINGS),
        (rows, questions, ranking) => {
          const board = new Leaderboard(rows, { ranking, details: DETAILS });
          const plain = new PlainBoard(rows, ranking);
          expectSame(answers(board, questions), answers(plain, questions));
          const { countries, races, size } = plain;
          expect(board).toMatchObject({ countries, races, size });
        },
      ),
      RUNS,
    );
  });

  it('with changes, or made of all rows anew, answers as the plain one does, and those before stay as they are', {
    timeout: 3_600_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(sequences, asked, async (sequence, questions) => {
        const { first, changes, ranking } = sequence;
        const options = { ranking, details: DETAILS };
        const rows = new Map([...crowd(sequence.crowd), ...first].map((row) => [row.key, row]));
        const boards = [{ rows, board: new Leaderboard(rows.values(), options) }];
        for (const [back, isWhole, change] of changes) {
          const of = boards.at(-1 - (back % boards.length)) as (typeof boards)[number];
          const rows = changed(of.rows, change);
          const board = isWhole
            ? await Leaderboard.from(rows.values(), { ...options, previous: of.board })
            : await of.board.withChanges(change);
          boards.push({ rows, board });
        }
        for (const { board, rows } of boards) {
          const plain = new PlainBoard(rows.values(), ranking);
          expectSame(answers(board, questions), answers(plain, questions));
          const { countries, races, size } = plain;
          expect(board).toMatchObject({ countries, races, size });
        }
      }),
      RUNS,
    );
  });
});
