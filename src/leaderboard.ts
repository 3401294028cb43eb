/**
 * A ranked list that never changes, with filters, pages and ranks, out of rows from anywhere.
 *
 * @module warm-cache/leaderboard
 * @category API
 */
/**
 * What zod, valibot, arktype and others make: see https://standardschema.dev.
 *
 * @example
 * ```ts
 * import { Leaderboard, type LeaderboardEntry, type StandardSchemaV1 } from 'warm-cache/leaderboard';
 * import { z } from 'zod';
 *
 * const schema: StandardSchemaV1<unknown, LeaderboardEntry> = z.object({
 *   key: z.string(),
 *   player: z.string(),
 *   name: z.string().trim(),
 *   country: z.string().nullable(),
 *   race: z.string().nullable(),
 *   score: z.coerce.number(),
 * });
 * const row = { key: '1', player: 'p1', name: ' Ace', country: null, race: null, score: '1500' };
 * console.log((await Leaderboard.from([row], { schema })).top(1)[0]?.score);
 * ```
 */
export type { StandardSchemaV1 } from '@standard-schema/spec';
export { type LeaderboardCodec, leaderboardCodec } from './leaderboard/codec.ts';
export type {
  LeaderboardEntry,
  LeaderboardFilter,
  LeaderboardOptions,
  LeaderboardPage,
  LeaderboardQuery,
  LeaderboardRow,
  Ranking,
} from './leaderboard/entry.ts';
export {
  type FromOptions,
  Leaderboard,
  type LeaderboardChanges,
  type SignalOption,
} from './leaderboard/leaderboard.ts';
export { RowError } from './leaderboard/rows.ts';
export { vetoShrink } from './leaderboard/veto.ts';
