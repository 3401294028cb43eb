import { outsideRequests } from './context.ts';

/** What `setTimeout` can hold; it fires at once for anything longer. */
const LONGEST = 2 ** 31 - 1;

/** A timer that is armed again and again. */
export interface Alarm {
  /** When it fires or fired, by `performance.now()`; `Infinity` before it was armed and once it is cancelled. */
  readonly dueTick: number;
  /** Fires once after `delay` ms, in place of whatever was armed before; `Infinity`: never. */
  arm(delay: number): void;
  cancel(): void;
  /** Whether the process is to live on until the timer fires. */
  hold(held: boolean): void;
}

/**
 * One timer, for any delay. It doesn't keep the process alive unless told to `hold` it, and runs outside any
 * request's async context.
 */
export class Timer implements Alarm {
  dueTick: number = Infinity;
  #handle: NodeJS.Timeout | undefined;
  #held = false;
  readonly #onFire: () => void;

  constructor(onFire: () => void) {
    this.#onFire = onFire;
  }

  arm(delay: number): void {
    this.cancel();
    if (delay === Infinity) return;
    this.dueTick = performance.now() + delay;
    this.#wait(delay);
  }

  cancel(): void {
    this.dueTick = Infinity;
    clearTimeout(this.#handle);
  }

  hold(held: boolean): void {
    this.#held = held;
    this.#handle?.[held ? 'ref' : 'unref']();
  }

  // Delays are counted down, not compared with a clock, so that a clock that jumps can't stop the loop.
  #wait(delay: number): void {
    const rest = delay - LONGEST;
    // No closure of its own for the usual delay: there may be ten thousand timers.
    const next = rest > 0 ? () => this.#wait(rest) : this.#onFire;
    this.#handle = outsideRequests(setTimeout, next, Math.min(delay, LONGEST));
    this.hold(this.#held);
  }
}

/** Shortens a delay by a random fraction of at most `jitter`; never lengthens it. */
export function jittered(delay: number, jitter: number): number {
  return delay * (1 - jitter * Math.random());
}

/** Ms to wait after the `failures`-th failed load in a row, before jitter. */
export function backoffDelay(
  failures: number,
  backoff: { readonly minDelay: number; readonly maxDelay: number; readonly factor: number },
): number {
  return Math.min(backoff.maxDelay, backoff.minDelay * backoff.factor ** (failures - 1));
}

/**
 * Ms from the start of one load to the start of the next, before jitter.
 *
 * That is `interval`, but early enough for the next load to end before the value stops being good: fresh, or (with
 * an interval longer than `ttl`, where being stale for a while is what the options ask for) servable at all. Early
 * enough is the slowest of the recent loads, and a little for the event loop's own delay; at most half of the time,
 * so that slow loads at worst double the rate. An infinite interval stays one: there is no loop.
 */
export function refreshPeriod(
  interval: number,
  ttl: number,
  maxStale: number,
  slowestLoad: number,
): number {
  if (interval === Infinity) return Infinity;
  const goodFor = interval <= ttl ? ttl : ttl + maxStale;
  const lead = Math.min(slowestLoad + Math.min(1000, goodFor / 20), goodFor / 2);
  return Math.min(interval, goodFor - lead);
}
