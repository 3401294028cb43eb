// What a cache and the functions that it calls are made of, in one sequence.

/** What a loader gives, in a word. */
export type Gives =
  | 'abort error'
  | 'error in accept'
  | 'hostile error'
  | 'not modified'
  | 'nothing'
  | 'string error'
  | 'type error'
  | 'unacceptable'
  | 'value';

/** How one call of the loader goes; `hangs`: until a command settles it. */
export interface Course {
  readonly when: 'after a time' | 'at once' | 'hangs' | 'within the turn';
  /** Ms, or microtasks. */
  readonly delay: number;
  readonly gives: Gives;
}

/** Where a user's function may call the cache. */
export type Place =
  | 'abort'
  | 'abort at the deadline'
  | 'accept'
  | 'change'
  | 'error'
  | 'invalidate'
  | 'load'
  | 'loader'
  | 'refresh'
  | 'refreshInterval'
  | 'slow'
  | 'start'
  | 'status'
  | 'stop'
  | 'unchanged'
  | 'validator';

/** A way to set the cache up. */
export interface Setup {
  readonly name: string;
  readonly ttl: number;
  readonly maxStale: number;
  readonly refreshInterval?: number;
  /** What a function of `refreshInterval` answers, by turns; a string: it throws that. */
  readonly intervals?: readonly (number | string)[];
  readonly loadTimeout: number;
  readonly retries: number;
  readonly jitter: number;
  readonly accept?: boolean;
  /** Values are the same by threes, and for some of them it throws. */
  readonly equals?: boolean;
  /** What it answers, by turns; `throws`, `hangs`. */
  readonly validator?: readonly string[];
}
