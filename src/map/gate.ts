import { outsideRequests } from '../context.ts';
import type { Alarm } from '../scheduler.ts';
import { Heap, type Ranked } from './heap.ts';
import { isLongTurn } from './turn.ts';

/** Whoever waits for its turn to load, or has it. */
export interface Visitor {
  ticket: Ticket | undefined;
  pass: Pass | undefined;
}

/** A place in the queue. */
export interface Ticket extends Ranked {
  readonly visitor: Visitor;
  hasReaders: boolean;
  /** Of a load that is under way, and wants to make another attempt. */
  readonly resume: (() => void) | undefined;
}

/** The right to load: of one key, or of those whose loads are one call. */
export interface Pass {
  /** How many of them are under way. */
  left: number;
}

/** How many loads may run at a time, and how many keys go into one. */
export interface GateOptions {
  readonly concurrency: number;
  /** 1: each load is a call of its own. */
  readonly batchSize: number;
  /** Ms. */
  readonly batchWindow: number;
}

/** Which loads may run: so many at a time, those first that readers wait for, and then the most overdue. */
export class Gate<V extends Visitor> {
  /** How many passes are out. */
  running = 0;
  /** Whether all have to wait, until those that are invalidated together all are. */
  isHeld = false;
  /** How many have come: first come, first served. */
  #tickets = 0;
  readonly #readers: Heap<Ticket> = new Heap();
  readonly #background: Heap<Ticket> = new Heap();
  /** Until a batch that isn't full goes all the same. */
  readonly #window: Alarm;
  #isGathering = false;
  /** Until the next turn of the event loop, where this one has taken long. */
  readonly #turn: Alarm;
  #isDispatching = false;
  readonly #options: GateOptions;
  readonly #onTurn: (visitors: readonly V[]) => void;

  /** @param onTurn - Has the loads of these started, as one call where they are several. */
  constructor(
    options: GateOptions,
    newTimer: (onFire: () => void) => Alarm,
    onTurn: (visitors: readonly V[]) => void,
  ) {
    this.#options = options;
    this.#onTurn = onTurn;
    this.#window = newTimer(() => {
      this.#stopGathering();
      this.#dispatch();
    });
    this.#turn = newTimer(() => this.#onDispatch());
  }

  get queued(): number {
    return this.#readers.size + this.#background.size;
  }

  /** Whether this load may start at once; else its turn comes. */
  admit(visitor: V, hasReaders: boolean): boolean {
    if (this.#options.batchSize === 1 && this.#isOpen && this.queued === 0 && !this.isHeld) {
      visitor.pass = this.#issue(1);
      return true;
    }
    this.#enqueue(visitor, hasReaders);
    return false;
  }

  /** Readers wait for it now. */
  promote({ ticket }: Visitor): void {
    if (!ticket || ticket.hasReaders) return;
    this.#background.remove(ticket);
    ticket.hasReaders = true;
    this.#readers.push(ticket);
  }

  withdraw(visitor: Visitor): void {
    const { ticket } = visitor;
    visitor.ticket = undefined;
    if (ticket) (ticket.hasReaders ? this.#readers : this.#background).remove(ticket);
    // It has its turn, and those of its batch before it are being started.
    else this.release(visitor);
    if (this.queued > 0) return;
    this.#stopGathering();
    this.#turn.cancel();
  }

  /** Its load has ended, or rests between two attempts. */
  release(visitor: Visitor): void {
    const { pass } = visitor;
    visitor.pass = undefined;
    if (!pass) return;
    pass.left -= 1;
    if (pass.left > 0) return;
    this.running -= 1;
    this.#dispatchSoon();
  }

  /** What was given to `turn` is theirs. */
  share(turn: Visitor, visitors: readonly Visitor[]): void {
    const { pass } = turn;
    if (visitors.length === 0) this.release(turn);
    if (!pass || visitors.length === 0) return;
    turn.pass = undefined;
    pass.left = visitors.length;
    for (const visitor of visitors) visitor.pass = pass;
  }

  /** Resolves when a load that rested may go on, or `signal` aborts. */
  resume(visitor: Visitor, hasReaders: boolean, signal: AbortSignal): Promise<void> | undefined {
    if (signal.aborted) return undefined;
    if (this.#isOpen && this.queued === 0) {
      visitor.pass = this.#issue(1);
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = (): void => {
      this.withdraw(visitor);
      end();
    };
    signal.addEventListener('abort', onAbort);
    this.#enqueue(visitor, hasReaders, end);
    return promise;
  }

  get #isOpen(): boolean {
    return this.running < this.#options.concurrency;
  }

  #issue(left: number): Pass {
    this.running += 1;
    return { left };
  }

  #enqueue(visitor: Visitor, hasReaders: boolean, resume?: () => void): void {
    this.#tickets += 1;
    const ticket = { rank: this.#tickets, place: -1, visitor, hasReaders, resume };
    visitor.ticket = ticket;
    (hasReaders ? this.#readers : this.#background).push(ticket);
    const { batchSize, batchWindow } = this.#options;
    if (resume || this.queued >= batchSize) {
      this.#stopGathering();
      this.#dispatchSoon();
    } else if (this.queued === 1) {
      this.#isGathering = true;
      this.#window.arm(batchWindow);
    }
  }

  #stopGathering(): void {
    this.#isGathering = false;
    this.#window.cancel();
  }

  /** Not at once: whoever has come or gone isn't done yet. */
  #dispatchSoon(): void {
    if (this.#isDispatching || this.#turn.dueTick !== Infinity || this.queued === 0) return;
    // Loaders that take no time would never end the turn.
    if (isLongTurn()) {
      this.#turn.arm(0);
      return;
    }
    this.#isDispatching = true;
    outsideRequests(queueMicrotask, () => this.#onDispatch());
  }

  #onDispatch(): void {
    this.#isDispatching = false;
    this.#turn.cancel();
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#isOpen && this.queued > 0 && !this.#isGathering) {
      const tickets = this.#next();
      const [first] = tickets;
      if (first?.resume) {
        first.visitor.pass = this.#issue(1);
        first.resume();
      } else if (first) {
        const visitors = tickets.map(({ visitor }) => visitor as V);
        const pass = this.#issue(visitors.length);
        for (const visitor of visitors) visitor.pass = pass;
        this.#onTurn(visitors);
      }
    }
  }

  /** Those whose turn it is: a load that rested, or as many new ones as go into a call. */
  #next(): Ticket[] {
    const tickets: Ticket[] = [];
    while (tickets.length < this.#options.batchSize) {
      const queue = this.#readers.size > 0 ? this.#readers : this.#background;
      const ticket = queue.peek();
      if (!ticket || (ticket.resume && tickets.length > 0)) break;
      queue.remove(ticket);
      ticket.visitor.ticket = undefined;
      tickets.push(ticket);
      if (ticket.resume) break;
    }
    return tickets;
  }
}
