/**
 * What is used of node-redis: its client, cluster, pool and sentinel have it.
 *
 * @example
 * ```ts
 * import { createClient } from 'redis';
 * import type { NodeRedisCommands } from 'warm-cache/redis';
 *
 * const client: NodeRedisCommands = createClient();
 * ```
 */
export interface NodeRedisCommands {
  /** Runs a Lua script. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  /** The same by its digest. */
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/**
 * What is used of ioredis: its client and its cluster have it.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import type { IoRedisCommands } from 'warm-cache/redis';
 *
 * const client: IoRedisCommands = new Redis({ lazyConnect: true });
 * ```
 */
export interface IoRedisCommands {
  /** Runs a Lua script. */
  eval(script: string, numKeys: number, ...keysAndArgs: string[]): Promise<unknown>;
  /** The same by its digest. */
  evalsha(sha: string, numKeys: number, ...keysAndArgs: string[]): Promise<unknown>;
}

/**
 * What commands are sent by: a client, or a cluster.
 *
 * @example
 * ```ts
 * import { createCluster } from 'redis';
 * import type { RedisCommands } from 'warm-cache/redis';
 *
 * const client: RedisCommands = createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:7000' }] });
 * ```
 */
export type RedisCommands = IoRedisCommands | NodeRedisCommands;

/**
 * A client of node-redis: one connection, by which messages can be heard.
 *
 * @example
 * ```ts
 * import { createClient } from 'redis';
 * import type { NodeRedisConnection } from 'warm-cache/redis';
 *
 * const subscriber: NodeRedisConnection = createClient();
 * ```
 */
export interface NodeRedisConnection {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  /** A cluster has it not. */
  readonly isPubSubActive: boolean;
  /** Another one like it, not connected. */
  duplicate(overrides?: object): unknown;
  /** Connects it: only one of ours is. */
  connect(): Promise<unknown>;
  /** Closes it at once: only one of ours is. */
  destroy(): void;
  /** Hears a channel. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** Hears it no more. */
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** Tells how the connection does. */
  on(event: string, listener: () => void): unknown;
  /** Takes a listener away. */
  off(event: string, listener: () => void): unknown;
}

/**
 * A client of ioredis: one connection, by which messages can be heard.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import type { IoRedisConnection } from 'warm-cache/redis';
 *
 * const subscriber: IoRedisConnection = new Redis({ lazyConnect: true });
 * ```
 */
export interface IoRedisConnection {
  readonly status: string;
  /** A cluster has it not. */
  readonly mode: string;
  /** Another one like it. */
  duplicate(override?: object): unknown;
  /** Closes it at once: only one of ours is. */
  disconnect(): void;
  /** Hears channels. */
  subscribe(...channels: string[]): Promise<unknown>;
  /** Hears them no more. */
  unsubscribe(...channels: string[]): Promise<unknown>;
  /** Tells what is heard. */
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  /** Tells how the connection does. */
  on(event: 'close' | 'end' | 'error' | 'ready', listener: () => void): unknown;
  /** Takes a listener away. */
  off(event: string, listener: (...args: string[]) => void): unknown;
}

/**
 * One connection to one server, by which messages can be heard.
 *
 * @example
 * ```ts
 * import { createClient } from 'redis';
 * import type { RedisConnection } from 'warm-cache/redis';
 *
 * const subscriber: RedisConnection = createClient();
 * ```
 */
export type RedisConnection = IoRedisConnection | NodeRedisConnection;

/** Whether messages can be heard by it: a cluster doesn't tell from when on it hears. */
export function isConnection(client: unknown): client is RedisConnection {
  return isNodeRedis(client) || typeof (client as IoRedisConnection).mode === 'string';
}

export function isNodeRedis(client: unknown): client is NodeRedisConnection {
  return typeof (client as NodeRedisConnection).isPubSubActive === 'boolean';
}
