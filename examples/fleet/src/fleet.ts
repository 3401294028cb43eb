import { setTimeout as delay } from 'node:timers/promises';
import type { News, Order, ReplicaConfig } from './protocol.ts';
import { ReplicaProcess } from './replica-process.ts';

/** Ms within which whatever is waited for has to come about. */
const PATIENCE = 30_000;

/** What a process has told, and when: by `performance.now()` of whoever heard it. */
export interface Heard {
  readonly process: string;
  readonly tick: number;
  readonly news: News;
}

/** The processes of a service. */
export class Fleet {
  readonly names: readonly string[];
  /** Everything that they have told but their reads, in order. */
  readonly heard: Heard[] = [];
  /** Those that run or ran, in the order in which they were started. */
  readonly all: ReplicaProcess[] = [];
  readonly #configs: ReadonlyMap<string, ReplicaConfig>;
  readonly #signal: AbortSignal;
  readonly #ending = new Set<ReplicaProcess>();
  #failure: Error | undefined;
  /** Resolved, and made anew, each time that something is heard. */
  #next = Promise.withResolvers<void>();

  constructor(configs: readonly ReplicaConfig[], signal: AbortSignal) {
    this.names = configs.map(({ name }) => name);
    this.#configs = new Map(configs.map((config) => [config.name, config]));
    this.#signal = signal;
  }

  get running(): readonly ReplicaProcess[] {
    return this.all.filter(({ isRunning }) => isRunning);
  }

  /** Starts a process, or starts it again. */
  start(name: string): ReplicaProcess {
    const config = this.#configs.get(name);
    if (!config) throw new Error(`there is no ${name}`);
    const replica = new ReplicaProcess(config, (news) => {
      if (!news) this.#exited(replica);
      else if (news.kind !== 'reads') {
        this.heard.push({ process: name, tick: performance.now(), news });
      }
      this.#next.resolve();
      this.#next = Promise.withResolvers();
    });
    this.all.push(replica);
    return replica;
  }

  /**
   * What was heard of one kind from a moment on.
   *
   * @param since - So many had been heard of by then: {@link heard}'s length.
   */
  since<K extends News['kind']>(
    since: number,
    kind: K,
  ): readonly (Heard & { readonly news: News & { readonly kind: K } })[] {
    const isOf = (
      heard: Heard,
    ): heard is Heard & {
      readonly news: News & { readonly kind: K };
    } => heard.news.kind === kind;
    return this.heard.slice(since).filter(isOf);
  }

  /**
   * Resolves with what `condition` answers, once that is something: it is asked whenever a process tells anything.
   *
   * @param what - Completes "it did not come about that …".
   * @throws {Error} A process ended by itself, or it takes too long.
   * @throws The reason of the signal.
   */
  async until<T>(what: string, condition: () => T | false | undefined): Promise<T> {
    const deadline = AbortSignal.timeout(PATIENCE);
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#failure) throw this.#failure;
      const answer = condition();
      if (answer !== undefined && answer !== false) return answer;
      if (deadline.aborted) throw new Error(`it did not come about that ${what}`);
      // Processes that tell nothing are none that answer readers: the deadline ends the wait then.
      await Promise.race([this.#next.promise, delay(100, undefined, { signal: this.#signal })]);
    }
  }

  tell(order: Order): void {
    for (const replica of this.running) replica.tell(order);
  }

  /** Ends a process as a crash would. */
  async kill(name: string): Promise<void> {
    const replica = this.running.find((one) => one.name === name);
    if (!replica) throw new Error(`${name} does not run`);
    this.#ending.add(replica);
    await replica.kill();
  }

  async stop(): Promise<void> {
    const { running } = this;
    for (const replica of running) this.#ending.add(replica);
    await Promise.all(running.map((replica) => replica.stop()));
  }

  #exited(replica: ReplicaProcess): void {
    if (!this.#ending.has(replica)) this.#failure = new Error(`${replica.name} ended by itself`);
  }
}
