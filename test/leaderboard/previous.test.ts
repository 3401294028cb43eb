import { describe, expect, it } from 'vitest';
import { Leaderboard, type LeaderboardEntry, RowError } from 'warm-cache/leaderboard';
import { z } from 'zod';
import { collected, heldInMemory } from '../support/garbage.ts';

type Row = LeaderboardEntry & { readonly wins: number };

function row(i: number, change: Partial<Row> = {}): Row {
  return {
    key: String(i),
    player: `p${i % 50}`,
    name: `n${i}`,
    country: `c${i % 7}`,
    race: i % 2 === 0 ? 'zerg' : null,
    score: (i * 7919) % 301,
    wins: i,
    ...change,
  };
}

const details = ['wins'] as const;
const rows = Array.from({ length: 300 }, (_, i) => row(i));
const held = new Leaderboard<{ wins: number }>(rows, { details });

const from = (all: readonly Row[], previous?: Leaderboard<{ wins: number }>) =>
  Leaderboard.from<Row, 'wins'>(all, { details, previous });

describe('from() with the board before', () => {
  it('is that very board where nothing differs, in whatever order the rows come', async () => {
    expect(await from(rows, held)).toBe(held);
    expect(await from(rows.toReversed(), held)).toBe(held);
    async function* batches() {
      yield rows.slice(0, 100);
      yield [];
      yield rows.slice(100);
    }
    expect(await Leaderboard.from<Row, 'wins'>(batches(), { details, previous: held })).toBe(held);
    const empty = new Leaderboard<{ wins: number }>([], { details });
    expect(await from([], empty)).toBe(empty);
  });

  it.each<[string, readonly Row[]]>([
    ['score', [...rows.slice(1), row(0, { score: 5000 })]],
    ['name', [...rows.slice(1), row(0, { name: 'new' })]],
    ['player', [...rows.slice(1), row(0, { player: 'new' })]],
    ['country', [...rows.slice(1), row(0, { country: null })]],
    ['race', [...rows.slice(1), row(0, { race: null })]],
    ['detail', [...rows.slice(1), row(0, { wins: -1 })]],
    ['row, gone', rows.slice(1)],
    ['row, new', [...rows, row(300)]],
    ['row in the place of another', [...rows.slice(1), row(300)]],
    [
      'row of many that are new',
      [...rows, ...Array.from({ length: 900 }, (_, i) => row(1000 + i))],
    ],
    ['row', []],
  ])('is another one where a %s differs, and the one before stays', async (_, all) => {
    const before = held.top(1000);
    const next = await from(all, held);
    expect(next).not.toBe(held);
    expect(next.top(10_000)).toEqual((await from(all)).top(10_000));
    expect(held.top(1000)).toEqual(before);
    // On from there.
    expect(await from(all, next)).toBe(next);
    expect((await from(rows, next)).top(1000)).toEqual(before);
  });

  it('refuses a key that comes twice, be it new', async () => {
    for (const n of [7, 300]) {
      const all = [...rows, row(300), row(n, { score: 1 })];
      const error = await from(all, held).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RowError);
      expect(error).toMatchObject({ key: String(n) });
      expect((error as Error).message).toContain('expected it to be unique, got it twice');
    }
    expect(await from(rows, held)).toBe(held);
  });

  it('counts rows over all batches, to say which one is wrong', async () => {
    async function* batches() {
      yield rows.slice(0, 100);
      yield [{ ...row(100), key: 7 }] as unknown as Row[];
    }
    await expect(
      Leaderboard.from<Row, 'wins'>(batches(), { details, previous: held }),
    ).rejects.toThrow('In row 101: key: expected text, got 7');
  });

  it('has its own options, be they others', async () => {
    const dense = await Leaderboard.from<Row, 'wins'>(rows, {
      ...{ details, ranking: 'dense', previous: held },
    });
    const right = new Leaderboard(rows, { details, ranking: 'dense' });
    expect(dense.top(1000)).toEqual(right.top(1000));
    const bare = await Leaderboard.from(rows, { previous: held as Leaderboard });
    expect(bare.top(1)[0]).not.toHaveProperty('wins');
    const others = { details: ['wins', 'name2'], previous: held } as object;
    const [first] = (await Leaderboard.from(rows, others)).top(1);
    expect(first).toHaveProperty('name2');
    const schema = z.object({ wins: z.number().nonnegative() }).loose() as never;
    const checked = await Leaderboard.from(rows, { details, schema, previous: held } as object);
    expect(checked).not.toBe(held);
    await expect(checked.withChanges({ upserts: [row(1, { wins: -1 }) as never] })).rejects.toThrow(
      RowError,
    );
    const again = { details, schema, previous: checked } as object;
    expect(await Leaderboard.from(rows, again)).toBe(checked);
  });

  it('takes what a schema makes of the rows', async () => {
    const schema = z
      .object({ key: z.string(), score: z.coerce.number() })
      .loose()
      .transform(async (given) => given) as never;
    const made = await Leaderboard.from(rows, { schema });
    const given = rows.map((one) => ({ ...one, score: String(one.score) }));
    expect(await Leaderboard.from(given, { schema, previous: made })).toBe(made);
    const next = await Leaderboard.from(
      given.map((one, i) => (i === 7 ? { ...one, score: '9000' } : one)),
      { schema, previous: made },
    );
    expect(next.top(1)[0]).toMatchObject({ key: '7', score: 9000 });
  });

  it('refuses what is no leaderboard', async () => {
    for (const previous of [null, {}, rows]) {
      await expect(Leaderboard.from(rows, { previous: previous as never })).rejects.toThrow(
        /^Expected `previous` to be a leaderboard/,
      );
    }
  });

  it('can be made many times at once of one board', async () => {
    const alls = [1, 2, 3].map((n) =>
      rows.map((one, i) =>
        i % 3 === n - 1 ? { ...one, name: `of ${n}`, country: `of ${n}` } : one,
      ),
    );
    const boards = await Promise.all(alls.map((all) => from(all, held)));
    for (const [i, board] of boards.entries()) {
      expect(board.top(1000)).toEqual(new Leaderboard(alls[i] as Row[], { details }).top(1000));
    }
  });

  it('keeps nothing of those before, however often all texts change', async () => {
    const round = (n: number): Row[] =>
      rows.map((one) => ({ ...one, key: `${n} ${one.key}`, name: `${n} `.repeat(500) }));
    let last = round(0);
    let board = await from(last);
    const first = new WeakRef<object>(board);
    const next = async (rounds: number): Promise<void> => {
      for (let n = 0; n < rounds; n++) {
        last = round(Math.random());
        board = await from(last, board);
      }
    };
    await next(5);
    await collected([first]);
    const before = await heldInMemory();
    await next(50);
    // Of some rounds at most: each has 3 MB, and there were 50.
    expect((await heldInMemory()) - before).toBeLessThan(20_000_000);
    // Those that come to nothing do not pile up either.
    const refused = async (): Promise<void> => {
      const all = [...round(Math.random()), { ...row(1), score: Number.NaN }];
      const made = await from(all, board).then(
        () => true,
        () => false,
      );
      expect(made).toBe(false);
    };
    for (let n = 0; n < 50; n++) await refused();
    expect((await heldInMemory()) - before).toBeLessThan(20_000_000);
    expect(await from(last, board)).toBe(board);
  });
});
