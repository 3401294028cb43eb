import type { LeaderboardFilter } from 'warm-cache/leaderboard';
import type { Board } from './board.ts';
import { countryName } from './countries.ts';
import { Refusal } from './refusal.ts';
import { folded, plain } from './text.ts';

/** Which page of which entries somebody looks at. */
export interface Query {
  readonly country?: string | undefined;
  readonly race?: string | undefined;
  readonly bestRaceOnly: boolean;
  /** From 1. Beyond the end, the last page is meant. */
  readonly page: number;
}

export type Field = 'country' | 'race';

export function filterOf({ country, race, bestRaceOnly }: Query): LeaderboardFilter {
  return { country, race, bestRaceOnly };
}

/** All values that a field has on the board. */
export function valuesOf(board: Board, field: Field): readonly string[] {
  return field === 'country' ? board.countries : board.races;
}

/** What people call a value. */
export function nameOf(field: Field, value: string): string {
  return field === 'country' ? countryName(value) : value;
}

/**
 * The value that somebody means by what they typed: itself, or its name, in any case and without accents.
 *
 * @throws {Refusal} There is no such value.
 */
export function valueMeant(board: Board, field: Field, typed: string | null): string | undefined {
  if (!typed?.trim()) return undefined;
  const values = valuesOf(board, field);
  if (values.includes(typed)) return typed;
  const wanted = folded(typed);
  const meant =
    values.find((value) => folded(value) === wanted) ??
    values.find((value) => folded(nameOf(field, value)) === wanted);
  if (meant !== undefined) return meant;
  throw new Refusal(
    `Nobody on the ladder has the ${field} ${plain(typed)}. Pick one of those that are offered as you type.`,
  );
}
