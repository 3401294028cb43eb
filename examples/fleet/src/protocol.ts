import type { LoadOutcome, LoadReason, SharedHealth } from 'warm-cache';

/** What a process is started with. */
export interface ReplicaConfig {
  /** As the database counts it. */
  readonly name: string;
  /** Connection string. */
  readonly database: string;
  /** Where the fleet has its record, and for which cache; `null`: there is no fleet. */
  readonly redis: { readonly url: string; readonly key: string } | null;
  /** Ms between two loads. */
  readonly interval: number;
  /** Deadline of a load, ms. */
  readonly loadTimeout: number;
}

/** A row of the ladder, as a match has left it. */
export interface Rated {
  readonly key: string;
  readonly player: string;
  readonly race: string;
  readonly score: number;
}

/** What a process is told to do. */
export type Order =
  | { readonly kind: 'watch'; readonly rated: Omit<Rated, 'score'> }
  | { readonly kind: 'write'; readonly winner: string; readonly loser: string }
  | { readonly kind: 'stop' };

/** What a process tells. */
export type News =
  /** It has a first value, and takes readers: so many ms after its cache was started. */
  | { readonly kind: 'warm'; readonly ms: number; readonly isShared: boolean }
  | { readonly kind: 'load'; readonly reason: LoadReason }
  | { readonly kind: 'loadEnd'; readonly outcome: LoadOutcome }
  /** The score that whoever is watched has in its value, once there is another. */
  | { readonly kind: 'value'; readonly score: number | null }
  /** The database has the match. */
  | { readonly kind: 'written'; readonly rated: Rated }
  /** `invalidate()` has resolved: whether the next read had the match. */
  | { readonly kind: 'told'; readonly isSeen: boolean }
  /** Of the reads since the last of these: what each took in ms, and how many waited or failed. */
  | {
      readonly kind: 'reads';
      readonly times: readonly number[];
      readonly waited: number;
      readonly failed: number;
      readonly shared: SharedHealth | null;
    };
