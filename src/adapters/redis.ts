/**
 * One value for all processes, by a Redis or Valkey server.
 *
 * @module redis
 * @category API
 */
import { type FleetOptions, fleetTier } from '../fleet.ts';
import type { SharedTier } from '../shared.ts';
import type { RedisCommands, RedisConnection } from './redis/client.ts';
import { redisStore } from './redis/store.ts';

export type {
  IoRedisCommands,
  IoRedisConnection,
  NodeRedisCommands,
  NodeRedisConnection,
  RedisCommands,
  RedisConnection,
} from './redis/client.ts';

/**
 * The options of {@link redisTier}.
 *
 * @example
 * ```ts
 * import type { RedisTierOptions } from 'warm-cache/redis';
 *
 * const options: RedisTierOptions = { key: 'rates', timeout: 500 };
 * ```
 */
export interface RedisTierOptions extends FleetOptions {
  /**
   * Names the cache, the same in each process that is to share it: two caches never share one. All that is kept of it is
   * under `warm-cache:{key}`.
   */
  readonly key: string;
  /**
   * What messages are heard by: a connected client of node-redis or ioredis, of one server, and one for all caches. It
   * is never opened or closed, and isn't used for anything else: a connection that listens can't be, with some clients.
   * @default `client.duplicate()`, which is connected when the first cache of that client listens and closed after the
   *   last one has stopped
   */
  readonly subscriber?: RedisConnection | undefined;
}

/**
 * Makes what caches take as `shared`: on Redis 6.2 or later, Valkey 7.2 or later, or what speaks as they do, by a
 * connected client of node-redis 5 or 6, or of ioredis 5 or 6. The client is never opened or closed; errors of its
 * connection are the application's to listen to.
 *
 * Each thing that is asked is one Lua script by `EVALSHA`, of the server's own time. Of a cluster one `client` of all
 * nodes does, but a `subscriber` has to be given: one client of any node.
 *
 * The least rights of a user, for node-redis as well as for ioredis, but for `+info`, which is for the ready check of
 * ioredis alone. From Redis 7.2 on `+client|setinfo` spares the server's log what both clients try and can do without.
 *
 * ```text
 * ACL SETUSER app on >secret resetkeys ~warm-cache:* resetchannels &warm-cache:* -@all
 *   +eval +evalsha +subscribe +unsubscribe +info +time +publish
 *   +hmget +hget +hset +hdel +get +set +del +pttl +pexpire +persist
 * ```
 *
 * Who may write there can set values of your caches: keep other users out of `warm-cache:*`.
 *
 * @throws {TypeError} An argument is of the wrong type, or nothing can be heard by `client` and there is no `subscriber`.
 * @throws {RangeError} A number is out of range.
 *
 * @example
 * ```ts
 * import { createClient } from 'redis';
 * import { WarmCache } from 'warm-cache';
 * import { redisTier } from 'warm-cache/redis';
 *
 * declare function latest(signal: AbortSignal): Promise<Record<string, number>>;
 *
 * const client = createClient({ url: 'redis://127.0.0.1:6379' });
 * client.on('error', console.error);
 * await client.connect();
 *
 * const rates = new WarmCache({
 *   loader: ({ signal }) => latest(signal),
 *   ttl: 60_000,
 *   shared: redisTier(client, { key: 'rates' }),
 * });
 * ```
 */
export function redisTier(
  client: RedisCommands & RedisConnection,
  options: RedisTierOptions,
): SharedTier;
/**
 * The same of a cluster, a pool or a sentinel, which a `subscriber` has to hear for.
 *
 * @throws {TypeError} An argument is of the wrong type.
 * @throws {RangeError} A number is out of range.
 *
 * @example
 * ```ts
 * import { createClient, createCluster } from 'redis';
 * import { redisTier } from 'warm-cache/redis';
 *
 * declare const url: string;
 *
 * const client = await createCluster({ rootNodes: [{ url }] }).connect();
 * const subscriber = await createClient({ url }).on('error', console.error).connect();
 *
 * const shared = redisTier(client, { key: 'rates', subscriber });
 * ```
 */
export function redisTier(
  client: RedisCommands,
  options: RedisTierOptions & { readonly subscriber: RedisConnection },
): SharedTier;
export function redisTier(client: RedisCommands, options: RedisTierOptions): SharedTier {
  const { key, subscriber, ...others } = options;
  return fleetTier(redisStore(client, key, subscriber), others);
}
