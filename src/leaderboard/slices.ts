/** Work that may be interrupted wherever it yields; where it yields a promise it goes on with what that resolves to. */
export type Sliced<T> = Generator<PromiseLike<unknown> | undefined, T, unknown>;

/** Ms that work may take before everybody else in the process has a turn. */
const SLICE = 1;

/** How many small steps, of some ten ns each, come between two places where work may be interrupted. */
export const STEPS = 4096;

/**
 * Does all of the work now.
 *
 * @throws {TypeError} It has to wait for a promise.
 */
export function atOnce<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (step.value) {
      // Nobody waits for it.
      step.value.then(undefined, () => {});
      throw new TypeError(
        'Expected a schema that answers at once: with others, use Leaderboard.from()',
      );
    }
  }
}

/** Does work a slice at a time, and gives the event loop back in between. */
export class Slices {
  readonly #signal: AbortSignal | undefined;
  #end = performance.now() + SLICE;

  /** @throws The reason of `signal`. */
  constructor(signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    this.#signal = signal;
  }

  /** @throws The reason of `signal`. */
  async do<T>(work: Sliced<T>): Promise<T> {
    let resolved: unknown;
    try {
      for (;;) {
        const step = work.next(resolved);
        if (step.done) return step.value;
        resolved = step.value && (await this.#wait(step.value));
        if (performance.now() < this.#end) continue;
        await new Promise((resolve) => setImmediate(resolve));
        this.#signal?.throwIfAborted();
        this.#end = performance.now() + SLICE;
      }
    } finally {
      // Work that is given up closes what it goes through.
      work.return(undefined as T);
    }
  }

  /**
   * What comes, one after the other; the source is closed when nothing more is wanted of it.
   *
   * @throws The reason of `signal`, also while nothing comes.
   */
  async *each<V>(source: AsyncIterable<V>): AsyncGenerator<V> {
    const iterator = source[Symbol.asyncIterator]();
    let isOpen = true;
    try {
      for (;;) {
        const { done, value } = await this.#wait(iterator.next());
        isOpen = !done;
        if (done) return;
        yield value;
      }
    } finally {
      // Not waited for: a generator closes only when what it waits for has come.
      if (isOpen) {
        new Promise((resolve) => resolve(iterator.return?.())).catch(() => {});
      }
    }
  }

  async #wait<V>(promise: PromiseLike<V>): Promise<V> {
    const signal = this.#signal;
    if (!signal) return promise;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort);
    try {
      return await Promise.race([promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** A copy of an array with another length, or the same: what is beyond the old end is 0. */
export function* copyOf<A extends Float64Array | Uint32Array>(array: A, length: number): Sliced<A> {
  const copy = new (array.constructor as new (length: number) => A)(length);
  yield* copyInto(copy, 0, array, 0, Math.min(length, array.length));
  return copy;
}

/** Copies `from[start]` up to `from[end]`, that one not included. */
export function* copyInto<A extends Float64Array | Uint32Array>(
  to: A,
  at: number,
  from: A,
  start: number,
  end: number,
): Sliced<void> {
  // Some 64 KB at a time: memory that was never touched is slow to begin with.
  const most = 4 * STEPS;
  for (let i = start; i < end; i += most) {
    to.set(from.subarray(i, Math.min(i + most, end)), at + i - start);
    if (i + most < end) yield;
  }
}
