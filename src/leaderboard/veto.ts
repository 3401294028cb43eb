import { expectThat } from './checks.ts';

/**
 * An `accept` that vetoes a value that has shrunk to less than a share of the one before: a table that was emptied by
 * mistake, a filter that lost a condition. The first value, and one after a purge, has none before it and passes.
 *
 * @param share - From 0 to 1; half by default.
 * @throws {TypeError} `share` is no number.
 * @throws {RangeError} `share` isn't from 0 to 1.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { Leaderboard, type LeaderboardEntry, vetoShrink } from 'warm-cache/leaderboard';
 *
 * declare function rows(signal: AbortSignal): Promise<LeaderboardEntry[]>;
 *
 * const leaderboard = new WarmCache({
 *   loader: async ({ signal }) => Leaderboard.from(await rows(signal), { signal }),
 *   ttl: 60_000,
 *   accept: vetoShrink(0.5),
 * });
 * ```
 */
export function vetoShrink(
  share = 0.5,
): <T extends { readonly size: number }>(next: T, previous: T | undefined) => boolean {
  expectThat('share', typeof share === 'number', 'a number', share);
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`Expected \`share\` to be from 0 to 1, got ${share}`);
  }
  return (next, previous) => previous === undefined || next.size >= share * previous.size;
}
