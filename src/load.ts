import pRetry, { AbortError } from 'p-retry';
import { messageOf } from './errors.ts';
import {
  type LoadContext,
  type LoadReason,
  type NotModified,
  notModified,
  type ResolvedOptions,
} from './options.ts';
import type { Snapshot } from './snapshot.ts';

export { AbortError };

/** What a validator answered; `undefined` where there is none, or it failed. */
export type ValidatorToken = string | number | undefined;

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
  /** The attempt that runs, or ran last; 0 before the first. */
  attempt: number;
  /** Resolves at its end, where somebody waits for that to stop the cache. */
  ended?: PromiseWithResolvers<void>;
  /** A load in flight has no error: that is what tells it from a backoff. */
  readonly error?: undefined;
}

/** The loader has answered, and nobody has asked yet whether that may still be published. */
export type LoadAnswer<T> =
  | { readonly kind: 'published'; readonly value: T; readonly token: ValidatorToken }
  | { readonly kind: 'unchanged'; readonly token: ValidatorToken };

/** A load without an answer. */
export interface LoadFailure {
  readonly kind: 'failed' | 'rejected' | 'timeout';
  readonly message: string;
  /** What was thrown. */
  readonly cause?: unknown;
}

/**
 * Runs a load to its end, however long that takes. Never rejects.
 *
 * @param current - Has the current snapshot, and what the validator must answer for the loader not to be called.
 * @param onAttemptFailed - Told of an attempt that failed and isn't the last one, and of the ms until the next.
 */
export async function runLoad<T>(
  load: Load,
  { accept, loader, retry, validator }: ResolvedOptions<T>,
  current: { readonly snapshot: Snapshot<T> | undefined; readonly skipToken: ValidatorToken },
  onAttemptFailed: (error: unknown, delay: number) => void,
): Promise<LoadAnswer<T> | LoadFailure> {
  const { reason } = load;
  const { signal } = load.controller;
  const { skipToken } = current;
  let token: ValidatorToken;
  let previous: Snapshot<T> | undefined;
  const attemptOnce = async (attempt: number): Promise<T | NotModified> => {
    previous = current.snapshot;
    const context: LoadContext<T> = {
      signal,
      previous,
      attempt,
      reason,
      notModified,
    };
    try {
      // A listener of `load` may have stopped the cache.
      if (validator && attempt === 1 && !signal.aborted) token = await validator(context);
    } catch (error) {
      onAttemptFailed(error, 0);
    }
    if (token !== undefined && Object.is(token, skipToken)) return notModified;
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
    // p-retry comes in once an attempt has failed: most loads need none of it.
    const value = await attemptOnce(1).catch((error: unknown) =>
      pRetry((attempt) => (attempt === 1 ? Promise.reject(error) : attemptOnce(attempt)), {
        ...retry,
        signal,
        unref: true,
        onFailedAttempt: ({ error: { cause }, retriesLeft, retryDelay }) => {
          if (retriesLeft > 0) onAttemptFailed(cause, retryDelay);
        },
      }),
    );
    if (value !== notModified) {
      return accepts(accept, value, current.snapshot)
        ? { kind: 'published', value, token }
        : { kind: 'rejected', message: 'vetoed by accept' };
    }
    return previous
      ? { kind: 'unchanged', token }
      : { kind: 'failed', message: 'notModified without a previous value' };
  } catch (error) {
    const { cause } = error as Error;
    return { kind: 'failed', message: messageOf(cause), cause };
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
function carried(cause: unknown): Error {
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
