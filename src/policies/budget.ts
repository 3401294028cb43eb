import { expect, type IntervalChoice, type RefreshIntervalContext } from '../options.ts';
import { inWords, rounded } from './part.ts';

/**
 * The options of {@link budget}.
 *
 * @example
 * ```ts
 * import type { BudgetOptions } from 'warm-cache/policies';
 *
 * const aTenth: BudgetOptions = { share: 0.1 };
 * ```
 */
export interface BudgetOptions {
  /** The part of the time that loading may take, from 0.001 to 1. */
  readonly share: number;
}

/** A load too short to be measured would have the next one begin at once, and a rate of 0 ms is none. */
const SHORTEST = 1;

/**
 * Loads so seldom that loading takes a given share of the time, and no more: the interval is `lastDuration / share`, at
 * least 1 ms. A source that slows down is asked less.
 *
 * It is a limit rather than a rate, as a fast load would be repeated all the time: combine it with one, by
 * {@link slowestOf}.
 *
 * @throws {TypeError} `share` is no number.
 * @throws {RangeError} `share` isn't from 0.001 to 1.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { budget, slowestOf } from 'warm-cache/policies';
 *
 * declare function loadBoard(): Promise<string[]>;
 *
 * const board = new WarmCache({
 *   loader: loadBoard,
 *   ttl: 300_000,
 *   // Every ten seconds; but when a load takes 3 s, every 30.
 *   refreshInterval: slowestOf(10_000, budget({ share: 0.1 })),
 * });
 * ```
 */
export function budget(
  options: BudgetOptions,
): (context: RefreshIntervalContext) => IntervalChoice {
  expect('options', options, 'object');
  const { share } = options;
  expect('share', share, [0.001, 1]);
  return ({ lastDuration }) => ({
    interval: Math.max(SHORTEST, lastDuration / share),
    why: `a load takes ${inWords(lastDuration)}, and may take ${rounded(100 * share)} % of the time`,
  });
}
