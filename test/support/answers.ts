import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect } from 'vitest';
import { COUNTRIES, PLAYERS, RACES, type TestRow } from './rows.ts';

export type Ranking = 'competition' | 'dense' | 'modified-competition' | 'ordinal';
export const RANKINGS: readonly Ranking[] = [
  'competition',
  'modified-competition',
  'dense',
  'ordinal',
];

type Wanted = string | null | readonly (string | null)[] | undefined;

/** One question, which each method of a board answers in its way. */
export interface Question {
  readonly country?: Wanted;
  readonly race?: Wanted;
  readonly bestRaceOnly?: boolean | undefined;
  readonly page: number;
  readonly pageSize: number;
  /** For `around()` and `rankOf()`. */
  readonly player: string;
  /** For `top()` and `around()`. */
  readonly n: number;
}

export interface RankedRow extends TestRow {
  readonly rank: number;
}

/** What all methods answer to one {@link Question}. */
export interface Answers {
  readonly rows: readonly RankedRow[];
  readonly totalRows: number;
  readonly totalPages: number;
  readonly top: readonly RankedRow[];
  readonly around: readonly RankedRow[];
  readonly rankOf: number | null;
  readonly count: number;
}

type Filter = Pick<Question, 'bestRaceOnly' | 'country' | 'race'>;

/** What can be asked. */
export interface Board {
  page(query: Filter & { readonly page: number; readonly pageSize: number }): {
    readonly rows: readonly RankedRow[];
    readonly page: number;
    readonly pageSize: number;
    readonly totalRows: number;
    readonly totalPages: number;
  };
  top(n: number, filter: Filter): readonly RankedRow[];
  around(player: string, n: number, filter: Filter): readonly RankedRow[];
  rankOf(player: string, filter: Filter): number | undefined;
  count(filter: Filter): number;
}

export function answersOf(board: Board, question: Question): Answers {
  const { page, pageSize, player, n, ...filter } = question;
  const given = board.page({ ...filter, page, pageSize });
  if (given.page !== page || given.pageSize !== pageSize) {
    throw new Error(
      `Asked for page ${page} of ${pageSize}, got ${given.page} of ${given.pageSize}`,
    );
  }
  return {
    rows: given.rows,
    totalRows: given.totalRows,
    totalPages: given.totalPages,
    top: board.top(n, filter),
    around: board.around(player, n, filter),
    rankOf: board.rankOf(player, filter) ?? null,
    count: board.count(filter),
  };
}

const wanted = (known: readonly (string | null)[]): fc.Arbitrary<Wanted> => {
  const one = fc.constantFrom(...known, 'nowhere', 'toString');
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 3, arbitrary: one },
    // Empty, and with one value twice, too.
    { weight: 3, arbitrary: fc.array(one, { maxLength: 4 }) },
  );
};

/** Questions about such countries, races and players, and some that there are none of. */
export const questionsOf = (known: {
  readonly countries: readonly (string | null)[];
  readonly races: readonly (string | null)[];
  readonly players: readonly string[];
}): fc.Arbitrary<Question> =>
  fc.record(
    {
      country: wanted(known.countries),
      race: wanted(known.races),
      bestRaceOnly: fc.constantFrom(true, false, undefined),
      page: fc.oneof(
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(1000, Number.MAX_SAFE_INTEGER),
      ),
      pageSize: fc.oneof(
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(20, 1000, Number.MAX_SAFE_INTEGER),
      ),
      player: fc.constantFrom(...known.players, 'nobody'),
      n: fc.oneof(fc.nat(4), fc.constantFrom(50, Number.MAX_SAFE_INTEGER)),
    },
    { requiredKeys: ['page', 'pageSize', 'player', 'n'] },
  );

export const questions: fc.Arbitrary<Question> = questionsOf({
  countries: COUNTRIES,
  races: RACES,
  players: PLAYERS,
});

/** As `toEqual` does, -0 apart from 0, but quick where it holds. */
export function expectSame(given: unknown, right: unknown, message?: string): void {
  if (isDeepStrictEqual(given, right)) return;
  expect(given, message).toEqual(right);
  throw new Error(message ?? 'they differ in what toEqual() overlooks');
}
