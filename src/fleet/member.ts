import { randomUUID } from 'node:crypto';
import { messageOf } from '../errors.ts';
import type { LoadAnswer } from '../load.ts';
import type { SharedHealth, SharedHost, SharedMember } from '../shared.ts';
import type { Snapshot } from '../snapshot.ts';
import { Access } from './access.ts';
import { Claimant } from './claimant.ts';
import { Listener } from './listener.ts';
import type { FleetStore } from './store.ts';
import { Taker } from './taker.ts';
import { Teller } from './teller.ts';

/** Ms that a record outlives its value. */
const KEPT_LONGER = 60_000;

/** How a member deals with its store. */
export interface MemberOptions {
  /** Ms. */
  readonly timeout: number;
  readonly maxBytes: number;
}

/** One cache's part in its fleet, on any store. */
export class Member<T> implements SharedMember<T> {
  readonly patience: number;
  readonly #access: Access<T>;
  readonly #taker: Taker<T>;
  readonly #claimant: Claimant<T>;
  readonly #teller: Teller<T>;
  readonly #listener: Listener<T>;
  /** When the store was lost, when to load first after that, and as of when that was chosen, by `performance.now()`. */
  #lostTick = -Infinity;
  #aloneTick = -Infinity;
  #aloneSince = -Infinity;

  constructor(store: FleetStore, { timeout, maxBytes }: MemberOptions, host: SharedHost<T>) {
    const { codec, loadTimeout, ttl, maxStale } = host.options;
    const packing = { codec, maxBytes };
    // A load that ends in time never outlives its lease, be it that no renewal comes through.
    const leaseTime = Math.ceil(loadTimeout + Math.max(500, loadTimeout / 5));
    const keep = Math.ceil(ttl + maxStale + leaseTime + KEPT_LONGER);
    this.patience = leaseTime + loadTimeout;
    this.#access = new Access(
      store,
      host,
      { source: randomUUID(), keep, timeout },
      {
        version: () => this.#taker.version(),
        probe: () => this.#listener.read(),
        onLost: (error) => this.#onLost(error),
        onFound: () => this.#onFound(),
        onLate: () => this.#listener.compareSoon(),
        onOther: () => this.#teller.againIfUnmet(),
        onUnfounded: () => this.#teller.again(),
      },
    );
    this.#taker = new Taker(this.#access, packing, {
      isTelling: () => this.#teller.isTelling,
      admitted: () => this.#claimant.admitted,
      onMissing: () => this.#listener.compareSoon(),
      onCurrent: () => this.#teller.onCurrent(),
    });
    this.#claimant = new Claimant(this.#access, this.#taker, leaseTime, {
      flush: () => this.#teller.flush(),
      told: () => this.#teller.told(),
      isTelling: () => this.#teller.isTelling,
    });
    this.#teller = new Teller(this.#access, this.#taker, this.#claimant, packing);
    this.#listener = new Listener(this.#access, this.#taker, this.#claimant);
  }

  start(): void {
    if (this.#listener.isStarted) return;
    this.#access.link.open();
    this.#listener.start();
  }

  async stop(): Promise<void> {
    this.#claimant.withdraw();
    const giveUp = this.#access.link.close();
    await Promise.all([this.#listener.stop(), this.#claimant.release(0, ''), this.#teller.told()]);
    giveUp();
  }

  claim(anew: boolean): void {
    this.#claimant.claim(anew);
  }

  withdraw(): void {
    this.#claimant.withdraw();
  }

  publish(startedTick: number, answer: LoadAnswer<T>): Promise<LoadAnswer<T>> {
    return this.#teller.publish(startedTick, answer);
  }

  release(rest: number, reason: string): void {
    void this.#claimant.release(rest, reason);
  }

  invalidate(purge: boolean): Promise<void> {
    return this.#teller.invalidate(purge);
  }

  put(snapshot: Snapshot<T>): void {
    this.#teller.put(snapshot);
  }

  #onLost(cause: unknown): void {
    const { host, store } = this.#access;
    host.onError(this.#access.error(`${store.name} is gone: ${messageOf(cause)}`, cause));
    this.#lostTick = performance.now();
    this.#aloneTick = Infinity;
    host.replan();
  }

  #onFound(): void {
    if (!this.#listener.isStarted) return;
    this.#teller.flush();
    this.#listener.compareSoon();
    this.#access.host.replan();
  }

  nextTick(lastTick: number, period: number): number | undefined {
    if (this.#access.link.isUp) return undefined;
    if (this.#aloneTick === Infinity) {
      // Somewhere in what is left of the period, so that not all who have lost the store load at once.
      const now = performance.now();
      const share = Math.random();
      // Whoever has loaded because of that has some time.
      const hasLoaded = lastTick >= this.#lostTick;
      const left = Math.max(0, lastTick + period - now);
      this.#aloneTick = now + left * (hasLoaded ? (1 + share) / 2 : share);
      this.#aloneSince = now;
    }
    return lastTick < this.#aloneSince ? this.#aloneTick : undefined;
  }

  report(): SharedHealth {
    const { counts, host, link, sight, store } = this.#access;
    const { origin, snapshot } = host;
    return {
      store: store.name,
      connected: link.isUp,
      hearing: this.#listener.isHearing,
      epoch: sight.epoch || null,
      generation: sight.generation,
      version: (snapshot && origin?.version) || null,
      ...counts,
      untold: this.#teller.isTelling,
    };
  }
}
