import type { CacheStatus } from '../events.ts';
import { type Counts, type HealthReport, newCounts } from '../health.ts';

/**
 * What `health()` of a `WarmCacheMap` answers: plain data, the same after a trip through JSON. Times are epoch ms.
 *
 * @example
 * ```ts
 * import type { MapHealthReport, WarmCacheMap } from 'warm-cache';
 *
 * declare const boards: WarmCacheMap<string, string[]>;
 * const { size, status, reads }: MapHealthReport = boards.health();
 * console.log(`${status.READY} of ${size} are fresh; ${reads.waited} reads had to wait`);
 * ```
 */
export interface MapHealthReport
  extends Pick<
    HealthReport,
    'abandoned' | 'lastError' | 'loads' | 'name' | 'probes' | 'reads' | 'running' | 'skipped'
  > {
  /** How many keys there are. */
  readonly size: number;
  /** How many of them are among `keys`. */
  readonly pinned: number;
  /** How many of them have rested, unread for `idleTime`. */
  readonly idle: number;
  /** How many keys have which status. */
  readonly status: Readonly<Record<CacheStatus, number>>;
  /** How many keys' last load failed. */
  readonly failing: number;
  /** Age of the oldest value that isn't idle, in ms. */
  readonly oldestAge: number | null;
  /** Loads under way, or calls of `loadMany`, and loads that wait for their turn. */
  readonly inFlight: number;
  readonly queued: number;
  /** How many keys were forgotten, as the least recently read or unread for long. */
  readonly evicted: number;
}

type Totals = Pick<Counts, 'abandoned' | 'lastError' | 'loads' | 'probes' | 'reads' | 'skipped'>;

/** Adds what one cache has counted to what all have. */
export function addCounts(totals: Counts, counts: Readonly<Counts>): void {
  totals.abandoned += counts.abandoned;
  totals.probes += counts.probes;
  totals.skipped += counts.skipped;
  addEach(totals.loads, counts.loads);
  addEach(totals.reads, counts.reads);
  const { lastError } = counts;
  if (lastError && lastError.at >= (totals.lastError?.at ?? 0)) totals.lastError = lastError;
}

/** The sums, as a report has them. */
export function totalsOf(gone: Readonly<Counts>, all: Iterable<Readonly<Counts>>): Totals {
  const totals = newCounts();
  addCounts(totals, gone);
  for (const counts of all) addCounts(totals, counts);
  const { abandoned, lastError, loads, probes, reads, skipped } = totals;
  return { abandoned, lastError: lastError && { ...lastError }, loads, probes, reads, skipped };
}

function addEach<N extends string>(
  totals: Record<N, number>,
  counts: Readonly<Record<N, number>>,
): void {
  for (const name in totals) totals[name] += counts[name];
}
