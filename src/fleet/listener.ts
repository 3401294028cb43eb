import { outsideRequests } from '../context.ts';
import { messageOf } from '../errors.ts';
import { jittered, Timer } from '../scheduler.ts';
import type { Access } from './access.ts';
import type { Claimant } from './claimant.ts';
import { messageIn } from './message.ts';
import type { Taker } from './taker.ts';

/** Ms over which a fleet spreads what all of it would else do at once. */
const SPREAD = 250;
/** Ms after which one who wasn't allowed to hear tries again. */
const HEAR_AGAIN = 5000;

/** Hears the others, and reads the record where that may be needed. */
export class Listener<T> {
  isStarted = false;
  isHearing = false;
  readonly #access: Access<T>;
  readonly #taker: Taker<T>;
  readonly #claimant: Claimant<T>;
  /** Grows with each start and stop. */
  #round = 0;
  #deafen: (() => Promise<void>) | undefined;
  /** Until the record is read, at random or where there are no messages. */
  readonly #comparing: Timer = new Timer(() => this.#compare());
  readonly #polling: Timer = new Timer(() => {
    this.#compare();
    this.#poll();
  });
  readonly #relistening: Timer = new Timer(() => void this.#listen());
  #isReading = false;
  #readAgain = false;

  constructor(access: Access<T>, taker: Taker<T>, claimant: Claimant<T>) {
    this.#access = access;
    this.#taker = taker;
    this.#claimant = claimant;
  }

  start(): void {
    this.isStarted = true;
    this.#round += 1;
    if (this.#access.store.hear) void this.#listen();
    else this.#poll();
  }

  /** Resolves when nothing is heard any more. */
  async stop(): Promise<void> {
    const deafen = this.#deafen;
    this.#deafen = undefined;
    this.isStarted = false;
    this.isHearing = false;
    this.#round += 1;
    for (const timer of [this.#comparing, this.#polling, this.#relistening]) timer.cancel();
    if (deafen) await this.#access.link.ask(async () => ({ end: await deafen() }));
  }

  async #listen(): Promise<void> {
    const { host, store } = this.#access;
    const round = this.#round;
    const isOver = (): boolean => round !== this.#round;
    try {
      const deafen = await outsideRequests(async () =>
        store.hear?.({
          onMessage: (text) => {
            if (!isOver()) this.#hear(text);
          },
          onConnect: () => {
            if (isOver()) return;
            this.isHearing = true;
            this.compareSoon();
          },
          onDisconnect: () => {
            if (isOver()) return;
            this.isHearing = false;
            // The store itself may be gone: the sooner that is known, the better loads are spread.
            void this.read();
          },
        }),
      );
      if (isOver()) await deafen?.();
      else this.#deafen = deafen;
    } catch (error) {
      if (isOver()) return;
      const message = `the others can't be heard: ${messageOf(error)}`;
      host.onError(this.#access.error(message, error));
      this.#relistening.arm(jittered(HEAR_AGAIN, 0.5));
    }
  }

  #hear(text: string): void {
    const { counts, host, sight, source } = this.#access;
    const message = messageIn(text);
    if (!message) {
      counts.refused += 1;
      return;
    }
    const { epoch, seq, act, generation } = message;
    const isOwn = message.src === source;
    const heard = isOwn && epoch !== sight.epoch ? 'old' : sight.hear(epoch, seq);
    if (heard === 'old') return;
    if (heard !== 'next') this.compareSoon();
    if (isOwn) return;
    const isForeign = heard === 'foreign';
    if (act === 'invalidate' || act === 'purge') {
      const isNews = isForeign || sight.hearGeneration(generation);
      if (isNews) host.invalidated(act === 'purge');
    } else if (isForeign) {
      return;
    } else if (act === 'publish' || act === 'renew') {
      this.#taker.keep(message);
      if (!this.#claimant.isClaiming) this.#compare();
    }
    this.#claimant.wake();
  }

  /** Compares what is here with the record, at a random time of the next moments. */
  compareSoon(): void {
    if (this.isStarted && this.#comparing.dueTick === Infinity) {
      this.#comparing.arm(SPREAD * Math.random());
    }
  }

  #poll(): void {
    this.#polling.arm(jittered(this.#access.store.pollInterval, 0.2));
  }

  /** Compares: once at a time, and once more where that was asked for meanwhile. */
  #compare(): void {
    this.#comparing.cancel();
    this.#readAgain = this.#isReading;
    if (!this.#isReading) void this.#readAll();
  }

  async #readAll(): Promise<void> {
    this.#isReading = true;
    do {
      this.#readAgain = false;
      await this.read();
    } while (this.#readAgain && this.isStarted);
    this.#isReading = false;
  }

  async read(): Promise<void> {
    const { host, store } = this.#access;
    const round = this.#round;
    const answer = await this.#access.ask(async (call) => ({ record: await store.read(call) }));
    if (!answer || round !== this.#round) return;
    const { record, asked } = answer;
    await this.#taker.learn(record, asked);
    const isOut = record.entry?.generation !== record.generation;
    if (isOut && this.isStarted && round === this.#round) host.want();
  }
}
