import type { Timing } from './history.ts';
import type { ClientKind } from './worker-clients.ts';

/** What a worker is started with. */
export interface WorkerOptions {
  readonly worker: string;
  /** It shares nothing: a fleet of such breaks nearly all that is promised, which has to be found. */
  readonly alone: boolean;
  readonly kind: ClientKind;
  /** URLs. */
  readonly redis: string;
  readonly subscriber: string;
  readonly postgres: string;
  readonly timing: Timing;
  /** Where it writes down what happens. */
  readonly path: string;
}

/** What it is asked for. */
export type Command =
  /** Write a new value, and invalidate once that is committed. */
  | { readonly do: 'invalidate'; readonly id: number }
  /** End. */
  | { readonly do: 'stop' };

/** What it tells. */
export type Told =
  /** What it serves has changed. */
  | { readonly tell: 'serves'; readonly value: number | null; readonly fresh: boolean }
  /** What it was asked for is done; `wrote`: the new value, unless it could not be written. */
  | { readonly tell: 'done'; readonly id: number; readonly wrote: number | undefined }
  /** A load has begun. */
  | { readonly tell: 'load' };
