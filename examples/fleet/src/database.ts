import type { SupabaseStack } from 'supabase-stack';

/**
 * A sequence each counts what a process asks: as the query begins, and be it that it is given up. And a load can be made
 * slow, for others to see how it ends.
 */
const SCHEMA = `
create schema fleet_demo;
create table fleet_demo.slowness (seconds float8 not null);
insert into fleet_demo.slowness values (0);

create function fleet_demo.board(process text) returns setof json
language plpgsql volatile
as $$
begin
  perform nextval(format('fleet_demo.%I', process));
  perform pg_sleep(seconds) from fleet_demo.slowness where seconds > 0;
  return query select * from leaderboard_board();
end
$$;
`;

const POLL_INTERVAL = 20;

/** The database of the service: counts the loads that reach it. */
export class Database {
  readonly #stack: SupabaseStack;

  private constructor(stack: SupabaseStack) {
    this.#stack = stack;
  }

  /** @param processes - Those that are counted. */
  static async of(stack: SupabaseStack, processes: readonly string[]): Promise<Database> {
    await stack.query(SCHEMA);
    for (const process of processes) await stack.query(`create sequence fleet_demo."${process}"`);
    return new Database(stack);
  }

  /** Connection string. */
  get url(): string {
    return this.#stack.pg;
  }

  /** How many loads each process has asked for. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#stack.query<{ process: string; count: number }>(`
      select sequencename as process, coalesce(last_value, 0)::integer as count
      from pg_sequences where schemaname = 'fleet_demo'`);
    return new Map(rows.map(({ process, count }) => [process, count]));
  }

  /** How many loads those have asked for whose name begins so. */
  async count(prefix: string): Promise<number> {
    const counts = [...(await this.counts())].filter(([process]) => process.startsWith(prefix));
    return counts.reduce((sum, [, count]) => sum + count, 0);
  }

  /** Has loads take so much longer from now on. */
  async slow(seconds: number): Promise<void> {
    await this.#stack.query('update fleet_demo.slowness set seconds = $1', [seconds]);
  }

  /**
   * Resolves with the process whose load is held up just now.
   *
   * @throws The reason of `signal`.
   */
  async heldUp(signal: AbortSignal): Promise<string> {
    for (;;) {
      signal.throwIfAborted();
      const [row] = await this.#stack.query<{ process: string }>(`
        select application_name as process from pg_stat_activity where wait_event = 'PgSleep'`);
      if (row) return row.process;
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
    }
  }

  /** Has a match end, between two who are not those of {@link players}. */
  async play(): Promise<void> {
    await this.#stack.query(`
      with others as (select id from ratings order by id offset 2),
        pair as (select id from others order by random() limit 2)
      select report_match(min(id), max(id)) from pair`);
  }

  /** Two of the ladder, for a match that is watched. */
  async players(): Promise<{
    readonly winner: { readonly key: string; readonly player: string; readonly race: string };
    readonly loser: string;
  }> {
    const rows = await this.#stack.query<{ key: string; player: string; race: string }>(`
      select id::text as key, player_id::text as player, race from player_races order by id limit 2`);
    const [winner, loser] = rows;
    if (!winner || !loser) throw new Error('no players to be had');
    return { winner, loser: loser.key };
  }
}
