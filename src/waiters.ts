import { Timer } from './scheduler.ts';
import type { Snapshot } from './snapshot.ts';

/** Somebody who waits for a value. */
export interface Waiter<T> {
  /**
   * A `read` ends with the first load that fails; a `demand` (`invalidate`, `refresh`) with the load that it asked
   * for; a `ready` waits on for the first value.
   */
  readonly kind: 'demand' | 'read' | 'ready';
  /** The first load, by its sequence number, that is good enough. */
  since: number;
  /** Ends the waiting, with the snapshot if there is one, else with the error. */
  readonly settle: (error: unknown, snapshot?: Snapshot<T>) => void;
}

/** How a wait may end before its load does. */
export interface WaitLimits {
  readonly signal?: AbortSignal | undefined;
  /** Ms. */
  readonly timeout?: number | undefined;
  readonly onTimeout?: () => unknown;
}

/** All who wait for a value of one cache. */
export class Waiters<T> {
  readonly all: Set<Waiter<T>> = new Set();
  readonly #onHold: (held: boolean) => void;

  /** `onHold` is told whether somebody waits, whenever that may have changed. */
  constructor(onHold: (held: boolean) => void) {
    this.#onHold = onHold;
  }

  add(kind: Waiter<T>['kind'], since: number, limits: WaitLimits = {}): Promise<Snapshot<T>> {
    const { signal, timeout = Infinity, onTimeout } = limits;
    const { promise, resolve, reject } = Promise.withResolvers<Snapshot<T>>();
    // Whoever ignores the promise is not to find an unhandled rejection.
    promise.catch(() => {});
    const waiter: Waiter<T> = {
      kind,
      since,
      settle: (error, snapshot) => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.all.delete(waiter);
        this.#onHold(this.all.size > 0);
        if (snapshot) resolve(snapshot);
        else reject(error);
      },
    };
    const timer = new Timer(() => waiter.settle(onTimeout?.()));
    const onAbort = (): void => waiter.settle(signal?.reason);
    if (signal?.aborted) onAbort();
    else {
      timer.arm(timeout);
      signal?.addEventListener('abort', onAbort);
      this.all.add(waiter);
      this.#onHold(true);
    }
    return promise;
  }
}
