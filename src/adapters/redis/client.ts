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
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
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
  eval(script: string, numKeys: number, ...keysAndArgs: string[]): Promise<unknown>;
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
  duplicate(overrides?: object): unknown;
  connect(): Promise<unknown>;
  destroy(): void;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
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
  duplicate(override?: object): unknown;
  disconnect(): void;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'close' | 'end' | 'error' | 'ready', listener: () => void): unknown;
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
