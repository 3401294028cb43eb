import pRetry, { AbortError } from 'p-retry';
import { type LoadContext, type LoadReason, notModified, type ResolvedOptions } from './options.ts';
import { Timer } from './scheduler.ts';
import type { Snapshot } from './snapshot.ts';

export { AbortError };

/** What a validator answered; `undefined` where there is none, or it failed. */
export type ValidatorToken = string | number | undefined;

/** A load that the loader has answered, before anybody asked whether that may still be published. */
export type LoadAnswer<T> =
  | { readonly kind: 'published'; readonly value: T; readonly token: ValidatorToken }
  | { readonly kind: 'unchanged'; readonly token: ValidatorToken };

/** A load without an answer. */
export interface LoadFailure {
  readonly kind: 'failed' | 'rejected' | 'timeout';
  /** What was thrown. */
  readonly error?: unknown;
}

/** What a load asks of its cache, and tells it. */
export interface LoadHost<T> {
  /** The current snapshot. */
  readonly previous: () => Snapshot<T> | undefined;
  /** An attempt failed, and another follows after `delay` ms. Attempt 0 is the validator. */
  readonly onAttemptFailed: (load: Load<T>, error: unknown, delay: number) => void;
  /** The loader is done, or its deadline has passed: the place is free for the next load. Called once. */
  readonly onEnd: (load: Load<T>, result: LoadAnswer<T> | LoadFailure) => void;
  /** The loader is done, though it was given up at the deadline. */
  readonly onLate: () => void;
}

/** One run of the loader, with its quick retries, under one deadline. */
export class Load<T> {
  /** Loads of one cache are numbered as they start. */
  readonly seq: number;
  readonly reason: LoadReason;
  /** Epoch ms. */
  readonly startedAt: number = Date.now();
  /** The same by `performance.now()`, which never jumps. */
  readonly startedTick: number = performance.now();
  /** The attempt that runs, or ran last; 0 before the first. */
  attempt = 0;
  readonly #options: ResolvedOptions<T>;
  readonly #host: LoadHost<T>;
  readonly #controller = new AbortController();
  readonly #deadline: Timer = new Timer(() => this.#end({ kind: 'timeout' }));
  #ended = false;

  constructor(seq: number, reason: LoadReason, options: ResolvedOptions<T>, host: LoadHost<T>) {
    this.seq = seq;
    this.reason = reason;
    this.#options = options;
    this.#host = host;
  }

  /** `skipToken`: what the validator must answer for the loader not to be called at all. */
  run(skipToken: ValidatorToken): void {
    this.#deadline.arm(this.#options.loadTimeout);
    void this.#execute(skipToken).then((result) => {
      if (this.#ended) this.#host.onLate();
      else this.#end(result);
    });
  }

  /** Aborts the loader's `signal`. The load ends when the loader does, or at its deadline. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Whether the process is to live on for this load. */
  hold(held: boolean): void {
    this.#deadline.hold(held);
  }

  #end(result: LoadAnswer<T> | LoadFailure): void {
    this.#ended = true;
    this.#deadline.cancel();
    this.#host.onEnd(this, result);
  }

  async #execute(skipToken: ValidatorToken): Promise<LoadAnswer<T> | LoadFailure> {
    const { accept, validator } = this.#options;
    try {
      // A listener of the `load` event may have stopped the cache.
      this.#controller.signal.throwIfAborted();
      const token = validator && (await this.#probe(validator));
      if (token !== undefined && Object.is(token, skipToken)) return { kind: 'unchanged', token };
      const value = await this.#attempts();
      const previous = this.#host.previous();
      if (value === notModified) {
        if (previous) return { kind: 'unchanged', token };
        throw new Error('notModified was returned, but there is no previous value');
      }
      return accept?.(value, previous?.value) === false
        ? { kind: 'rejected' }
        : { kind: 'published', value, token };
    } catch (error) {
      return { kind: 'failed', error: error instanceof Thrown ? error.value : error };
    }
  }

  async #probe(validator: NonNullable<ResolvedOptions<T>['validator']>): Promise<ValidatorToken> {
    try {
      return await validator(this.#context(1));
    } catch (error) {
      this.#host.onAttemptFailed(this, error, 0);
      return undefined;
    }
  }

  #attempts(): Promise<T | typeof notModified> {
    return pRetry((attempt) => this.#attempt(attempt), {
      ...this.#options.retry,
      signal: this.#controller.signal,
      unref: true,
      onFailedAttempt: ({ error, retriesLeft, retryDelay }) => {
        if (retriesLeft > 0) {
          this.#host.onAttemptFailed(this, (error as Thrown).value, retryDelay);
        }
      },
    });
  }

  async #attempt(attempt: number): Promise<T | typeof notModified> {
    this.attempt = attempt;
    try {
      return await this.#options.loader(this.#context(attempt));
    } catch (error) {
      const original = wrappedByAbortError(error);
      throw original ? new AbortError(new Thrown(original)) : new Thrown(error);
    }
  }

  #context(attempt: number): LoadContext<T> {
    return {
      signal: this.#controller.signal,
      previous: this.#host.previous(),
      attempt,
      reason: this.reason,
      notModified,
    };
  }
}

/**
 * Carries whatever the loader threw past p-retry, which would not retry a TypeError, would replace what isn't an
 * Error, and looks into its errors, whose getters may throw.
 */
class Thrown extends Error {
  readonly value: unknown;

  constructor(value: unknown) {
    super();
    this.value = value;
  }
}

/**
 * The error in a p-retry `AbortError`, of this or another copy of p-retry (the CommonJS build has its own within).
 * `undefined` for any other error: DOM's `AbortError` says that a request was aborted, not that trying is in vain.
 */
function wrappedByAbortError(error: unknown): Error | undefined {
  try {
    const { name, originalError } = error as AbortError;
    return name === 'AbortError' && originalError instanceof Error ? originalError : undefined;
  } catch {
    return undefined;
  }
}
