import { expect } from '../options.ts';

/**
 * Checks an option that is one of several words.
 *
 * @throws {TypeError} It is no string.
 * @throws {RangeError} It is none of them.
 */
export function oneOf(option: string, given: unknown, known: readonly string[]): void {
  expect(option, given, 'string');
  if (known.includes(given as string)) return;
  const words = known.map((word) => `'${word}'`).join(' | ');
  throw new RangeError(`Expected \`${option}\` to be ${words}, got '${given}'`);
}
