import { createHistogram } from 'node:perf_hooks';
import { Trail } from './trail.ts';

/** How long a request may take before somebody waited, ms. */
const PATIENCE = 20;
/** How many requests are kept, to be drawn: those of half a minute, when most readers are there. */
const MOST_SAMPLES = 6000;
/** How many of those under way are told of: more would be drawn above each other. */
const MOST_PENDING = 400;

/** A request that was answered: when it came (epoch ms), ms until its answer, and whether that was an error. */
export type Sample = readonly [at: number, ms: number, failed: 0 | 1];

/** What is counted of a lane's requests, from the moment that counting began. */
export interface Statistics {
  /** All that were answered, the failed ones too. */
  readonly requests: number;
  readonly failed: number;
  /** Those that took more than 20 ms, and those under way that have already. */
  readonly waited: number;
  /** Ms, of those that got a page; `null` before the first. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly worst: number | null;
}

/** The time in epoch ms that never jumps, with fractions. */
export const clock = (): number => performance.timeOrigin + performance.now();

/** Keeps and counts the requests of one lane. */
export class Recorder {
  readonly samples: Trail<Sample> = new Trail(MOST_SAMPLES);
  readonly #pending = new Set<{ readonly at: number }>();
  readonly #microseconds = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });
  #requests = 0;
  #failed = 0;
  #waited = 0;
  /** When counting began. */
  #since = clock();

  /** Measures a request, which never fails for whoever awaits this. */
  async measure(request: () => Promise<unknown>): Promise<void> {
    const pending = { at: clock() };
    this.#pending.add(pending);
    let failed: 0 | 1 = 0;
    try {
      await request();
    } catch {
      failed = 1;
    }
    const ms = clock() - pending.at;
    this.#pending.delete(pending);
    this.samples.push([round(pending.at), round(ms), failed]);
    // One that came before counting began anew belongs to what was counted then.
    if (pending.at < this.#since) return;
    this.#requests += 1;
    this.#failed += failed;
    if (ms > PATIENCE) this.#waited += 1;
    if (!failed) this.#microseconds.record(Math.max(1, Math.round(ms * 1000)));
  }

  /** When those under way came, the first ones first; how many there are. */
  pending(): { readonly since: readonly number[]; readonly count: number } {
    const since = Array.from(this.#pending, ({ at }) => round(at)).slice(0, MOST_PENDING);
    return { since, count: this.#pending.size };
  }

  statistics(): Statistics {
    const now = clock();
    const waiting = [...this.#pending].filter(
      ({ at }) => at >= this.#since && now - at > PATIENCE,
    ).length;
    const isEmpty = this.#requests === this.#failed;
    const ms = (microseconds: number): number | null => (isEmpty ? null : microseconds / 1000);
    return {
      requests: this.#requests,
      failed: this.#failed,
      waited: this.#waited + waiting,
      p50: ms(this.#microseconds.percentile(50)),
      p99: ms(this.#microseconds.percentile(99)),
      worst: ms(this.#microseconds.max),
    };
  }

  /** Begins to count anew. */
  reset(): void {
    this.#microseconds.reset();
    this.#requests = 0;
    this.#failed = 0;
    this.#waited = 0;
    this.#since = clock();
  }
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000;
