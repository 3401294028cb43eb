import {
  expect,
  type IntervalChoice,
  MORE_THAN_0,
  type RefreshIntervalContext,
  type RefreshPolicy,
} from '../options.ts';

/** A part of a policy: an interval in ms, or a policy of its own. */
export type Part = number | RefreshPolicy;

/**
 * @throws {TypeError} It is neither a number nor a function.
 * @throws {RangeError} It is no number of ms above 0.
 */
export function expectPart(option: string, given: unknown): void {
  if (typeof given !== 'function') expect(option, given, [MORE_THAN_0]);
}

/** @throws {TypeError} It is no list. */
export function expectList(option: string, given: unknown): void {
  if (Array.isArray(given)) return;
  throw new TypeError(`Expected \`${option}\` to be a list, got ${given && typeof given}`);
}

/**
 * What a part answers. A wrong answer is thrown: were it compared with a right one, it could vanish behind it.
 *
 * @throws What the part throws, or what is wrong with its answer.
 */
export function ask(option: string, part: Part, context: RefreshIntervalContext): IntervalChoice {
  if (typeof part === 'number') return { interval: part, why: `${inWords(part)}, fixed` };
  const answer = part(context);
  const { interval, why } =
    typeof answer === 'object' && answer ? answer : { interval: answer, why: `${option}()` };
  expect(`${option}()`, interval, [MORE_THAN_0]);
  return { interval, why: String(why) };
}

/** Ms, for people: `40 s`. */
export function inWords(ms: number): string {
  return ms < 1000 ? `${rounded(ms)} ms` : `${rounded(ms / 1000)} s`;
}

/** Three digits, as many as anybody reads. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
