import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandInteractionDataBasicOption,
  type APIApplicationCommandOptionChoice,
  type APIMessage,
  type APIUser,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ChannelType,
  ComponentType,
  InteractionType,
  MessageType,
} from 'discord.js';
import type { Exchange } from './exchange.ts';
import { newId } from './ids.ts';
import { buttonsOf } from './message.ts';
import { type DiscordStandIn, userOf } from './stand-in.ts';

/** What is typed for the options of a command; a person for an option that names a user. */
export type Typed = Readonly<Record<string, boolean | number | string | Person>>;

/** Somebody at a keyboard, whose Discord offers only what is registered and takes only what fits. */
export class Person {
  readonly user: APIUser;
  readonly locale: string;
  readonly #discord: DiscordStandIn;
  readonly #channelId = newId();

  constructor(discord: DiscordStandIn, name: string, id?: string, locale = 'en-US') {
    this.#discord = discord;
    this.user = userOf(name, false, id);
    this.locale = locale;
  }

  /** Sends a slash command. */
  types(name: string, typed: Typed = {}): Exchange {
    const data = this.#command(name, typed);
    return this.#interact({ type: InteractionType.ApplicationCommand, data });
  }

  /** What is offered while an option is being typed. */
  suggestions(
    name: string,
    option: string,
    text: string,
    typed: Typed = {},
  ): Promise<readonly APIApplicationCommandOptionChoice[]> {
    const data = this.#command(name, { ...typed, [option]: text }, option);
    return this.#interact({ type: InteractionType.ApplicationCommandAutocomplete, data }).choices;
  }

  /** Presses a button, by what it says. */
  presses(message: APIMessage, label: string): Exchange {
    const button = buttonsOf(message).find((candidate) => candidate.label === label);
    if (!button || button.disabled) throw new Error(`no button "${label}" to be pressed`);
    return this.forges(message, button.custom_id);
  }

  /** Presses what the message never had. */
  forges(message: APIMessage, customId: string): Exchange {
    const data = { component_type: ComponentType.Button, custom_id: customId };
    return this.#interact({ type: InteractionType.MessageComponent, data, message }, message);
  }

  #command(name: string, typed: Typed, focused?: string): object {
    const { commands, guildCommands, guildId } = this.#discord;
    const command = [...guildCommands, ...commands].find((candidate) => candidate.name === name);
    if (!command) throw new Error(`no command /${name} is registered`);
    const known = ('options' in command ? (command.options ?? []) : []) as BasicOption[];
    const missing = known.find((option) => option.required && !(option.name in typed));
    if (missing && focused === undefined) throw new Error(`/${name} needs ${missing.name}`);
    const people = Object.values(typed).filter((value) => value instanceof Person);
    return {
      id: guildId,
      name,
      type: ApplicationCommandType.ChatInput,
      options: Object.entries(typed).map(([key, value]) => ({
        ...optionOf(known, key, value),
        ...(key === focused && { focused: true }),
      })),
      resolved: { users: Object.fromEntries(people.map(({ user }) => [user.id, user])) },
    };
  }

  #interact(
    interaction: { readonly type: InteractionType; readonly data: object; message?: APIMessage },
    pressedOn?: APIMessage,
  ): Exchange {
    const { guildId } = this.#discord;
    const channel = { id: this.#channelId, type: ChannelType.GuildText, name: 'ladder' };
    return this.#discord.interact(
      {
        ...interaction,
        guild_id: guildId,
        channel_id: channel.id,
        channel: { ...channel, guild_id: guildId },
        member: {
          user: this.user,
          roles: [],
          joined_at: new Date().toISOString(),
          permissions: '0',
        },
        locale: this.locale,
        app_permissions: '0',
        entitlements: [],
        authorizing_integration_owners: { 0: guildId },
        context: 0,
        attachment_size_limit: 10_485_760,
      },
      (interactionId) => this.#answerTo(interactionId, interaction.type),
      pressedOn && structuredClone(pressedOn),
    );
  }

  /** An empty message in answer to what this person did. */
  #answerTo(interactionId: string, type: InteractionType): APIMessage {
    return {
      id: newId(),
      channel_id: this.#channelId,
      author: this.#discord.bot,
      content: '',
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions: [],
      mention_roles: [],
      attachments: [],
      embeds: [],
      components: [],
      pinned: false,
      type: MessageType.ChatInputCommand,
      application_id: this.#discord.bot.id,
      interaction_metadata: {
        id: interactionId,
        type,
        user: this.user,
        authorizing_integration_owners: {},
      },
    } as APIMessage;
  }
}

type BasicOption = APIApplicationCommandBasicOption;

const TYPES: Readonly<Record<number, string>> = {
  [ApplicationCommandOptionType.Boolean]: 'boolean',
  [ApplicationCommandOptionType.Integer]: 'number',
  [ApplicationCommandOptionType.String]: 'string',
  [ApplicationCommandOptionType.User]: 'string',
};

/** As it goes over the wire, if it is what the option takes. */
function optionOf(
  known: readonly BasicOption[],
  name: string,
  given: Typed[string],
): APIApplicationCommandInteractionDataBasicOption {
  const option = known.find((candidate) => candidate.name === name);
  if (!option) throw new Error(`no option ${name}`);
  const { type } = option;
  const value = given instanceof Person ? given.user.id : given;
  if (typeof value !== TYPES[type]) {
    throw new Error(`${name} takes no ${typeof value}`);
  }
  return { name, type, value } as APIApplicationCommandInteractionDataBasicOption;
}
