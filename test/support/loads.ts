import { vi } from 'vitest';
import type { LoadContext, NotModified } from 'warm-cache';

/** One call of a {@link manualLoader}, settled by the test. */
export interface LoadCall<T> {
  readonly context: LoadContext<T>;
  resolve(value: T | NotModified): void;
  reject(error: unknown): void;
}

/** A loader whose calls the test settles one by one; `calls.at(-1)` is the last. */
export function manualLoader<T>(): {
  readonly calls: LoadCall<T>[];
  readonly loader: (context: LoadContext<T>) => Promise<T | NotModified>;
} {
  const calls: LoadCall<T>[] = [];
  return {
    calls,
    loader: (context) => {
      const { promise, resolve, reject } = Promise.withResolvers<T | NotModified>();
      calls.push({ context, resolve, reject });
      return promise;
    },
  };
}

/** A loader that counts, 1, 2, 3, and takes `duration` ms of (fake) time. */
export function countingLoader(duration = 0): {
  readonly starts: number[];
  readonly loader: () => Promise<number>;
} {
  const starts: number[] = [];
  return {
    starts,
    loader: async () => {
      const value = starts.push(Date.now());
      if (duration > 0) await new Promise((resolve) => setTimeout(resolve, duration));
      return value;
    },
  };
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** What a promise is by now, without waiting for it. */
export async function stateOf(
  promise: Promise<unknown>,
): Promise<'fulfilled' | 'pending' | 'rejected'> {
  let state: 'fulfilled' | 'pending' | 'rejected' = 'pending';
  promise.then(
    () => {
      state = 'fulfilled';
    },
    () => {
      state = 'rejected';
    },
  );
  await settle();
  return state;
}
