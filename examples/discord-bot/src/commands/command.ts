import type {
  AutocompleteInteraction,
  ButtonInteraction,
  ChatInputCommandInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import type { Answer } from '../answer.ts';

/** A slash command: what Discord is told of it, and what it does. */
export interface Command {
  readonly definition: RESTPostAPIChatInputApplicationCommandsJSONBody;
  run(interaction: ChatInputCommandInteraction, answer: Answer): Promise<void>;
  /** What is offered while an option is typed. */
  suggest(interaction: AutocompleteInteraction): Suggestions;
  /** A button of this command's messages was pressed. */
  press?(interaction: ButtonInteraction, answer: Answer): Promise<void>;
}

export type Suggestions = Parameters<AutocompleteInteraction['respond']>[0];
