import {
  ActionRowBuilder,
  type APIEmbed,
  ButtonBuilder,
  ButtonStyle,
  type MessageActionRowComponentBuilder,
} from 'discord.js';
import type { Snapshot } from 'warm-cache';
import type { Message } from './answer.ts';
import type { Board, BoardRow } from './board.ts';
import { countryName, flagOf } from './countries.ts';
import { type Action, customIdOf } from './custom-id.ts';
import { filterOf, type Query } from './query.ts';
import { clipped, moment, number, plain } from './text.ts';

/** How many entries a message shows. */
export const PAGE_SIZE = 10;

const BLURPLE = 0x5865f2;
const YELLOW = 0xfee75c;

export interface PageOptions {
  readonly snapshot: Snapshot<Board>;
  readonly query: Query;
  /** Whose rows stand out. */
  readonly viewer: string;
  /** Whether the board can't be renewed at the moment, and grows old. */
  readonly isOutage: boolean;
}

/** One page of the board, with the buttons to the others. */
export function pageMessage({ snapshot, query, viewer, isOutage }: PageOptions): Message {
  const { value: board, loadedAt } = snapshot;
  const filter = filterOf(query);
  const totalRows = board.count(filter);
  const totalPages = Math.max(1, Math.ceil(totalRows / PAGE_SIZE));
  const page = Math.min(query.page, totalPages);
  const { rows } = board.page({ ...filter, page, pageSize: PAGE_SIZE });
  const age = isOutage
    ? `⚠️ The leaderboard can't be renewed at the moment. This is as of ${moment(loadedAt)}.`
    : `-# As of ${moment(loadedAt)}`;
  const embed: APIEmbed = {
    color: isOutage ? YELLOW : BLURPLE,
    title: titleOf(query),
    description: [...linesOf(rows, viewer), '', age].join('\n'),
    footer: {
      text: `Page ${number(page)} of ${number(totalPages)} · ${number(totalRows)} ${totalRows === 1 ? 'entry' : 'entries'}`,
    },
  };
  return { content: '', embeds: [embed], components: [buttons({ ...query, page }, totalPages)] };
}

function titleOf({ country, race, bestRaceOnly }: Query): string {
  const parts = [
    'Leaderboard',
    country !== undefined && `${flagOf(country)} ${countryName(country)}`.trim(),
    race,
    bestRaceOnly && 'best race only',
  ];
  return clipped(parts.filter(Boolean).join(' · '), 256);
}

function linesOf(rows: readonly BoardRow[], viewer: string): string[] {
  if (rows.length === 0) return ['Nobody yet.'];
  const widest = (field: 'rank' | 'score'): number =>
    Math.max(...rows.map((row) => number(row[field]).length));
  const widths = { rank: widest('rank'), score: widest('score') };
  return rows.map((row) => lineOf(row, widths, row.player === viewer));
}

/** Ranks and scores are code, so that they stand in columns; names of all scripts could not. */
function lineOf(
  { rank, name, country, race, score, wins, losses }: BoardRow,
  widths: { readonly rank: number; readonly score: number },
  isViewer: boolean,
): string {
  const numbers = `\`${number(rank).padStart(widths.rank)}.\` \`${number(score).padStart(widths.score)}\``;
  const who = isViewer ? `**__${plain(name)}__** ◀ you` : `**${plain(name)}**`;
  const details = [country && flagOf(country), race !== null && plain(race, 20)];
  const results = `${number(wins)} W ${number(losses)} L`;
  return [numbers, who, ...details.filter(Boolean), '·', results].join(' ');
}

function buttons(
  query: Query,
  totalPages: number,
): ActionRowBuilder<MessageActionRowComponentBuilder> {
  const button = (action: Action, page: number, label: string, emoji: string): ButtonBuilder =>
    new ButtonBuilder()
      .setCustomId(customIdOf(action, { ...query, page }))
      .setLabel(label)
      .setEmoji(emoji)
      .setStyle(action === 'mine' ? ButtonStyle.Primary : ButtonStyle.Secondary);
  const { page } = query;
  return new ActionRowBuilder<MessageActionRowComponentBuilder>().addComponents(
    button('previous', Math.max(1, page - 1), 'Previous', '◀️').setDisabled(page <= 1),
    button('next', page + 1, 'Next', '▶️').setDisabled(page >= totalPages),
    button('mine', page, 'My rank', '🎯'),
  );
}
