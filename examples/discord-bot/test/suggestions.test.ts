import { beforeAll, describe, expect, it } from 'vitest';
import { Leaderboard } from 'warm-cache/leaderboard';
import type { Board } from '../src/board.ts';
import { suggestions } from '../src/suggestions.ts';
import { setStage } from './support/stage.ts';

describe('what is offered', () => {
  const stage = setStage(1500);
  beforeAll(() => stage.resident());

  const offered = (option: string, text: string): Promise<string[]> =>
    stage
      .person()
      .suggestions('leaderboard', option, text)
      .then((choices) => choices.map(({ value }) => String(value)));

  it('for nothing typed yet is what has most entries, as many as Discord shows', async () => {
    const most = await stage.query<{ country: string }>(
      'select country from player_races where country is not null group by 1 order by count(*) desc limit 3',
    );
    const countries = await offered('country', '');
    expect(countries).toHaveLength(25);
    expect(countries.slice(0, 3)).toEqual(most.map(({ country }) => country));
  });

  it.each([
    ['country', 'pol', ['PL']],
    ['country', 'POLAND', ['PL']],
    ['country', 'turki', ['TR']],
    ['country', 'cote', ['CI']],
    ['country', 'kr', ['KR']],
    ['country', 'nowhere', []],
    ['country', '  ', 25],
    ['country', '\\', []],
    ['race', 'z', ['zerg']],
    ['race', 'ter', ['terran']],
  ])('for the %s %j fits', async (option, text, expected) => {
    const values = await offered(option, text);
    if (typeof expected === 'number') expect(values).toHaveLength(expected);
    else expect(values.slice(0, expected.length || 1)).toEqual(expected);
  });

  it('says in words what it is, and how many entries it has', async () => {
    const [choice] = await stage.person().suggestions('leaderboard', 'country', 'germ');
    const [row] = await stage.query<{ count: string }>(
      "select count(*) from player_races where country = 'DE'",
    );
    expect(choice).toEqual({ name: `🇩🇪 Germany · ${row?.count} entries`, value: 'DE' });
  });

  it('is found by what was chosen', async () => {
    const [choice] = await stage.person().suggestions('leaderboard', 'country', 'kor');
    const typed = { country: String(choice?.value) };
    const { message } = await stage.person().types('leaderboard', typed).shown;
    expect(message.embeds[0]?.title).toBe('Leaderboard · 🇰🇷 South Korea');
  });

  it('for /report are races', async () => {
    const choices = await stage.person().suggestions('report', 'winner-race', 'pro');
    expect(choices.map(({ value }) => value)).toEqual(['protoss']);
  });
});

const ROW = { name: 'Ace', race: null, score: 1, wins: 0, losses: 0 };

describe('suggestions', () => {
  it('keep to the lengths that Discord allows', () => {
    const countries = ['x'.repeat(100), 'y'.repeat(101), '👩‍🚀'.repeat(20), 'z'];
    const board: Board = new Leaderboard(
      countries.map((country, i) => ({ ...ROW, key: String(i), player: String(i), country })),
      { details: ['wins', 'losses'] },
    );
    const choices = suggestions(board, 'country', '');
    expect(choices.map(({ value }) => value).sort()).toEqual(
      [countries[0], 'z', countries[2]].sort(),
    );
    for (const { name } of choices) expect(name.length).toBeLessThanOrEqual(100);
    expect(choices.find(({ value }) => value === countries[0])?.name).toMatch(/^x+… · 1 entry$/);
    expect(choices.find(({ value }) => value === countries[2])?.name).toMatch(
      /^(👩‍🚀)+… · 1 entry$/u,
    );
  });

  it('begin so, before what merely contains it', () => {
    const countries = ['xab', 'xab', 'xab', 'abx', 'abx', 'aby', 'c'];
    const board: Board = new Leaderboard(
      countries.map((country, i) => ({ ...ROW, key: String(i), player: String(i), country })),
      { details: ['wins', 'losses'] },
    );
    const values = suggestions(board, 'country', 'AB').map(({ value }) => value);
    expect(values).toEqual(['abx', 'aby', 'xab']);
  });
});
