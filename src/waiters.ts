import { type Alarm, Timer } from './scheduler.ts';
import type { Snapshot } from './snapshot.ts';

/** Somebody who waits for a value. */
export interface Waiter<T> {
  /**
   * A `read` ends with the first load that fails; a `demand` (`invalidate`, `refresh`) with the load that it asked
   * for; a `ready` waits on for the first value.
   */
  readonly kind: 'demand' | 'read' | 'ready';
  /** Ms: nothing older is good enough for it. */
  readonly maxAge: number;
  /** When it began to wait, by `performance.now()`. */
  readonly askedTick: number;
  /** The first load, by its sequence number, that is good enough. */
  since: number;
  /** Ends the waiting, with the snapshot if there is one, else with the error. */
  readonly settle: (error: unknown, snapshot?: Snapshot<T>) => void;
}

/** How a wait may end before its load does. */
export interface WaitLimits {
  /** Ms. */
  readonly maxAge?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Ms. */
  readonly timeout?: number | undefined;
  readonly onTimeout?: () => unknown;
}

/** All who wait for a value of one cache. */
export class Waiters<T> {
  /** Made when it is needed: nobody waits for most caches of a large number. */
  #all: Set<Waiter<T>> | undefined;
  readonly #timer: Alarm;

  /** @param timer - What they wait for: while somebody does, it keeps the process alive. */
  constructor(timer: Alarm) {
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

  /** Ends the waiting of all for whom a snapshot that no load here brought is good enough. */
  offer(snapshot: Snapshot<T>, isGood: (waiter: Waiter<T>) => boolean): void {
    this.#all?.forEach((waiter) => {
      if (isGood(waiter)) waiter.settle(undefined, snapshot);
    });
  }

  /** Whether somebody waits for a value, be it which it may. */
  get hasReaders(): boolean {
    for (const { kind } of this.#all ?? []) if (kind !== 'demand') return true;
    return false;
  }

  /** `inVain`: why there is nothing to wait for. */
  wait(
    kind: Waiter<T>['kind'],
    since: number,
    { maxAge = Infinity, signal, timeout = Infinity, onTimeout }: WaitLimits = {},
    inVain?: unknown,
  ): Promise<Snapshot<T>> {
    this.#all ??= new Set();
    const all = this.#all;
    const { promise, resolve, reject } = Promise.withResolvers<Snapshot<T>>();
    // Whoever ignores the promise is not to find an unhandled rejection.
    promise.catch(() => {});
    const waiter: Waiter<T> = {
      kind,
      maxAge,
      askedTick: performance.now(),
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
