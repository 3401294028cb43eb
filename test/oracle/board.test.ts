import { createClient } from '@supabase/supabase-js';
import fc from 'fast-check';
import { type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notModified } from 'warm-cache';
import {
  answersOf,
  expectSame,
  questions,
  questionsOf,
  RANKINGS,
  type Ranking,
} from '../support/answers.ts';
import { PlainBoard } from '../support/plain-board.ts';
import { type KeyKind, keyKinds, rowsWith } from '../support/rows.ts';
import { runs } from '../support/runs.ts';
import {
  columnsOf,
  Database,
  DETAILS,
  loaderOf,
  type OracleBoard,
  rpcOf,
  tableOf,
} from './database.ts';

// PostgreSQL says what the right answers are, by its window functions over the same rows.
//
//   DATASETS=1000 npm test -- test/oracle                         more of them
//   SEED=… RUN_PATH=… npm test -- test/oracle -t 'keys of text'   one of them again

const DATASETS = runs('DATASETS', 14);
/** More than what is done in one step of anything. */
const LADDER = 6000;

let stack: SupabaseStack;
let database: Database;

beforeAll(async () => {
  stack = await startStack({ rows: LADDER });
  database = await Database.connect(stack);
  await database.create(keyKinds);
  // So that the API knows of the functions.
  await stack.stopApi();
  await stack.startApi();
});
afterAll(async () => {
  await database?.end();
  await stack?.stop();
});

interface Way {
  readonly by: 'rpc' | 'table';
  readonly ranking: Ranking;
  readonly pageSize: number;
}

async function loaded(options: object): Promise<OracleBoard> {
  const client = createClient(stack.url, stack.anonKey);
  const { signal } = new AbortController();
  const board = await loaderOf({ client, ...options })({
    signal,
    previous: undefined,
    attempt: 1,
    reason: 'start',
    notModified,
  });
  if (board === notModified) throw new Error('there was nothing before');
  return board;
}

function load(kind: KeyKind, { by, ranking, pageSize }: Way): Promise<OracleBoard> {
  return loaded(
    by === 'rpc'
      ? { rpc: rpcOf(kind), details: DETAILS, ranking }
      : { table: tableOf(kind), columns: columnsOf(kind), pageSize, ranking },
  );
}

const ways: fc.Arbitrary<Way> = fc.record({
  by: fc.constantFrom('table'),
  ranking: fc.constantFrom(...RANKINGS),
  pageSize: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(1000)),
});

describe('every answer of a board is that of PostgreSQL', () => {
  it.each(keyKinds)('with keys of $type', { timeout: 3_600_000 }, async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        rowsWith(kind.keys, 50),
        fc.array(questions, { minLength: 1, maxLength: 150, size: 'max' }),
        ways,
        async (rows, asked, way) => {
          await database.fill(kind, rows);
          const board = await load(kind, way);
          const right = await database.answers(kind, way.ranking, asked);
          const { countries, races, size } = board;
          expect({ countries, races, size }).toEqual(await database.known(kind));
          expectSame(
            asked.map((question) => answersOf(board, question)),
            right,
          );
          // The tests that do without a database have these for the right answers.
          const plain = new PlainBoard(rows, way.ranking);
          expectSame(
            asked.map((question) => answersOf(plain, question)),
            right,
          );
        },
      ),
      DATASETS,
    );
  });
});

it('every answer of a ladder is that of PostgreSQL', { timeout: 3_600_000 }, async () => {
  await database.query(`
    create view ladder as
    select player_races.*, case when wins > losses then '\u{1f3c6}' end as badge from player_races;
    grant select on ladder to anon;
  `);
  const source = `
    select id::text as key, player_id::text as player, player_name as name, country, race, rating as score, wins, badge
    from ladder`;
  const columns = {
    key: 'id',
    player: 'player_id',
    name: 'player_name',
    country: 'country',
    race: 'race',
    score: 'rating',
    details: DETAILS,
  };
  const values = async (column: string): Promise<string[]> => {
    const rows = await database.query(`select distinct ${column}::text as value from ladder`);
    return rows.map(({ value }) => value as string);
  };
  const asked = questionsOf({
    countries: await values('country'),
    races: await values('race'),
    players: await values('player_id'),
  });
  for (const ranking of RANKINGS) {
    const board = await loaded({ table: 'ladder', columns, ranking });
    expect(board.size).toBe(LADDER);
    await fc.assert(
      fc.asyncProperty(asked, async (question) => {
        const right = await database.answersFrom(source, ranking, [question]);
        expectSame([answersOf(board, question)], right);
      }),
      { numRuns: 8 },
    );
  }
});
