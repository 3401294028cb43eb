import { expect, it } from 'vitest';
import { Leaderboard } from 'warm-cache/leaderboard';
import { pageMessage } from '../src/page.ts';
import { refusalOfMessage } from './discord/limits.ts';

it.each(['x', '*', '👩‍🚀', '\u0301'])('a page of names that are all %j fits', (mark) => {
  const long = mark.repeat(3000);
  const entries = Array.from({ length: 25 }, (_, i) => ({
    key: String(i),
    player: String(i),
    name: long,
    country: long,
    race: long,
    score: Number.MIN_SAFE_INTEGER + i,
    wins: Number.MAX_SAFE_INTEGER,
    losses: Number.MAX_SAFE_INTEGER,
  }));
  const value = new Leaderboard(entries, { details: ['wins', 'losses'] });
  const snapshot = { value, version: 1, loadedAt: 0, source: 'loader' } as const;
  const query = { country: long, race: long, bestRaceOnly: true, page: 2 };
  const message = pageMessage({ snapshot, query, viewer: '12', isOutage: true });
  expect(refusalOfMessage(JSON.parse(JSON.stringify(message)))).toBeUndefined();
});
