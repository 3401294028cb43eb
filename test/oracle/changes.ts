import fc from 'fast-check';
import { RANKINGS, type Ranking } from '../support/answers.ts';
import {
  COUNTRIES,
  type KeyKind,
  PLAYERS,
  RACES,
  restOf,
  scores,
  type TestRow,
} from '../support/rows.ts';

type Rest = Omit<TestRow, 'key'>;

/** What is done to the row with one of the keys. */
type Change =
  | { readonly put: number; readonly row: Rest }
  | { readonly set: keyof Rest; readonly of: number; readonly like: Rest }
  | { readonly touch: number }
  | { readonly drop: number };

export interface Transaction {
  readonly changes: readonly Change[];
  /** What `updated_at` becomes, in SQL. */
  readonly stamp: string;
}

interface Step {
  /** Committed one after the other before the refresh. */
  readonly before: readonly Transaction[];
  /** Begun before the refresh, ended after it. */
  readonly late: (Transaction & { readonly end: 'commit' | 'rollback' }) | undefined;
  /** Committed amid the refresh, after so many answers. */
  readonly amid: (Transaction & { readonly after: number }) | undefined;
  /** What comes of the refresh: the next one may have to do without it. */
  readonly fate: 'aborted' | 'kept' | 'vetoed';
}

export interface Course {
  readonly keys: readonly string[];
  /** How many rows are there that nothing ever happens to, and how many are asked for at a time. */
  readonly table: { readonly untouched: number; readonly pageSize: number };
  /** What the keys have at first: the rows of those without one are absent. */
  readonly first: readonly (Rest | null)[];
  readonly ranking: Ranking;
  readonly steps: readonly Step[];
}

const prompt: readonly string[] = ['now()', 'clock_timestamp()'];
/** Clocks of two servers differ a little; and some write one and the same time again and again. */
const odd: readonly string[] = [
  "now() - interval '5 s'",
  "now() + interval '2 s'",
  'pg_postmaster_start_time()',
];

const changesWith = (row: fc.Arbitrary<Rest>): fc.Arbitrary<Change> => {
  const key = fc.nat(7);
  const fields = ['score', 'score', 'country', 'race', 'player', 'name', 'wins', 'badge'] as const;
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ put: key, row }) },
    { weight: 6, arbitrary: fc.record({ set: fc.constantFrom(...fields), of: key, like: row }) },
    { weight: 1, arbitrary: fc.record({ touch: key }) },
    { weight: 1, arbitrary: fc.record({ drop: key }) },
  );
};

/** @param overlap - 0: nothing may be late, and no clock may differ. */
export function courses({ keys }: KeyKind, overlap: number): fc.Arbitrary<Course> {
  const stamp = fc.constantFrom(...prompt, ...(overlap > 0 ? odd : []));
  return scores.chain((score) => {
    const row = restOf(score);
    const changes = fc.array(changesWith(row), { minLength: 1, maxLength: 5 });
    const transaction = fc.record({ changes, stamp });
    const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.option(arbitrary, { nil: undefined, freq: 2 });
    const step: fc.Arbitrary<Step> = fc.record({
      before: fc.array(transaction, { maxLength: 3 }),
      late:
        overlap > 0
          ? rarely(
              fc.record({ changes, stamp, end: fc.constantFrom('commit', 'commit', 'rollback') }),
            )
          : fc.constant(undefined),
      amid: rarely(fc.record({ changes, stamp, after: fc.integer({ min: 1, max: 4 }) })),
      fate: fc.constantFrom('kept', 'kept', 'kept', 'kept', 'vetoed', 'aborted'),
    });
    return fc.record({
      keys: fc.uniqueArray(keys, { minLength: 2, maxLength: 16, size: 'max' }),
      table: fc.constantFrom(
        { untouched: 2, pageSize: 2 },
        { untouched: 40, pageSize: 3 },
        { untouched: 40, pageSize: 20 },
        { untouched: 300, pageSize: 1000 },
      ),
      first: fc.array(fc.option(row), { maxLength: 16, size: 'max' }),
      ranking: fc.constantFrom(...RANKINGS),
      steps: fc.array(step, { minLength: 1, maxLength: 8, size: 'max' }),
    });
  });
}

/** Rows whose keys are none of the others', amidst of which the others are ranked. */
export function untouchedRows({ type }: KeyKind, count: number): TestRow[] {
  const keyOf = {
    bigint: (i: number) => String(5_000_000_000_000_000_000n + BigInt(i)),
    integer: (i: number) => String(1000 + i),
    text: (i: number) => `untouched ${i}`,
    uuid: (i: number) => `eeeeeeee-0000-0000-0000-${String(i).padStart(12, '0')}`,
    pair: (i: number) => JSON.stringify(['untouched', String(i)]),
  }[type];
  return Array.from({ length: count }, (_, i) => ({
    key: keyOf(i),
    player: i % 9 === 0 ? (PLAYERS[(i / 9) % PLAYERS.length] ?? '') : `untouched ${i % 50}`,
    name: `name ${i % 7}`,
    country: COUNTRIES[i % COUNTRIES.length] ?? null,
    race: RACES[i % RACES.length] ?? null,
    score: (i % 13) - 4,
    wins: i,
    badge: UNTOUCHED,
  }));
}

export const UNTOUCHED = 'nothing happens to it';
