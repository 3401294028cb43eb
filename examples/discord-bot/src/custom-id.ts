import { createHash } from 'node:crypto';
import type { Board } from './board.ts';
import { type Field, type Query, valuesOf } from './query.ts';

/** What a button does: go to a page, or to the page with whoever presses it. */
export type Action = 'mine' | 'next' | 'previous';

/** Counts up when the format changes, so that buttons of old messages are known as such. */
const PREFIX = 'lb1';

const LETTERS: Readonly<Record<Action, string>> = { previous: 'p', next: 'n', mine: 'm' };

/** Of a country or a race; what is longer stands as a digest, for an id has 100 characters at most. */
const MAX_VALUE_LENGTH = 30;

const PATTERN = /^lb1:([pnm]):([1-9]\d{0,8}):([ab]):((?:[=#][^:]+)?):((?:[=#][^:]+)?)$/;

/** All that a button knows, in the id that Discord gives back when it is pressed: the bot remembers nothing. */
export function customIdOf(action: Action, query: Query): string {
  const { page, bestRaceOnly, country, race } = query;
  const parts = [
    PREFIX,
    LETTERS[action],
    page,
    bestRaceOnly ? 'b' : 'a',
    short(country),
    short(race),
  ];
  return parts.join(':');
}

/** Undoes {@link customIdOf}; `undefined` for what it never made, or means nothing on this board any more. */
export function parseCustomId(
  customId: string,
  board: Board,
): { readonly action: Action; readonly query: Query } | undefined {
  const [, letter, page, best, country = '', race = ''] = PATTERN.exec(customId) ?? [];
  if (letter === undefined) return undefined;
  const actions = Object.keys(LETTERS) as Action[];
  const values = {
    country: meantBy(country, board, 'country'),
    race: meantBy(race, board, 'race'),
  };
  if (values.country === null || values.race === null) return undefined;
  return {
    action: actions.find((action) => LETTERS[action] === letter) as Action,
    query: {
      country: values.country,
      race: values.race,
      page: Number(page),
      bestRaceOnly: best === 'b',
    },
  };
}

function short(value: string | undefined): string {
  if (value === undefined) return '';
  const text = encodeURIComponent(value);
  return text.length > MAX_VALUE_LENGTH || text === '' ? `#${digest(value)}` : `=${text}`;
}

/** The value on the board that a part of an id stands for; `null` where there is none. */
function meantBy(part: string, board: Board, field: Field): string | null | undefined {
  if (part === '') return undefined;
  return valuesOf(board, field).find((value) => short(value) === part) ?? null;
}

function digest(value: string): string {
  return createHash('sha256').update(value).digest('base64url').slice(0, MAX_VALUE_LENGTH);
}
