import type { CacheStatus, LoadOutcome } from './events.ts';
import type { LoadReason } from './options.ts';
import type { SharedHealth } from './shared.ts';

/**
 * Reads by `get()`, by what they met.
 *
 * @example
 * ```ts
 * import type { WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const { fresh, stale, waited, failed } = cache.health().reads;
 * console.log(`${waited} of ${fresh + stale + waited + failed} reads had to wait`);
 * ```
 */
export interface ReadCounts {
  /** Answered at once, with a fresh value. */
  fresh: number;
  /** Answered at once, with a stale value. */
  stale: number;
  /** Had to wait for a load. */
  waited: number;
  /** Failed, at once or after waiting. A read that its own `signal` ended isn't counted. */
  failed: number;
}

/**
 * How long loads took, in ms: of the last 100 that answered.
 *
 * @example
 * ```ts
 * import type { WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const { durations } = cache.health();
 * console.log(durations ? `half of the loads took ${durations.p50} ms or less` : 'none yet');
 * ```
 */
export interface LoadDurations {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * What `health()` answers: plain data, the same after a trip through JSON. Times are epoch ms.
 *
 * @example
 * ```ts
 * import type { HealthReport, WarmCache } from 'warm-cache';
 *
 * declare const caches: WarmCache<unknown>[];
 * const reports: HealthReport[] = caches.map((cache) => cache.health());
 * console.log(JSON.stringify(reports.filter(({ status }) => status !== 'READY')));
 * ```
 */
export interface HealthReport {
  readonly name: string;
  readonly status: CacheStatus;
  /** Whether the loop is started. */
  readonly running: boolean;
  /** Ms since `loadedAt`. */
  readonly age: number | null;
  /** As of when the value is surely true. */
  readonly loadedAt: number | null;
  readonly version: number;
  /** When a load last ended well, be it with a new value or unchanged. */
  readonly lastContactAt: number | null;
  /** When a new value was last published. */
  readonly lastChangeAt: number | null;
  readonly consecutiveFailures: number;
  /** The message of the last load that failed, and when; kept after loads succeed again. */
  readonly lastError: { readonly message: string; readonly at: number } | null;
  /** The load in flight. */
  readonly load: {
    readonly reason: LoadReason;
    readonly attempt: number;
    readonly startedAt: number;
  } | null;
  /** When the next load is due. */
  readonly nextLoadAt: number | null;
  /** The refresh interval in force, and why it is. */
  readonly interval: {
    /** `null`: there is no loop. */
    readonly ms: number | null;
    /** `refreshInterval` as given, or what the function among the options said. */
    readonly why: string;
  };
  /** Loaders that were given up at their deadline and run still. */
  readonly abandoned: number;
  readonly durations: LoadDurations | null;
  readonly loads: Readonly<Record<LoadOutcome, number>>;
  /** How often the `validator` was asked. */
  readonly probes: number;
  /** How many of the loads it spared: the loader wasn't called. */
  readonly skipped: number;
  readonly reads: Readonly<ReadCounts>;
  /** The cache's part in its fleet; `null` where the value is not `shared`. */
  readonly shared: SharedHealth | null;
}

/** What is counted as things happen: one flat object, for there may be a hundred thousand caches. */
export class Counts {
  lastContactAt: HealthReport['lastContactAt'] = null;
  lastChangeAt: HealthReport['lastChangeAt'] = null;
  consecutiveFailures = 0;
  lastError: HealthReport['lastError'] = null;
  abandoned = 0;
  probes = 0;
  skipped = 0;
  // Loads, by their outcome.
  published = 0;
  unchanged = 0;
  rejected = 0;
  failed = 0;
  timeout = 0;
  superseded = 0;
  stopped = 0;
  // Reads, by what they met.
  fresh = 0;
  stale = 0;
  waited = 0;
  failedReads = 0;

  /** As a report has them. */
  report(): Pick<HealthReport, Counted> {
    const { lastContactAt, lastChangeAt, consecutiveFailures, lastError } = this;
    const { abandoned, probes, skipped } = this;
    const { published, unchanged, rejected, failed, timeout, superseded, stopped } = this;
    const { fresh, stale, waited, failedReads } = this;
    return {
      lastContactAt,
      lastChangeAt,
      consecutiveFailures,
      lastError: lastError && { ...lastError },
      abandoned,
      loads: { published, unchanged, rejected, failed, timeout, superseded, stopped },
      probes,
      skipped,
      reads: { fresh, stale, waited, failed: failedReads },
    };
  }

  /** Adds what another cache has counted. */
  add(other: Counts): void {
    for (const name of SUMMED) this[name] += other[name];
    const { lastError } = other;
    if (lastError && lastError.at >= (this.lastError?.at ?? 0)) this.lastError = lastError;
  }
}

type Counted =
  | 'abandoned'
  | 'consecutiveFailures'
  | 'lastChangeAt'
  | 'lastContactAt'
  | 'lastError'
  | 'loads'
  | 'probes'
  | 'reads'
  | 'skipped';

const SUMMED = [
  'abandoned',
  'probes',
  'skipped',
  'published',
  'unchanged',
  'rejected',
  'failed',
  'timeout',
  'superseded',
  'stopped',
  'fresh',
  'stale',
  'waited',
  'failedReads',
] as const;

/** How long the recent loads took that answered, in ms. The others say nothing of how long an answer takes. */
export class Durations {
  /** In whole ms, rounded up; 0 before the first load. */
  slowest: number = 0;
  /** No larger than it has to be, and once it has `window` of them a ring. */
  #recent: number[] = [];
  #count = 0;
  readonly #window: number;

  /** @param window - How many of the last loads they are of. */
  constructor(window: number) {
    this.#window = window;
  }

  add(duration: number): void {
    const place = this.#count % this.#window;
    const gone = this.#recent[place] ?? 0;
    if (this.#count < this.#window) this.#recent = [...this.#recent, duration];
    else this.#recent[place] = duration;
    this.#count += 1;
    // All of them are looked through only as the slowest has gone: there may be ten thousand caches.
    const candidates = gone > this.slowest - 1 ? this.#recent : [duration, this.slowest];
    this.slowest = Math.ceil(Math.max(...candidates));
  }

  summary(): LoadDurations | null {
    const sorted = this.#recent.toSorted((a, b) => a - b);
    const quantile = (q: number): number => sorted[Math.ceil(q * sorted.length) - 1] as number;
    return sorted.length > 0 ? { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) } : null;
  }
}
