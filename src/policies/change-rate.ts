import {
  expect,
  type IntervalChoice,
  MORE_THAN_0,
  type RefreshIntervalContext,
} from '../options.ts';
import { inWords } from './part.ts';

/**
 * The options of {@link changeRate}.
 *
 * @example
 * ```ts
 * import type { ChangeRateOptions } from 'warm-cache/policies';
 *
 * const bounds: ChangeRateOptions = { min: 5000, max: 600_000 };
 * ```
 */
export interface ChangeRateOptions {
  /** Ms; the interval is never shorter, however often the value changes. */
  readonly min: number;
  /** Ms, finite; the interval is never longer, however seldom the value changes. */
  readonly max: number;
}

/**
 * Up and down by the same factor, so that one change and one load without a change undo each other: that comes to rest
 * where both are as likely. 1.5 takes eleven loads from ten seconds to ten minutes, and mostly stays within a factor of
 * 2.5 of the place of rest; a smaller one learns more slowly, a larger one strays further.
 */
const FACTOR = 1.5;

/**
 * Learns how often the value changes: a load that brought a new one makes the interval shorter by a third, one that
 * didn't makes it longer by a half. So it settles where half of the loads find a change. If changes are independent
 * of each other (a Poisson process), that is 0.69 times the mean time between them; if they are evenly spaced, half of it.
 *
 * It needs to be told of loads without a change: by `notModified`, a `validator`, `equals` or `contentHash`. It learns from
 * each load, the ones you ask for too, and starts from the `ttl`, held within `min` and `max`.
 *
 * The rule is the up-and-down method of Dixon and Mood (1948), on the logarithm of the interval; a crawler, Apache Nutch,
 * revisits pages by the same (`AdaptiveFetchSchedule`). Estimators that need less data, but a history of it, are in Cho and
 * Garcia-Molina, "Estimating frequency of change" (2003).
 *
 * @throws {TypeError} An option is missing or no number.
 * @throws {RangeError} A number isn't above 0 and finite, or `max` is less than `min`.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { changeRate } from 'warm-cache/policies';
 *
 * declare const db: { rates(): Promise<string[]>; lastUpdate(): Promise<string> };
 *
 * const rates = new WarmCache({
 *   loader: () => db.rates(),
 *   validator: () => db.lastUpdate(),
 *   ttl: 600_000,
 *   refreshInterval: changeRate({ min: 5000, max: 600_000 }),
 * });
 * ```
 */
export function changeRate(
  options: ChangeRateOptions,
): (context: RefreshIntervalContext) => IntervalChoice {
  expect('options', options, 'object');
  const { min, max } = options;
  expect('min', min, [MORE_THAN_0, Number.MAX_VALUE]);
  expect('max', max, [min, Number.MAX_VALUE]);
  const within = (interval: number): number => Math.min(max, Math.max(min, interval));
  return ({ changed, unchangedStreak, interval: previous }) => {
    // The `ttl` that it starts from may be out of bounds, or infinite.
    const from = within(previous);
    const interval = within(changed ? from / FACTOR : from * FACTOR);
    const streak = unchangedStreak > 1 ? ` for ${unchangedStreak} loads` : '';
    const cause = changed ? 'changed' : `unchanged${streak}`;
    const move = interval === from ? `stays at ${inWords(from)}` : `was ${inWords(from)}`;
    return { interval, why: `${cause}, ${move}` };
  };
}
