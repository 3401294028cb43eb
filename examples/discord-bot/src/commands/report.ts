import type { SupabaseClient } from '@supabase/supabase-js';
import type { AutocompleteInteraction, ChatInputCommandInteraction, User } from 'discord.js';
import type { Answer } from '../answer.ts';
import type { Board, BoardCache } from '../board.ts';
import { heldBoard } from '../held-board.ts';
import type { Log } from '../log.ts';
import { reportMatch } from '../matches.ts';
import { valueMeant } from '../query.ts';
import { Refusal } from '../refusal.ts';
import { excuseOf, resultMessage, type Side } from '../result.ts';
import { suggestions } from '../suggestions.ts';
import { plain } from '../text.ts';
import { within } from '../within.ts';
import type { Command, Suggestions } from './command.ts';
import { reportDefinition } from './definitions.ts';

export interface ReportOptions {
  readonly cache: BoardCache;
  readonly client: SupabaseClient;
  readonly log: Log;
  /** Ms that the database may take: for a board, where there is none yet; and for a match. */
  readonly patience: number;
  /** Ends what is under way, at last. */
  readonly signal: AbortSignal;
}

/** `/report`: whoever has lost a match says so. Nobody can report a victory of their own. */
export class ReportCommand implements Command {
  readonly definition = reportDefinition;
  readonly #options: ReportOptions;

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  async run({ options, user }: ChatInputCommandInteraction, answer: Answer): Promise<void> {
    const { cache, client, log, patience, signal } = this.#options;
    const opponent = options.getUser('winner', true);
    if (opponent.id === user.id) throw new Refusal("You can't have lost to yourself.");
    const { value: board } = await heldBoard(cache, answer, patience);
    const loser = sideOf(board, user, options.getString('race'), "You aren't");
    const winner = sideOf(board, opponent, options.getString('winner-race'), `${opponent} isn't`);
    // Nothing in memory answers a write.
    await answer.defer();
    const begun = performance.now();
    const ends = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    const report = await reportMatch(client, winner.row.key, loser.row.key, ends);
    if (report.outcome === 'recorded') {
      const left = patience - (performance.now() - begun);
      const renewed = await within(left, cache.invalidate());
      await answer.show(resultMessage(report, winner, loser, renewed?.value));
      return;
    }
    log.warn(`a match is ${report.outcome}: ${report.reason}`);
    if (report.outcome === 'in doubt') void cache.invalidate();
    throw new Refusal(excuseOf(report));
  }

  suggest({ options }: AutocompleteInteraction): Suggestions {
    const board = this.#options.cache.peek()?.value;
    return board ? suggestions(board, 'race', options.getFocused()) : [];
  }
}

/** A user's id is their player's. */
function sideOf(board: Board, user: User, typedRace: string | null, whoIsNot: string): Side {
  const race = valueMeant(board, 'race', typedRace);
  const [row] = board.around(user.id, 0, { race });
  if (row) return { user, row };
  const withRace = race === undefined ? '' : ` with ${plain(race)}`;
  throw new Refusal(`${whoIsNot} on the ladder${withRace}.`);
}
