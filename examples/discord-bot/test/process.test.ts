import { once } from 'node:events';
import { GatewayCloseCodes } from 'discord.js';
import { describe, expect, it } from 'vitest';
import { BotProcess, envOf } from './support/bot-process.ts';
import { entriesOf } from './support/entries.ts';
import { setStage } from './support/stage.ts';

const stage = setStage(100);

const main = (env: NodeJS.ProcessEnv = envOf(stage.config)): BotProcess =>
  new BotProcess({ script: 'src/main.ts', env });

describe('the bot as a process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('answers, and ends well at %s', async (signal) => {
    await using bot = main();
    await once(stage.discord.gateway, 'identify');
    const { message } = await stage.person().types('leaderboard').shown;
    expect(entriesOf(message)).toHaveLength(10);
    const left = once(stage.discord.gateway, 'left');
    bot.kill(signal);
    await left;
    expect(await bot.ended).toBe(0);
    expect(bot.output).toMatch(new RegExp(`${signal}: leaving\n.*info  left\n$`));
  });

  it('ends at a signal while it waits to reconnect', async () => {
    await using bot = main();
    await bot.printed(/here as Ladder/);
    stage.discord.gateway.askToReconnect();
    await bot.printed(/connection lost/);
    bot.kill('SIGTERM');
    expect(await bot.ended).toBe(0);
  });

  it('ends at a signal while the first load hangs', async () => {
    stage.stack.pauseApi();
    try {
      await using bot = main();
      await bot.printed(/here as Ladder/);
      bot.kill('SIGTERM');
      expect(await bot.ended).toBe(0);
    } finally {
      stage.stack.resumeApi();
    }
  });

  it('ends at once at a second signal, though a match be under way', async () => {
    await using bot = main();
    await bot.printed(/entries, read in/);
    const [first, second] = await stage.query<{ player: string }>(
      'select player::text from ratings group by player order by player limit 2',
    );
    const loser = stage.person('Loser', first?.player);
    stage.stack.pauseApi();
    try {
      await loser.types('report', { winner: stage.person('Winner', second?.player) }).acknowledged;
      bot.kill('SIGINT');
      await bot.printed(/SIGINT: leaving/);
      bot.kill('SIGTERM');
      expect(await bot.ended).toBe('SIGTERM');
    } finally {
      stage.stack.resumeApi();
    }
  });

  it('leaves nothing open: once stopped, the process ends by itself', async () => {
    await using bot = new BotProcess({
      script: 'test/scripts/ends-by-itself.ts',
      env: envOf(stage.config),
    });
    expect(await bot.ended).toBe(0);
    expect(bot.output).toMatch(/stopped\n$/);
  });

  it('says what is wrong with its environment, all at once', async () => {
    await using bot = main({ SUPABASE_URL: 'nonsense' });
    expect(await bot.ended).toBe(2);
    expect(bot.output).toContain('DISCORD_TOKEN is missing');
    expect(bot.output).toContain('SUPABASE_URL is wrong');
    expect(bot.output).toContain('SUPABASE_KEY is missing');
  });

  it('ends with 1 where Discord refuses its token', async () => {
    await using bot = main({ ...envOf(stage.config), DISCORD_TOKEN: 'not.the.token' });
    expect(await bot.ended).toBe(1);
    expect(bot.output).toContain('An invalid token was provided');
    expect(bot.output).not.toContain('not.the.token');
  });

  it('ends with 1 where Discord can’t be reached', async () => {
    await using bot = main({ ...envOf(stage.config), DISCORD_API: 'http://127.0.0.1:1/api' });
    expect(await bot.ended).toBe(1);
    expect(bot.output).toMatch(/the bot ends: .*ECONNREFUSED/);
  });

  it('ends with 1 where Discord will have it no more', async () => {
    await using bot = main();
    await bot.printed(/here as Ladder/);
    stage.discord.gateway.end(GatewayCloseCodes.AuthenticationFailed);
    expect(await bot.ended).toBe(1);
    expect(bot.output).toContain('4004 AuthenticationFailed');
  });
});

describe('npm run demo:bot', () => {
  const demo = (env: NodeJS.ProcessEnv): BotProcess =>
    new BotProcess({ script: 'test/demo/main.ts', env });

  it('with a token registers the commands, and is the bot itself', async () => {
    const before = stage.discord.commands;
    stage.discord.commands = [];
    await using bot = demo(envOf(stage.config));
    await bot.printed(/entries, read in/);
    expect(bot.output).toMatch(/^Registered everywhere: \/leaderboard, \/report\n/);
    expect(stage.discord.commands).toEqual(before);
    const { message } = await stage.person().types('leaderboard').shown;
    expect(entriesOf(message)).toHaveLength(10);
    bot.kill('SIGTERM');
    expect(await bot.ended).toBe(0);
  });

  it('with a token alone says what is missing', async () => {
    await using bot = demo({ DISCORD_TOKEN: stage.discord.token });
    expect(await bot.ended).toBe(2);
    expect(bot.output).toMatch(/^SUPABASE_URL is missing: .*\nSUPABASE_KEY is missing: .*\n$/);
  });

  it('with a wrong token says that Discord refuses it', async () => {
    await using bot = demo({ ...envOf(stage.config), DISCORD_TOKEN: 'not.the.token' });
    expect(await bot.ended).toBe(1);
    expect(bot.output).toBe('Nothing is registered: 401: Unauthorized\n');
  });
});
