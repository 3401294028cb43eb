import { inspect } from 'node:util';
import type { GivenOptions, Ranking, ResolvedOptions } from './entry.ts';
import { OWN_FIELDS } from './rows.ts';

const RANKINGS: readonly Ranking[] = ['competition', 'modified-competition', 'dense', 'ordinal'];

/** The options with their defaults. */
export function resolved(options: GivenOptions): ResolvedOptions {
  const { ranking = 'competition', details = [], schema } = options;
  const rankings = RANKINGS.join(', ');
  expectThat('ranking', RANKINGS.includes(ranking), `one of ${rankings}`, ranking);
  expectThat('details', Array.isArray(details), 'a list of names', details);
  const taken = [...OWN_FIELDS, 'rank'];
  for (const detail of details) {
    const isRight = typeof detail === 'string' && !taken.includes(detail);
    expectThat('details', isRight, `names other than ${taken.join(', ')}`, detail);
  }
  const isSchema = schema === undefined || typeof schema?.['~standard']?.validate === 'function';
  expectThat('schema', isSchema, 'a Standard Schema', schema);
  return { ranking, details: [...new Set(details)], schema };
}

/** @throws {TypeError} It isn't right. */
export function expectThat(name: string, isRight: boolean, expected: string, given: unknown): void {
  if (!isRight)
    throw new TypeError(`Expected \`${name}\` to be ${expected}, got ${inspect(given)}`);
}

/**
 * @throws {TypeError} It is no number.
 * @throws {RangeError} It is no whole number, or less than `least`.
 */
export function expectInteger(name: string, given: number, least: number): void {
  expectThat(name, typeof given === 'number', 'a number', given);
  if (!Number.isSafeInteger(given) || given < least) {
    throw new RangeError(`Expected \`${name}\` to be an integer of ${least} or more, got ${given}`);
  }
}
