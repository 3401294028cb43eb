import { attempts, carried } from '../load.ts';
import {
  type LoadContext,
  type LoadReason,
  type NotModified,
  notModified,
  type ResolvedOptions,
} from '../options.ts';
import type { Alarm } from '../scheduler.ts';
import type { LoadMany } from './options.ts';

/** A key whose load has come to its loader. */
interface Member<K, V> {
  readonly key: K;
  readonly id: unknown;
  readonly context: LoadContext<V>;
  readonly resolve: (value: V | NotModified) => void;
  readonly reject: (error: unknown) => void;
}

/** An attempt of one key's load. */
export interface FailedAttempt<K> {
  readonly key: K;
  readonly reason: LoadReason;
  readonly attempt: number;
  readonly error: unknown;
  /** Ms until the next one. */
  readonly delay: number;
}

/** What a batch needs to know of its map, and tells it. */
export interface BatchHost<K, V> {
  readonly loadMany: LoadMany<K, V>;
  readonly retry: ResolvedOptions<V>['retry'];
  readonly batchWindow: number;
  idOf(key: K): unknown;
  newTimer(onFire: () => void): Alarm;
  /** An attempt failed for this key, and isn't the last one: the next is in `delay` ms. */
  onAttemptFailed(failed: FailedAttempt<K>): void;
  /** Between two attempts others may load. */
  onRest(): void;
  onResume(signal: AbortSignal): Promise<void> | undefined;
  onEnd(): void;
}

/** The loads of some keys as one call of `loadMany`, with one run of quick retries for those that fail. */
export class Batch<K, V> {
  #members: Member<K, V>[] = [];
  /** Those who have still to come, or to end without coming: a validator may have spared them. */
  readonly #expected: Set<unknown>;
  readonly #host: BatchHost<K, V>;
  /** Those that are late are not waited for. */
  readonly #window: Alarm;

  constructor(expected: Iterable<unknown>, host: BatchHost<K, V>) {
    this.#expected = new Set(expected);
    this.#host = host;
    this.#window = host.newTimer(() => this.#call());
  }

  /** Loads a key, together with the others. */
  load(key: K, context: LoadContext<V>): Promise<V | NotModified> {
    const { promise, resolve, reject } = Promise.withResolvers<V | NotModified>();
    const id = this.#host.idOf(key);
    this.#members.push({ key, id, context, resolve, reject });
    if (this.#members.length === 1) this.#window.arm(this.#host.batchWindow);
    this.leave(id);
    return promise;
  }

  /** One of them is here, or won't come. */
  leave(id: unknown): void {
    if (this.#expected.delete(id) && this.#expected.size === 0) this.#call();
  }

  #call(): void {
    this.#window.cancel();
    const members = this.#members;
    this.#members = [];
    if (members.length > 0) void this.#run(members);
  }

  async #run(members: readonly Member<K, V>[]): Promise<void> {
    const { retry } = this.#host;
    const { signal, end } = allAborted(members.map(({ context }) => context.signal));
    /** Those without an answer so far, and what they failed with. */
    let left = members;
    const errors = new Map<Member<K, V>, unknown>();
    let made = 0;
    const attemptOnce = async (attempt: number): Promise<void> => {
      made = attempt;
      if (attempt > 1) await this.#host.onResume(signal);
      left = left.filter(({ context }) => !context.signal.aborted);
      errors.clear();
      if (left.length > 0) await this.#attempt(left, attempt, signal, errors);
      left = left.filter((member) => errors.has(member));
      const [first] = left;
      if (first) throw carried(errors.get(first));
    };
    try {
      await attempts(attemptOnce, retry, signal, (_, delay) => {
        this.#host.onRest();
        for (const [{ key, context }, error] of errors) {
          const { reason } = context;
          this.#host.onAttemptFailed({ key, reason, attempt: made, error, delay });
        }
      });
    } catch {
      // Each has its own error.
    }
    end();
    this.#host.onEnd();
    for (const member of members) member.reject(errors.get(member));
  }

  async #attempt(
    members: readonly Member<K, V>[],
    attempt: number,
    signal: AbortSignal,
    errors: Map<Member<K, V>, unknown>,
  ): Promise<void> {
    const byId = new Map(members.map((member) => [member.id, member]));
    const keys = members.map(({ key }) => key);
    const contextOf = (key: K): LoadContext<V> | undefined =>
      byId.get(this.#host.idOf(key))?.context;
    try {
      const answers = await this.#host.loadMany(keys, {
        signal,
        attempt,
        previous: (key) => contextOf(key)?.previous,
        reason: (key) => contextOf(key)?.reason,
        notModified,
      });
      for (const [key, answer] of answers) {
        const id = this.#host.idOf(key);
        const member = byId.get(id);
        byId.delete(id);
        if (!member) continue;
        if (answer instanceof Error) errors.set(member, answer);
        else member.resolve(answer);
      }
      for (const member of byId.values()) member.resolve(undefined as V);
    } catch (error) {
      for (const member of byId.values()) errors.set(member, error);
    }
  }
}

/** Aborted once all of these are. */
function allAborted(signals: readonly AbortSignal[]): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  let left = signals.length;
  const onAbort = (event: Event): void => {
    left -= 1;
    if (left === 0) controller.abort((event.target as AbortSignal).reason);
  };
  for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
  const end = (): void => {
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, end };
}
