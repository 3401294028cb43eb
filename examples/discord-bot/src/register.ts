// Tells Discord which commands there are: once, and again after they have changed.
import { pathToFileURL } from 'node:url';
import { type APIApplication, Routes } from 'discord.js';
import { leaderboardDefinition, reportDefinition } from './commands/definitions.ts';
import { type Config, ConfigError, configOf } from './config.ts';
import { discordRest } from './discord.ts';
import { reasonOf } from './log.ts';

/** Puts this bot's commands in the place of those that Discord had: in one guild at once, or everywhere. */
export async function register(config: Config): Promise<readonly string[]> {
  const rest = discordRest(config);
  const { id } = (await rest.get(Routes.currentApplication())) as APIApplication;
  const body = [leaderboardDefinition, reportDefinition];
  const route =
    config.guildId === undefined
      ? Routes.applicationCommands(id)
      : Routes.applicationGuildCommands(id, config.guildId);
  await rest.put(route, { body });
  return body.map(({ name }) => name);
}

/** Does so by what the environment says, and tells of it. Resolves with the exit code, as the bot's. */
export async function main(): Promise<number> {
  try {
    const config = configOf(process.env);
    const names = (await register(config)).map((name) => `/${name}`).join(', ');
    const where = config.guildId === undefined ? 'everywhere' : `in the guild ${config.guildId}`;
    console.log(`Registered ${where}: ${names}`);
    return 0;
  } catch (error) {
    const isConfig = error instanceof ConfigError;
    console.error(isConfig ? error.message : `Nothing is registered: ${reasonOf(error)}`);
    return isConfig ? 2 : 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main();
