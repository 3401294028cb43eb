import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { LoadOutcome } from './events.ts';
import type { LoadReason } from './options.ts';

/**
 * What the subscribers of the tracing channel `warm-cache:load` get: one object a load. Its `start` and `end` enclose the
 * synchronous part of the load, `asyncStart` and `asyncEnd` come as it ends, and `error` before them if it failed, by the
 * convention of Node's `diagnostics_channel`.
 *
 * @example
 * ```ts
 * import diagnostics_channel from 'node:diagnostics_channel';
 * import type { LoadTrace } from 'warm-cache';
 *
 * diagnostics_channel.subscribe('tracing:warm-cache:load:asyncEnd', (message) => {
 *   const { name, outcome, duration } = message as LoadTrace;
 *   console.log(name, outcome, duration);
 * });
 * ```
 */
export interface LoadTrace {
  /** The `name` of the cache, or of the map. */
  readonly name: string;
  /** Of a map: which key is loaded. */
  readonly key?: unknown;
  readonly reason: LoadReason;
  /** Epoch ms. */
  readonly startedAt: number;
  /** How it ended; `undefined` until then. */
  outcome?: LoadOutcome;
  /** Ms it took. */
  duration?: number;
  /** Why it failed. */
  error?: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: what the types of Node ask for
const channel: TracingChannel<any, any> = tracingChannel('warm-cache:load');

/** Whether anybody listens: else there is nothing to be made. */
export function isTraced(): boolean {
  return channel.hasSubscribers;
}

/** Tells of a load that begins, and runs its synchronous part with whatever stores are bound to the channel. */
export function traceStart(trace: LoadTrace, run: () => void): void {
  channel.start.runStores(trace, run);
  channel.end.publish(trace);
}

/** Tells how it ended. */
export function traceEnd(
  trace: LoadTrace,
  outcome: LoadOutcome,
  duration: number,
  error: unknown,
): void {
  trace.outcome = outcome;
  trace.duration = duration;
  if (error !== undefined) {
    trace.error = error;
    channel.error.publish(trace);
  }
  channel.asyncStart.publish(trace);
  channel.asyncEnd.publish(trace);
}
