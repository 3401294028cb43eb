import { Cluster, Redis } from 'ioredis';
import {
  createClient,
  createClientPool,
  createCluster,
  createSentinel,
  type RedisClientType,
} from 'redis';
import { expectTypeOf, test } from 'vitest';
import {
  type IoRedisCommands,
  type IoRedisConnection,
  type NodeRedisCommands,
  type NodeRedisConnection,
  type RedisCommands,
  type RedisConnection,
  redisTier,
} from '../../src/adapters/redis.ts';
import type { SharedTier } from '../../src/shared.ts';

const nodeRedis = () => createClient({ url: 'redis://127.0.0.1' });
const nodeRedis2 = () => createClient({ url: 'redis://127.0.0.1', RESP: 2 });
const nodeCluster = () => createCluster({ rootNodes: [{ url: 'redis://127.0.0.1' }] });
const nodePool = () => createClientPool({ url: 'redis://127.0.0.1' });
const nodeSentinel = () =>
  createSentinel({ name: 'it', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] });
const ioRedis = () => new Redis({ lazyConnect: true });
const ioCluster = () => new Cluster([{ port: 1 }], { lazyConnect: true });

test('the clients of node-redis and ioredis are all that is asked for', () => {
  expectTypeOf(nodeRedis).returns.toExtend<NodeRedisCommands & NodeRedisConnection>();
  expectTypeOf(nodeRedis2).returns.toExtend<NodeRedisCommands & NodeRedisConnection>();
  expectTypeOf<RedisClientType>().toExtend<NodeRedisCommands & NodeRedisConnection>();
  expectTypeOf(ioRedis).returns.toExtend<IoRedisCommands & IoRedisConnection>();
});

test('commands can be sent by a cluster, a pool or a sentinel, that can’t be listened by', () => {
  expectTypeOf(nodeCluster).returns.toExtend<NodeRedisCommands>();
  expectTypeOf(nodePool).returns.toExtend<NodeRedisCommands>();
  expectTypeOf(nodeSentinel).returns.toExtend<NodeRedisCommands>();
  expectTypeOf(ioCluster).returns.toExtend<IoRedisCommands>();
  expectTypeOf(nodeCluster).returns.not.toExtend<RedisConnection>();
  expectTypeOf(nodePool).returns.not.toExtend<RedisConnection>();
  expectTypeOf(nodeSentinel).returns.not.toExtend<RedisConnection>();
  expectTypeOf(ioCluster).returns.not.toExtend<RedisConnection>();
});

test('a tier is made of a client as it is, and of a cluster with a subscriber', () => {
  const make = (): SharedTier[] => [
    redisTier(nodeRedis(), { key: 'rates' }),
    redisTier(nodeRedis(), { key: 'rates', subscriber: nodeRedis(), timeout: 1 }),
    redisTier(ioRedis(), { key: 'rates' }),
    redisTier(nodeCluster(), { key: 'rates', subscriber: nodeRedis() }),
    redisTier(nodePool(), { key: 'rates', subscriber: nodeRedis() }),
    redisTier(ioCluster(), { key: 'rates', subscriber: ioRedis() }),
    // @ts-expect-error a cluster doesn't tell from when on it hears
    redisTier(nodeCluster(), { key: 'rates' }),
    // @ts-expect-error
    redisTier(ioCluster(), { key: 'rates' }),
    // @ts-expect-error
    redisTier(ioCluster(), { key: 'rates', subscriber: ioCluster() }),
    // @ts-expect-error which cache it is has to be said
    redisTier(ioRedis(), {}),
  ];
  expectTypeOf(make).returns.toEqualTypeOf<SharedTier[]>();
  expectTypeOf<Redis>().toExtend<RedisCommands>();
});
