import type { ApplicationCommandOptionChoiceData } from 'discord.js';
import type { Board } from './board.ts';
import { flagOf } from './countries.ts';
import { type Field, nameOf, valuesOf } from './query.ts';
import { clipped, folded, number } from './text.ts';

/** As many as Discord shows, and how long each may be. */
const MAX_CHOICES = 25;
const MAX_LENGTH = 100;

/** What is offered to somebody who types a country or a race: what begins so first, and what has most entries first. */
export function suggestions(
  board: Board,
  field: Field,
  typed: string,
): ApplicationCommandOptionChoiceData<string>[] {
  const wanted = folded(typed);
  return valuesOf(board, field)
    .filter((value) => value.length <= MAX_LENGTH)
    .map((value) => {
      const texts = [folded(value), folded(nameOf(field, value))];
      const begins = texts.some((text) => text.startsWith(wanted));
      const matches = begins || texts.some((text) => text.includes(wanted));
      return { value, begins, matches, count: matches ? board.count({ [field]: value }) : 0 };
    })
    .filter(({ matches }) => matches)
    .sort((a, b) => Number(b.begins) - Number(a.begins) || b.count - a.count)
    .slice(0, MAX_CHOICES)
    .map(({ value, count }) => ({ name: labelOf(field, value, count), value }));
}

function labelOf(field: Field, value: string, count: number): string {
  const name = [field === 'country' && flagOf(value), nameOf(field, value)];
  const entries = ` · ${number(count)} ${count === 1 ? 'entry' : 'entries'}`;
  return clipped(name.filter(Boolean).join(' '), MAX_LENGTH - entries.length) + entries;
}
