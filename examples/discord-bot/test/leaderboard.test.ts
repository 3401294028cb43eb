import { InteractionResponseType } from 'discord.js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bot } from '../src/bot.ts';
import { buttonsOf, isEphemeral, textOf } from './discord/message.ts';
import { entriesOf, type Shown } from './support/entries.ts';
import { setStage } from './support/stage.ts';

const ROWS = 700;
const { ChannelMessageWithSource } = InteractionResponseType;

const stage = setStage(ROWS);
let bot: Bot;

beforeAll(async () => {
  bot = await stage.resident();
});

/** What the database says a page is. */
function inDatabase(condition: string, page: number, source = 'player_races'): Promise<Shown[]> {
  return stage.query<Shown>(
    `select rank() over (order by rating desc)::integer as rank, rating as score,
       player_name as name, race, wins, losses
     from ${source} where ${condition} order by rating desc, id
     limit 10 offset ${(page - 1) * 10}`,
  );
}

const BEST = `(select distinct on (player_id) * from player_races
  order by player_id, rating desc, id) as best`;

describe('/leaderboard', () => {
  it('shows the first page, at once', async () => {
    const exchange = stage.person().types('leaderboard');
    expect(await exchange.acknowledged).toBe(ChannelMessageWithSource);
    const { message } = await exchange.shown;
    expect(entriesOf(message)).toEqual(await inDatabase('true', 1));
    expect(textOf(message)).toContain(`Page 1 of ${ROWS / 10} · ${ROWS} entries`);
    expect(isEphemeral(message)).toBe(false);
  });

  it('says how old it is, in a way that Discord keeps up to date', async () => {
    const { message } = await stage.person().types('leaderboard').shown;
    const loadedAt = bot.board.peek()?.loadedAt ?? 0;
    expect(textOf(message)).toContain(`As of <t:${Math.floor(loadedAt / 1000)}:R>`);
    expect(textOf(message)).not.toContain('⚠️');
  });

  it.each([
    ['a country', { country: 'PL' }, "country = 'PL'", '🇵🇱 Poland'],
    ['a race', { race: 'zerg' }, "race = 'zerg'", 'zerg'],
    [
      'both',
      { country: 'DE', race: 'terran' },
      "country = 'DE' and race = 'terran'",
      '🇩🇪 Germany · terran',
    ],
    ['a country by its name', { country: ' germany' }, "country = 'DE'", '🇩🇪 Germany'],
    ['a country in small letters', { country: 'pl' }, "country = 'PL'", '🇵🇱 Poland'],
    [
      'a country without its accents',
      { country: 'cote d’ivoire' },
      "country = 'CI'",
      'Côte d’Ivoire',
    ],
    ['a race in capitals', { race: 'ZERG' }, "race = 'zerg'", 'zerg'],
    ['nothing at all', { country: '  ' }, 'true', 'Leaderboard'],
  ])('takes %s', async (_, typed, condition, title) => {
    const { message } = await stage.person().types('leaderboard', typed).shown;
    expect(entriesOf(message)).toEqual(await inDatabase(condition, 1));
    expect(message.embeds[0]?.title).toContain(title);
  });

  it("shows each player's best race alone", async () => {
    const typed = { 'best-race-only': true, page: 2 };
    const { message } = await stage.person().types('leaderboard', typed).shown;
    expect(entriesOf(message)).toEqual(await inDatabase('true', 2, BEST));
    expect(message.embeds[0]?.title).toBe('Leaderboard · best race only');
  });

  it('shows the last page for one far beyond the end', async () => {
    const typed = { page: Number.MAX_SAFE_INTEGER };
    const { message } = await stage.person().types('leaderboard', typed).shown;
    expect(entriesOf(message)).toEqual(await inDatabase('true', ROWS / 10));
    expect(textOf(message)).toContain(`Page ${ROWS / 10} of ${ROWS / 10}`);
    expect(buttonsOf(message).map(({ disabled = false }) => disabled)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it.each([0, -5])(
    'shows the first page for page %i, which Discord lets nobody type',
    async (page) => {
      const { message } = await stage.person().types('leaderboard', { page }).shown;
      expect(entriesOf(message)).toEqual(await inDatabase('true', 1));
    },
  );

  it.each([
    ['country', 'Atlantis'],
    ['race', 'orcs'],
    ['country', '<@1>` **x** [a](https://example.com)'],
    ['country', 'x'.repeat(6000)],
  ])('tells alone whoever asks for the %s %s', async (option, typed) => {
    const { message } = await stage.person().types('leaderboard', { [option]: typed }).shown;
    expect(isEphemeral(message)).toBe(true);
    expect(message.content).toContain(`Nobody on the ladder has the ${option}`);
    expect(message.content).not.toMatch(/<@1>|(?<!\\)`|\*\*x/);
    expect(message.content.length).toBeLessThan(200);
  });

  it('marks the rows of whoever asks', async () => {
    const [top] = bot.board.peek()?.value.top(1) ?? [];
    const { message } = await stage.person('Top', top?.player).types('leaderboard').shown;
    expect(textOf(message).split('\n')[1]).toContain('◀ you');
  });

  it('is answered without a request to the database', async () => {
    const before = stage.stack.requests();
    const people = Array.from({ length: 20 }, () => stage.person());
    await Promise.all(people.map((person) => person.types('leaderboard').shown));
    expect(stage.stack.requests()).toBe(before);
  });

  it('is answered though Discord itself stumbles', async () => {
    stage.discord.rest.incidents.push({ path: /callback$/, status: 500 });
    const { message } = await stage.person().types('leaderboard').shown;
    expect(entriesOf(message)).toHaveLength(10);
  });
});
