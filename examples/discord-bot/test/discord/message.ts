import {
  type APIButtonComponentWithCustomId,
  type APIMessage,
  ComponentType,
  MessageFlags,
} from 'discord.js';

/** The buttons under a message that can be pressed, or could if they weren't disabled. */
export function buttonsOf({ components = [] }: APIMessage): APIButtonComponentWithCustomId[] {
  return components
    .flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []))
    .filter((button) => button.type === ComponentType.Button && 'custom_id' in button)
    .map((button) => button as APIButtonComponentWithCustomId);
}

/** Whether the message is seen by one person alone. */
export function isEphemeral({ flags }: APIMessage): boolean {
  return ((flags ?? 0) & MessageFlags.Ephemeral) !== 0;
}

/** All that a message says, as Discord shows it: without the backslashes that its Markdown needs. */
export function textOf({ content, embeds }: APIMessage): string {
  const texts = [
    content,
    ...embeds.flatMap(({ title, description, footer }) => [title, description, footer?.text]),
  ];
  return texts
    .filter(Boolean)
    .join('\n')
    .replaceAll(/\\([^\p{L}\p{N}\s])/gu, '$1');
}
