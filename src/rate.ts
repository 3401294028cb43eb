import { messageOf } from './errors.ts';
import {
  expect,
  type IntervalChoice,
  MORE_THAN_0,
  type RefreshIntervalContext,
  type RefreshPolicy,
} from './options.ts';

/** What a load that ended well says to whoever chooses the next interval. */
export type Observed = Pick<
  RefreshIntervalContext,
  'age' | 'changed' | 'failures' | 'lastDuration' | 'now' | 'unchangedStreak'
>;

/** Which refresh interval is in force, and why: for the caches that ask a function after each load. */
export class Rate {
  /** Ms. */
  interval: number;
  why = 'ttl: nothing was loaded yet';
  /** Of all reads, and when the function was last asked, by `performance.now()`. */
  #reads = 0;
  #tick: number = performance.now();
  readonly #ttl: number;

  constructor(ttl: number) {
    this.interval = ttl;
    this.#ttl = ttl;
  }

  /**
   * Asks the function anew.
   *
   * @param reads - How many there have been in all.
   * @throws What the function throws, or what is wrong with its answer. The `ttl` is in force then.
   */
  update(policy: RefreshPolicy, observed: Observed, reads: number): void {
    const tick = performance.now();
    const since = reads - this.#reads;
    const elapsed = tick - this.#tick;
    const context: RefreshIntervalContext = {
      ...observed,
      reads: since,
      readRate: elapsed > 0 ? (1000 * since) / elapsed : 0,
      interval: this.interval,
    };
    this.#reads = reads;
    this.#tick = tick;
    try {
      const answer: unknown = policy(context);
      const { interval, why } = (
        typeof answer === 'object' && answer
          ? answer
          : { interval: answer, why: 'refreshInterval()' }
      ) as IntervalChoice;
      expect('refreshInterval()', interval, [MORE_THAN_0]);
      this.interval = interval;
      this.why = String(why);
    } catch (error) {
      this.interval = this.#ttl;
      this.why = `ttl: ${messageOf(error)}`;
      throw error;
    }
  }
}
