import { messageOf, WarmCacheError } from '../errors.ts';
import type { SharedHost } from '../shared.ts';
import { Link } from './link.ts';
import { expectRecord, Sight } from './sight.ts';
import type { FleetCall, FleetRecord, FleetStore } from './store.ts';

/** What the store answers. */
export interface Answer {
  readonly record: FleetRecord;
}

/** A question: its number, and when it was asked, by `performance.now()`. */
export interface Asked {
  readonly question: number;
  readonly tick: number;
}

export interface AccessOptions {
  /** Which process asks. */
  readonly source: string;
  /** Ms that the record is kept without a question. */
  readonly keep: number;
  /** Ms after which a store that hasn't answered counts as gone. */
  readonly timeout: number;
}

/** What answers and their absence have to be told to. */
export interface AccessHooks {
  /** The version whose value needn't be sent. */
  version(): number;
  /** Finds out whether the store answers. */
  probe(): Promise<unknown>;
  onLost(error: unknown): void;
  onFound(): void;
  /** An answer was too old to say anything. */
  onLate(): void;
  /** The record is of another life than before. */
  onOther(): void;
  /** What was heard of an invalidation is lost. */
  onUnfounded(): void;
}

/** The way to the record: what is asked of it, and what each answer says of the value that is here. */
export class Access<T> {
  readonly store: FleetStore;
  readonly host: SharedHost<T>;
  readonly sight: Sight = new Sight();
  readonly link: Link;
  readonly source: string;
  readonly counts = { granted: 0, alone: 0, taken: 0, superseded: 0, lost: 0, refused: 0 };
  readonly #keep: number;
  readonly #hooks: AccessHooks;

  constructor(
    store: FleetStore,
    host: SharedHost<T>,
    { source, keep, timeout }: AccessOptions,
    hooks: AccessHooks,
  ) {
    this.store = store;
    this.host = host;
    this.source = source;
    this.#keep = keep;
    this.#hooks = hooks;
    this.link = new Link(timeout, hooks);
  }

  call(): FleetCall {
    const known = this.sight.known(this.#hooks.version());
    return { source: this.source, keep: this.#keep, known };
  }

  /**
   * What the store answers; where it doesn't, or that is no record, `undefined`.
   *
   * @param onLate - Given an answer that nobody waits for any more.
   */
  ask<A extends Answer>(
    operation: (call: FleetCall) => Promise<A>,
    onLate?: (answer: A) => void,
  ): Promise<(A & { readonly asked: Asked }) | undefined> {
    const asked = { question: this.sight.ask(), tick: performance.now() };
    const call = this.call();
    return this.link.ask(async () => {
      const answer = await operation(call);
      expectRecord(answer.record);
      return { ...answer, asked };
    }, onLate);
  }

  /**
   * Takes note of an answer.
   *
   * @param own - How many of the invalidations that it tells are this process's.
   * @returns Whether it says how things are.
   */
  note(record: FleetRecord, { question }: Asked, own = 0): boolean {
    const isFirst = this.sight.epoch === '';
    const { isLate, news } = this.sight.note(record, question, own);
    const { loadTick, origin, snapshot } = this.host;
    const isOurs = snapshot !== undefined && origin?.epoch === record.epoch;
    if (isLate) this.#hooks.onLate();
    if (news === 'invalidated') {
      this.host.invalidated(!isLate && isOurs && origin.version > 0 && !record.entry);
    } else if (news === 'unfounded') this.#hooks.onUnfounded();
    else if (news === 'other') {
      // What stands here may be older than invalidations that nobody knows of any more.
      if (loadTick !== undefined || (snapshot && !isOurs)) this.host.invalidated(false);
      if (!isFirst) this.#hooks.onOther();
    }
    return !isLate;
  }

  /** Why nothing can be told. */
  get deafness(): WarmCacheError {
    const { error } = this.link;
    return this.error(`the others could not be told: ${messageOf(error)}`, error);
  }

  error(message: string, cause: unknown): WarmCacheError {
    return new WarmCacheError(this.host.name, 'ERR_SHARED', message, cause);
  }
}
