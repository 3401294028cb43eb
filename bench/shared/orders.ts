/** How the processes get at the value: each for itself, or with one load for all. */
export const WAYS = ['without', 'Redis', 'PostgreSQL'] as const;
export type Way = (typeof WAYS)[number];

/** A cache that a process is to have. */
export interface Setting {
  readonly way: Way;
  readonly kind: string;
  /** Of the fleet: caches of two settings have nothing in common. */
  readonly key: string;
  /** Ms from one refresh to the next. */
  readonly interval: number;
}

/** What a process is told to do. */
export type Order =
  | ({ readonly do: 'open' } & Setting)
  | { readonly do: 'close' }
  | { readonly do: 'write' }
  | { readonly do: 'see'; readonly revision: number }
  | { readonly do: 'read'; readonly ms: number }
  | { readonly do: 'account' };

/** A write, and the `invalidate()` after it. Times are ms of the clock that all processes have in common. */
export interface Written {
  readonly revision: number;
  /** When `invalidate()` was called. */
  readonly began: number;
  /** When it resolved. */
  readonly ended: number;
}

/** Each in ms, of one read. */
export interface Reads {
  /** `get()`. */
  readonly get: Float64Array;
  /** `peek()`. */
  readonly peek: Float64Array;
  /** `await` of a resolved promise: what the clock and the loop take. */
  readonly floor: Float64Array;
  /** `get()` from when it was due, come what may, one a ms. */
  readonly due: Float64Array;
}

/** What a process has used since it began. */
export interface Account {
  /** Ms of CPU time. */
  readonly cpu: number;
  /** Statements that the tier asked of PostgreSQL. */
  readonly statements: number;
}

/** What has become of a cache. */
export interface Closed {
  /** Ms of each query of its loader. */
  readonly loads: readonly number[];
  readonly errors: readonly string[];
}

/** What it answers to each. */
export interface Answers {
  readonly open: null;
  readonly close: Closed;
  readonly write: Written;
  /** When it first served that revision, or a later one, as fresh. */
  readonly see: number;
  readonly read: Reads;
  readonly account: Account;
}
