import { once } from 'node:events';
import { InteractionResponseType } from 'discord.js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Bot } from '../src/bot.ts';
import { textOf } from './discord/message.ts';
import { entriesOf } from './support/entries.ts';
import { QUICK } from './support/quick-board.ts';
import { setStage } from './support/stage.ts';

const { ChannelMessageWithSource, DeferredChannelMessageWithSource } = InteractionResponseType;

const stage = setStage(300);

afterEach(async () => {
  stage.stack.resumeApi();
  // Each does nothing where it runs.
  await stage.stack.startApi();
  await stage.stack.startDatabase();
});

/** Resolves when a load has failed for good. */
function failure(bot: Bot): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  bot.board.on('error', ({ final }) => final && resolve());
  return promise;
}

/** Resolves when the bot's presence is such. */
async function presence(pattern: RegExp): Promise<{ text: string; status: string }> {
  const { gateway } = stage.discord;
  for (;;) {
    const { activities = [], status } = gateway.presence ?? {};
    const text = activities[0]?.state ?? '';
    if (status !== undefined && pattern.test(text)) return { text, status };
    await once(gateway, 'presence');
  }
}

describe.each([
  ['the API is down', () => stage.stack.stopApi(), () => stage.stack.startApi()],
  ['the database is down', () => stage.stack.stopDatabase(), () => stage.stack.startDatabase()],
])('while %s', (_, begin, end) => {
  it('answers come out of memory, and tell their age', async () => {
    const bot = await stage.warmBot({ board: QUICK, presence: { interval: 20, gap: 10 } });
    const before = await stage.person().types('leaderboard').shown;
    expect(await presence(/^300 entries, \d+ s old$/)).toMatchObject({ status: 'online' });

    const failed = failure(bot);
    await begin();
    await failed;
    const exchange = stage.person().types('leaderboard');
    expect(await exchange.acknowledged).toBe(ChannelMessageWithSource);
    const { message } = await exchange.shown;
    expect(entriesOf(message)).toEqual(entriesOf(before.message));
    const loadedAt = Math.floor((bot.board.peek()?.loadedAt ?? 0) / 1000);
    expect(textOf(message)).toContain(
      `⚠️ The leaderboard can't be renewed at the moment. This is as of <t:${loadedAt}:R>.`,
    );
    expect(await presence(/^Not renewed · 300 entries, \d+ s old$/)).toMatchObject({
      status: 'idle',
    });

    const person = stage.person();
    const turned = await person.presses((await person.types('leaderboard').shown).message, 'Next')
      .shown;
    expect(entriesOf(turned.message)).toHaveLength(10);
    expect(await stage.person().suggestions('leaderboard', 'race', 'zer')).toHaveLength(1);

    await end();
    await presence(/^300 entries, \d+ s old$/);
    const after = await stage.person().types('leaderboard').shown;
    expect(textOf(after.message)).not.toContain('⚠️');
  });

  it('a bot that has just started asks for patience, and then says why there is nothing', async () => {
    await begin();
    const bot = await stage.bot({
      board: QUICK,
      presence: { interval: 20, gap: 10 },
      patience: 1000,
    });
    const exchange = stage.person().types('leaderboard');
    expect(await exchange.acknowledged).toBe(DeferredChannelMessageWithSource);
    const { message } = await exchange.shown;
    // Without its database, PostgREST itself waits for some seconds.
    expect(message.content).toMatch(
      /^The leaderboard (can't be read: .* I try it again <t:\d+:R>\.|isn't there yet: .* long to answer\..*)$/,
    );
    expect(await presence(/^No database$/)).toMatchObject({ status: 'dnd' });
    expect(await stage.person().suggestions('leaderboard', 'country', '')).toEqual([]);

    await end();
    await bot.board.ready();
    expect(entriesOf((await stage.person().types('leaderboard').shown).message)).toHaveLength(10);
  });
});

describe('a database that gives no answer at all', () => {
  it('keeps nobody waiting for longer than the bot’s patience', async () => {
    stage.stack.pauseApi();
    const bot = await stage.bot({ board: QUICK, patience: 200 });
    const person = stage.person();
    const exchange = person.types('leaderboard', { country: 'PL' });
    expect(await exchange.acknowledged).toBe(DeferredChannelMessageWithSource);
    expect((await exchange.shown).message.content).toContain('the database takes long to answer');
    stage.stack.resumeApi();
    await bot.board.ready();
    expect(
      (await person.types('leaderboard', { country: 'PL' }).shown).message.embeds,
    ).toHaveLength(1);
  });

  it('has those who came early answered as soon as it does', async () => {
    stage.stack.pauseApi();
    await stage.bot();
    const exchanges = Array.from({ length: 5 }, () => stage.person().types('leaderboard'));
    for (const { acknowledged } of exchanges) {
      expect(await acknowledged).toBe(DeferredChannelMessageWithSource);
    }
    stage.stack.resumeApi();
    for (const { shown } of exchanges) expect(entriesOf((await shown).message)).toHaveLength(10);
  });

  it('has a wrong country told to somebody who waited for the board', async () => {
    stage.stack.pauseApi();
    await stage.bot();
    const exchange = stage.person().types('leaderboard', { country: 'Atlantis' });
    await exchange.acknowledged;
    stage.stack.resumeApi();
    expect((await exchange.shown).message.content).toContain('Nobody on the ladder');
  });

  it('puts off the buttons of old messages, and then changes them', async () => {
    const person = stage.person();
    const old = await stage.warmBot();
    const { message } = await person.types('leaderboard').shown;
    await old.stop();
    stage.stack.pauseApi();
    await stage.bot();
    const [own, foreign] = [person, stage.person()].map((who) => who.presses(message, 'Next'));
    const forged = person.forges(message, 'x');
    expect(await own?.acknowledged).toBe(InteractionResponseType.DeferredMessageUpdate);
    expect(await foreign?.acknowledged).toBe(DeferredChannelMessageWithSource);
    expect(await forged.acknowledged).toBe(InteractionResponseType.DeferredMessageUpdate);
    stage.stack.resumeApi();
    expect(await own?.shown).toMatchObject({ isUpdate: true });
    expect(textOf((await foreign?.shown)?.message ?? message)).toContain('Page 2 of');
    expect((await forged.shown).message.content).toContain('out of date');
    expect((await forged.shown).isUpdate).toBe(false);
  });
});

describe('a board that has lost most of its rows', () => {
  it('is refused, and the log says so: what was there is shown, with its age', async () => {
    const bot = await stage.warmBot();
    await stage.query('create table kept as select * from ratings order by rating desc limit 200');
    const warned = stage.log.next(/accept; served from memory/);
    try {
      await stage.query('delete from ratings where id in (select id from kept)');
      await expect(bot.board.invalidate()).rejects.toThrow('accept');
      await warned;
      const { message } = await stage.person().types('leaderboard').shown;
      expect(textOf(message)).toContain('300 entries');
      expect(textOf(message)).toContain("⚠️ The leaderboard can't be renewed at the moment.");
    } finally {
      await stage.query('insert into ratings select * from kept');
    }
    await bot.board.invalidate();
    expect(textOf((await stage.person().types('leaderboard').shown).message)).not.toContain('⚠️');
  });
});
