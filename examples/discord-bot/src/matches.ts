import type { SupabaseClient } from '@supabase/supabase-js';

/** A row of the leaderboard after a match. */
export interface Result {
  readonly key: string;
  readonly rating: number;
}

/** What became of a report: in doubt, the database may have recorded it, or not. */
export type Report =
  | {
      readonly outcome: 'in doubt' | 'not recorded';
      readonly reason: string;
      /** Whether the database was there, and said no. */
      readonly isRefused: boolean;
    }
  | { readonly outcome: 'recorded'; readonly winner: Result; readonly loser: Result };

/** An error of PostgreSQL's own: the transaction is undone. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Those of them that say nothing of what was asked: a lost connection, a lack of something, a shutdown. */
const TROUBLE = /^(08|53|57|58|XX)/;

/** PostgREST has no connection to its database: nothing has happened. */
const NO_CONNECTION = /^PGRST00[0-3]$/;

/**
 * Has the database record a match, and both ratings moved.
 *
 * @param winner - The key of the winner's row.
 * @param loser - The key of the loser's row.
 */
export async function reportMatch(
  client: SupabaseClient,
  winner: string,
  loser: string,
  signal: AbortSignal,
): Promise<Report> {
  const { data, error, status } = await client
    .rpc('report_match', { winner, loser })
    // As text: numbers of 64 bits would be rounded.
    .select('key:id::text,rating')
    .abortSignal(signal);
  if (error) {
    const { code, message } = error;
    const isUndone = SQLSTATE.test(code) || NO_CONNECTION.test(code);
    const isRefused = isUndone ? !TROUBLE.test(code) && SQLSTATE.test(code) : isClientError(status);
    const isSure = isUndone || isRefused;
    return { outcome: isSure ? 'not recorded' : 'in doubt', reason: message, isRefused };
  }
  const rows = data as unknown as readonly Result[];
  const [first, second] = [winner, loser].map((key) => rows.find((row) => row.key === key));
  if (!first || !second)
    return { outcome: 'in doubt', reason: 'the answer lacks a row', isRefused: false };
  return { outcome: 'recorded', winner: first, loser: second };
}

function isClientError(status: number): boolean {
  return status >= 400 && status < 500;
}
