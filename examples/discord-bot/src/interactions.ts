import {
  type AutocompleteInteraction,
  type BaseInteraction,
  DiscordAPIError,
  RESTJSONErrorCodes,
} from 'discord.js';
import { type Answer, answerTo, answerToPress } from './answer.ts';
import type { Command } from './commands/command.ts';
import { type Log, reasonOf } from './log.ts';
import { RESTARTING, Refusal } from './refusal.ts';
import { within } from './within.ts';

/** Hands each interaction to its command, and sees to it that each is answered, come what may. */
export class Interactions {
  readonly #commands: ReadonlyMap<string, Command>;
  readonly #log: Log;
  readonly #underWay = new Set<Promise<void>>();
  #isClosed = false;

  constructor(commands: readonly Command[], log: Log) {
    this.#commands = new Map(commands.map((command) => [command.definition.name, command]));
    this.#log = log;
  }

  /** Never rejects. */
  handle(interaction: BaseInteraction): Promise<void> {
    const handled = this.#dispatch(interaction).finally(() => this.#underWay.delete(handled));
    this.#underWay.add(handled);
    return handled;
  }

  /** From now on, answers with an excuse. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when all that is under way is answered, or after some ms. */
  async settled(ms: number): Promise<void> {
    await within(ms, Promise.all(this.#underWay));
  }

  async #dispatch(interaction: BaseInteraction): Promise<void> {
    if (interaction.isAutocomplete()) return this.#suggest(interaction);
    if (interaction.isChatInputCommand()) {
      const command = this.#commands.get(interaction.commandName);
      return this.#answer(answerTo(interaction), interaction, (answer) =>
        command?.run(interaction, answer),
      );
    }
    if (!interaction.isButton()) return;
    const command = [...this.#commands.values()].find(({ press }) => press);
    return this.#answer(answerToPress(interaction), interaction, (answer) =>
      command?.press?.(interaction, answer),
    );
  }

  async #answer(
    answer: Answer,
    interaction: BaseInteraction,
    run: (answer: Answer) => Promise<void> | undefined,
  ): Promise<void> {
    try {
      if (this.#isClosed) throw new Refusal(RESTARTING);
      const ran = run(answer);
      if (!ran) throw new Refusal('I know no such command any more.');
      await ran;
    } catch (error) {
      if (!(error instanceof Refusal)) this.#complain(interaction, error);
      const text = error instanceof Refusal ? error.message : 'Something went wrong. Sorry!';
      if (!isTooLate(error)) {
        await answer.tell(text).catch((thrown: unknown) => this.#complain(interaction, thrown));
      }
    }
  }

  async #suggest(interaction: AutocompleteInteraction): Promise<void> {
    try {
      const command = this.#commands.get(interaction.commandName);
      await interaction.respond(command?.suggest(interaction) ?? []);
    } catch (error) {
      this.#complain(interaction, error);
    }
  }

  #complain(interaction: BaseInteraction, error: unknown): void {
    const { id, createdTimestamp } = interaction;
    const age = Date.now() - createdTimestamp;
    if (isTooLate(error)) this.#log.warn(`interaction ${id}: ${reasonOf(error)}, at ${age} ms`);
    else this.#log.error(`interaction ${id}:`, error);
  }
}

const { InteractionHasAlreadyBeenAcknowledged, UnknownInteraction } = RESTJSONErrorCodes;

/** Discord takes no first answer (any more), or has one already: telling it once more is of no use. */
function isTooLate(error: unknown): boolean {
  const codes: unknown[] = [InteractionHasAlreadyBeenAcknowledged, UnknownInteraction];
  return error instanceof DiscordAPIError && codes.includes(error.code);
}
