import {
  InteractionContextType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
  SlashCommandBuilder,
} from 'discord.js';

type Definition = RESTPostAPIChatInputApplicationCommandsJSONBody;

/** What Discord is told of `/leaderboard`. */
export const leaderboardDefinition: Definition = new SlashCommandBuilder()
  .setName('leaderboard')
  .setDescription('Shows the ladder')
  .addStringOption((option) =>
    option.setName('country').setDescription('Players of this country alone').setAutocomplete(true),
  )
  .addStringOption((option) =>
    option.setName('race').setDescription('This race alone').setAutocomplete(true),
  )
  .addBooleanOption((option) =>
    option.setName('best-race-only').setDescription("Each player's best race alone"),
  )
  .addIntegerOption((option) =>
    option.setName('page').setDescription('Which page, from 1').setMinValue(1),
  )
  .toJSON();

/** What Discord is told of `/report`. */
export const reportDefinition: Definition = new SlashCommandBuilder()
  .setName('report')
  .setDescription('Reports a match that you have lost')
  .setContexts(InteractionContextType.Guild)
  .addUserOption((option) =>
    option.setName('winner').setDescription('Who has beaten you').setRequired(true),
  )
  .addStringOption((option) =>
    option
      .setName('race')
      .setDescription('What you played, if not your best race')
      .setAutocomplete(true),
  )
  .addStringOption((option) =>
    option
      .setName('winner-race')
      .setDescription('What the winner played, if not their best race')
      .setAutocomplete(true),
  )
  .toJSON();
