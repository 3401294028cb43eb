import { createClient } from '@supabase/supabase-js';
import { PLAYER_RACES } from 'supabase-stack';
import { expect, vi } from 'vitest';
import { type LoadError, WarmCache, type WarmCacheEvents } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { SupabaseError, supabaseLeaderboard } from 'warm-cache/supabase';
import { collected } from './garbage.ts';
import { OpenTimers } from './open-timers.ts';
import { Readers } from './readers.ts';

const READERS = 1000;
const MAX_DELAY = 200;

/** How many rows the board of a real stack has: three pages. */
export const ROWS = 2500;

/** What is done to a server that a leaderboard is read from, and what must come of it. */
export interface Outage {
  /** Of a Supabase project. */
  readonly url: string;
  readonly key: string;
  readonly begin: () => unknown;
  /** Resolves when the server answers again; does nothing if it does. */
  readonly end: () => unknown;
  /** How many loads are to fail before it ends. */
  readonly failures: number;
  /** Ms a load may take. */
  readonly loadTimeout?: number;
}

/**
 * Why a load failed. Not the error itself: V8 keeps the functions on its stack, and with them the board that they
 * had, until somebody reads it.
 */
export interface Failure {
  readonly code: string;
  readonly cause:
    | { readonly name: string; readonly status?: number; readonly message: string }
    | undefined;
}

/**
 * Reads a leaderboard a thousand times at once, before, during and after an outage, and checks what must hold
 * whatever the outage is: no reader waits or errs, the board is renewed by the first load that begins after it, and
 * nothing is left.
 *
 * @returns Why loads failed, before it ended.
 */
export async function through(outage: Outage): Promise<Failure[]> {
  // A connection that `fetch` keeps alive has a timer.
  using timers = new OpenTimers('node:internal/deps/undici');
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): number => unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  try {
    // In a function of its own, which has ended when it is looked what it left in memory.
    const { failed, readers, boards } = await play(outage);
    expect(timers.count, 'timers left').toBe(0);
    expect(boards.length, 'boards').toBeGreaterThan(3);
    await collected([...readers, ...boards]);
    expect(unhandled, 'unhandled rejections').toEqual([]);
    return failed;
  } finally {
    // Where a check has failed: what comes next is not to fail for it.
    await outage.end();
    process.off('unhandledRejection', onUnhandled);
  }
}

interface Played {
  readonly failed: Failure[];
  readonly readers: readonly WeakRef<object>[];
  readonly boards: readonly WeakRef<object>[];
}

async function play({ url, key, begin, end, failures, loadTimeout }: Outage): Promise<Played> {
  await using cache = boardOf(url, key, loadTimeout);
  await using readers = new Readers(
    READERS,
    () => cache.get(),
    ({ size }) => size === ROWS,
  );
  const boards: WeakRef<Leaderboard>[] = [];
  const failed: Failure[] = [];
  const log: string[] = [];
  let retryAt = 0;
  cache.on('load', ({ startedAt }) => {
    // Both are rounded.
    log.push(startedAt >= retryAt - 2 ? 'load' : 'load too early');
  });
  cache.on('refresh', ({ snapshot }) => {
    log.push('refresh');
    boards.push(new WeakRef(snapshot.value));
  });
  const retries: { readonly delay: number; readonly serving: boolean }[] = [];
  cache.on('error', ({ error, final, serving }) => {
    if (!final) return;
    ({ retryAt } = error as LoadError);
    log.push('failed');
    failed.push(failureOf(error as LoadError));
    retries.push({ delay: retryAt - (cache.health().lastError?.at ?? 0), serving });
  });

  cache.start();
  await cache.ready();
  readers.start();
  await times(2, cache, 'refresh');
  expect(failed, 'failed before the outage').toEqual([]);

  const before = readers.fewest;
  await begin();
  await times(failures, cache, 'error', ({ final }) => final);
  expect(readers.fewest, 'reads in the outage').toBeGreaterThan(before);
  // Loads may fail quicker than the board ages.
  if (cache.health().status === 'READY') await times(1, cache, 'status');
  expect(cache.health(), 'in the outage').toMatchObject({
    status: 'STALE',
    version: boards.length,
  });
  const whenStale = readers.fewest;
  await vi.waitFor(() => expect(readers.fewest, 'stale reads').toBeGreaterThan(whenStale + 1));
  // A loader that is told to give up does, and waits for no answer.
  await vi.waitFor(() => expect(cache.health().abandoned, 'abandoned in the outage').toBe(0));
  const inOutage = [...failed];
  await end();
  const ended = log.length;
  await times(2, cache, 'refresh');

  // A load that had begun in the outage may fail; none that began after it.
  expect(log.slice(ended).join(' ')).toMatch(/^(failed )?(load )?refresh load refresh$/);
  // Whatever the readers did: one load at a time, and none but when the backoff was over.
  expect(log.join(' ')).toMatch(/^load refresh( load (failed|refresh))*$/);
  for (const { delay, serving } of retries) {
    expect(delay, 'the wait for the next load').toBeLessThanOrEqual(MAX_DELAY);
    expect(serving, 'a board is served').toBe(true);
  }

  await readers.stop();
  const { reads, consecutiveFailures } = cache.health();
  expect(reads, 'of the cache').toMatchObject({ waited: 0, failed: 0, stale: expect.any(Number) });
  expect(reads.stale, 'stale reads').toBeGreaterThan(READERS);
  expect(readers, 'the readers').toMatchObject({ waited: 0, wrong: 0, errors: [] });
  expect(consecutiveFailures).toBe(0);

  await cache.stop();
  const { abandoned, load, nextLoadAt, loads } = cache.health();
  expect({ abandoned, load, nextLoadAt }).toEqual({ abandoned: 0, load: null, nextLoadAt: null });
  expect(Object.values(loads).reduce((sum, count) => sum + count)).toBe(
    log.filter((entry) => entry === 'load').length,
  );
  return { failed: inOutage, readers: readers.refs, boards };
}

function failureOf({ code, cause }: LoadError): Failure {
  if (!(cause instanceof Error)) return { code, cause: undefined };
  const { name, message } = cause;
  return cause instanceof SupabaseError
    ? { code, cause: { name, message, status: cause.status } }
    : { code, cause: { name, message } };
}

/** A cache of the board, in a hurry. */
export function boardOf(url: string, key: string, loadTimeout = 10_000): WarmCache<Leaderboard> {
  const client = createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const loader = supabaseLeaderboard({ client, ...PLAYER_RACES });
  return new WarmCache<Leaderboard>({
    name: 'leaderboard',
    // Each load has a board of its own: with the one before it would be that, since no row changes.
    loader: (context) => loader({ ...context, previous: undefined }),
    ttl: 200,
    maxStale: 600_000,
    loadTimeout,
    retry: { retries: 1, minTimeout: 20 },
    backoff: { minDelay: 50, maxDelay: MAX_DELAY },
  });
}

/** Resolves when such an event has come so many times. */
export function times<E extends keyof WarmCacheEvents<Leaderboard>>(
  count: number,
  cache: WarmCache<Leaderboard>,
  event: E,
  counts: (payload: WarmCacheEvents<Leaderboard>[E]) => boolean = () => true,
): Promise<void> {
  if (count === 0) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  const listener = (payload: WarmCacheEvents<Leaderboard>[E]): void => {
    if (counts(payload)) left -= 1;
    if (left > 0) return;
    cache.off(event, listener);
    resolve();
  };
  cache.on(event, listener);
  return promise;
}
