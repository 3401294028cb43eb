import { type User, userMention } from 'discord.js';
import type { Message } from './answer.ts';
import type { Board, BoardRow } from './board.ts';
import type { Report, Result } from './matches.ts';
import { number, plain } from './text.ts';

/** One side of a match. */
export interface Side {
  readonly user: User;
  /** As it was on the board before. */
  readonly row: BoardRow;
}

type Failed = Exclude<Report, { outcome: 'recorded' }>;
type Recorded = Extract<Report, { outcome: 'recorded' }>;

/** Tells of a match that was recorded; of the new ranks, if the board is there that has them. */
export function resultMessage(
  { winner: won, loser: lost }: Recorded,
  winner: Side,
  loser: Side,
  board: Board | undefined,
): Message {
  const lines = [lineOf('🏆', winner, won, board), lineOf('▫️', loser, lost, board)];
  if (!board) lines.push('', '-# The new ranks follow as soon as the leaderboard is read again.');
  return {
    content: `${userMention(winner.user.id)} has beaten ${userMention(loser.user.id)}.`,
    // Mentioned is the winner alone, for the other one wrote it. Discord sends no notification of an edit.
    allowedMentions: { users: [winner.user.id] },
    embeds: [{ color: 0x57f287, title: 'Match recorded', description: lines.join('\n') }],
    components: [],
  };
}

/** Why a match may be missing, for people. */
export function excuseOf({ outcome, isRefused }: Failed): string {
  if (outcome === 'in doubt') {
    return 'The database did not answer in time: your match may be recorded, or not. Look at /leaderboard before you report it again.';
  }
  return isRefused
    ? 'The database refused your match: it was not recorded. Perhaps one of you has left the ladder.'
    : "The database can't be reached: your match was not recorded. Try again in a moment.";
}

function lineOf(mark: string, { row }: Side, result: Result, board: Board | undefined): string {
  const { name, race, player } = row;
  const parts = [mark, `**${plain(name)}**`, race !== null && plain(race, 20)];
  const renewed = board?.around(player, 0, { race })[0];
  const rank = renewed && ` · rank ${number(renewed.rank)}${race === null ? '' : ' of that race'}`;
  return `${parts.filter(Boolean).join(' ')} · ${number(result.rating)}${rank ?? ''}`;
}
