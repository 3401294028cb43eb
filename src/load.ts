import pRetry, { AbortError } from 'p-retry';
import { messageOf } from './errors.ts';
import {
  type LoadContext,
  type LoadReason,
  type NotModified,
  notModified,
  type ResolvedOptions,
} from './options.ts';
import type { Origin } from './shared.ts';
import type { Snapshot } from './snapshot.ts';
import type { LoadTrace } from './trace.ts';

export { AbortError };

/** What a validator answered; `undefined` where there is none, or it failed. */
export type ValidatorToken = string | number | undefined;

/** A digest of a value; `undefined` where there is no function for it, or it failed. */
export type ContentHash = string | number | undefined;

/** What a load needs to know of its cache, and tells it. */
export interface LoadHost<T> {
  readonly snapshot: Snapshot<T> | undefined;
  /** What the validator must answer for the loader not to be called. */
  readonly skipToken: ValidatorToken;
  readonly hash: ContentHash;
  /** An attempt failed that isn't the last one; the next is in `delay` ms. */
  onAttemptFailed(error: unknown, delay: number): void;
  /** Resolves when another attempt may be made. */
  beforeRetry(signal: AbortSignal): Promise<void> | undefined;
  /** A function among the options failed that a load can do without. */
  onFault(error: unknown): void;
}

/** One run of the loader, with its quick retries. */
export interface Load {
  /** Loads of one cache are numbered as they start. */
  readonly seq: number;
  readonly reason: LoadReason;
  /** When it started, in epoch ms: as of then its value will be true. */
  readonly loadedAt: number;
  /** The same by `performance.now()`, which never jumps. */
  readonly startedTick: number;
  readonly controller: AbortController;
  /** By `stop()`; the signal is aborted after that, last of all. */
  stopped: boolean;
  /** Whether the validator was asked, and whether the loader wasn't because of its answer. */
  probed: boolean;
  skipped: boolean;
  /** The attempt that runs, or ran last; 0 before the first. */
  attempt: number;
  /** Where somebody listens to the tracing channel. */
  trace?: LoadTrace | undefined;
  /** Resolves at its end, where somebody waits for that to stop the cache. */
  ended?: PromiseWithResolvers<void>;
  /** A load in flight has no error: that is what tells it from a backoff. */
  readonly error?: undefined;
}

/** The loader has answered, and nobody has asked yet whether that may still be published. */
export type LoadAnswer<T> =
  | {
      readonly kind: 'published';
      readonly value: T;
      readonly token: ValidatorToken;
      readonly hash: ContentHash;
      readonly origin?: Origin;
    }
  | { readonly kind: 'unchanged'; readonly token: ValidatorToken; readonly origin?: Origin };

/** A load without an answer. */
export interface LoadFailure {
  readonly kind: 'failed' | 'rejected' | 'timeout';
  readonly message: string;
  /** What was thrown. */
  readonly cause?: unknown;
}

/**
 * Runs a load to its end, however long that takes. Never rejects.
 */
export async function runLoad<T>(
  load: Load,
  options: ResolvedOptions<T>,
  host: LoadHost<T>,
): Promise<LoadAnswer<T> | LoadFailure> {
  const { loader, retry, validator } = options;
  const { reason } = load;
  const { signal } = load.controller;
  let token: ValidatorToken;
  let previous: Snapshot<T> | undefined;
  const attemptOnce = async (attempt: number): Promise<T | NotModified> => {
    if (attempt > 1) await host.beforeRetry(signal);
    previous = host.snapshot;
    const context: LoadContext<T> = {
      signal,
      previous,
      attempt,
      reason,
      notModified,
    };
    try {
      // A listener of `load` may have stopped the cache.
      if (validator && attempt === 1 && !signal.aborted) {
        load.probed = true;
        token = await validator(context);
      }
    } catch (error) {
      host.onFault(error);
    }
    if (token !== undefined && Object.is(token, host.skipToken)) {
      load.skipped = true;
      // It may have come from the store during the probe.
      previous ??= host.snapshot;
      return notModified;
    }
    load.attempt = attempt;
    try {
      // The validator may have outlived the deadline.
      signal.throwIfAborted();
      return await loader(context);
    } catch (error) {
      throw carried(error);
    }
  };
  try {
    const value = await attempts(attemptOnce, retry, signal, (error, delay) => {
      host.onAttemptFailed(error, delay);
    });
    if (value !== notModified) {
      const { snapshot } = host;
      if (!accepts(options.accept, value, snapshot)) {
        return { kind: 'rejected', message: 'vetoed by accept' };
      }
      const hash = hashOf(value, options, host);
      if (isSame(value, hash, options, host)) return { kind: 'unchanged', token };
      return { kind: 'published', value, token, hash };
    }
    return previous
      ? { kind: 'unchanged', token }
      : { kind: 'failed', message: 'notModified without a previous value' };
  } catch (error) {
    const { cause } = error as Error;
    return { kind: 'failed', message: messageOf(cause), cause };
  }
}

/**
 * Makes one attempt, and more where it fails.
 *
 * @param attemptOnce - Rejects with errors that are `carried`.
 * @param onAttemptFailed - Told of each but the last, and of the ms until the next.
 */
export function attempts<R>(
  attemptOnce: (attempt: number) => Promise<R>,
  retry: ResolvedOptions<unknown>['retry'],
  signal: AbortSignal,
  onAttemptFailed: (error: unknown, delay: number) => void,
): Promise<R> {
  // p-retry comes in once an attempt has failed: most loads need none of it.
  return attemptOnce(1).catch((error: unknown) =>
    pRetry((attempt) => (attempt === 1 ? Promise.reject(error) : attemptOnce(attempt)), {
      ...retry,
      signal,
      unref: true,
      onFailedAttempt: ({ error: { cause }, retriesLeft, retryDelay }) => {
        if (retriesLeft > 0) onAttemptFailed(cause, retryDelay);
      },
    }),
  );
}

/** The digest of a value, where the options have a function for it that works. */
export function hashOf<T>(
  value: T,
  { contentHash }: Pick<ResolvedOptions<T>, 'contentHash'>,
  { onFault }: Pick<LoadHost<T>, 'onFault'>,
): ContentHash {
  try {
    return contentHash?.(value);
  } catch (error) {
    onFault(error);
    return undefined;
  }
}

/** Whether a value is the one that stands, as the options see it. */
export function isSame<T>(
  value: T,
  hash: ContentHash,
  { equals }: Pick<ResolvedOptions<T>, 'equals'>,
  host: Pick<LoadHost<T>, 'hash' | 'onFault' | 'snapshot'>,
): boolean {
  if (!host.snapshot) return false;
  if (hash !== undefined && Object.is(hash, host.hash)) return true;
  try {
    return equals?.(value, host.snapshot.value) === true;
  } catch (error) {
    host.onFault(error);
    return false;
  }
}

function accepts<T>(
  accept: ResolvedOptions<T>['accept'],
  value: T,
  previous: Snapshot<T> | undefined,
): boolean {
  try {
    return accept?.(value, previous?.value) !== false;
  } catch (error) {
    throw carried(error);
  }
}

/**
 * An error that carries, as its cause, whatever was thrown past p-retry: that would not retry a TypeError, would
 * replace what isn't an Error, and looks into its errors, whose getters may throw.
 *
 * p-retry's `AbortError` stays one, be it of this or another copy of p-retry (the CommonJS build has its own within).
 * DOM's says that a request was aborted, not that trying is in vain.
 */
export function carried(cause: unknown): Error {
  try {
    const { name, originalError } = cause as AbortError;
    if (name === 'AbortError' && originalError instanceof Error) {
      return new AbortError(new Error('', { cause: originalError }));
    }
  } catch {
    // A getter threw: it is not p-retry's.
  }
  return new Error('', { cause });
}
