/** The ladder of `supabase-stack` as `supabase gen types typescript` has it, with some more to choose from. */
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  __InternalSupabase: { PostgrestVersion: '12' };
  public: {
    Tables: {
      player_races: {
        Row: {
          id: number;
          player_id: number;
          player_name: string;
          country: string | null;
          race: Database['public']['Enums']['race'];
          rating: number;
          name: string | null;
          wins: number;
          losses: number;
          clan: string | null;
          badges: Json;
          location: unknown;
          updated_at: string;
          seen_at: string | null;
        };
        Insert: { id?: number };
        Update: { id?: number };
        Relationships: [];
      };
      countries: {
        Row: { code: string; name: string };
        Insert: { code: string; name: string };
        Update: { code?: string; name?: string };
        Relationships: [];
      };
    };
    Views: {
      best_races: {
        Row: {
          id: number | null;
          player_id: number | null;
          player_name: string | null;
          country: string | null;
          race: string | null;
          rating: number | null;
          wins: number | null;
          updated_at: string | null;
        };
        Relationships: [];
      };
    };
    Functions: {
      leaderboard_board: { Args: never; Returns: Json[] };
      leaderboard_json: { Args: Record<PropertyKey, never>; Returns: Json };
      leaderboard_table: {
        Args: { season?: number };
        Returns: {
          key: string;
          player: string;
          name: string;
          country: string;
          race: string;
          score: number;
          wins: number;
        }[];
      };
      leaderboard_either:
        | { Args: { season: number }; Returns: number }
        | { Args: never; Returns: Json[] };
      season_board: { Args: { season: number }; Returns: Json[] };
      numeric_keys: {
        Args: never;
        Returns: {
          key: number;
          player: string;
          name: string;
          country: string;
          race: string;
          score: number;
        }[];
      };
      count_players: { Args: never; Returns: number };
      country_codes: { Args: never; Returns: string[] };
    };
    Enums: { race: 'protoss' | 'random' | 'terran' | 'zerg' };
    CompositeTypes: { [_ in never]: never };
  };
  game: {
    Tables: {
      scores: {
        Row: { season: number; id: number; player: string; nick: string; points: number };
        Insert: { season: number; id: number };
        Update: { season?: number; id?: number };
        Relationships: [];
      };
    };
    // As older generators write it.
    Views: Record<string, never>;
    Functions: Record<string, never>;
    Enums: { [_ in never]: never };
    CompositeTypes: { [_ in never]: never };
  };
};
