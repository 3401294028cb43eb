import { describe, expect, it } from 'vitest';
import { Leaderboard, type LeaderboardEntry } from 'warm-cache/leaderboard';
import type { Board } from '../src/board.ts';
import { customIdOf, parseCustomId } from '../src/custom-id.ts';

const TEXTS = [
  'PL',
  '',
  ' ',
  ':',
  '=',
  '#',
  '::a',
  '%',
  'Côte d’Ivoire',
  '🔥'.repeat(40),
  'x'.repeat(500),
];

function boardOf(texts: readonly string[]): Board {
  const entry = { player: '1', name: 'Ace', score: 1, wins: 0, losses: 0 };
  const entries = texts.map((text, i): LeaderboardEntry & { wins: number; losses: number } => ({
    ...entry,
    key: String(i),
    country: text,
    race: text,
  }));
  return new Leaderboard(entries, { details: ['wins', 'losses'] });
}

describe('the id of a button', () => {
  const board = boardOf(TEXTS);
  const texts = [undefined, ...TEXTS];
  const queries = texts.flatMap((country) =>
    texts.map((race) => ({ country, race, page: 999_999_999, bestRaceOnly: race === ':' })),
  );

  it('has 100 characters at most, whatever the countries and races are called', () => {
    for (const query of queries) {
      const id = customIdOf('previous', query);
      expect(id.length).toBeLessThanOrEqual(100);
      expect(parseCustomId(id, board)).toEqual({ action: 'previous', query });
    }
  });

  it('is another one for each button', () => {
    const query = { page: 1, bestRaceOnly: false };
    const ids = (['previous', 'next', 'mine'] as const).map((action) => customIdOf(action, query));
    expect(new Set(ids).size).toBe(3);
  });

  it('means nothing on a board that has lost its country', () => {
    for (const country of TEXTS) {
      const id = customIdOf('next', { country, page: 2, bestRaceOnly: false });
      const others = boardOf(TEXTS.filter((text) => text !== country));
      expect(parseCustomId(id, others)).toBeUndefined();
    }
  });
});
