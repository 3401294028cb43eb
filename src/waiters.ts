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
  /** Made when it is needed: nobody waits for most caches of a large number. */
  #all: Set<Waiter<T>> | undefined;
  readonly #timer: Timer;

  /** @param timer - What they wait for: while somebody does, it keeps the process alive. */
  constructor(timer: Timer) {
    this.#timer = timer;
  }

  get size(): number {
    return this.#all?.size ?? 0;
  }

  /** No load before the next one, which has this number, is good enough any more. */
  raise(next: number): void {
    this.#all?.forEach((waiter) => {
      waiter.since = next;
    });
  }

  /** Ends the waiting of all for whom load `seq` is good enough, but for those of one kind. */
  settle(seq: number, error: unknown, snapshot?: Snapshot<T>, except?: Waiter<T>['kind']): void {
    this.#all?.forEach((waiter) => {
      if (waiter.since <= seq && waiter.kind !== except) waiter.settle(error, snapshot);
    });
  }

  /** `inVain`: why there is nothing to wait for. */
  wait(
    kind: Waiter<T>['kind'],
    since: number,
    { signal, timeout = Infinity, onTimeout }: WaitLimits = {},
    inVain?: unknown,
  ): Promise<Snapshot<T>> {
    this.#all ??= new Set();
    const all = this.#all;
    const { promise, resolve, reject } = Promise.withResolvers<Snapshot<T>>();
    // Whoever ignores the promise is not to find an unhandled rejection.
    promise.catch(() => {});
    const waiter: Waiter<T> = {
      kind,
      since,
      settle: (error, snapshot) => {
        patience.cancel();
        signal?.removeEventListener('abort', onAbort);
        all.delete(waiter);
        if (all.size === 0) {
          this.#all = undefined;
          this.#timer.hold(false);
        }
        if (snapshot) resolve(snapshot);
        else reject(error);
      },
    };
    const onAbort = (): void => waiter.settle(signal?.reason);
    const patience = new Timer(() => waiter.settle(onTimeout?.()));
    patience.arm(timeout);
    signal?.addEventListener('abort', onAbort);
    all.add(waiter);
    this.#timer.hold(true);
    if (signal?.aborted) onAbort();
    else if (inVain) waiter.settle(inVain);
    return promise;
  }
}
