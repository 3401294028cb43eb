import {
  expect,
  type IntervalChoice,
  MORE_THAN_0,
  type RefreshIntervalContext,
} from '../options.ts';
import { rounded } from './part.ts';

/**
 * The options of {@link demand}.
 *
 * @example
 * ```ts
 * import type { DemandOptions } from 'warm-cache/policies';
 *
 * const often: DemandOptions = { min: 2000, max: 120_000, readsPerLoad: 20 };
 * ```
 */
export interface DemandOptions {
  /** Ms; the interval is never shorter, however much is read. */
  readonly min: number;
  /** Ms; the interval is never longer, and this long while nobody reads. `Infinity`: no loop until somebody does. */
  readonly max: number;
  /**
   * How many reads are worth a load.
   * @default 100
   */
  readonly readsPerLoad?: number | undefined;
}

/**
 * Loads the more often, the more is read: once in `readsPerLoad` reads. The interval is
 * `1000 * readsPerLoad / readRate`, not less than `min` and not more than `max`.
 *
 * A rush is noticed by the load after it began, so `max` is also how long that may take.
 *
 * @throws {TypeError} An option is missing or no number.
 * @throws {RangeError} A number isn't above 0, or `max` is less than `min`.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { demand } from 'warm-cache/policies';
 *
 * declare function loadBoard(): Promise<string[]>;
 *
 * const board = new WarmCache({
 *   loader: loadBoard,
 *   ttl: 300_000,
 *   // 10 reads a second: every ten seconds; 100 a second: every two; nobody: once a minute.
 *   refreshInterval: demand({ min: 2000, max: 60_000 }),
 * });
 * ```
 */
export function demand(
  options: DemandOptions,
): (context: RefreshIntervalContext) => IntervalChoice {
  expect('options', options, 'object');
  // Counting a hundred at random errs by a tenth: enough to steer by.
  const { min, max, readsPerLoad = 100 } = options;
  expect('min', min, [MORE_THAN_0, Number.MAX_VALUE]);
  expect('max', max, [min]);
  expect('readsPerLoad', readsPerLoad, [MORE_THAN_0, Number.MAX_VALUE]);
  return ({ readRate }) => ({
    interval: Math.min(max, Math.max(min, (1000 * readsPerLoad) / readRate)),
    why: readRate > 0 ? `${rounded(readRate)} reads/s` : 'no reads',
  });
}
