/** What the harness does to the fleet, from when to when. */
export interface Fault {
  readonly kind: /** Killed; until the process that takes its place is ready. */
    | 'kill'
    /** Stopped by SIGSTOP. */
    | 'freeze'
    /** Its commands don't reach Redis, or come late or in parts. */
    | 'redis'
    /** The same of the messages. */
    | 'subscriber'
    /** The same of its loads. */
    | 'postgres'
    /** Redis is gone, and comes back empty. */
    | 'restart'
    | 'flush'
    /** Redis closes all connections. */
    | 'disconnect'
    /** Nobody's doing: the machine was too busy to let it run, or the hops on the way to the servers. */
    | 'stall';
  /** Whom it is done to; `undefined`: to all of them. */
  readonly worker: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly note?: string;
}

/** What `health()` tells of what is shared. */
export interface SharedReport {
  readonly epoch: string | null;
  readonly generation: number;
}

/** Reads in a row that all gave the same. */
export interface Reads {
  readonly kind: 'reads';
  readonly how: 'get' | 'peek';
  /** When the first and the last of them began. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** `null`: there was none. */
  readonly value: number | null;
  /** Whether it was served as fresh. */
  readonly fresh: boolean;
}

/** A call of `invalidate()`, after a write. */
export interface Invalidation {
  readonly kind: 'invalidate';
  readonly id: number;
  readonly at: number;
  /** The value that was written, and acknowledged by the database, before the call. */
  readonly wrote: number;
  readonly shared: SharedReport | undefined;
}

/** How that has ended. */
export interface Settled {
  readonly kind: 'settled';
  readonly id: number;
  readonly at: number;
  /** What it resolved with; `undefined`: it rejected. */
  readonly value: number | undefined;
  readonly error: string | undefined;
  readonly shared: SharedReport | undefined;
}

/** A message, as the library was handed it. */
export interface Heard {
  readonly kind: 'message';
  readonly at: number;
  readonly act: string;
  readonly epoch: string;
  /** The epoch that the process knew then. */
  readonly known: string | undefined;
  readonly seq: number;
  readonly generation: number;
}

/** An event of the cache, or of the process. */
export interface Event {
  readonly kind: 'event';
  readonly at: number;
  readonly name: string;
  readonly more?: unknown;
}

export type Item = Event | Heard | Invalidation | Reads | Settled;

/** A process from its start to its end. */
export interface Life {
  readonly worker: string;
  readonly client: string;
  readonly from: number;
  readonly to: number;
  readonly end: 'crashed' | 'killed' | 'stopped';
  /** What it printed, which is to be nothing. */
  readonly printed: string;
  /** In the order in which they came about. */
  readonly items: readonly Item[];
}

/** A load as the database counted it. */
export interface CountedLoad {
  readonly worker: string;
  /** Whether it was made for this process alone, which could not reach the others, by its own account. */
  readonly alone: boolean;
  readonly from: number;
  /** `undefined`: it never ended. */
  readonly to: number | undefined;
  /** What it has read; `undefined` before it has. */
  readonly value?: number | undefined;
}

export interface Timing {
  readonly ttl: number;
  readonly refreshInterval: number;
  readonly loadTimeout: number;
  /** How long a lease lasts that nobody renews. */
  readonly lease: number;
  /** What a machine may need on top of what the protocol takes. */
  readonly slack: number;
}

/** All that was recorded of one run. Times are ms, all by the same clock. */
export interface History {
  readonly timing: Timing;
  readonly from: number;
  readonly to: number;
  readonly lives: readonly Life[];
  readonly faults: readonly Fault[];
  readonly loads: readonly CountedLoad[];
  /** The last write, which nobody was told of, and when all faults were over and it was committed. */
  readonly last: { readonly value: number; readonly at: number } | undefined;
}
