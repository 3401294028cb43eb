import type { CacheStatus, LoadOutcome } from './events.ts';
import type { LoadReason, RefreshIntervalContext } from './options.ts';

/** How many of the last loads the durations are of. */
const WINDOW = 100;

/** Reads by `get()`, by what they met. */
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

/** How long loads took, in ms: of the last 100 that answered. */
export interface LoadDurations {
  readonly last: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What `health()` answers: plain data, the same after a trip through JSON. Times are epoch ms. */
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
  /** Loaders that were given up at their deadline and run still. */
  readonly abandoned: number;
  readonly durations: LoadDurations | null;
  readonly loads: Readonly<Record<LoadOutcome, number>>;
  readonly reads: Readonly<ReadCounts>;
}

/** Counts what happens to one cache. */
export class Stats {
  readonly reads: ReadCounts = { fresh: 0, stale: 0, waited: 0, failed: 0 };
  readonly loads: Record<LoadOutcome, number> = {
    published: 0,
    unchanged: 0,
    rejected: 0,
    failed: 0,
    timeout: 0,
    superseded: 0,
    stopped: 0,
  };
  abandoned = 0;
  consecutiveFailures = 0;
  #lastContactAt: number | null = null;
  #lastChangeAt: number | null = null;
  #lastError: HealthReport['lastError'] = null;
  #unchangedStreak = 0;
  /** A ring, begun anew at the front once it is full. */
  readonly #durations: number[] = [];
  #answered = 0;

  /** A load has answered. */
  succeeded(outcome: LoadOutcome, duration: number): void {
    const now = Date.now();
    this.loads[outcome] += 1;
    this.consecutiveFailures = 0;
    this.#unchangedStreak = outcome === 'unchanged' ? this.#unchangedStreak + 1 : 0;
    this.#lastContactAt = now;
    if (outcome === 'published') this.#lastChangeAt = now;
    this.#durations[this.#answered++ % WINDOW] = duration;
  }

  /** A load has failed. How long that took says nothing of how long an answer takes. */
  failed(outcome: LoadOutcome, error: Error): void {
    this.loads[outcome] += 1;
    this.consecutiveFailures += 1;
    this.#lastError = { message: error.message, at: Date.now() };
  }

  /** A value was set by hand. */
  changed(): void {
    this.#lastChangeAt = Date.now();
  }

  /** Ms of the slowest of the recent loads; 0 before the first. */
  get slowest(): number {
    let slowest = 0;
    for (const duration of this.#durations) if (duration > slowest) slowest = duration;
    return slowest;
  }

  intervalContext(now: number): RefreshIntervalContext {
    return {
      now,
      lastDuration: this.#lastDuration,
      changed: this.#unchangedStreak === 0,
      unchangedStreak: this.#unchangedStreak,
    };
  }

  report(): Omit<
    HealthReport,
    'age' | 'load' | 'loadedAt' | 'name' | 'nextLoadAt' | 'running' | 'status' | 'version'
  > {
    return {
      lastContactAt: this.#lastContactAt,
      lastChangeAt: this.#lastChangeAt,
      consecutiveFailures: this.consecutiveFailures,
      lastError: this.#lastError,
      abandoned: this.abandoned,
      durations: this.#summary(),
      loads: { ...this.loads },
      reads: { ...this.reads },
    };
  }

  get #lastDuration(): number {
    return this.#durations[(this.#answered - 1) % WINDOW] ?? 0;
  }

  #summary(): LoadDurations | null {
    if (this.#answered === 0) return null;
    const sorted = this.#durations.toSorted((a, b) => a - b);
    const quantile = (q: number): number => sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
    return { last: this.#lastDuration, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
  }
}
