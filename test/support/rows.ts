import fc from 'fast-check';

/** What a row of the tests is: an entry, and what it brings along. */
export interface TestRow {
  readonly key: string;
  readonly player: string;
  readonly name: string;
  readonly country: string | null;
  readonly race: string | null;
  readonly score: number;
  readonly wins: number;
  readonly badge: string | null;
}

// By code point, U+FF5E comes first; by code unit, U+1F525 does.
const TILDE = '\uff5e';
const FIRE = '\u{1f525}';

export const COUNTRIES: readonly (string | null)[] = ['PL', 'KR', TILDE, FIRE, '', null];
export const RACES: readonly (string | null)[] = ['zerg', 'ter,ran', TILDE, FIRE, null];
export const PLAYERS: readonly string[] = [
  '1',
  '2',
  '10',
  '9007199254740993',
  '-3',
  'Zoë',
  FIRE,
  '',
];

/** What PostgreSQL takes as text, which is all but NUL. */
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .oneof(fc.string({ unit: 'grapheme', maxLength }), fc.string({ unit: 'binary', maxLength }))
    .map((any) => any.replaceAll('\0', '0'));

const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'Ace',
    'Ｊｉ～',
    '🔥Phoenix',
    '👩‍🚀Star',
    '🏴󠁧󠁢󠁷󠁬󠁳󠁿',
    'e\u0301tude',
    'étude',
    'محمد\u200f',
    '\u202eabc',
    'Z\u0301\u0323\u0335algo',
    '"quoted", (and) \\ more',
    'two\nlines\ttab',
    '\u2028\u2029\ufeff',
    '\uffff\u{10ffff}',
    '',
  ),
  text(4),
);

/** Columns of a key, and what stands in them. */
export interface KeyKind {
  readonly type: 'bigint' | 'integer' | 'pair' | 'text' | 'uuid';
  readonly keys: fc.Arbitrary<string>;
}

const MOST = 2n ** 63n - 1n;
const LEAST = -(2n ** 63n);

const bigints: fc.Arbitrary<string> = fc
  .oneof(
    fc.bigInt({ min: -12n, max: 12n }),
    fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 9n }),
    fc.bigInt({ min: -(2n ** 53n) - 9n, max: 3n - 2n ** 53n }),
    fc.constantFrom(MOST, MOST - 1n, LEAST, LEAST + 1n, 99n, 100n, 101n),
  )
  .map(String);

const integers: fc.Arbitrary<string> = fc.integer({ min: -15, max: 15 }).map(String);

/** Some look like numbers, some are, and some are hard to quote. */
const texts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '+1',
    '1',
    '01',
    '10',
    '9',
    '-9',
    '-10',
    '-',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
  ),
  fc.constantFrom(
    '٣',
    '９',
    '18446744073709551616',
    '18446744073709551617',
    '-18446744073709551616',
  ),
  fc.constantFrom(
    'a,b',
    'say "so"',
    "it's",
    '(x)',
    'a\\b',
    '\\',
    '"',
    ',',
    'null',
    'true',
    'a.b:c',
  ),
  fc.constantFrom(
    '*',
    '%',
    '%2C&key=eq.1',
    'a b',
    '',
    'and(',
    '{}',
    '[]',
    'not.is.null',
    '1\n',
    'é',
    'e\u0301',
  ),
  fc.constantFrom(TILDE, FIRE, `${TILDE}a`, `${FIRE}a`, '\ud7ff', '\ue000', '\uffff', '\u{10000}'),
  fc.integer({ min: -12, max: 12 }).map(String),
  text(3),
);

const uuids: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(0n, 1n, 9n, 10n, 2n ** 127n, 2n ** 128n - 1n),
    fc.bigInt({ min: 0n, max: 20n }),
  )
  .map((number) =>
    number
      .toString(16)
      .padStart(32, '0')
      .replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  );

/** Two columns: as one key they are the JSON of their texts. */
const pairs: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(fc.constantFrom('S1', 'S2', 's "1"', 'a\\', TILDE, FIRE, '\u0001', '\n', ''), text(2)),
    integers,
  )
  .map((parts) => JSON.stringify(parts));

export const keyKinds: readonly KeyKind[] = [
  { type: 'bigint', keys: bigints },
  { type: 'integer', keys: integers },
  { type: 'text', keys: texts },
  { type: 'uuid', keys: uuids },
  { type: 'pair', keys: pairs },
];

/** Keys of every kind at once, as only a board without a database can have them. */
export const anyKeys: fc.Arbitrary<string> = fc.oneof(
  bigints,
  integers,
  texts,
  texts,
  uuids,
  pairs,
);

/** Scores of one board: how often they tie, and how far apart they are. */
export const scores: fc.Arbitrary<fc.Arbitrary<number>> = fc.constantFrom<fc.Arbitrary<number>>(
  fc.constant(1500),
  fc.nat(2),
  fc.nat(9),
  fc.integer({ min: -4, max: 4 }),
  fc.constantFrom(-0, 0, 5e-324, -5e-324, 1, -1),
  fc.constantFrom(0.1, 0.2, 0.3, 0.1 + 0.2, 1 / 3, -0.5, 0.5, 1.5),
  fc.constantFrom(
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    1e308,
    2 ** 53,
    2 ** 53 + 2,
    1e21,
    -1e21,
    1e-7,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** All of a row but its key; players may differ in country and race from one row to the next. */
export const restOf = (score: fc.Arbitrary<number>): fc.Arbitrary<Omit<TestRow, 'key'>> =>
  fc.record({
    player: fc.constantFrom(...PLAYERS),
    name,
    country: fc.constantFrom(...COUNTRIES),
    race: fc.constantFrom(...RACES),
    score,
    wins: fc.integer({ min: -2, max: 300 }),
    badge: fc.constantFrom(null, '', 'gold', FIRE),
  });

/** Rows of one board, in no order. */
export const rowsWith = (keys: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<TestRow[]> =>
  scores.chain((score) =>
    fc.uniqueArray(
      fc.tuple(keys, restOf(score)).map(([key, rest]): TestRow => ({ key, ...rest })),
      { selector: ({ key }) => key, maxLength, size: 'max' },
    ),
  );
