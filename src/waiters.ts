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
export class Waiters<T> extends Set<Waiter<T>> {
  readonly #onChange: () => void;

  /** `onChange` is called as somebody comes or goes. */
  constructor(onChange: () => void) {
    super();
    this.#onChange = onChange;
  }

  /** `inVain`: why there is nothing to wait for. */
  wait(
    kind: Waiter<T>['kind'],
    since: number,
    { signal, timeout = Infinity, onTimeout }: WaitLimits = {},
    inVain?: unknown,
  ): Promise<Snapshot<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<Snapshot<T>>();
    // Whoever ignores the promise is not to find an unhandled rejection.
    promise.catch(() => {});
    const waiter: Waiter<T> = {
      kind,
      since,
      settle: (error, snapshot) => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.delete(waiter);
        this.#onChange();
        if (snapshot) resolve(snapshot);
        else reject(error);
      },
    };
    const onAbort = (): void => waiter.settle(signal?.reason);
    const timer = new Timer(() => waiter.settle(onTimeout?.()));
    timer.arm(timeout);
    signal?.addEventListener('abort', onAbort);
    this.add(waiter);
    this.#onChange();
    if (signal?.aborted) onAbort();
    else if (inVain) waiter.settle(inVain);
    return promise;
  }
}
