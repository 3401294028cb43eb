import {
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type InteractionEditReplyOptions,
  MessageFlags,
} from 'discord.js';

/** What a message shows. */
export type Message = Pick<
  InteractionEditReplyOptions,
  'allowedMentions' | 'components' | 'content' | 'embeds'
>;

/** The ways to answer somebody. The first must be taken within 3 s, or Discord gives the bot up. */
export interface Answer {
  /** Says that it will take a while. */
  defer(): Promise<unknown>;
  /** Shows what was asked for. */
  show(message: Message): Promise<unknown>;
  /** Says something, to whoever asked alone where that is possible still. */
  tell(text: string): Promise<unknown>;
}

const { Ephemeral } = MessageFlags;

/** The answer to a command: a message of its own. */
export function answerTo(interaction: ChatInputCommandInteraction): Answer {
  return {
    defer: async () => interaction.deferred || interaction.deferReply(),
    show: (message) =>
      interaction.deferred ? interaction.editReply(message) : interaction.reply(message as object),
    tell: (content) =>
      interaction.deferred
        ? interaction.editReply({ content })
        : interaction.reply({ content, flags: Ephemeral }),
  };
}

/**
 * The answer to a button: for whoever asked for the message, the message changes; anybody else, whose message it is
 * not, gets one that nobody else sees.
 */
export function answerToPress(interaction: ButtonInteraction): Answer {
  const isOwn = interaction.message.interactionMetadata?.user.id === interaction.user.id;
  return isOwn ? changing(interaction) : apart(interaction);
}

function changing(interaction: ButtonInteraction): Answer {
  return {
    defer: async () => interaction.deferred || interaction.deferUpdate(),
    show: (message) =>
      interaction.deferred ? interaction.editReply(message) : interaction.update(message as object),
    tell: (content) =>
      interaction.deferred
        ? interaction.followUp({ content, flags: Ephemeral })
        : interaction.reply({ content, flags: Ephemeral }),
  };
}

function apart(interaction: ButtonInteraction): Answer {
  const show = (message: Message): Promise<unknown> =>
    interaction.deferred
      ? interaction.editReply(message)
      : interaction.reply({ ...(message as object), flags: Ephemeral });
  return {
    defer: async () => interaction.deferred || interaction.deferReply({ flags: Ephemeral }),
    show,
    tell: (content) => show({ content }),
  };
}
