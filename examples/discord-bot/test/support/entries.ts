import type { APIMessage } from 'discord.js';
import { textOf } from '../discord/message.ts';

/** A row of a leaderboard, as a message shows it. */
export interface Shown {
  readonly rank: number;
  readonly score: number;
  readonly name: string;
  readonly race: string;
  readonly wins: number;
  readonly losses: number;
}

const LINE =
  /^`\s*([\d,]+)\.` `\s*([\d,]+)` \*\*(?:__)?\u2068(.*)\u2069(?:__)?\*\*( ◀ you)?(?: \S+)? \u2068(\S+)\u2069 · ([\d,]+) W ([\d,]+) L$/u;

/** The rows that a message shows. */
export function entriesOf(message: APIMessage): Shown[] {
  return textOf(message)
    .split('\n')
    .map((line) => LINE.exec(line))
    .filter((match) => match !== null)
    .map(([, rank, score, name, , race, wins, losses]) => ({
      rank: numberOf(rank),
      score: numberOf(score),
      name: String(name),
      race: String(race),
      wins: numberOf(wins),
      losses: numberOf(losses),
    }));
}

function numberOf(text = ''): number {
  return Number(text.replaceAll(',', ''));
}
