import { outsideRequests } from '../context.ts';
import { messageOf } from '../errors.ts';
import { backoffDelay, jittered, Timer } from '../scheduler.ts';

/** Between two tries to reach a store that is gone. */
const TRIES = { minDelay: 250, maxDelay: 10_000, factor: 2 };

/** What a link tells. */
export interface LinkHost {
  /** Finds out whether the store answers. */
  probe(): Promise<unknown>;
  /** The store doesn't answer, and did until now. */
  onLost(error: unknown): void;
  /** It answers again. */
  onFound(): void;
}

/** The way to the store: whether it answers, and that nobody waits for it longer than so. */
export class Link {
  /** Why it doesn't answer. */
  error: unknown;
  isUp = true;
  #isOpen = false;
  #tries = 0;
  /** When it may be tried again, by `performance.now()`. */
  #retryTick = 0;
  readonly #timeout: number;
  readonly #host: LinkHost;
  /** Those who wait for an answer: called, they wait no more. */
  readonly #waiting: Set<() => void> = new Set();
  readonly #probe: Timer = new Timer(() => void this.#try());

  /** @param timeout - Ms. */
  constructor(timeout: number, host: LinkHost) {
    this.#timeout = timeout;
    this.#host = host;
  }

  /** Whether it is worth while to ask it. */
  get isWorthAsking(): boolean {
    return this.isUp || (!this.#isOpen && performance.now() >= this.#retryTick);
  }

  /** From now on a store that is gone is tried again and again. */
  open(): void {
    this.#isOpen = true;
    if (!this.isUp) void this.#try();
  }

  /** @returns Has all who wait by now wait no more. */
  close(): () => void {
    this.#isOpen = false;
    this.#probe.cancel();
    const waiting = [...this.#waiting];
    return () => {
      for (const giveUp of waiting) giveUp();
    };
  }

  /**
   * What the store answers; `undefined` where it doesn't.
   *
   * @param onLate - Given an answer that nobody waits for any more.
   */
  async ask<A extends object>(
    operation: () => Promise<A>,
    onLate?: (answer: A) => void,
  ): Promise<A | undefined> {
    const { promise, resolve } = Promise.withResolvers<A | Error | undefined>();
    let isLate = false;
    const giveUp = (error?: Error): void => {
      isLate = true;
      resolve(error);
    };
    const patience = new Timer(() => giveUp(new Error(`no answer within ${this.#timeout} ms`)));
    patience.arm(this.#timeout);
    this.#waiting.add(giveUp);
    outsideRequests(async () => operation()).then(
      (answer) => {
        if (isLate) onLate?.(answer);
        else resolve(answer);
      },
      (error: unknown) => resolve(error instanceof Error ? error : new Error(messageOf(error))),
    );
    const answer = await promise;
    patience.cancel();
    this.#waiting.delete(giveUp);
    if (!answer) return undefined;
    if (answer instanceof Error) {
      this.#lose(answer);
      return undefined;
    }
    this.#find();
    return answer;
  }

  #lose(error: Error): void {
    const wasUp = this.isUp;
    this.isUp = false;
    this.error = error;
    this.#tries += 1;
    const delay = jittered(backoffDelay(this.#tries, TRIES), 0.5);
    this.#retryTick = performance.now() + delay;
    if (this.#isOpen) this.#probe.arm(delay);
    if (wasUp) this.#host.onLost(error);
  }

  #find(): void {
    this.#probe.cancel();
    this.#tries = 0;
    this.error = undefined;
    if (this.isUp) return;
    this.isUp = true;
    this.#host.onFound();
  }

  async #try(): Promise<void> {
    await this.#host.probe();
  }
}
