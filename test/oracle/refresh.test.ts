import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notModified, WarmCache } from 'warm-cache';
import { vetoShrink } from 'warm-cache/leaderboard';
import {
  type Answers,
  answersOf,
  expectSame,
  type Question,
  questions,
} from '../support/answers.ts';
import { type KeyKind, keyKinds, type TestRow } from '../support/rows.ts';
import { runs } from '../support/runs.ts';
import { type Course, courses, UNTOUCHED, untouchedRows } from './changes.ts';
import {
  columnsOf,
  Database,
  loaderOf,
  type OracleBoard,
  type OracleLoader,
  tableOf,
} from './database.ts';
import { Wire } from './wire.ts';

// After inserts, updates and deletes, a board that was refreshed by what changed alone has the answers of PostgreSQL.
//
//   COURSES=500 npm test -- test/oracle                           more of them
//   SEED=… RUN_PATH=… npm test -- test/oracle -t 'keys of text'   one of them again

const COURSES = runs('COURSES', 4);

let stack: SupabaseStack;
let database: Database;
/** A connection for transactions that end late. */
let other: Database;
let wire: Wire;

beforeAll(async () => {
  stack = await startStack({ rows: 1 });
  database = await Database.connect(stack);
  other = await Database.connect(stack);
  await database.create(keyKinds);
  wire = new Wire(stack);
});
afterAll(async () => {
  await database?.end();
  await other?.end();
  await stack?.stop();
});

const EVERYTHING: Question = { page: 1, pageSize: 1_000_000, player: '', n: 0 };

/** What one board and its table go through. */
class Life {
  readonly #kind: KeyKind;
  readonly #course: Course;
  readonly #questions: readonly Question[];
  readonly #loader: OracleLoader;
  #board: OracleBoard | undefined;

  constructor(kind: KeyKind, course: Course, asked: readonly Question[], overlap: number) {
    this.#kind = kind;
    this.#course = course;
    this.#questions = [EVERYTHING, ...asked];
    this.#loader = loaderOf({
      client: wire.client,
      table: tableOf(kind),
      columns: { ...columnsOf(kind), updatedAt: 'changed' },
      pageSize: course.table.pageSize,
      ranking: course.ranking,
      overlap,
    });
  }

  async live(): Promise<void> {
    const { table, keys, first, steps } = this.#course;
    const rows = untouchedRows(this.#kind, table.untouched);
    keys.forEach((key, i) => {
      const row = first[i];
      if (row) rows.push({ key, ...row });
    });
    await other.query('rollback');
    await database.query('rollback');
    await database.fill(this.#kind, rows, "now() - interval '1 day'");
    await this.#refresh();
    for (const step of steps) await this.#take(step);
    await this.#refresh();
    // A table at rest.
    await this.#refresh();
  }

  async #take({ before, late, amid, fate }: Course['steps'][number]): Promise<void> {
    const prompt = this.#course.keys.filter((_, i) => i % 2 === 0);
    for (const transaction of before) await database.transact(this.#kind, prompt, transaction);
    if (late) {
      await other.query('begin');
      const own = this.#course.keys.filter((_, i) => i % 2 === 1);
      await other.change(this.#kind, own, late);
    }
    const controller = new AbortController();
    wire.clear();
    wire.onAnswer = async (nth) => {
      if (nth === amid?.after) await database.transact(this.#kind, prompt, amid);
      if (nth === 1 && fate === 'aborted') controller.abort(new Error('enough'));
    };
    const board = this.#board;
    if (fate === 'aborted') await expect(this.#load(controller.signal)).rejects.toThrow('enough');
    else await this.#refresh(amid !== undefined);
    wire.clear();
    if (fate === 'vetoed') this.#board = board;
    if (late) await other.query(late.end);
  }

  /** @param isMoving - Whether the table changes meanwhile: then the board is right after the next refresh alone. */
  async #refresh(isMoving = false): Promise<void> {
    const previous = this.#board;
    const before = previous && this.#answersOf(previous);
    const loaded = await this.#load(new AbortController().signal);
    const isFull = wire.answers.some((text) => text.includes(UNTOUCHED));
    wire.answers = [];
    if (previous) expectSame(this.#answersOf(previous), before, 'the board of before');
    if (loaded !== notModified) this.#board = loaded;
    if (isMoving) return;
    const { ranking, keys } = this.#course;
    const right = await database.answers(this.#kind, ranking, this.#questions);
    expectSame(this.#answersOf(this.#board as OracleBoard), right);
    const { countries, races, size } = this.#board as OracleBoard;
    expect({ countries, races, size }).toEqual(await database.known(this.#kind));
    if (!before) return;
    const there = keysOf(right);
    const isGone = [...keysOf(before)].some((key) => !there.has(key));
    // Where more has changed than there was, that is no more to read.
    const isLess = this.#course.table.untouched > keys.length;
    expect(isFull && isLess && !isGone, 'all was read, though nothing was deleted').toBe(false);
    const differs = !isDeepStrictEqual(before, right);
    expect(loaded !== notModified, 'there is another board').toBe(differs);
  }

  #load(signal: AbortSignal): ReturnType<OracleLoader> {
    const value = this.#board;
    const previous = value && {
      value,
      version: 1,
      loadedAt: Date.now(),
      source: 'loader' as const,
    };
    return this.#loader({ signal, previous, attempt: 1, reason: 'interval', notModified });
  }

  #answersOf(board: OracleBoard): Answers[] {
    return this.#questions.map((question) => answersOf(board, question));
  }
}

function keysOf([everything]: readonly Answers[]): Set<string> {
  return new Set(everything?.rows.map(({ key }) => key));
}

describe.each([
  { overlap: 600_000, which: 'late, by clocks that differ' },
  { overlap: 0, which: 'in time' },
])('a board refreshed by what changed $which is that of PostgreSQL', ({ overlap }) => {
  it.each(keyKinds)('with keys of $type', { timeout: 3_600_000 }, async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        courses(kind, overlap),
        fc.array(questions, { maxLength: 10 }),
        async (course, asked) => {
          await new Life(kind, course, asked, overlap).live();
        },
      ),
      COURSES,
    );
  });
});

it('a cache is kept warm by what changed alone', { timeout: 60_000 }, async () => {
  const kind = keyKinds[0] as KeyKind;
  const rows = untouchedRows(kind, 300);
  const ofAll = (cache: WarmCache<OracleBoard>) =>
    answersOf(cache.peek()?.value as OracleBoard, EVERYTHING);
  const inDatabase = async () => (await database.answers(kind, 'competition', [EVERYTHING]))[0];
  await database.fill(kind, rows, "now() - interval '1 day'");
  wire.clear();
  const cache = new WarmCache<OracleBoard>({
    loader: loaderOf({
      client: wire.client,
      table: tableOf(kind),
      columns: { ...columnsOf(kind), updatedAt: 'changed' },
    }),
    accept: vetoShrink(),
    ttl: 600_000,
    refreshInterval: Infinity,
    retry: { retries: 0 },
  });
  const board = await cache.get();
  expectSame(ofAll(cache), await inDatabase());

  wire.clear();
  await cache.refresh();
  expect(cache.peek()?.value).toBe(board);
  expect(cache.health().loads).toMatchObject({ published: 1, unchanged: 1 });
  // No rows at all.
  expect(wire.answers.every((text) => text === '[]')).toBe(true);

  wire.clear();
  const [first, second] = rows as [TestRow, TestRow];
  await database.upsert(kind, [{ ...first, score: 9999, badge: 'gold' }], 'now()');
  await cache.refresh();
  expectSame(ofAll(cache), await inDatabase());
  expect(wire.answers.join('')).toContain('gold');
  expect(wire.answers.join('')).not.toContain(UNTOUCHED);

  await database.query(`delete from "${tableOf(kind)}" where "the key" = $1`, [second.key]);
  await cache.refresh();
  expectSame(ofAll(cache), await inDatabase());

  const before = ofAll(cache);
  await database.query('begin');
  await database.query(`delete from "${tableOf(kind)}" where wins < 200`);
  await database.query('commit');
  await expect(cache.refresh()).rejects.toThrow();
  expectSame(ofAll(cache), before);
  expect(cache.health().loads).toMatchObject({ published: 3, unchanged: 1, rejected: 1 });
  // What was deleted comes back, as from a backup: changed when it was then.
  await database.upsert(kind, rows.slice(0, 190), "now() - interval '1 day'");
  await cache.refresh();
  expectSame(ofAll(cache), await inDatabase());
  await cache.stop();
});
