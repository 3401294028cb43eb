import { AbortError } from 'p-retry';
import type { SupabaseResponse } from './client.ts';

/** Characters of a message: a gateway's error page, or a list cut short, is no message. */
const MOST_CHARACTERS = 200;

/**
 * PostgREST, or the way to it, refused: what it said, as a real `Error`. All that came is its `cause`.
 *
 * @example
 * ```ts
 * import type { WarmCache } from 'warm-cache';
 * import type { Leaderboard } from 'warm-cache/leaderboard';
 * import { SupabaseError } from 'warm-cache/supabase';
 *
 * declare const leaderboard: WarmCache<Leaderboard>;
 * leaderboard.on('error', ({ error }) => {
 *   const { cause } = error as Error;
 *   if (cause instanceof SupabaseError) console.error(cause.status, cause.code, cause.hint);
 * });
 * ```
 */
export class SupabaseError extends Error {
  override name = 'SupabaseError';
  /** PostgreSQL's SQLSTATE or PostgREST's own code; empty where there is none. */
  readonly code: string;
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;
  /** What PostgreSQL or PostgREST suggests. */
  readonly hint: string | undefined;
  /** What PostgreSQL or PostgREST adds to the message. */
  readonly details: string | undefined;

  constructor({ error, status }: SupabaseResponse) {
    // A gateway's errors are JSON of any shape.
    const { message, code, hint, details } = (error ?? {}) as Record<string, unknown>;
    super(textOf(message)?.slice(0, MOST_CHARACTERS) ?? `HTTP ${status}`, { cause: error });
    this.code = textOf(code) ?? '';
    this.status = status;
    this.hint = textOf(hint);
    this.details = textOf(details);
  }
}

/**
 * The error to throw for an answer without what was expected: one that ends the retries, where trying again can't help.
 */
export function errorOf(response: SupabaseResponse, expected = 'rows'): Error {
  const { data, error, status } = response;
  if (isSuccess(status)) {
    const got = error?.message ?? JSON.stringify(data);
    return new SupabaseError({
      status,
      data,
      error: { message: `Expected ${expected}, got ${got}` },
    });
  }
  const failed = new SupabaseError(response);
  const mayPass = status < 400 || status >= 500 || [408, 425, 429].includes(status);
  return mayPass ? failed : new AbortError(failed);
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
