import type { SupabaseClient } from '@supabase/supabase-js';
import type { Tally, Write } from './tally.ts';

/** Ms between two matches that nobody tells the caches of. */
const MATCH_INTERVAL = 250;

/** The matches that are played meanwhile, and reported to the database. */
export class Matches {
  readonly #client: SupabaseClient;
  readonly #ids: readonly string[];
  #timer: NodeJS.Timeout | undefined;
  #n = 0;

  private constructor(client: SupabaseClient, ids: readonly string[]) {
    this.#client = client;
    this.#ids = ids;
  }

  /** Between some of the players on the ladder. */
  static async on(client: SupabaseClient): Promise<Matches> {
    // As text: numbers of 64 bits would be rounded.
    const { data, error } = await client.from('player_races').select('id::text').limit(500);
    if (error) throw new Error(`no players to be had: ${error.message}`);
    return new Matches(
      client,
      data.map((row) => String((row as { id: unknown }).id)),
    );
  }

  /** Has matches end all the time. */
  start(): void {
    this.#timer = setInterval(() => {
      this.#n += 1;
      // Not the first two players: theirs are `announced`.
      const of = (place: number): string | undefined =>
        this.#ids[2 + (place % (this.#ids.length - 2))];
      const [winner, loser] = [of(this.#n), of(this.#n * 7 + 1)];
      // While the API is down the match is lost, as it would be without a queue.
      if (winner !== loser) void this.#client.rpc('report_match', { winner, loser }).then();
    }, MATCH_INTERVAL);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One match that the lanes are told of: does the next read have the winner's new rating? */
  async announced(tallies: readonly Tally[]): Promise<void> {
    const [winner, loser] = this.#ids;
    const report = this.#client
      .rpc('report_match', { winner, loser })
      .select('id::text,player_id::text,race,rating');
    const { data, error } = await report;
    if (error) throw new Error(`the match was not recorded: ${error.message}`);
    const rows = data as readonly { id: string; player_id: string; race: string; rating: number }[];
    const written = rows.find(({ id }) => id === winner);
    if (!written) throw new Error('the match was not recorded');
    const { player_id: player, race, rating } = written;
    await Promise.all(
      tallies.map(async ({ lane, writes }) => {
        const start = performance.now();
        await lane.invalidate();
        const board = await lane.get();
        const ms = performance.now() - start;
        const [read] = board.around(player, 0, { race });
        writes.push({ ms, seen: read?.key === winner && read?.score === rating } satisfies Write);
      }),
    );
  }
}
