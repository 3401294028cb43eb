import type { IntervalChoice, RefreshIntervalContext, RefreshPolicy } from '../options.ts';
import { ask, expectPart, type Part } from './part.ts';

/**
 * The longest interval of several policies and fixed intervals (in ms), with the reason of the one that counted: the
 * first of those that agree. For limits, as {@link budget}.
 *
 * A wrong answer of any of them is thrown, also where another would have counted.
 *
 * @throws {TypeError} One is neither a number nor a function.
 * @throws {RangeError} There is none, or a number isn't above 0.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { budget, demand, slowestOf } from 'warm-cache/policies';
 *
 * declare function loadBoard(): Promise<string[]>;
 *
 * const board = new WarmCache({
 *   loader: loadBoard,
 *   ttl: 300_000,
 *   refreshInterval: slowestOf(demand({ min: 2000, max: 60_000 }), budget({ share: 0.2 })),
 * });
 * ```
 */
export function slowestOf(
  ...policies: readonly (number | RefreshPolicy)[]
): (context: RefreshIntervalContext) => IntervalChoice {
  return choosing('slowestOf', policies, (a, b) => a > b);
}

/**
 * The shortest interval of several policies and fixed intervals (in ms), with the reason of the one that counted: the
 * first of those that agree. For whatever has a claim to fresh values.
 *
 * A wrong answer of any of them is thrown, also where another would have counted.
 *
 * @throws {TypeError} One is neither a number nor a function.
 * @throws {RangeError} There is none, or a number isn't above 0.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { changeRate, demand, fastestOf } from 'warm-cache/policies';
 *
 * declare function loadBoard(): Promise<string[]>;
 *
 * const board = new WarmCache({
 *   loader: loadBoard,
 *   ttl: 300_000,
 *   refreshInterval: fastestOf(
 *     demand({ min: 5000, max: 60_000 }),
 *     changeRate({ min: 5000, max: 60_000 }),
 *   ),
 * });
 * ```
 */
export function fastestOf(
  ...policies: readonly (number | RefreshPolicy)[]
): (context: RefreshIntervalContext) => IntervalChoice {
  return choosing('fastestOf', policies, (a, b) => a < b);
}

function choosing(
  name: string,
  parts: readonly Part[],
  counts: (interval: number, before: number) => boolean,
): (context: RefreshIntervalContext) => IntervalChoice {
  if (parts.length === 0) {
    throw new RangeError(`Expected \`${name}()\` to be given a policy, got none`);
  }
  parts.forEach((part, i) => {
    expectPart(`${name}()[${i}]`, part);
  });
  const [first, ...others] = parts as readonly [Part, ...Part[]];
  return (context) =>
    others.reduce(
      (best, part, i) => {
        const choice = ask(`${name}()[${i + 1}]`, part, context);
        return counts(choice.interval, best.interval) ? choice : best;
      },
      ask(`${name}()[0]`, first, context),
    );
}
