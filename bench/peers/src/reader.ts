import type { Peer, Value } from './peer.ts';
import type { Time } from './time.ts';

/** Ms after which an answer counts as waited for: a 50th of what a load takes, and the clock's smallest step. */
const AT_ONCE = 10;

/** Reads a peer, and keeps the account of how it was served. */
export class Reader {
  /** Reads that rejected, or gave no value. */
  failed = 0;
  /** Reads answered with a value older than `ttl`, counted from the start of the load that read it. */
  old = 0;
  /** Reads without an answer so far. */
  pending = 0;
  last: Value | undefined;
  #late = 0;
  readonly #peer: Peer;
  readonly #time: Time;
  readonly #ttl: number;

  constructor(peer: Peer, time: Time, ttl: number) {
    this.#peer = peer;
    this.#time = time;
    this.#ttl = ttl;
  }

  /** Reads that were not answered at once. */
  get waited(): number {
    return this.#late + this.pending;
  }

  /** One read; goes on as soon as all is done that needs no time. */
  async read(): Promise<void> {
    void this.#answer();
    await this.#time.turn();
  }

  /** A read each `interval` ms, `times` of them. */
  async readEach(interval: number, times: number, until?: () => boolean): Promise<void> {
    for (let i = 0; i < times && !until?.(); i++) {
      await this.#time.advance(interval);
      await this.read();
    }
  }

  /** Begins a new account. */
  reset(): void {
    this.#late = 0;
    this.failed = 0;
    this.old = 0;
  }

  async #answer(): Promise<void> {
    const start = Date.now();
    this.pending += 1;
    try {
      const value = await this.#peer.read();
      this.last = value;
      if (!value) this.failed += 1;
      else if (Date.now() - value.asOf > this.#ttl) this.old += 1;
    } catch {
      this.failed += 1;
    } finally {
      this.pending -= 1;
      if (Date.now() - start > AT_ONCE) this.#late += 1;
    }
  }
}
