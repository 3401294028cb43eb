import { once } from 'node:events';
import { Events, GatewayCloseCodes } from 'discord.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Leaderboard } from 'warm-cache/leaderboard';
import type { Board } from '../src/board.ts';
import type { Bot } from '../src/bot.ts';
import { discordClient } from '../src/discord.ts';
import { isEphemeral } from './discord/message.ts';
import { entriesOf } from './support/entries.ts';
import { QUICK } from './support/quick-board.ts';
import { setStage } from './support/stage.ts';

const stage = setStage(100);

afterEach(() => {
  stage.discord.gateway.acknowledges = true;
  stage.discord.gateway.heartbeatInterval = 41_250;
});

async function answers(entries = 10): Promise<void> {
  const { message } = await stage.person().types('leaderboard').shown;
  expect(entriesOf(message)).toHaveLength(entries);
}

function boardOf(size: number): Board {
  const entries = Array.from({ length: size }, (_, i) => ({
    key: String(i),
    player: String(i),
    name: 'Ace',
    country: null,
    race: 'zerg',
    score: i,
    wins: 0,
    losses: 0,
  }));
  return new Leaderboard(entries, { details: ['wins', 'losses'] });
}

/** Has the board change five times, each time with a presence of its own. */
async function showBoards({ board }: Bot): Promise<void> {
  for (let size = 1; size <= 5; size += 1) {
    board.set(boardOf(size));
    // Where it may be shown at once, it is by then.
    await new Promise((resolve) => setTimeout(resolve));
  }
}

describe('the bot at the gateway', () => {
  it('asks for no intent at all, and says that it warms up', async () => {
    const identified = once(stage.discord.gateway, 'identify');
    await stage.bot();
    expect(await identified).toMatchObject([
      { intents: 0, presence: { status: 'idle', activities: [{ state: 'Warming up' }] } },
    ]);
  });

  it('answers what came while it was told to reconnect, once', async () => {
    const { gateway, rest } = stage.discord;
    await stage.warmBot();
    const [left, resumed] = [once(gateway, 'left'), once(gateway, 'resume')];
    gateway.askToReconnect();
    await left;
    const before = rest.requests.length;
    const exchange = stage.person().types('leaderboard');
    await resumed;
    await exchange.shown;
    await answers();
    expect(rest.requests.slice(before)).toHaveLength(2);
  });

  it('resumes after its connection was cut', async () => {
    const { gateway } = stage.discord;
    await stage.warmBot();
    const resumed = once(gateway, 'resume');
    gateway.cut();
    await resumed;
    await answers();
  });

  it('resumes on a new connection if its heartbeats get no answer', async () => {
    const { gateway } = stage.discord;
    gateway.heartbeatInterval = 100;
    await stage.warmBot();
    await once(gateway, 'heartbeat');
    const resumed = once(gateway, 'resume');
    gateway.acknowledges = false;
    await resumed;
    gateway.acknowledges = true;
    await answers();
  });

  it('identifies anew if its session is gone, and has its presence again, as it is by then', async () => {
    const { gateway } = stage.discord;
    const bot = await stage.warmBot({ presence: { interval: 60_000, gap: 0 } });
    const [lost, identified] = [stage.log.next(/connection lost/), once(gateway, 'identify')];
    gateway.invalidate();
    await lost;
    // What is said meanwhile, discord.js would keep, and say all of it in the end.
    await showBoards(bot);
    const states: unknown[] = [];
    gateway.on('presence', ({ activities: [activity] }) => states.push(activity?.state));
    // The one it identifies with is that of a start.
    await identified;
    await answers(5);
    const left = once(gateway, 'left');
    await bot.stop();
    await left;
    gateway.removeAllListeners('presence');
    expect(states).toEqual([expect.stringMatching(/^5 entries, \d+ s old$/)]);
  });

  it('has its presence again after a resume, though it be the same', async () => {
    const { gateway } = stage.discord;
    await stage.stack.stopApi();
    try {
      const bot = await stage.bot({ board: QUICK, presence: { interval: 60_000, gap: 10 } });
      while (gateway.presence?.status !== 'dnd') await once(gateway, 'presence');
      // Nothing happens from now on.
      await bot.board.stop();
      const [resumed, presence] = [once(gateway, 'resume'), once(gateway, 'presence')];
      gateway.cut();
      await resumed;
      expect(await presence).toMatchObject([{ activities: [{ state: 'No database' }] }]);
    } finally {
      await stage.stack.startApi();
    }
  });

  it('shows the age of the board as it grows, while nothing else happens', async () => {
    const { gateway } = stage.discord;
    const bot = await stage.warmBot({ presence: { interval: 50, gap: 10 } });
    const loadedAt = bot.board.peek()?.loadedAt ?? 0;
    const ages = [];
    while (ages.length < 2) {
      const [{ activities }] = await once(gateway, 'presence');
      const [, age] = /^100 entries, (\d+) s old$/.exec(activities[0]?.state ?? '') ?? [];
      if (age !== undefined && age !== '0') ages.push(Number(age));
    }
    expect(bot.board.peek()?.loadedAt).toBe(loadedAt);
    expect(ages[1]).toBeGreaterThan(ages[0] ?? Infinity);
    expect(ages[1]).toBeLessThanOrEqual((Date.now() - loadedAt) / 1000);
  });

  it('lets some time lie between two presences, whatever happens', async () => {
    const { gateway } = stage.discord;
    const bot = await stage.bot({ presence: { interval: 60_000, gap: 60_000 } });
    await bot.board.ready();
    let presences = 0;
    gateway.on('presence', () => {
      presences += 1;
    });
    await showBoards(bot);
    await answers(5);
    const left = once(gateway, 'left');
    await bot.stop();
    await left;
    gateway.removeAllListeners('presence');
    expect(presences).toBeLessThanOrEqual(1);
  });

  it.each([{}, { country: 'Atlantis' }])(
    'goes on where Discord takes an answer to %j no more',
    async (typed) => {
      await stage.warmBot();
      const warned = stage.log.next(/Unknown interaction/);
      stage.person().types('leaderboard', typed).giveUp();
      await warned;
      expect(stage.discord.unanswered.splice(0)).toHaveLength(1);
      await answers();
    },
  );

  it('is sorry for a fault of its own, which the log has', async () => {
    await stage.warmBot();
    vi.spyOn(Leaderboard.prototype, 'page').mockImplementationOnce(() => {
      throw new Error('a fault');
    });
    const { message } = await stage.person().types('leaderboard').shown;
    expect(message.content).toBe('Something went wrong. Sorry!');
    expect(isEphemeral(message)).toBe(true);
    expect(stage.log.errors.splice(0)).toEqual([expect.stringMatching(/^interaction .*a fault/)]);
    await answers();
  });

  it('remembers nobody but itself', async () => {
    const client = discordClient(stage.config, stage.log);
    const ready = once(client, Events.ClientReady);
    await client.login(stage.config.token);
    await ready;
    const heard = once(client, Events.InteractionCreate);
    stage.person().types('report', { winner: stage.person() }).giveUp();
    await heard;
    expect(stage.discord.unanswered.splice(0)).toHaveLength(1);
    expect([...client.users.cache.keys()]).toEqual([client.user?.id]);
    for (const [, { members }] of client.guilds.cache) expect(members.cache.size).toBe(0);
    await client.destroy();
  });

  it('does not start with a token that Discord refuses', async () => {
    await expect(stage.bot({}, { token: 'wrong' })).rejects.toThrow('invalid token');
  });

  it('tells when Discord ends the connection for good', async () => {
    const bot = await stage.warmBot();
    stage.discord.gateway.end(GatewayCloseCodes.AuthenticationFailed);
    expect((await bot.dismissed).message).toContain('4004 AuthenticationFailed');
  });
});
