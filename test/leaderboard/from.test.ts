import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Leaderboard, type LeaderboardEntry } from 'warm-cache/leaderboard';

function entry(i: number): LeaderboardEntry {
  const race = i % 2 === 0 ? 'zerg' : 'terran';
  return {
    key: String(i),
    player: `p${i % 1000}`,
    name: `n${i}`,
    country: `c${i % 30}`,
    race,
    score: (i * 7919) % 3001,
  };
}

const entries = (count: number): LeaderboardEntry[] =>
  Array.from({ length: count }, (_, i) => entry(i));

async function* batches(rows: readonly LeaderboardEntry[], size: number) {
  for (let i = 0; i < rows.length; i += size) yield rows.slice(i, i + size);
}

/** Turns of the event loop, from now on. */
class Turns {
  #count = 0;
  #isOver = false;

  constructor() {
    const next = (): void => {
      this.#count += 1;
      this.onTurn();
      if (!this.#isOver) setImmediate(next);
    };
    setImmediate(next);
  }

  onTurn: () => void = () => {};

  get count(): number {
    return this.#count;
  }

  end(): number {
    this.#isOver = true;
    return this.#count;
  }
}

/** Each look at the clock is some ms after the one before: every slice is over as soon as it can be. */
function hurry(): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 10;
    return now;
  });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('from()', () => {
  const rows = entries(300);
  const right = new Leaderboard(rows).page({ pageSize: 1000 });

  it.each<[string, () => Parameters<typeof Leaderboard.from>[0]]>([
    ['an array', () => rows],
    ['a set', () => new Set(rows)],
    ['a generator', () => rows.values()],
    [
      'an async generator of rows',
      async function* () {
        yield* rows;
      },
    ],
    ['batches', () => batches(rows, 64)],
    ['one batch', () => batches(rows, 1000)],
    [
      'batches, empty ones, and rows in between',
      async function* () {
        yield [];
        yield rows.slice(0, 100);
        yield rows[100] as LeaderboardEntry;
        yield [];
        yield Object.freeze(rows.slice(101));
        yield [];
      },
    ],
    [
      'a stream',
      () =>
        new ReadableStream<LeaderboardEntry[]>({
          async pull(controller) {
            for await (const batch of batches(rows, 77)) controller.enqueue(batch);
            controller.close();
          },
        }),
    ],
  ])('of %s makes the board that the constructor makes', async (_, given) => {
    expect((await Leaderboard.from(given())).page({ pageSize: 1000 })).toEqual(right);
    hurry();
    expect((await Leaderboard.from(given())).page({ pageSize: 1000 })).toEqual(right);
  });

  it('of nothing makes an empty board', async () => {
    expect((await Leaderboard.from([])).size).toBe(0);
    expect((await Leaderboard.from(batches([], 1))).size).toBe(0);
  });

  it('takes no rows in before those that came have been dealt with', async () => {
    let taken = 0;
    let most = 0;
    hurry();
    const turns = new Turns();
    turns.onTurn = () => {
      most = Math.max(most, taken);
      taken = 0;
    };
    await Leaderboard.from(
      (function* () {
        for (const row of entries(2000)) {
          taken += 1;
          yield row;
        }
      })(),
    );
    turns.end();
    expect(most).toBeLessThanOrEqual(64);
  });

  it.each<[string, () => AsyncGenerator<LeaderboardEntry[]> | Generator<LeaderboardEntry>]>([
    [
      'rows',
      function* () {
        yield entry(1);
        throw new Error('connection lost');
      },
    ],
    [
      'batches',
      async function* () {
        yield [entry(1)];
        throw new Error('connection lost');
      },
    ],
  ])('rejects with what its %s throw', async (_, given) => {
    await expect(Leaderboard.from(given())).rejects.toThrow('connection lost');
  });
});

describe('the loop has its turns', { timeout: 60_000 }, () => {
  /** The longest time that nobody else had a turn, as a share of all that it took; in this process's own time. */
  async function longestShare(
    work: () => Promise<unknown>,
  ): Promise<{ share: number; turns: number }> {
    const start = process.cpuUsage();
    const spent = (): number => {
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    let last = 0;
    let longest = 0;
    const turns = new Turns();
    turns.onTurn = () => {
      longest = Math.max(longest, spent() - last);
      last = spent();
    };
    await work();
    turns.onTurn();
    return { share: longest / spent(), turns: turns.end() };
  }

  const rows = entries(100_000);

  it('while 100,000 rows become a board', async () => {
    const { share, turns } = await longestShare(() => Leaderboard.from(rows));
    expect(turns).toBeGreaterThan(20);
    expect(share).toBeLessThan(1 / 4);
  });

  it('while 100,000 rows come by batches that are there already', async () => {
    const { share, turns } = await longestShare(() => Leaderboard.from(batches(rows, 1000)));
    expect(turns).toBeGreaterThan(20);
    expect(share).toBeLessThan(1 / 4);
  });

  it('while a tenth of 100,000 rows change', async () => {
    const board = await Leaderboard.from(rows);
    const upserts = rows
      .filter((_, i) => i % 10 === 0)
      .map((row) => ({ ...row, score: row.score + 1 }));
    const { share, turns } = await longestShare(() => board.withChanges({ upserts }));
    expect(turns).toBeGreaterThan(10);
    expect(share).toBeLessThan(1 / 4);
  });

  it.each([
    ['few', 1000],
    ['many', 5],
  ])('while %s of 100,000 rows that come again differ', async (_, nth) => {
    const previous = await Leaderboard.from(rows);
    const next = rows.map((row, i) => (i % nth === 0 ? { ...row, score: row.score + 1 } : row));
    const { share, turns } = await longestShare(() => Leaderboard.from(next, { previous }));
    expect(turns).toBeGreaterThan(10);
    expect(share).toBeLessThan(1 / 4);
  });
});

describe('abort', () => {
  const reason = new Error('enough');
  let closed: number;

  beforeEach(() => {
    closed = 0;
  });

  function* closing(rows: Iterable<LeaderboardEntry>, onRow: (nth: number) => void = () => {}) {
    let nth = 0;
    try {
      for (const row of rows) {
        onRow(++nth);
        yield row;
      }
    } finally {
      closed += 1;
    }
  }

  it('before it begins takes nothing in', async () => {
    const signal = AbortSignal.abort(reason);
    const given = vi.fn(function* () {
      yield entry(1);
    });
    await expect(Leaderboard.from({ [Symbol.iterator]: given }, { signal })).rejects.toBe(reason);
    await expect(
      new Leaderboard([]).withChanges({ upserts: { [Symbol.iterator]: given } }, { signal }),
    ).rejects.toBe(reason);
    expect(given).not.toHaveBeenCalled();
  });

  it.each([
    [
      'from()',
      (rows: Iterable<LeaderboardEntry>, signal: AbortSignal) => Leaderboard.from(rows, { signal }),
    ],
    [
      'withChanges()',
      (upserts: Iterable<LeaderboardEntry>, signal: AbortSignal) =>
        new Leaderboard([]).withChanges({ upserts }, { signal }),
    ],
  ])('amid the rows ends %s, and closes what they come from', async (_, make) => {
    hurry();
    const controller = new AbortController();
    let taken = 0;
    const rows = closing(entries(1000), (nth) => {
      taken = nth;
      if (nth === 100) controller.abort(reason);
    });
    await expect(make(rows, controller.signal)).rejects.toBe(reason);
    expect(taken).toBeLessThan(200);
    expect(closed).toBe(1);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('after the last row still ends it', async () => {
    hurry();
    for (const count of [0, 1]) {
      const controller = new AbortController();
      const rows = entries(5000);
      const turns = new Turns();
      turns.onTurn = () => {
        if (turns.count > 5000 / 64 + 5 + count) controller.abort(reason);
      };
      await expect(Leaderboard.from(rows, { signal: controller.signal })).rejects.toBe(reason);
      turns.end();
    }
  });

  it('between two batches ends it, and closes what they come from', async () => {
    hurry();
    const controller = new AbortController();
    async function* given() {
      try {
        yield entries(100);
        controller.abort(reason);
        yield entries(200).slice(100);
        throw new Error('asked for more');
      } finally {
        closed += 1;
      }
    }
    await expect(Leaderboard.from(given(), { signal: controller.signal })).rejects.toBe(reason);
    expect(closed).toBe(1);
  });

  it.each<[string, (never: Promise<never>) => object]>([
    ['batches', (never) => ({ rows: { [Symbol.asyncIterator]: () => ({ next: () => never }) } })],
    [
      'schema',
      (never) => ({
        rows: [entry(1)],
        options: { schema: { '~standard': { version: 1, vendor: 'own', validate: () => never } } },
      }),
    ],
  ])('ends it though the %s never come', async (_, make) => {
    const { rows, options } = make(new Promise(() => {})) as { rows: never; options?: object };
    const controller = new AbortController();
    const board = Leaderboard.from(rows, { ...options, signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(board).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('of a board that is made already does nothing', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const board = await Leaderboard.from(entries(10), { signal });
    const next = await board.withChanges({ deletes: ['1'] }, { signal });
    controller.abort(reason);
    expect([board.size, next.size]).toEqual([10, 9]);
    expect((await board.withChanges({ deletes: ['2'] })).size).toBe(9);
  });
});
