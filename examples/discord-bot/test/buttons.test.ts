import { InteractionResponseType } from 'discord.js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Board } from '../src/board.ts';
import type { Bot } from '../src/bot.ts';
import { buttonsOf, isEphemeral, textOf } from './discord/message.ts';
import { entriesOf } from './support/entries.ts';
import { setStage } from './support/stage.ts';

const ROWS = 500;

const stage = setStage(ROWS);
let bot: Bot;

beforeAll(async () => {
  bot = await stage.resident();
});

function board(): Board {
  const snapshot = bot.board.peek();
  if (!snapshot) throw new Error('no board');
  return snapshot.value;
}

describe('the buttons', () => {
  it('turn the pages of the message, there and back', async () => {
    const person = stage.person();
    const first = await person.types('leaderboard', { race: 'zerg' }).shown;
    const second = await person.presses(first.message, 'Next').shown;
    expect(second.isUpdate).toBe(true);
    expect(textOf(second.message)).toContain('Page 2 of');
    const { rows } = board().page({ race: 'zerg', page: 2, pageSize: 10 });
    expect(entriesOf(second.message).map(({ name }) => name)).toEqual(rows.map(({ name }) => name));
    const again = await person.presses(second.message, 'Previous').shown;
    expect(again.message).toEqual(first.message);
  });

  it('lead through all pages, each row once', async () => {
    const person = stage.person();
    let { message } = await person.types('leaderboard', { country: 'KR' }).shown;
    const seen = entriesOf(message);
    for (;;) {
      const next = buttonsOf(message).find(({ label }) => label === 'Next');
      if (next?.disabled) break;
      ({ message } = await person.presses(message, 'Next').shown);
      seen.push(...entriesOf(message));
    }
    const rows = board().top(ROWS, { country: 'KR' });
    expect(seen).toEqual(
      rows.map(({ rank, score, name, race, wins, losses }) => ({
        rank,
        score,
        name,
        race,
        wins,
        losses,
      })),
    );
    expect(buttonsOf(message).map(({ disabled = false }) => disabled)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('find whoever presses, among players of the same score too', async () => {
    const players = board().top(ROWS, { bestRaceOnly: true });
    // Such as share their rank with those on the page before.
    const tied = players.filter(
      ({ rank }, i) => Math.floor(i / 10) > Math.floor((rank - 1) / 10) && rank !== i + 1,
    );
    expect(tied.length).toBeGreaterThan(3);
    for (const { player, name, rank } of tied.slice(0, 8)) {
      const person = stage.person(name, player);
      const { message } = await person.types('leaderboard', { 'best-race-only': true }).shown;
      const mine = await person.presses(message, 'My rank').shown;
      const own = textOf(mine.message)
        .split('\n')
        .find((line) => line.includes('◀ you'));
      expect(own).toContain(`${rank}.`);
      expect(own).toContain(name);
    }
  });

  it.each([
    ['nobody of the ladder', undefined, "You aren't on the ladder."],
    ['a player of another race', 'other', "You aren't on this part of the ladder."],
  ])('tell %s alone, and leave the message as it is', async (_, who, text) => {
    const other = board()
      .top(ROWS)
      .find(({ player }) => board().rankOf(player, { race: 'zerg' }) === undefined);
    const person = stage.person('Somebody', who && other?.player);
    const { message } = await person.types('leaderboard', { race: 'zerg' }).shown;
    const mine = await person.presses(message, 'My rank').shown;
    expect(mine).toMatchObject({ isUpdate: false, message: { content: text } });
    expect(isEphemeral(mine.message)).toBe(true);
  });

  it('give others a message of their own, which they can turn the pages of', async () => {
    const [owner, other] = [stage.person('Owner'), stage.person('Other')];
    const { message } = await owner.types('leaderboard').shown;
    const own = await other.presses(message, 'Next').shown;
    expect(own.isUpdate).toBe(false);
    expect(isEphemeral(own.message)).toBe(true);
    expect(textOf(own.message)).toContain('Page 2 of');
    const next = await other.presses(own.message, 'Next').shown;
    expect(next.isUpdate).toBe(true);
    expect(textOf(next.message)).toContain('Page 3 of');
  });

  it('beyond an end that has come nearer show the last page', async () => {
    const person = stage.person();
    const { message } = await person.types('leaderboard').shown;
    const { message: last } = await person.forges(message, 'lb1:n:999999999:a::').shown;
    expect(textOf(last)).toContain(`Page ${ROWS / 10} of ${ROWS / 10}`);
  });
});

describe('a forged or outdated button', () => {
  it.each([
    '',
    'x',
    'lb0:n:2:a::',
    'lb1:n:0:a::',
    'lb1:n:-1:a::',
    'lb1:n:1e3:a::',
    'lb1:n:9999999999:a::',
    'lb1:q:1:a::',
    'lb1:n:1:c::',
    'lb1:n:1:a:',
    'lb1:n:1:a:::',
    'lb1:n:1:a:PL:',
    'lb1:n:1:a:=XX:',
    'lb1:n:1:a:=%:',
    'lb1:n:1:a:=%50L:',
    'lb1:n:1:a::=__proto__',
    'lb1:n:1:a::#short',
    "lb1:n:1:a:='; drop table players; --:",
    `lb1:n:1:a:=${'P'.repeat(90)}:`,
    'lb1:n:1:a::\n',
    '\u0000',
    '🔥'.repeat(50),
  ])('%j is told to be out of date', async (customId) => {
    const person = stage.person();
    const { message } = await person.types('leaderboard').shown;
    const exchange = person.forges(message, customId);
    expect(await exchange.acknowledged).toBe(InteractionResponseType.ChannelMessageWithSource);
    const { message: told } = await exchange.shown;
    expect(told.content).toContain('out of date');
    expect(isEphemeral(told)).toBe(true);
  });
});
