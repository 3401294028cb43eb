import type { CacheStatus } from '../events.ts';
import { Counts, type HealthReport } from '../health.ts';

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
  /** Whether `keys` are known: once they were, they stay so. */
  readonly keysKnown: boolean;
  /** How many of `pinned` have no value that may be served. */
  readonly cold: number;
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

/** What all caches have counted, those that are gone included. */
export function totalsOf(
  gone: Counts,
  all: Iterable<{ readonly counts: Counts }>,
): Pick<HealthReport, 'abandoned' | 'lastError' | 'loads' | 'probes' | 'reads' | 'skipped'> {
  const totals = new Counts();
  totals.add(gone);
  for (const { counts } of all) totals.add(counts);
  const { abandoned, lastError, loads, probes, reads, skipped } = totals.report();
  return { abandoned, lastError, loads, probes, reads, skipped };
}
