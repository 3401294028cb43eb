/** What zod, valibot, arktype and others make: see https://standardschema.dev. */
export type { StandardSchemaV1 } from '@standard-schema/spec';
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
