import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  filterOf,
  type Page,
  type Place,
  pages,
  placeAfter,
} from '../../src/adapters/supabase/keyset.ts';
import { matching } from '../support/postgrest-words.ts';

const COLUMNS = ['a', 'b c', 'd"e\\f'];

/** Values of all columns, with many ties. */
const tuples = (width: number): fc.Arbitrary<string[][]> =>
  fc.uniqueArray(
    fc.array(fc.constantFrom('', 'x', 'y', 'a,b', '"', '\\', '(z)', '.eq."', 'é'), {
      minLength: width,
      maxLength: width,
    }),
    { selector: (values) => JSON.stringify(values), maxLength: 60 },
  );

const rowOf = (values: readonly string[]): Record<string, string> =>
  Object.fromEntries(values.map((value, i) => [COLUMNS[i], value]));

const compare = (a: readonly string[], b: readonly string[]): number => {
  const i = a.findIndex((value, at) => value !== b[at]);
  return i < 0 ? 0 : (a[i] as string) < (b[i] as string) ? -1 : 1;
};

/** A server that has some rows, and keeps what it was asked. */
function serverOf(rows: readonly string[][], cap: number, { counts = false } = {}) {
  const filters: (string | undefined)[] = [];
  const sorted = rows.toSorted(compare);
  const read = async (filter: string | undefined): Promise<Page<string[]>> => {
    filters.push(filter);
    const matches = filter === undefined ? () => true : matching(`(${filter})`);
    const found = sorted.filter((values) => matches(rowOf(values)));
    return { rows: inParts(found.slice(0, cap)), total: counts ? found.length : undefined };
  };
  return { sorted, filters, read };
}

/** Rows as they come: some at a time, or none. */
async function* inParts<Row>(rows: readonly Row[]): AsyncGenerator<Row[]> {
  const half = Math.ceil(rows.length / 2);
  yield rows.slice(0, half);
  yield [];
  yield rows.slice(half);
}

async function all(given: AsyncIterable<readonly string[][]>): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const page of given) rows.push(...page);
  return rows;
}

const itself = (values: string[]): string[] => values;

describe('the filter for what is beyond a place', { timeout: 30_000 }, () => {
  it.each([1, 2, 3])('matches just the rows that are, by %i columns', (width) => {
    fc.assert(
      fc.property(tuples(width), fc.nat(), fc.nat(), (rows, at, until) => {
        fc.pre(rows.length > 0);
        const values = (rows[at % rows.length] as string[]).slice(0, (until % width) + 1);
        for (let fixed = 0; fixed < values.length; fixed++) {
          const columns = COLUMNS.slice(0, width);
          const matches = matching(`(${filterOf(columns, { values, fixed })})`);
          for (const other of rows) {
            const agrees = values.slice(0, fixed).every((value, i) => value === other[i]);
            const isBeyond = compare(other.slice(0, values.length), values) > 0;
            expect(matches(rowOf(other))).toBe(agrees && isBeyond);
          }
        }
      }),
    );
  });

  const place = (fixed: number, ...values: string[]): Place => ({ values, fixed });

  it.each([
    [place(0, '7'), 'a.gt."7"'],
    [place(0, '7', '8'), 'and(a.gte."7",or(a.gt."7",and(a.eq."7","b c".gt."8")))'],
    [place(1, '7', '8'), 'and(a.eq."7","b c".gt."8")'],
    [
      place(0, 'say "so"\\', '8'),
      String.raw`and(a.gte."say \"so\"\\",or(a.gt."say \"so\"\\",and(a.eq."say \"so\"\\","b c".gt."8")))`,
    ],
    [
      place(1, '1', '2', '3'),
      String.raw`and(a.eq."1","b c".gte."2",or("b c".gt."2",and("b c".eq."2","d\"e\\f".gt."3")))`,
    ],
  ])('of %j reads as PostgREST has it', (given, filter) => {
    expect(filterOf(COLUMNS, given)).toBe(filter);
  });
});

describe('pages', { timeout: 30_000 }, () => {
  it.each([1, 2, 3])('are all rows once, in order, by %i columns', async (width) => {
    await fc.assert(
      fc.asyncProperty(
        tuples(width),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        async (rows, cap, counts) => {
          const { sorted, read } = serverOf(rows, cap, { counts });
          expect(await all(pages(COLUMNS.slice(0, width), read, itself, { longest: 0 }))).toEqual(
            sorted,
          );
        },
      ),
    );
  });

  it('are all rows once, in order, where many agree in the first columns', async () => {
    const digit = fc.integer({ min: 0, max: 2 });
    const runs = fc.array(fc.tuple(digit, digit, fc.integer({ min: 1, max: 300 })), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(
        runs,
        fc.integer({ min: 98, max: 150 }),
        fc.boolean(),
        async (given, cap, counts) => {
          let n = 0;
          const rows = given.flatMap(([a, b, length]) =>
            Array.from({ length }, () => [String(a), String(b), String(n++).padStart(4, '0')]),
          );
          const { sorted, read } = serverOf(rows, cap, { counts });
          expect(await all(pages(COLUMNS, read, itself, { longest: 0 }))).toEqual(sorted);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of many rows that agree in the first columns are asked for by those alone', async () => {
    const number = (n: number): string => String(n).padStart(4, '0');
    const rows = [
      ['a', '1'],
      ...Array.from({ length: 450 }, (_, n) => ['b', number(n)]),
      ...Array.from({ length: 160 }, (_, n) => [`c${number(n)}`, '1']),
    ];
    const { sorted, filters, read } = serverOf(rows, 150);
    const columns = COLUMNS.slice(0, 2);
    expect(await all(pages(columns, read, itself, { longest: 0 }))).toEqual(sorted);
    const after = (n: number): string => `"b c".gt."${number(n)}"`;
    expect(filters).toEqual([
      undefined,
      // The first page has another row, too.
      `and(a.gte."b",or(a.gt."b",and(a.eq."b",${after(148)})))`,
      `and(a.eq."b",${after(298)})`,
      `and(a.eq."b",${after(448)})`,
      // That page was short: there are no more of them.
      'a.gt."b"',
      'and(a.gte."c0149",or(a.gt."c0149",and(a.eq."c0149","b c".gt."1")))',
    ]);
  });

  it('of many rows that agree come to an end, column by column', async () => {
    const rows = [
      ...Array.from({ length: 200 }, (_, n) => ['b', 'x', String(n).padStart(4, '0')]),
      ['b', 'y', '1'],
      ['c', 'x', '1'],
    ];
    const { sorted, filters, read } = serverOf(rows, 100);
    expect(await all(pages(COLUMNS, read, itself, { longest: 0 }))).toEqual(sorted);
    expect(filters.slice(2)).toEqual([
      String.raw`and(a.eq."b","b c".eq."x","d\"e\\f".gt."0199")`,
      'and(a.eq."b","b c".gt."x")',
      'a.gt."b"',
    ]);
  });

  it('end with one that is shorter than another, be it of another list', async () => {
    const rows = ['1', '2', '3', '4', '5', '6', '7'].map((value) => [value]);
    const { filters, read } = serverOf(rows, 3);
    const answers = { longest: 0 };
    expect(await all(pages(['a'], read, itself, answers))).toEqual(rows);
    expect(filters).toEqual([undefined, 'a.gt."3"', 'a.gt."6"']);
    expect(await all(pages(['a'], read, itself, answers, 'a.gt."5"'))).toEqual([['6'], ['7']]);
    expect(filters.slice(3)).toEqual(['a.gt."5"']);
  });

  it('go on after a long one that another list had longer ones than', async () => {
    const rows = Array.from({ length: 250 }, (_, n) => [String(n).padStart(4, '0')]);
    const { filters, read } = serverOf(rows, 100);
    expect(await all(pages(['a'], read, itself, { longest: 1000 }))).toEqual(rows);
    expect(filters).toHaveLength(3);
    const few = serverOf(rows.slice(0, 99), 100);
    expect(await all(pages(['a'], few.read, itself, { longest: 1000 }))).toHaveLength(99);
    expect(few.filters).toHaveLength(1);
  });

  it('end with an empty one where all were of one length, and a longer one is no end', async () => {
    const rows = ['1', '2', '3', '4'].map((value) => [value]);
    const { filters, read } = serverOf(rows, 2);
    expect(await all(pages(['a'], read, itself, { longest: 1 }))).toEqual(rows);
    expect(filters).toEqual([undefined, 'a.gt."2"', 'a.gt."4"']);
    expect(
      await all(
        pages(['a'], async () => ({ rows: inParts<string[]>([]) }), itself, { longest: 0 }),
      ),
    ).toEqual([]);
  });

  it('come to an end where rows come all the time', async () => {
    let last = 10;
    const read = async (filter: string | undefined): Promise<Page<string[]>> => {
      const from = Number(/\d+/.exec(filter ?? '0'));
      last += 1;
      return { rows: inParts(Array.from({ length: last - from }, (_, n) => [`${from + n + 1}`])) };
    };
    expect(await all(pages(['a'], read, itself, { longest: 0 }))).toHaveLength(12);
  });

  it('end with the one that has all that there are', async () => {
    const rows = Array.from({ length: 300 }, (_, n) => [String(n).padStart(4, '0')]);
    const whole = serverOf(rows, 300, { counts: true });
    expect(await all(pages(['a'], whole.read, itself, { longest: 0 }))).toEqual(rows);
    expect(whole.filters).toHaveLength(1);
    const capped = serverOf(rows, 150, { counts: true });
    expect(await all(pages(['a'], capped.read, itself, { longest: 1000 }))).toEqual(rows);
    expect(capped.filters).toHaveLength(2);
  });

  it('begin where they are told to', async () => {
    const { read } = serverOf([['1'], ['2'], ['3']], 1);
    expect(await all(pages(['a'], read, itself, { longest: 0 }, 'a.gt."1"'))).toEqual([
      ['2'],
      ['3'],
    ]);
  });

  it.each([
    ['first', [null, '2']],
    ['last', ['2', undefined]],
  ])('are none beyond a %s row without a value', async (_, values) => {
    const list = pages(
      ['id'],
      async () => ({ rows: inParts(values) }),
      (value) => [value],
      { longest: 0 },
    );
    await expect(all(list as AsyncIterable<string[][]>)).rejects.toThrow(
      'Expected `id` to be never null',
    );
  });

  it('take as many columns as stand in all rows of a page', () => {
    expect(placeAfter(['a', 'b'], ['a', 'c'], 100)).toEqual({ values: ['a', 'c'], fixed: 1 });
    expect(placeAfter(['a', 'b'], ['a', 'c'], 99)).toEqual({ values: ['a', 'c'], fixed: 0 });
    expect(placeAfter(['a', 'b'], ['b', 'b'], 100)).toEqual({ values: ['b', 'b'], fixed: 0 });
    expect(placeAfter(['a'], ['a'], 100)).toEqual({ values: ['a'], fixed: 0 });
  });
});
