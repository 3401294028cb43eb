import type { LeaderboardFilter } from 'warm-cache/leaderboard';
import type { Board } from './board.ts';

/**
 * At which place from 0 a player's best row stands among those that a filter matches. That is no rank: players of one
 * score share theirs.
 */
export function placeOf(
  board: Board,
  player: string,
  filter: LeaderboardFilter,
): number | undefined {
  const rank = board.rankOf(player, filter);
  if (rank === undefined) return undefined;
  // Mostly few others have the same score: more of them are looked at only if need be.
  for (let reach = 50; ; reach *= 10) {
    const rows = board.around(player, reach, filter);
    const own = rows.findIndex((row) => row.player === player && row.rank === rank);
    const ahead = rows.slice(0, own).filter((row) => row.rank === rank).length;
    if (ahead < reach) return rank - 1 + ahead;
  }
}
