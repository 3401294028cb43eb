import type { Course, Gives } from './scenario.ts';

// What a map and the functions that it calls are made of, in one sequence.

/** What a loader gives for a key; `missing`: `loadMany` leaves it out. */
export type GivesKey = Gives | 'missing';

/** How one call of the loader goes. */
export interface MapCourse extends Pick<Course, 'delay' | 'when'> {
  /** What each of its keys gets, by turns. */
  readonly each: readonly GivesKey[];
  /** Whether it fails as a whole, with what the first key gets if that is an error. */
  readonly throws: boolean;
  /** Whether `loadMany` answers keys twice, and keys that nobody asked for. */
  readonly isSloppy: boolean;
}

/** What `keys` answers. */
export interface KeysAnswer {
  readonly ids: readonly string[];
  readonly how: 'after a time' | 'at once' | 'hangs' | 'throws';
}

/** A way to set the map up. */
export interface MapSetup {
  readonly name: string;
  readonly ttl: number;
  readonly maxStale: number;
  readonly refreshInterval?: number;
  readonly loadTimeout: number;
  readonly retries: number;
  readonly jitter: number;
  readonly accept?: boolean;
  /** What it answers, by turns; `throws`. */
  readonly validator?: readonly string[];
  readonly concurrency: number;
  readonly maxEntries: number;
  readonly idleTime: number;
  /** With `loadMany`. */
  readonly batch?: { readonly size: number; readonly window: number };
  /** Keys are objects, made anew for each call. */
  readonly keyOf?: boolean;
}

/** A key: of the objects no two are the same. */
export type Key = string | { readonly id: string };

export function idOf(key: Key): string {
  return typeof key === 'string' ? key : key.id;
}
