import type { SupabaseClient } from '@supabase/supabase-js';
import type { Tally, Write } from './tally.ts';

/** Which matches are played. */
export interface MatchesOptions {
  /**
   * Ms between two matches that nobody tells the caches of.
   * @default 250
   */
  readonly interval?: number;
  /**
   * How many of the best play; 500 of any kind, where it is left out.
   * @default any
   */
  readonly best?: number;
}

/** A row of the ladder, as a match has left it. */
export interface Played {
  readonly id: string;
  readonly player_id: string;
  readonly country: string | null;
  readonly race: string;
  readonly rating: number;
}

/**
 * Has the database record a match.
 *
 * @throws {Error} It was not recorded.
 */
export async function report(
  client: SupabaseClient,
  match: { readonly winner: string | undefined; readonly loser: string | undefined },
): Promise<Played> {
  const { data, error } = await client
    .rpc('report_match', match)
    .select('id::text,player_id::text,country,race,rating');
  if (error) throw new Error(`the match was not recorded: ${error.message}`);
  const written = (data as readonly Played[]).find(({ id }) => id === match.winner);
  if (!written) throw new Error('the match was not recorded');
  return written;
}

/** The matches that are played meanwhile, and reported to the database. */
export class Matches {
  readonly #client: SupabaseClient;
  readonly #ids: readonly string[];
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;
  #n = 0;

  private constructor(client: SupabaseClient, ids: readonly string[], interval: number) {
    this.#client = client;
    this.#ids = ids;
    this.#interval = interval;
  }

  /** Between some of the players on the ladder. */
  static async on(
    client: SupabaseClient,
    { interval = 250, best }: MatchesOptions = {},
  ): Promise<Matches> {
    // As text: numbers of 64 bits would be rounded.
    const some = client.from('player_races').select('id::text');
    const query = best === undefined ? some : some.order('rating', { ascending: false });
    const { data, error } = await query.limit(best ?? 500);
    if (error) throw new Error(`no players to be had: ${error.message}`);
    return new Matches(
      client,
      data.map((row) => String((row as { id: unknown }).id)),
      interval,
    );
  }

  /** Has matches end all the time. */
  start(): void {
    this.#timer = setInterval(() => {
      this.#n += 1;
      // Not the first two players: theirs is the one of `play()`.
      const of = (place: number): string | undefined =>
        this.#ids[2 + (place % (this.#ids.length - 2))];
      const [winner, loser] = [of(this.#n), of(this.#n * 7 + 1)];
      // While the API is down the match is lost, as it would be without a queue.
      if (winner !== loser) void this.#client.rpc('report_match', { winner, loser }).then();
    }, this.#interval);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One match, of two players who have no other: what the winner has after it. */
  play(): Promise<Played> {
    const [winner, loser] = this.#ids;
    return report(this.#client, { winner, loser });
  }

  /** One match that the lanes are told of: does the next read have the winner's new rating? */
  async announced(tallies: readonly Tally[]): Promise<void> {
    const { id: winner, player_id: player, race, rating } = await this.play();
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
