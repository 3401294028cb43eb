import { once } from 'node:events';
import { InteractionResponseType } from 'discord.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OpenTimers } from '../../../test/support/open-timers.ts';
import { Bot } from '../src/bot.ts';
import type { Exchange } from './discord/exchange.ts';
import { setStage } from './support/stage.ts';

const stage = setStage(100);

afterEach(() => stage.stack.resumeApi());

/** A match that is reported while the API gives no answer. */
async function reportUnderWay(bot: Bot): Promise<Exchange> {
  const [winner, loser] = (bot.board.peek()?.value.top(2, { bestRaceOnly: true }) ?? []).map(
    ({ name, player }) => stage.person(name, player),
  );
  if (!winner || !loser) throw new Error('no players');
  stage.stack.pauseApi();
  const exchange = loser.types('report', { winner });
  await exchange.acknowledged;
  return exchange;
}

describe('stop()', () => {
  it('ends a load that is in flight, and tells those who wait for it', async () => {
    stage.stack.pauseApi();
    const bot = await stage.bot();
    const exchange = stage.person().types('leaderboard');
    expect(await exchange.acknowledged).toBe(
      InteractionResponseType.DeferredChannelMessageWithSource,
    );
    expect(bot.board.health().load).toMatchObject({ reason: 'start' });
    const left = once(stage.discord.gateway, 'left');
    await bot.stop();
    await left;
    expect((await exchange.shown).message.content).toBe(
      'I am being restarted. Try again in a moment.',
    );
  });

  it('waits for a match that is being recorded', async () => {
    const bot = await stage.warmBot();
    const before = await stage.query('select id from games');
    const exchange = await reportUnderWay(bot);
    const stopped = bot.stop();
    stage.stack.resumeApi();
    await stopped;
    expect((await exchange.shown).message.embeds[0]?.title).toBe('Match recorded');
    expect(await stage.query('select id from games')).toHaveLength(before.length + 1);
  });

  it('does not wait for ever, and then says that it can’t tell', async () => {
    const bot = await stage.warmBot({ grace: 1000 });
    const exchange = await reportUnderWay(bot);
    const stopped = bot.stop().then(() => 'stopped');
    const told = exchange.shown.then(({ message }) => message.content);
    expect(await Promise.race([told, stopped])).toContain('may be recorded, or not');
    await stopped;
  });

  it('has told those who wait before it leaves, though Discord take its time', async () => {
    const bot = await stage.warmBot({ grace: 1000 });
    const exchange = await reportUnderWay(bot);
    const { rest } = stage.discord;
    const release = rest.hold();
    const stopped = bot.stop().then(() => 'stopped');
    const told = exchange.shown.then(({ message }) => message.content);
    await vi.waitFor(() => expect(rest.requests.at(-1)).toMatch(/@original$/), 10_000);
    release();
    expect(await Promise.race([told, stopped])).toContain('may be recorded, or not');
    await stopped;
  });

  it('has an excuse for whoever comes meanwhile', async () => {
    const bot = await stage.warmBot();
    const exchange = await reportUnderWay(bot);
    const stopped = bot.stop();
    const { message } = await stage.person().types('leaderboard').shown;
    expect(message.content).toBe('I am being restarted. Try again in a moment.');
    stage.stack.resumeApi();
    await stopped;
    expect((await exchange.shown).message.embeds[0]?.title).toBe('Match recorded');
  });

  it('leaves no timer behind', async () => {
    using timers = new OpenTimers('node_modules');
    const bot = await stage.warmBot({ presence: { interval: 60_000, gap: 10 } });
    await stage.person().types('leaderboard').shown;
    expect(timers.count).toBeGreaterThan(0);
    await bot.stop();
    expect(timers.count).toBe(0);
  });

  it('does not wait for a Discord that is gone without a word', async () => {
    const bot = await stage.warmBot({ grace: 100 });
    const { gateway } = stage.discord;
    gateway.hear(false);
    await bot.stop();
    expect(gateway.connections).toBe(1);
    gateway.hear(true);
  });

  it('may be called twice', async () => {
    const bot = await stage.bot();
    await Promise.all([bot.stop(), bot.stop()]);
    await bot.stop();
  });

  it('may be called while the bot still logs in, and leaves no connection', async () => {
    const bot = new Bot(stage.config, stage.log);
    const started = bot.start();
    // The board is being read already.
    expect(bot.board.health().load).toMatchObject({ reason: 'start' });
    await bot.stop();
    await started;
    await stage.clear();
  });
});
