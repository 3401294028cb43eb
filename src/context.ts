import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs a function in the async context in which this module was loaded, so that no request's `AsyncLocalStorage`
 * is seen by a loader or kept alive by a timer, whoever reads and wherever the cache was created.
 */
export const outsideRequests: <A extends unknown[], R>(fn: (...args: A) => R, ...args: A) => R =
  AsyncLocalStorage.snapshot();
