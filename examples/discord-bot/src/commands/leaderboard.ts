import type {
  AutocompleteInteraction,
  ButtonInteraction,
  ChatInputCommandInteraction,
} from 'discord.js';
import type { Snapshot } from 'warm-cache';
import type { Answer } from '../answer.ts';
import type { Board, BoardCache } from '../board.ts';
import { parseCustomId } from '../custom-id.ts';
import { heldBoard } from '../held-board.ts';
import { PAGE_SIZE, pageMessage } from '../page.ts';
import { placeOf } from '../place.ts';
import { type Field, filterOf, type Query, valueMeant } from '../query.ts';
import { Refusal } from '../refusal.ts';
import { suggestions } from '../suggestions.ts';
import type { Command, Suggestions } from './command.ts';
import { leaderboardDefinition } from './definitions.ts';

/** `/leaderboard`: a page of the board, out of memory. */
export class LeaderboardCommand implements Command {
  readonly definition = leaderboardDefinition;
  readonly #cache: BoardCache;
  readonly #patience: number;

  constructor(cache: BoardCache, patience: number) {
    this.#cache = cache;
    this.#patience = patience;
  }

  async run({ options, user }: ChatInputCommandInteraction, answer: Answer): Promise<void> {
    const snapshot = await heldBoard(this.#cache, answer, this.#patience);
    const board = snapshot.value;
    await this.#show(answer, snapshot, user.id, {
      country: valueMeant(board, 'country', options.getString('country')),
      race: valueMeant(board, 'race', options.getString('race')),
      bestRaceOnly: options.getBoolean('best-race-only') ?? false,
      page: Math.max(1, options.getInteger('page') ?? 1),
    });
  }

  suggest({ options }: AutocompleteInteraction): Suggestions {
    const { name, value } = options.getFocused(true);
    const board = this.#cache.peek()?.value;
    return board ? suggestions(board, name as Field, value) : [];
  }

  async press({ customId, user }: ButtonInteraction, answer: Answer): Promise<void> {
    const snapshot = await heldBoard(this.#cache, answer, this.#patience);
    const pressed = parseCustomId(customId, snapshot.value);
    if (!pressed) throw new Refusal('This button is out of date. Type /leaderboard for a new one.');
    const { action, query } = pressed;
    const page = action === 'mine' ? pageOf(user.id, query, snapshot.value) : query.page;
    await this.#show(answer, snapshot, user.id, { ...query, page });
  }

  #show(answer: Answer, snapshot: Snapshot<Board>, viewer: string, query: Query): Promise<unknown> {
    const isOutage = this.#cache.health().consecutiveFailures > 0;
    return answer.show(pageMessage({ snapshot, query, viewer, isOutage }));
  }
}

function pageOf(player: string, query: Query, board: Board): number {
  const place = placeOf(board, player, filterOf(query));
  if (place !== undefined) return Math.floor(place / PAGE_SIZE) + 1;
  const isThere = board.rankOf(player) !== undefined;
  throw new Refusal(`You aren't on ${isThere ? 'this part of ' : ''}the ladder.`);
}
