import { expect } from '../../options.ts';
import { Timer } from '../../scheduler.ts';
import { expectName } from './names.ts';
import { Session, type SessionOptions } from './session.ts';

/**
 * What is asked of a `WarmCache` that is invalidated.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import type { NotifiedCache } from 'warm-cache/postgres';
 *
 * const cache: NotifiedCache = new WarmCache({ loader: () => ['ace'], ttl: 60_000 });
 * ```
 */
export interface NotifiedCache {
  /** As a cache does: has it load anew. */
  invalidate(): Promise<unknown>;
  /** As a cache does: what it has. */
  peek(): unknown;
  /** As a cache does: whether it loads. */
  health(): { readonly load: unknown };
}

/**
 * What is asked of a `WarmCacheMap` that is invalidated.
 *
 * @typeParam K - The type of its keys.
 *
 * @example
 * ```ts
 * import { WarmCacheMap } from 'warm-cache';
 * import type { NotifiedMap } from 'warm-cache/postgres';
 *
 * const map: NotifiedMap<string> = new WarmCacheMap({ loader: (key: string) => [key], ttl: 60_000 });
 * ```
 */
export interface NotifiedMap<K> {
  /** As a map does: has it load a key anew. */
  invalidate(key: K): Promise<unknown>;
  /** As a map does: has it load all keys anew. */
  invalidateAll(): Promise<unknown>;
}

/**
 * The options of {@link invalidateOnNotify}.
 *
 * @typeParam K - The type of a map's keys.
 *
 * @example
 * ```ts
 * import type { NotifyOptions } from 'warm-cache/postgres';
 *
 * declare const connect: NotifyOptions['connect'];
 * const options: NotifyOptions<number> = {
 *   connect,
 *   channel: 'player_changed',
 *   key: (payload) => Number(payload),
 *   window: 100,
 * };
 * ```
 */
export interface NotifyOptions<K = unknown> extends SessionOptions {
  /** What it listens on. At most 63 bytes. */
  readonly channel: string;
  /**
   * Which key of a map a payload is about. All are invalidated where it answers `undefined` or throws, and where the
   * payload is empty: then it isn't asked.
   * @default the payload itself
   */
  readonly key?: ((payload: string) => K | undefined) | undefined;
  /**
   * Ms for which notifications are gathered, from the first: the cache is invalidated once for all of them.
   * @default 20
   */
  readonly window?: number | undefined;
}

/** How many different payloads are gathered: past it all keys are invalidated. */
const MOST_PAYLOADS = 1000;

/**
 * Listens to PostgreSQL, and invalidates a cache, or keys of a map, at each notification. {@link notifySql} has the
 * triggers that tell of changes to a table.
 *
 * What was told while nobody listened is lost: where the connection was, all is invalidated when there is another one, and
 * when it listens first, what was loaded before.
 *
 * @returns Stops it, and ends the connection.
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} A number is out of range, or the channel's name too long.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { WarmCache } from 'warm-cache';
 * import { invalidateOnNotify } from 'warm-cache/postgres';
 *
 * declare function board(): Promise<string[]>;
 *
 * const cache = new WarmCache({ name: 'board', loader: board, ttl: 300_000 }).start();
 * const stop = invalidateOnNotify(cache, {
 *   channel: 'board_changed',
 *   connect: async () => {
 *     const client = new pg.Client({ connectionTimeoutMillis: 5000 });
 *     await client.connect();
 *     return client;
 *   },
 * });
 * process.once('SIGTERM', () => Promise.all([stop(), cache.stop()]));
 * ```
 */
export function invalidateOnNotify(
  cache: NotifiedCache,
  options: Omit<NotifyOptions, 'key'>,
): () => Promise<void>;
export function invalidateOnNotify(
  map: NotifiedMap<string>,
  options: NotifyOptions<string>,
): () => Promise<void>;
export function invalidateOnNotify<K>(
  map: NotifiedMap<K>,
  options: NotifyOptions<K> & Required<Pick<NotifyOptions<K>, 'key'>>,
): () => Promise<void>;
export function invalidateOnNotify(
  source: NotifiedCache | NotifiedMap<unknown>,
  options: NotifyOptions,
): () => Promise<void> {
  expect('cache.invalidate', Object(source).invalidate, 'function');
  expect('options', options, 'object');
  const { channel, key = (payload: string): unknown => payload, window = 20 } = options;
  expectName('channel', channel);
  expect('key', key, 'function');
  expect('window', window, [0, Number.MAX_VALUE]);

  const keyOf = (payload: string): unknown => {
    try {
      return payload === '' ? undefined : key(payload);
    } catch {
      return undefined;
    }
  };

  /** What was told since the last invalidation. */
  let told = new Set<string>();
  const invalidate = (): void => {
    const payloads = told;
    told = new Set();
    if (!isMap(source)) {
      ignore(source.invalidate());
      return;
    }
    const keys = new Set([...payloads].map(keyOf));
    if (keys.has(undefined) || payloads.size > MOST_PAYLOADS) ignore(source.invalidateAll());
    else for (const each of keys) ignore(source.invalidate(each));
  };
  const timer = new Timer(invalidate);
  const tell = (payload: string): void => {
    if (told.size === 0) timer.arm(window);
    if (told.size <= MOST_PAYLOADS) told.add(payload);
  };

  let isFirst = true;
  const session = new Session(channel, options, {
    onPayload: tell,
    onConnect: () => {
      const isEmpty = isFirst && !isMap(source) && isCold(source);
      isFirst = false;
      // The next load of a cache that has nothing begins after this.
      if (!isEmpty) tell('');
    },
    onDisconnect: () => {},
  });
  void session.start();
  return () => {
    timer.cancel();
    return session.stop();
  };
}

function isMap(source: NotifiedCache | NotifiedMap<unknown>): source is NotifiedMap<unknown> {
  return 'invalidateAll' in source;
}

/** Whether there is nothing that could be out of date. */
function isCold(cache: NotifiedCache): boolean {
  return cache.peek() === undefined && cache.health().load === null;
}

/** A load that fails is told by the cache itself. */
function ignore(promise: Promise<unknown>): void {
  promise.catch(() => {});
}
