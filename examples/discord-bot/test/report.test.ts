import { InteractionResponseType } from 'discord.js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BoardRow } from '../src/board.ts';
import type { Bot } from '../src/bot.ts';
import { isEphemeral, textOf } from './discord/message.ts';
import type { Person } from './discord/person.ts';
import { setStage } from './support/stage.ts';

const { ChannelMessageWithSource, DeferredChannelMessageWithSource } = InteractionResponseType;

const stage = setStage(400);
let bot: Bot;

beforeAll(async () => {
  bot = await stage.resident({ patience: 2000 });
});

function top(n: number): readonly BoardRow[] {
  return bot.board.peek()?.value.top(n, { bestRaceOnly: true }) ?? [];
}

/** A player of the ladder, at a place from 1. */
function player(place: number): Person {
  const row = top(place).at(-1);
  return stage.person(row?.name, row?.player);
}

async function games(): Promise<number> {
  const [row] = await stage.query<{ count: string }>('select count(*) from games');
  return Number(row?.count);
}

describe('/report', () => {
  it('records a match between the best races, and shows the board that has it', async () => {
    const [winner, loser] = [player(5), player(2)];
    const before = await games();
    const exchange = loser.types('report', { winner });
    expect(await exchange.acknowledged).toBe(DeferredChannelMessageWithSource);
    const { message } = await exchange.shown;
    expect(await games()).toBe(before + 1);
    const rows = await stage.query<{ rating: number; rank: string }>(
      `select rating, (select 1 + count(*) from ratings as r
         where r.race = ratings.race and r.rating > ratings.rating) as rank
       from ratings where id in (
         (select winner from games order by id desc limit 1),
         (select loser from games order by id desc limit 1))
       order by player = $1 desc`,
      winner.user.id,
    );
    const lines = textOf(message).split('\n');
    expect(lines[0]).toBe(`<@${winner.user.id}> has beaten <@${loser.user.id}>.`);
    expect(lines[2]).toContain(rows[0]?.rating.toLocaleString('en'));
    expect(lines[2]).toMatch(new RegExp(`rank ${rows[0]?.rank}\\b`));
    expect(lines[3]).toContain(rows[1]?.rating.toLocaleString('en'));
    // Mentioned is the winner alone, for it is not they who reported.
    expect(message).toMatchObject({ allowed_mentions: { users: [winner.user.id] } });
    // The very next look at the leaderboard has it, too.
    const row = bot.board.peek()?.value.around(winner.user.id, 0)[0];
    expect(row?.score).toBe(rows[0]?.rating);
  });

  it('takes the races that are said, by any way they are written', async () => {
    const [first, second] = await stage.query<{ player: string; races: string[] }>(
      `select player::text, array_agg(race order by rating) as races from ratings
       group by player having count(*) > 1 order by player limit 2`,
    );
    const [winner, loser] = [first, second].map((row) => stage.person('Player', row?.player));
    if (!winner || !loser) throw new Error('no such players');
    const typed = {
      winner,
      race: second?.races[0]?.toUpperCase() ?? '',
      'winner-race': first?.races[0] ?? '',
    };
    await loser.types('report', typed).shown;
    const [game] = await stage.query<{ won: string; lost: string }>(
      `select w.race as won, l.race as lost from games
       join ratings w on w.id = winner join ratings l on l.id = loser order by games.id desc limit 1`,
    );
    expect(game).toEqual({ won: first?.races[0], lost: second?.races[0] });
  });

  it.each([
    ['oneself', () => [player(1), player(1)], {}, "You can't have lost to yourself."],
    [
      'a winner who isn’t on the ladder',
      () => [stage.person(), player(1)],
      {},
      "isn't on the ladder.",
    ],
    ['oneself not being on it', () => [player(1), stage.person()], {}, "You aren't on the ladder."],
    [
      'an unknown race',
      () => [player(1), player(2)],
      { race: 'orcs' },
      'Nobody on the ladder has the race',
    ],
    [
      'an unknown race of the winner',
      () => [player(1), player(2)],
      { 'winner-race': 'x' },
      'Nobody',
    ],
  ])('refuses %s, and records nothing', async (_, people, typed, text) => {
    const [winner, loser] = people() as [Person, Person];
    const before = await games();
    const exchange = loser.types('report', { winner, ...typed });
    expect(await exchange.acknowledged).toBe(ChannelMessageWithSource);
    const { message } = await exchange.shown;
    expect(message.content).toContain(text);
    expect(isEphemeral(message)).toBe(true);
    // Whoever is named is not called for.
    expect(message).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(await games()).toBe(before);
  });

  it('refuses a race that the player doesn’t play', async () => {
    const races = bot.board.peek()?.value.races ?? [];
    const [row] = await stage.query<{ player: string; race: string }>(
      'select player::text, min(race) as race from ratings group by player having count(*) = 1 limit 1',
    );
    const race = races.find((candidate) => candidate !== row?.race) ?? '';
    const exchange = stage.person('One', row?.player).types('report', { winner: player(1), race });
    expect((await exchange.shown).message.content).toMatch(/^You aren't on the ladder with .*\.$/);
  });

  it('says so where the database refuses, as for a row that was deleted meanwhile', async () => {
    const rows = top(400);
    const [gone, other] = [rows.at(-1), rows.at(-2)] as [BoardRow, BoardRow];
    await stage.query('delete from games where $1 in (winner, loser)', gone.key);
    await stage.query('delete from ratings where id = $1', gone.key);
    const winner = stage.person(gone.name, gone.player);
    const { message } = await stage.person(other.name, other.player).types('report', { winner })
      .shown;
    expect(message.content).toContain('The database refused your match: it was not recorded.');
    expect(stage.log.warnings.at(-1)).toContain('not recorded: no ratings');
  });

  it('records nothing while the database is down, and says so', async () => {
    const before = await games();
    const [winner, loser] = [player(1), player(2)];
    await stage.stack.stopDatabase();
    const { message } = await loser.types('report', { winner }).shown;
    expect(message.content).toMatch(/was not recorded|may be recorded, or not/);
    await stage.stack.startDatabase();
    expect(await games()).toBe(before);
  });

  it('tells of a match that is recorded though the board can’t be read after it', async () => {
    const [winner, loser] = [player(1), player(2)];
    const before = await games();
    await stage.query('revoke select on player_races from anon');
    try {
      const { message } = await loser.types('report', { winner }).shown;
      expect(textOf(message)).toContain('Match recorded');
      expect(textOf(message)).toContain('The new ranks follow as soon as');
      expect(textOf(message)).not.toContain('· rank');
    } finally {
      await stage.query('grant select on player_races to anon');
    }
    expect(await games()).toBe(before + 1);
  });

  it('says that it can’t tell where no answer comes', async () => {
    const [winner, loser] = [player(1), player(2)];
    stage.stack.pauseApi();
    try {
      const { message } = await loser.types('report', { winner }).shown;
      expect(message.content).toContain('your match may be recorded, or not');
    } finally {
      stage.stack.resumeApi();
    }
  });
});
