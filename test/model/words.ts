import { LoadError, type Snapshot, StoppedError, WarmCacheError } from 'warm-cache';
import type { Failure } from './model.ts';

// Snapshots, errors and whatever else, compared and put into words.

/** How the load ended whose error it is. */
export function outcomeOf(error: LoadError): Failure {
  if (error.code === 'ERR_LOAD_TIMEOUT') return 'timeout';
  return error.code === 'ERR_LOAD_REJECTED' ? 'rejected' : 'failed';
}

/** Why a promise was rejected, in the model's words. */
export function nameOf(error: unknown): string {
  if (error === 'gave up') return error;
  if (error instanceof StoppedError) return 'stopped';
  if (error instanceof LoadError) return outcomeOf(error);
  const isTimeout = error instanceof WarmCacheError && error.code === 'ERR_READY_TIMEOUT';
  return isTimeout ? 'ready timeout' : String(error);
}

export function sameSnapshot(one: Snapshot<unknown>, other: Snapshot<unknown>): boolean {
  return (
    Object.is(one.value, other.value) &&
    one.version === other.version &&
    one.loadedAt === other.loadedAt &&
    one.source === other.source
  );
}

/** An error that can't be looked at. */
export function hostile(): Error {
  const refuse = (): never => {
    throw new Error('hands off');
  };
  const error = new Error('hostile');
  for (const key of ['message', 'name', 'stack', 'cause', 'originalError', 'toString']) {
    Object.defineProperty(error, key, { get: refuse });
  }
  return error;
}

/** Anything, in a few words. */
export function shown(what: unknown): string {
  if (what === undefined) return 'undefined';
  try {
    return JSON.stringify(what, (key, value) => {
      if (value instanceof WarmCacheError) return `${value.name}: ${value.code}`;
      if (key === 'name' || key === 'loadedAt' || key === 'startedAt') return undefined;
      return value instanceof Error ? 'an error' : value;
    });
  } catch {
    return 'something hostile';
  }
}
