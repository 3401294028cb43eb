import { expect, it } from 'vitest';
import { Leaderboard } from 'warm-cache/leaderboard';
import { placeOf } from '../src/place.ts';

it('placeOf() tells where a player stands, however many others have the same score', () => {
  const entries = Array.from({ length: 1500 }, (_, i) => ({
    key: String(i),
    player: String(i % 1000),
    name: 'Ace',
    country: null,
    race: i < 1000 ? 'zerg' : 'terran',
    score: i < 3 ? 2000 : 1500,
    wins: 0,
    losses: 0,
  }));
  const board = new Leaderboard(entries, { details: ['wins', 'losses'] });
  for (const filter of [{}, { race: 'terran' }, { race: 'zerg', bestRaceOnly: true }]) {
    const rows = board.top(1500, filter);
    for (const player of ['0', '2', '3', '52', '53', '54', '499', '500', '999', 'nobody']) {
      const place = rows.findIndex((row) => row.player === player);
      expect(placeOf(board, player, filter)).toBe(place === -1 ? undefined : place);
    }
  }
});
