import { styleText } from 'node:util';
import type { APIEmbed, APIMessage } from 'discord.js';
import { buttonsOf, isEphemeral } from '../discord/message.ts';

const style = (format: Parameters<typeof styleText>[0], text: string): string =>
  styleText(format, text);

/** A message as its readers see it, in lines. */
export function drawn(message: APIMessage, nameOf: (id: string) => string): string[] {
  const bar = style('blue', '│');
  const buttons = buttonsOf(message).map(({ label, emoji, disabled }) => {
    const face = `${emoji?.name ?? ''} ${label}`;
    return disabled ? style('dim', `(${face})`) : `[${face}]`;
  });
  return [
    ...(isEphemeral(message) ? [style('dim', 'Only you can see this')] : []),
    ...(message.content ? [plainText(message.content, nameOf)] : []),
    ...message.embeds.flatMap((embed) => linesOf(embed, nameOf)),
    ...(buttons.length > 0 ? [buttons.join(' ')] : []),
  ].map((line) => `  ${bar} ${line}`);
}

export function dim(text: string): string {
  return style('dim', text);
}

export function heading(text: string): string {
  return style('bold', text);
}

function linesOf(
  { title, description = '', footer }: APIEmbed,
  nameOf: (id: string) => string,
): string[] {
  return [
    ...(title ? [style('bold', title)] : []),
    ...description.split('\n').map((line) => plainText(line, nameOf)),
    ...(footer ? [style('dim', footer.text)] : []),
  ];
}

/** Discord's Markdown, as far as the bot writes it. */
function plainText(line: string, nameOf: (id: string) => string): string {
  const escaped: string[] = [];
  const text = line
    // Isolates of direction have no width, but not in every terminal.
    .replaceAll(/[\u2068\u2069]/g, '')
    .replaceAll(/\\([^0-9A-Za-z\s])/g, (_, mark: string) => `\u0001${escaped.push(mark) - 1}\u0002`)
    .replace(/^-# (.*)$/, (_, small: string) => style('dim', small))
    .replaceAll(/`([^`]*)`/g, '$1')
    .replaceAll(/__(.*?)__/g, (_, words: string) => style('underline', words))
    .replaceAll(/\*\*(.*?)\*\*/g, (_, words: string) => style('bold', words))
    .replaceAll(/<@(\d+)>/g, (_, id: string) => style('cyan', `@${nameOf(id)}`))
    .replaceAll(/<t:(\d+):R>/g, (_, seconds: string) => relative(Number(seconds) * 1000));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what no message has
  return text.replaceAll(/\u0001(\d+)\u0002/g, (_, i: string) => escaped[Number(i)] ?? '');
}

function relative(epochMs: number): string {
  const seconds = Math.round((epochMs - Date.now()) / 1000);
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(seconds, 'second');
}
