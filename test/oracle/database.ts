import pg from 'pg';
import type { SupabaseStack } from 'supabase-stack';
import type { LoadContext, NotModified } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { supabaseLeaderboard } from 'warm-cache/supabase';
import type { Answers, Question, Ranking } from '../support/answers.ts';
import type { KeyKind, TestRow } from '../support/rows.ts';
import type { Transaction } from './changes.ts';

const KEY_COLUMNS: Readonly<Record<KeyKind['type'], string>> = {
  bigint: '"the key" bigint primary key',
  integer: '"the key" integer primary key',
  text: '"the key" text primary key',
  uuid: '"the key" uuid primary key',
  pair: 'season text, "the key" integer, primary key (season, "the key")',
};

/** A key as the board has it. */
const KEY: Readonly<Record<KeyKind['type'], string>> = {
  bigint: '"the key"::text',
  integer: '"the key"::text',
  text: '"the key"',
  uuid: '"the key"::text',
  pair: `'[' || to_json(season) || ',' || to_json("the key"::text) || ']'`,
};

const COLUMN: Readonly<Record<keyof Omit<TestRow, 'key'>, string>> = {
  player: '"player(id)"',
  name: '"Name, shown"',
  country: 'country',
  race: '"order"',
  score: 'score',
  wins: 'wins',
  badge: 'badge',
};

export const tableOf = ({ type }: KeyKind): string => `rows by ${type}`;

export const DETAILS = ['wins', 'badge'] as const;

export const rpcOf = ({ type }: KeyKind): string => `board_by_${type}`;

/** The rows of a table, as a board has them: there is no score of -0, which is none but 0. */
const entriesOf = (kind: KeyKind): string => `
  select ${KEY[kind.type]} as key, "player(id)" as player, "Name, shown" as name, country, "order" as race,
    score + 0 as score, wins, badge
  from "${tableOf(kind)}"`;

/** The columns of a table, for the loader: some are not to be had without quotes. */
export const columnsOf = ({ type }: KeyKind) => ({
  key: type === 'pair' ? ['season', 'the key'] : 'the key',
  player: 'player(id)',
  name: 'Name, shown',
  country: 'country',
  race: 'order',
  score: 'score',
  details: DETAILS,
});

export type OracleBoard = Leaderboard<Pick<TestRow, 'badge' | 'wins'>>;

export type OracleLoader = (
  context: LoadContext<OracleBoard>,
) => Promise<OracleBoard | NotModified>;

/** A loader for tables that no types are generated for. */
export function loaderOf(options: object): OracleLoader {
  return supabaseLeaderboard(options as never) as unknown as OracleLoader;
}

/** PostgreSQL, asked directly. */
export class Database {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async connect(stack: SupabaseStack): Promise<Database> {
    const client = new pg.Client({ connectionString: stack.pg });
    await client.connect();
    return new Database(client);
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.#client.query(sql, [...values])).rows;
  }

  end(): Promise<void> {
    return this.#client.end();
  }

  /** Makes a table for keys of each kind, for the API too. */
  async create(kinds: readonly KeyKind[]): Promise<void> {
    for (const kind of kinds) {
      await this.query(`
        create table "${tableOf(kind)}" (
          ${KEY_COLUMNS[kind.type]},
          "player(id)" text not null,
          "Name, shown" text not null,
          country text,
          "order" text,
          score float8 not null,
          wins integer not null,
          badge text,
          changed timestamptz(6) not null default now()
        );
        grant select on "${tableOf(kind)}" to anon;

        create function ${rpcOf(kind)}() returns setof json language sql stable as $$
          select json_agg(entry)
          from (select row_number() over () as nth, entry from (${entriesOf(kind)}) as entry) as entries
          group by nth / 4
        $$;
        grant execute on function ${rpcOf(kind)} to anon;
      `);
    }
  }

  /** Puts rows in place of all that a table has. */
  async fill(kind: KeyKind, rows: readonly TestRow[], changed = 'now()'): Promise<void> {
    await this.query(`delete from "${tableOf(kind)}"`);
    await this.upsert(kind, rows, changed);
  }

  /** Makes changes, in the transaction that is open, or one that begins and ends with them. */
  async change(
    kind: KeyKind,
    keys: readonly string[],
    { changes, stamp }: Transaction,
  ): Promise<void> {
    const keyOf = (nth: number): string => keys[nth % keys.length] ?? '';
    const where = `where ${KEY[kind.type]} =`;
    const table = `"${tableOf(kind)}"`;
    for (const change of changes) {
      if ('put' in change) {
        await this.upsert(kind, [{ key: keyOf(change.put), ...change.row }], stamp);
      } else if ('drop' in change) {
        await this.query(`delete from ${table} ${where} $1`, [keyOf(change.drop)]);
      } else if ('touch' in change) {
        await this.query(`update ${table} set changed = ${stamp} ${where} $1`, [
          keyOf(change.touch),
        ]);
      } else {
        const { set, like } = change;
        const value = set === 'score' ? textOf(like.score) : like[set];
        await this.query(
          `update ${table} set ${COLUMN[set]} = $2, changed = ${stamp} ${where} $1`,
          [keyOf(change.of), value],
        );
      }
    }
  }

  async transact(kind: KeyKind, keys: readonly string[], transaction: Transaction): Promise<void> {
    await this.query('begin');
    await this.change(kind, keys, transaction);
    await this.query('commit');
  }

  /** Inserts rows, or changes those that are there. */
  async upsert(kind: KeyKind, rows: readonly TestRow[], changed: string): Promise<void> {
    const keys = kind.type === 'pair' ? 'season, "the key"' : '"the key"';
    const parts =
      kind.type === 'pair' ? `key::json ->> 0, (key::json ->> 1)::integer` : `key::${kind.type}`;
    const columns = Object.values(COLUMN);
    const rest = columns.join();
    await this.query(
      `insert into "${tableOf(kind)}" (${keys}, ${rest}, changed)
       select ${parts}, player, name, country, race, score, wins, badge, ${changed}
       from json_to_recordset($1) as given(
         key text, player text, name text, country text, race text, score float8, wins integer, badge text
       )
       on conflict (${keys}) do update
       set (${rest}, changed) = (${columns.map((column) => `excluded.${column}`)}, excluded.changed)`,
      [JSON.stringify(rows.map((row) => ({ ...row, score: textOf(row.score) })))],
    );
  }

  /** What PostgreSQL answers, to all questions at once. */
  async answers(
    kind: KeyKind,
    ranking: Ranking,
    questions: readonly Question[],
  ): Promise<Answers[]> {
    return this.answersFrom(entriesOf(kind), ranking, questions);
  }

  /** The same of any query that has an entry's fields, `wins` and `badge`. */
  async answersFrom(
    source: string,
    ranking: Ranking,
    questions: readonly Question[],
  ): Promise<Answers[]> {
    const asked = questions.map(({ country, race, ...question }, nth) => ({
      ...question,
      nth,
      countries: listOf(country),
      races: listOf(race),
    }));
    const rows = await this.query(answersSql(source), [ranking, JSON.stringify(asked)]);
    return rows.map(({ answers }) => answers as Answers);
  }

  /** Each country and race once, by code unit. */
  async known(kind: KeyKind): Promise<{ countries: string[]; races: string[]; size: number }> {
    const once = (column: string): string =>
      `coalesce((select json_agg(distinct ${column}) filter (where ${column} is not null) from "${tableOf(kind)}"), '[]')`;
    const [row] = await this.query(
      `select ${once('country')} as countries, ${once('"order"')} as races, (select count(*)::integer from "${tableOf(kind)}") as size`,
    );
    const { countries, races, size } = row as {
      countries: string[];
      races: string[];
      size: number;
    };
    return { countries: countries.sort(), races: races.sort(), size };
  }
}

/** JSON would lose the sign of -0. */
function textOf(score: number): string {
  return Object.is(score, -0) ? '-0' : String(score);
}

function listOf(wanted: Question['country']): unknown {
  return typeof wanted === 'string' || wanted === null ? [wanted] : wanted;
}

const answersSql = (source: string): string => `
  with board as materialized (
    select *, row_number() over (
      order by
        score desc,
        key !~ '^(0|-?[1-9][0-9]*)$',
        case when key ~ '^(0|-?[1-9][0-9]*)$' then key::numeric end,
        key collate "C"
    ) as place
    from (${source}) as source
  )
  select answers
  from jsonb_to_recordset($2) as asked(
    nth integer, countries jsonb, races jsonb, "bestRaceOnly" boolean, page numeric, "pageSize" numeric, player text,
    n numeric
  )
  cross join lateral (
    with matching as (
      select *, row_number() over (partition by board.player order by place) as nth_of_player
      from board
      where (countries is null or exists (
        select from jsonb_array_elements_text(countries) as wanted where wanted is not distinct from country
      ))
      and (races is null or exists (
        select from jsonb_array_elements_text(races) as wanted where wanted is not distinct from race
      ))
    ),
    ranked as (
      select
        matching.*,
        row_number() over by_place as position,
        case $1
          when 'competition' then rank() over by_score
          when 'modified-competition' then count(*) over (by_score range between unbounded preceding and current row)
          when 'dense' then dense_rank() over by_score
          when 'ordinal' then row_number() over by_place
        end as rank
      from matching
      where nth_of_player = 1 or "bestRaceOnly" is not true
      window by_score as (order by score desc), by_place as (order by place)
    ),
    lines as (
      select
        ranked.player as whose,
        position,
        rank,
        json_build_object(
          'key', key, 'player', ranked.player, 'name', name, 'country', country, 'race', race, 'score', score,
          'wins', wins, 'badge', badge, 'rank', rank
        ) as line
      from ranked
    ),
    own as (select min(position) as best from lines where whose = asked.player)
    select json_build_object(
      'rows', coalesce(json_agg(line order by position) filter (
        where position > (page - 1) * "pageSize" and position <= page * "pageSize"
      ), '[]'),
      'totalRows', count(*),
      'totalPages', ceil(count(*) / "pageSize"),
      'top', coalesce(json_agg(line order by position) filter (where position <= n), '[]'),
      'around', coalesce(json_agg(line order by position) filter (where abs(position - best) <= n), '[]'),
      'rankOf', min(rank) filter (where position = best),
      'count', count(*)
    ) as answers
    from lines cross join own
  ) as answer
  order by nth`;
