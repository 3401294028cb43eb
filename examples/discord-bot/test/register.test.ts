import { beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../src/config.ts';
import { register } from '../src/register.ts';
import { DiscordStandIn } from './discord/stand-in.ts';
import { BotProcess, envOf } from './support/bot-process.ts';

let discord: DiscordStandIn;
let config: Config;

beforeEach(async () => {
  discord = await new DiscordStandIn().start();
  config = {
    token: discord.token,
    supabaseUrl: 'http://127.0.0.1',
    supabaseKey: 'none',
    guildId: undefined,
    refreshInterval: 30_000,
    discordApi: discord.api,
  };
  return () => discord.stop();
});

const names = (commands: readonly { readonly name: string }[]): string[] =>
  commands.map(({ name }) => name);

describe('register', () => {
  it('puts the commands in the place of those there were, everywhere', async () => {
    await register(config);
    await register(config);
    expect(names(discord.commands)).toEqual(['leaderboard', 'report']);
    expect(discord.guildCommands).toEqual([]);
  });

  it('or in one guild alone', async () => {
    await register({ ...config, guildId: discord.guildId });
    expect(names(discord.guildCommands)).toEqual(['leaderboard', 'report']);
    expect(discord.commands).toEqual([]);
  });

  it('fails with a token that Discord refuses', async () => {
    await expect(register({ ...config, token: 'wrong' })).rejects.toThrow('401');
  });

  it('is a script', async () => {
    await using script = new BotProcess({ script: 'src/register.ts', env: envOf(config) });
    expect(await script.ended).toBe(0);
    expect(script.output).toBe('Registered everywhere: /leaderboard, /report\n');
    expect(names(discord.commands)).toEqual(['leaderboard', 'report']);
  });

  it('is a script that says what is wrong', async () => {
    await using script = new BotProcess({ script: 'src/register.ts', env: {} });
    expect(await script.ended).toBe(2);
    expect(script.output).toMatch(/^DISCORD_TOKEN is missing/);
  });
});
