import { type Snapshot, WarmCache, type WarmCacheEvents } from 'warm-cache';
import { Books } from './books.ts';
import type { Random } from './random.ts';
import { Source, type Value } from './source.ts';

const EVENTS: readonly (keyof WarmCacheEvents<Value>)[] = [
  'start',
  'load',
  'refresh',
  'unchanged',
  'error',
  'slow',
  'invalidate',
  'status',
  'stop',
];

/** One cache, all that can be done to it, and what was counted beside it. */
export class Subject {
  readonly cache: WarmCache<Value>;
  readonly #random: Random;
  readonly #source: Source;
  readonly #books: Books;
  readonly #report: (broken: string) => void;
  /** The order of the newest value that a reader got. */
  #seen = 0;
  #isStopped = false;
  /** Whether it is to stay stopped. */
  #isClosed = true;
  /** Stops that were followed by a start at once. */
  restarts = 0;

  constructor(name: string, random: Random, report: (broken: string) => void) {
    const ttl = random.from(2, 8);
    const loadTimeout = random.from(10, 20);
    this.#random = random;
    this.#source = new Source(random, loadTimeout);
    const retries = random.from(0, 2);
    const hasValidator = random.chance(0.3);
    this.#report = (broken) => report(`${name}: ${broken}`);
    const { loader, validator, accept } = this.#source;
    this.cache = new WarmCache<Value>({
      name,
      loader,
      ttl,
      refreshInterval: random.pick([ttl, 2 * ttl, () => this.#interval(ttl)]),
      maxStale: random.pick([0, ttl, 1000]),
      loadTimeout,
      retry: { retries, minTimeout: 1 },
      backoff: { minDelay: 1, maxDelay: random.from(1, 8) },
      accept: random.chance(0.3) ? accept : undefined,
      validator: hasValidator ? validator : undefined,
    });
    this.#books = new Books(this.cache, this.#source, { hasValidator, retries }, this.#report);
    this.#listen();
  }

  /** Does one thing of all that can be done. */
  act(): void {
    const { cache } = this;
    const dice = this.#random.from(1, 100);
    if (dice <= 40) this.#read();
    else if (dice <= 50) this.#read({ maxAge: this.#random.from(0, 5) });
    else if (dice <= 57) this.#readAndGiveUp();
    else if (dice <= 65) this.#expectNewer(cache.peek());
    else if (dice <= 70) JSON.stringify(cache.health());
    else if (dice <= 76) this.#wait(cache.ready({ timeout: this.#random.from(0, 5) }));
    else if (dice <= 84) this.#wait(cache.invalidate());
    else if (dice <= 86) this.#wait(cache.invalidate({ purge: true }));
    else if (dice <= 92) this.#wait(cache.refresh());
    else if (dice <= 95) this.#set();
    else if (dice <= 98) this.#listenAWhile();
    else this.#restart();
  }

  start(): void {
    this.#isClosed = false;
    this.cache.start();
  }

  stop(): Promise<void> {
    this.#isClosed = true;
    return this.cache.stop({ drain: this.#random.chance(0.5) });
  }

  /** Loads that were begun, and those of them that brought a value. */
  get loads(): { readonly begun: number; readonly published: number } {
    return this.#books.loads;
  }

  /** Promises of the source that settle after their deadline, still to come. */
  get late(): number {
    return this.#source.late;
  }

  /** Compares, of a cache that is stopped, what it counted with what was counted beside it. */
  verify(): void {
    this.#books.verify();
  }

  #interval(ttl: number): number {
    if (this.#random.chance(0.01)) throw new Error('no interval');
    return this.#random.chance(0.01) ? Number.NaN : this.#random.from(1, ttl);
  }

  #listen(): void {
    const { cache } = this;
    for (const event of EVENTS) {
      cache.on(event, () => {
        if (this.#isStopped && event !== 'start') this.#report(`${event} after stop()`);
        this.#isStopped = event === 'stop';
        if (this.#random.chance(0.02)) throw new Error('a listener that throws');
        if (this.#random.chance(0.02)) return Promise.reject(new Error('one that rejects'));
        return undefined;
      });
    }
    // A listener may ask for whatever it likes.
    cache.on('load', () => {
      if (this.#random.chance(0.01)) void cache.invalidate();
      if (this.#random.chance(0.01)) this.#read();
    });
  }

  #listenAWhile(): void {
    const event = this.#random.pick(EVENTS);
    const listener = (): void => {};
    if (this.#random.chance(0.5)) this.cache.on(event, listener);
    else this.cache.once(event, listener);
    setImmediate(() => this.cache.off(event, listener));
  }

  #read(options?: { readonly maxAge?: number; readonly signal?: AbortSignal }): void {
    const seen = this.#seen;
    this.#books.reads.asked += 1;
    this.cache.get(options).then(
      ({ order }) => {
        this.#books.reads.got += 1;
        if (order < seen) this.#report(`a read went back from ${seen} to ${order}`);
        this.#seen = Math.max(this.#seen, order);
      },
      () => {
        if (options?.signal?.aborted) this.#books.reads.givenUp += 1;
        else this.#books.reads.failed += 1;
      },
    );
  }

  #readAndGiveUp(): void {
    const controller = new AbortController();
    const { signal } = controller;
    if (this.#random.chance(0.2)) controller.abort();
    else setImmediate(() => controller.abort());
    const maxAge = this.#random.from(0, 5);
    this.#read(this.#random.chance(0.5) ? { signal } : { signal, maxAge });
  }

  /** Somebody waits, or nobody does: neither may come to an unhandled rejection. */
  #wait(promise: Promise<Snapshot<Value>>): void {
    if (this.#random.chance(0.5)) return;
    this.#books.pending += 1;
    promise.then(
      (snapshot) => {
        this.#books.pending -= 1;
        this.#expectNewer(snapshot);
      },
      () => {
        this.#books.pending -= 1;
      },
    );
  }

  #set(): void {
    this.#source.order += 1;
    try {
      this.cache.set({ order: this.#source.order });
    } catch (error) {
      if (!this.#isStopped) this.#report(`set() threw ${error}`);
    }
  }

  #restart(): void {
    if (this.#isClosed) return;
    this.restarts += 1;
    void this.stop();
    this.start();
  }

  #expectNewer(snapshot: Snapshot<Value> | undefined): void {
    if (snapshot && snapshot.value.order > this.#source.order) this.#report('a value from nowhere');
  }
}
