/** The view of the ladder, and which of its columns hold what: for `supabaseLeaderboard()` of warm-cache. */
export const PLAYER_RACES = {
  table: 'player_races',
  columns: {
    key: 'id',
    player: 'player_id',
    name: 'player_name',
    country: 'country',
    race: 'race',
    score: 'rating',
  },
} as const;
