import { AbortError, attempts, carried } from '../load.ts';
import {
  type LoadContext,
  type LoadReason,
  type NotModified,
  notModified,
  type ResolvedOptions,
} from '../options.ts';
import type { Alarm } from '../scheduler.ts';
import type { Gate, Visitor } from './gate.ts';
import type { LoadMany } from './options.ts';

/** The cache of a key, as far as a batch knows it. */
export interface Rider<K> extends Visitor {
  readonly key: K;
  readonly id: unknown;
  readonly hasReaders: boolean;
  /** Its loader is called, for the so manieth time. */
  onAttempt(attempt: number): void;
  /** That failed, and isn't the last time: the next is in `delay` ms. */
  onAttemptFailed(error: unknown, delay: number): void;
}

/** A key whose load has come to its loader. */
interface Member<K, V> {
  readonly rider: Rider<K>;
  readonly context: LoadContext<V>;
  readonly resolve: (value: V | NotModified) => void;
  readonly reject: (error: unknown) => void;
  /** Hears its signal, once it is called for. */
  onAbort?: () => void;
}

/** What a batch needs to know of its map. */
export interface BatchHost<K, V> {
  readonly loadMany: LoadMany<K, V>;
  readonly retry: ResolvedOptions<V>['retry'];
  readonly batchWindow: number;
  readonly gate: Pick<Gate<Visitor>, 'release' | 'resume' | 'share'>;
  idOf(key: K): unknown;
  newTimer(onFire: () => void): Alarm;
}

/** The loads of some keys as one call of `loadMany`, with one run of quick retries for those that fail. */
export class Batch<K, V> {
  readonly #members: Map<Rider<K>, Member<K, V>> = new Map();
  /** Those who have still to come, or to end without coming: a validator may have spared them. */
  readonly #expected: Set<Rider<K>>;
  readonly #host: BatchHost<K, V>;
  /** Those that are late are not waited for. */
  readonly #window: Alarm;

  constructor(expected: Iterable<Rider<K>>, host: BatchHost<K, V>) {
    this.#expected = new Set(expected);
    this.#host = host;
    this.#window = host.newTimer(() => this.#call());
  }

  /** Loads a key, together with the others. */
  load(rider: Rider<K>, context: LoadContext<V>): Promise<V | NotModified> {
    const { promise, resolve, reject } = Promise.withResolvers<V | NotModified>();
    this.#members.set(rider, { rider, context, resolve, reject });
    if (this.#members.size === 1) this.#window.arm(this.#host.batchWindow);
    this.#expected.delete(rider);
    this.#callIfAll();
    return promise;
  }

  /** Its load has ended: it won't come, or waits no more. */
  leave(rider: Rider<K>): void {
    const member = this.#members.get(rider);
    this.#members.delete(rider);
    member?.reject(member.context.signal.reason);
    if (this.#expected.delete(rider)) this.#callIfAll();
  }

  #callIfAll(): void {
    if (this.#expected.size === 0) this.#call();
  }

  #call(): void {
    this.#window.cancel();
    const members = [...this.#members.values()];
    this.#members.clear();
    if (members.length > 0) new Run(members, this.#host);
  }
}

/** One call of `loadMany`, and those for the keys that failed in it. */
class Run<K, V> {
  readonly #host: BatchHost<K, V>;
  /** Those without an answer. */
  readonly #left: Set<Member<K, V>> = new Set();
  /** How many of them have a load that goes on. */
  #live = 0;
  readonly #errors: Map<Member<K, V>, unknown> = new Map();
  /** Aborted as the last of them is. */
  readonly #controller = new AbortController();
  #isResting = false;

  constructor(members: readonly Member<K, V>[], host: BatchHost<K, V>) {
    this.#host = host;
    for (const member of members) {
      const { signal } = member.context;
      if (signal.aborted) member.reject(signal.reason);
      else {
        this.#left.add(member);
        this.#live += 1;
        member.onAbort = () => this.#onAbort(member);
        signal.addEventListener('abort', member.onAbort);
      }
    }
    void this.#run();
  }

  async #run(): Promise<void> {
    const { retry } = this.#host;
    const { signal } = this.#controller;
    try {
      await attempts(
        (attempt) => this.#attempt(attempt),
        retry,
        signal,
        (_, delay) => this.#rest(delay),
      );
    } catch {
      // Each has its own error.
    }
    for (const member of this.#left) this.#fail(member, this.#errors.get(member));
  }

  async #attempt(attempt: number): Promise<void> {
    const { gate } = this.#host;
    if (attempt > 1) {
      const turn: Visitor = { ticket: undefined, pass: undefined };
      const hasReaders = this.#riders.some((rider) => rider.hasReaders);
      await gate.resume(turn, hasReaders, this.#controller.signal);
      this.#isResting = false;
      gate.share(turn, this.#riders);
    }
    if (this.#left.size === 0) return;
    this.#errors.clear();
    for (const rider of this.#riders) rider.onAttempt(attempt);
    await this.#call([...this.#left], attempt);
    for (const [member, error] of this.#errors) {
      if (member.context.signal.aborted) this.#fail(member, member.context.signal.reason);
      else if (carried(error) instanceof AbortError) this.#fail(member, error);
    }
    for (const first of this.#left) throw carried(this.#errors.get(first));
  }

  get #riders(): Rider<K>[] {
    return Array.from(this.#left, ({ rider }) => rider);
  }

  /** Between two attempts others may load. */
  #rest(delay: number): void {
    this.#isResting = true;
    for (const rider of this.#riders) this.#host.gate.release(rider);
    for (const member of this.#left) {
      const { signal } = member.context;
      // Its load has ended since the call did.
      if (signal.aborted) this.#fail(member, signal.reason);
    }
    // A listener may end the load of any of them: those have left then.
    for (const member of this.#left) {
      member.rider.onAttemptFailed(this.#errors.get(member), delay);
    }
  }

  async #call(members: readonly Member<K, V>[], attempt: number): Promise<void> {
    const { loadMany, idOf } = this.#host;
    const byId = new Map(members.map((member) => [member.rider.id, member]));
    const unanswered = new Map(byId);
    const contextOf = (key: K): LoadContext<V> | undefined => byId.get(idOf(key))?.context;
    try {
      const answers = await loadMany(
        members.map(({ rider }) => rider.key),
        {
          signal: this.#controller.signal,
          attempt,
          previous: (key) => contextOf(key)?.previous,
          reason: (key): LoadReason | undefined => contextOf(key)?.reason,
          notModified,
        },
      );
      for (const [key, answer] of answers) {
        const id = idOf(key);
        const member = unanswered.get(id);
        unanswered.delete(id);
        if (!member) continue;
        if (answer instanceof Error) this.#errors.set(member, answer);
        else this.#succeed(member, answer);
      }
      for (const member of unanswered.values()) this.#succeed(member, undefined as V);
    } catch (error) {
      for (const member of unanswered.values()) this.#errors.set(member, error);
    }
  }

  #succeed(member: Member<K, V>, value: V | NotModified): void {
    this.#drop(member);
    member.resolve(value);
  }

  #fail(member: Member<K, V>, error: unknown): void {
    this.#drop(member);
    member.reject(error);
  }

  #drop(member: Member<K, V>): void {
    const { context, onAbort } = member;
    if (onAbort) context.signal.removeEventListener('abort', onAbort);
    if (this.#left.delete(member) && !context.signal.aborted) this.#live -= 1;
  }

  #onAbort(member: Member<K, V>): void {
    const { reason } = member.context.signal;
    this.#live -= 1;
    // While its call runs it waits for that to end: its next load is not to overlap.
    if (this.#isResting) this.#fail(member, reason);
    if (this.#live === 0) this.#controller.abort(reason);
  }
}
