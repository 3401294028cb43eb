import type pg from 'pg';
import type { Codec, InlineContext } from 'warm-cache';
import { Leaderboard, type LeaderboardEntry, leaderboardCodec } from 'warm-cache/leaderboard';

/** A value of some size, which stands in the database. */
export interface Kind {
  readonly name: string;
  /** Makes the tables. */
  readonly sql: string;
  /** A function's call that changes the value, and answers its new revision. */
  readonly write: string;
  /** Loads it, and counts that in the database, by one query. */
  load(pool: pg.Pool, context: InlineContext): Promise<unknown>;
  revisionOf(value: unknown): number;
  readonly codec: Codec<unknown> | undefined;
}

const BOARD_ROWS = 30_000;

/** Counts the queries of the loaders: no rollback takes a number back. */
export const COUNTER = 'loads';

/** What a row takes as JSON, in bytes. */
const ROW_SIZE = 71;

interface Plain {
  readonly revision: number;
  readonly rows: readonly unknown[];
}

/** Rows as they come, of about so many bytes as JSON. */
function plain(name: string, bytes: number): Kind {
  const table = `value_${bytes}`;
  return {
    name,
    sql: `
      create table ${table} (revision int not null, body text not null);
      insert into ${table}
      select 1, json_agg(json_build_object(
        'id', n, 'name', substr(md5(n::text), 1, 12), 'score', n * 7919 % 3000, 'country', chr(65 + n % 26)))
      from generate_series(1, ${Math.max(1, Math.round(bytes / ROW_SIZE))}) n;
      create function write_${table}() returns int language sql as
        $$ update ${table} set revision = revision + 1 returning revision $$;`,
    write: `write_${table}()`,
    async load(pool): Promise<Plain> {
      const { rows } = await pool.query(
        `select revision, body, nextval('${COUNTER}') from ${table}`,
      );
      return { revision: rows[0].revision, rows: JSON.parse(rows[0].body) };
    },
    revisionOf: (value) => (value as Plain).revision,
    codec: undefined,
  };
}

/** A leaderboard, of which one row of a hundred changes with each revision. The one ahead has the revision for a name. */
const board: Kind = {
  name: `${BOARD_ROWS.toLocaleString('en')} rows`,
  sql: `
    create table players (
      key text primary key, player text not null, name text not null, country text, race text, score int not null
    );
    insert into players
    select n::text, n::text, case n when 0 then '1' else 'player ' || substr(md5(n::text), 1, 8) end,
      chr(65 + n % 26) || chr(65 + n / 26 % 7), (array['protoss', 'random', 'terran', 'zerg'])[1 + n % 4],
      case n when 0 then 1000000 else n::bigint * 7919 % 3000 end
    from generate_series(0, ${BOARD_ROWS - 1}) n;
    create function write_players() returns int language sql as $$
      update players set score = score + 1 where key <> '0' and random() < 0.01;
      update players set name = (name::int + 1)::text where key = '0' returning name::int;
    $$;`,
  write: 'write_players()',
  async load(pool, { previous, notModified, signal }) {
    const { rows } = await pool.query<LeaderboardEntry>(
      `with counted as materialized (select nextval('${COUNTER}'))
      select key, player, name, country, race, score from players, counted`,
    );
    const next = await Leaderboard.from(rows, { previous: previous?.value, signal });
    return next === previous?.value ? notModified : next;
  },
  revisionOf: (value) => Number((value as Leaderboard).top(1)[0]?.name),
  codec: leaderboardCodec() as Codec<unknown>,
};

export const KINDS: readonly Kind[] = [plain('1 kB', 1000), plain('100 kB', 100_000), board];

export function kindOf(name: string): Kind {
  const kind = KINDS.find((one) => one.name === name);
  if (!kind) throw new RangeError(`no such value: ${name}`);
  return kind;
}
