import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { WarmCache } from 'warm-cache';
import { type Leaderboard, type LeaderboardEntry, vetoShrink } from 'warm-cache/leaderboard';
import type { SupabaseClientLike, supabaseLeaderboard } from 'warm-cache/supabase';
import { z } from 'zod';
import type {
  ColumnName,
  DetailName,
  FunctionName,
  RelationName,
  RelationRow,
} from '../../src/adapters/supabase/database.ts';
import type { Database, Json } from '../support/database.ts';
import { openInEditor, type Statement } from '../support/editor.ts';

type Public = SupabaseClient<Database>;
type Game = SupabaseClient<Database, 'game'>;

declare const client: Public;
declare const untyped: SupabaseClient;
declare const columns: {
  readonly key: 'id';
  readonly player: 'player_id';
  readonly name: 'player_name';
  readonly country: 'country';
  readonly race: 'race';
  readonly score: 'rating';
};
declare const leaderboard: typeof supabaseLeaderboard;

/** The cache that comes of a call: what is written is never run. */
type CacheOf<Details extends object> = () => WarmCache<Leaderboard<Details>>;
const ttl = 1000;

describe('the names', () => {
  it('are those of the schema that the client reads', () => {
    expectTypeOf<RelationName<Public>>().toEqualTypeOf<
      'player_races' | 'countries' | 'best_races'
    >();
    expectTypeOf<RelationName<Game>>().toEqualTypeOf<'scores'>();
    const switched = () => client.schema('game');
    expectTypeOf<RelationName<ReturnType<typeof switched>>>().toEqualTypeOf<'scores'>();
    const back = () => client.schema('game').schema('public');
    expectTypeOf<RelationName<ReturnType<typeof back>>>().toEqualTypeOf<RelationName<Public>>();
  });

  it('of functions are those without arguments that may answer a leaderboard', () => {
    expectTypeOf<FunctionName<Public>>().toEqualTypeOf<
      'leaderboard_board' | 'leaderboard_json' | 'leaderboard_table' | 'leaderboard_either'
    >();
    expectTypeOf<FunctionName<Game>>().toBeNever();
  });

  it('of columns are those of the table, and of the right type', () => {
    type Row = RelationRow<Public, 'player_races'>;
    expectTypeOf<Row>().toEqualTypeOf<Database['public']['Tables']['player_races']['Row']>();
    expectTypeOf<ColumnName<Row>>().toEqualTypeOf<keyof Row>();
    expectTypeOf<ColumnName<Row, string>>().toEqualTypeOf<
      // What the generator doesn't know is taken as it is.
      'player_name' | 'race' | 'updated_at' | 'location'
    >();
    expectTypeOf<ColumnName<Row, number>>().toEqualTypeOf<
      'id' | 'player_id' | 'rating' | 'wins' | 'losses' | 'location'
    >();
    expectTypeOf<ColumnName<Row, string | null>>().toEqualTypeOf<
      ColumnName<Row, string> | 'country' | 'name' | 'clan' | 'seen_at'
    >();
  });

  it('of details are those that no row has already', () => {
    type Row = RelationRow<Public, 'player_races'>;
    expectTypeOf<DetailName<Row>>().toEqualTypeOf<
      Exclude<keyof Row, 'country' | 'race' | 'name'>
    >();
    expectTypeOf<DetailName<{ rank: number; key: string; form: number }>>().toEqualTypeOf<'form'>();
  });

  it('are any of a client that says nothing of them', () => {
    const made = () => createClient('http://localhost', 'key');
    const switched = () => untyped.schema('game');
    type Made = ReturnType<typeof made>;
    type Switched = ReturnType<typeof switched>;
    expectTypeOf<RelationName<Made>>().toBeString();
    expectTypeOf<RelationName<Switched>>().toBeString();
    expectTypeOf<RelationName<SupabaseClientLike>>().toBeString();
    expectTypeOf<FunctionName<Made>>().toBeString();
    expectTypeOf<FunctionName<SupabaseClientLike>>().toBeString();
    expectTypeOf<ColumnName<RelationRow<Made, 'board'>, number>>().toBeString();
    expectTypeOf<DetailName<RelationRow<Made, 'board'>>>().toBeString();
  });
});

describe('the cache of', () => {
  it('a table has rows with its details', () => {
    const cache = () =>
      new WarmCache({
        loader: leaderboard({
          client,
          table: 'player_races',
          columns: { ...columns, updatedAt: 'updated_at', details: ['wins', 'losses'] },
        }),
        ttl,
      });
    expectTypeOf(cache).toEqualTypeOf<CacheOf<{ wins: number; losses: number }>>();
  });

  it('a table keeps its rows beside an `accept`', () => {
    const ready = () =>
      new WarmCache({
        loader: leaderboard({
          client,
          table: 'player_races',
          columns: { ...columns, details: ['wins'] },
        }),
        ttl,
        accept: vetoShrink(0.5),
      });
    const own = () =>
      new WarmCache({
        loader: leaderboard({
          client,
          table: 'player_races',
          columns: { ...columns, details: ['wins'] },
        }),
        ttl,
        accept: (next, previous) => next.top(1)[0]?.wins !== previous?.size,
      });
    expectTypeOf(ready).toEqualTypeOf<CacheOf<{ wins: number }>>();
    expectTypeOf(own).toEqualTypeOf<CacheOf<{ wins: number }>>();
  });

  it('a table without details has rows of the common fields alone', () => {
    const cache = () =>
      new WarmCache({ loader: leaderboard({ client, table: 'player_races', columns }), ttl });
    // biome-ignore lint/complexity/noBannedTypes: no details
    expectTypeOf(cache).toEqualTypeOf<CacheOf<{}>>();
  });

  it('a table has details that are null or JSON as they are generated', () => {
    const cache = () =>
      new WarmCache({
        loader: leaderboard({
          client,
          table: 'player_races',
          columns: { ...columns, details: ['clan', 'badges'] },
        }),
        ttl,
      });
    expectTypeOf(cache).toEqualTypeOf<CacheOf<{ clan: string | null; badges: Json }>>();
  });

  it('a view takes nullable columns, and says that they are', () => {
    const cache = () =>
      new WarmCache({
        loader: leaderboard({
          client,
          table: 'best_races',
          columns: { ...columns, updatedAt: 'updated_at', details: ['wins'] },
        }),
        ttl,
      });
    expectTypeOf(cache).toEqualTypeOf<CacheOf<{ wins: number | null }>>();
  });

  it('another schema takes its tables, and several columns as a key', () => {
    const key = ['season', 'id'] as const;
    const cache = () =>
      new WarmCache({
        loader: leaderboard({
          client: client.schema('game'),
          table: 'scores',
          columns: { key, player: 'player', name: 'nick', score: 'points', details: ['season'] },
        }),
        ttl,
      });
    expectTypeOf(cache).toEqualTypeOf<CacheOf<{ season: number }>>();
  });

  it('a function has the details of its rows, of any type where they are JSON', () => {
    const cache = () => ({
      json: new WarmCache({
        loader: leaderboard({ client, rpc: 'leaderboard_board', details: ['wins'] }),
        ttl,
      }),
      table: new WarmCache({
        loader: leaderboard({ client, rpc: 'leaderboard_table', details: ['wins'] }),
        ttl,
      }),
    });
    expectTypeOf(cache).toEqualTypeOf<
      () => {
        // biome-ignore lint/suspicious/noExplicitAny: nothing is known of it
        json: WarmCache<Leaderboard<{ wins: any }>>;
        table: WarmCache<Leaderboard<{ wins: number }>>;
      }
    >();
  });

  it('a client without types takes any names, and leaves it to an annotation what they are', () => {
    const cache = () =>
      new WarmCache({
        loader: leaderboard({
          client: untyped,
          table: 'board',
          columns: { key: 'a', player: 'b', name: 'c', score: 'd', details: ['wins'] },
        }),
        ttl,
      });
    // biome-ignore lint/suspicious/noExplicitAny: nothing is known of it
    expectTypeOf(cache).toEqualTypeOf<CacheOf<{ wins: any }>>();
    expectTypeOf(cache).toExtend<CacheOf<{ wins: number }>>();
    expectTypeOf(cache).not.toExtend<CacheOf<{ losses: number }>>();
  });

  it('a client of another make takes any names too', () => {
    const cache = (own: SupabaseClientLike) =>
      leaderboard({ client: own, table: 'board', columns: { ...columns, details: ['wins'] } });
    expectTypeOf(cache).parameter(0).toEqualTypeOf<SupabaseClientLike>();
  });

  it('a schema has the details that it makes', () => {
    const row = z.object({
      key: z.string(),
      player: z.string(),
      name: z.string(),
      country: z.string().nullable(),
      race: z.string().nullable(),
      score: z.number(),
      wins: z.bigint(),
      more: z.date(),
    });
    expectTypeOf<z.output<typeof row>>().toExtend<LeaderboardEntry>();
    const cache = () => ({
      table: new WarmCache({
        loader: leaderboard({
          client,
          table: 'best_races',
          columns: { ...columns, details: ['wins'] },
          schema: row,
        }),
        ttl,
      }),
      rpc: new WarmCache({
        loader: leaderboard({
          client,
          rpc: 'leaderboard_board',
          details: ['wins'],
          schema: row,
        }),
        ttl,
      }),
    });
    type Cache = WarmCache<Leaderboard<{ wins: bigint }>>;
    expectTypeOf(cache).toEqualTypeOf<() => { table: Cache; rpc: Cache }>();
  });
});

/** Options with nothing wrong in them. */
const RIGHT = [
  `{ client, table: 'player_races', columns }`,
  `{ client, table: 'best_races', columns, pageSize: undefined, schema: undefined }`,
  `{ client, rpc: 'leaderboard_either' }`,
  `{ client: untyped, table: 'any', columns: { ...columns, key: ['a', 'b'] } }`,
];

/** What is wrong, the options, the code to which the complaint points, and what it says. */
const WRONG: readonly (readonly [what: string, options: string, at: string, message: RegExp])[] = [
  [
    'a table',
    `{ client, table: 'players', columns }`,
    'table',
    /^Type '"players"' is not assignable to type '.*"player_races".*'.$/,
  ],
  [
    'a table of another schema',
    `{ client: client.schema('game'), table: 'player_races',
      columns: { key: 'id', player: 'player', name: 'nick', score: 'points' } }`,
    'table',
    /^Type '"player_races"' is not assignable to type '"scores"'.$/,
  ],
  [
    'a key',
    `{ client, table: 'player_races', columns: { ...columns, key: 'code' } }`,
    'key',
    /^Type '"code"' is not assignable to type '.*"player_id".*'.$/,
  ],
  [
    'a part of a key',
    `{ client, table: 'player_races', columns: { ...columns, key: ['id', 'no'] } }`,
    'key',
    / Type '"no"' is not assignable to type '.*"player_id".*'.$/,
  ],
  [
    'a player',
    `{ client, table: 'player_races', columns: { ...columns, player: 'player' } }`,
    'player',
    /^Type '"player"' is not assignable to type '.*"player_id".*'.$/,
  ],
  [
    'a score of text',
    `{ client, table: 'player_races', columns: { ...columns, score: 'race' } }`,
    'score',
    /^Type '"race"' is not assignable to type '.*"rating".*'.$/,
  ],
  [
    'a name that may be null',
    `{ client, table: 'player_races', columns: { ...columns, name: 'name' } }`,
    'name',
    /^Type '"name"' is not assignable to type '.*"player_name".*'.$/,
  ],
  [
    'a country of numbers',
    `{ client, table: 'player_races', columns: { ...columns, country: 'wins' } }`,
    'country',
    /^Type '"wins"' is not assignable to type '.*"country".*'.$/,
  ],
  [
    'a race of numbers',
    `{ client, table: 'best_races', columns: { ...columns, race: 'wins' } }`,
    'race',
    /^Type '"wins"' is not assignable to type '.*"race".*'.$/,
  ],
  [
    'a time that may be null',
    `{ client, table: 'player_races', columns: { ...columns, updatedAt: 'seen_at' } }`,
    'updatedAt',
    /^Type '"seen_at"' is not assignable to type '.*"updated_at".*'.$/,
  ],
  [
    'a detail',
    `{ client, table: 'player_races', columns: { ...columns, details: ['wins', 'ties'] } }`,
    `'ties'`,
    /^Type '"ties"' is not assignable to type '.*"losses".*'.$/,
  ],
  [
    'a detail with the name of a field',
    `{ client, table: 'player_races', columns: { ...columns, details: ['country'] } }`,
    `'country'`,
    /^Type '"country"' is not assignable to type '.*"losses".*'.$/,
  ],
  [
    'a column that is left out',
    `{ client, table: 'player_races', columns: { key: 'id', player: 'player_id', name: 'race' } }`,
    'columns',
    /^Property 'score' is missing in type/,
  ],
  [
    'a function that needs an argument',
    `{ client, rpc: 'season_board' }`,
    'rpc',
    /^Type '"season_board"' is not assignable to type '.*"leaderboard_board".*'.$/,
  ],
  [
    'a detail of a function',
    `{ client, rpc: 'leaderboard_table', details: ['ties'] }`,
    `'ties'`,
    /^Type '"ties"' is not assignable to type '"wins"'.$/,
  ],
  [
    'a function with columns',
    `{ client, rpc: 'leaderboard_table', columns }`,
    'columns',
    /'columns' does not exist in type 'SupabaseFunctionOptions/,
  ],
  [
    'a schema without a detail',
    `{ client, table: 'player_races', columns: { ...columns, details: ['wins'] },
      schema: z.object({ key: z.string(), player: z.string(), name: z.string(), score: z.number(),
        country: z.string().nullable(), race: z.string().nullable() }) }`,
    'schema',
    /Property 'wins' is missing/,
  ],
  [
    'a client',
    `{ client: {}, table: 'player_races', columns }`,
    'client',
    /^Property 'from' is missing/,
  ],
];

/** What is offered, the options, and the names. */
const OFFERED: readonly (readonly [what: string, options: string, names: readonly string[]])[] = [
  ['tables', `{ client, table: '|' }`, ['best_races', 'countries', 'player_races']],
  ['tables', `{ client, table: '|', columns }`, ['best_races', 'countries', 'player_races']],
  [
    'functions',
    `{ client, rpc: '|' }`,
    ['leaderboard_board', 'leaderboard_either', 'leaderboard_json', 'leaderboard_table'],
  ],
  ['columns', `{ client, table: 'countries', columns: { key: '|' } }`, ['code', 'name']],
  ['columns', `{ client, table: 'countries', columns: { key: ['|'] } }`, ['code', 'name']],
  [
    'columns of the right type',
    `{ client, table: 'player_races', columns: { score: '|' } }`,
    ['id', 'location', 'losses', 'player_id', 'rating', 'wins'],
  ],
  [
    'columns of the right type',
    `{ client, table: 'player_races', columns: { ...columns, name: '|' } }`,
    ['location', 'player_name', 'race', 'updated_at'],
  ],
  [
    'details',
    `{ client, table: 'best_races', columns: { ...columns, details: ['wins', '|'] } }`,
    ['id', 'player_id', 'player_name', 'rating', 'updated_at', 'wins'],
  ],
  ['details', `{ client, rpc: 'leaderboard_table', details: ['|'] }`, ['wins']],
];

describe('in the editor', () => {
  const all = [...RIGHT, ...[...WRONG, ...OFFERED].map(([, options]) => options)];
  let statements: Map<string, Statement>;

  beforeAll(() => {
    const head = `
      import type { SupabaseClient } from '@supabase/supabase-js';
      import { z } from 'zod';
      import type { Database } from '../support/database.ts';
      import { supabaseLeaderboard } from 'warm-cache/supabase';
      declare const client: SupabaseClient<Database>;
      declare const untyped: SupabaseClient;
      const columns = { key: 'id', player: 'player_id', name: 'player_name', score: 'rating' } as const;
    `;
    const calls = all.map((options) => `supabaseLeaderboard(${options})`);
    statements = new Map(openInEditor(head, calls).map((found, n) => [all[n] ?? '', found]));
  });

  it.each(RIGHT)(
    '%s is right',
    (options) => {
      expect(statements.get(options)?.complaints()).toEqual([]);
    },
    60_000,
  );

  it.each(WRONG)('%s that is wrong is an error there', (_, options, at, message) => {
    expect(statements.get(options)?.complaints()).toEqual([
      { at, message: expect.stringMatching(message) },
    ]);
  });

  it.each(OFFERED)('%s are offered: %s', (_, options, names) => {
    expect(statements.get(options)?.completions()).toEqual(names);
  });
});
