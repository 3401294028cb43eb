import { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import type { RedisCommands, RedisConnection } from '../../src/adapters/redis/client.ts';
import { redisStore } from '../../src/adapters/redis/store.ts';
import { contentOf, Heard, LONG, NOTHING } from '../support/fleet/conformance/subject.ts';
import { CLIENTS, type ClientOf } from '../support/fleet/redis-clients.ts';
import { type RedisServer, startRedis } from '../support/fleet/redis-server.ts';

const PATIENCE = { timeout: 20_000, interval: 10 };
const CALL = { source: 'tester', keep: LONG, known: NOTHING };

let server: RedisServer;
let admin: ClientOf;
let key = 0;

beforeAll(async () => {
  server = await startRedis();
}, 60_000);
afterAll(() => server.stop());
beforeEach(async ({ onTestFinished }) => {
  key++;
  admin = await connectOf('node-redis')(server.url);
  onTestFinished(() => admin.close());
});

function connectOf(name: string): (url: string) => Promise<ClientOf> {
  const connect = CLIENTS[name];
  if (!connect) throw new Error(name);
  return connect;
}

async function hear(
  client: RedisCommands,
  subscriber?: RedisConnection,
  name = `cache ${key}`,
): Promise<Heard> {
  const heard = new Heard();
  heard.end = (await redisStore(client, name, subscriber).hear?.(heard)) ?? heard.end;
  // Whoever fails isn't to be heard of in the next test.
  onTestFinished(() => heard.end());
  return heard;
}

/** Has something be heard, and sees that it is. */
async function expectHeard(heard: Heard, name = `cache ${key}`): Promise<void> {
  const { length } = heard.texts;
  const { client } = admin;
  await vi.waitFor(() => redisStore(client, name).put(CALL, contentOf('a')), PATIENCE);
  await vi.waitFor(() => expect(heard.texts.length).toBeGreaterThan(length), PATIENCE);
}

/** Connections that listen. */
async function listening(): Promise<number> {
  const list = String(await admin.send('CLIENT', 'LIST', 'TYPE', 'pubsub'));
  return list.split('\n').filter((line) => line !== '').length;
}

/** Of several caches, by one connection. */
async function seeNoneListens(): Promise<void> {
  await vi.waitFor(async () => expect(await listening()).toBe(0), PATIENCE);
}

describe.each(Object.keys(CLIENTS))('hearing by %s', { timeout: 60_000 }, (name) => {
  async function connected(url = server.url): Promise<ClientOf> {
    const client = await connectOf(name)(url);
    onTestFinished(() => client.close());
    return client;
  }

  test('a server that restarts is heard no more, and then again', async () => {
    const { client } = await connected();
    const heard = await hear(client);
    await expectHeard(heard);
    await server.stop();
    await vi.waitFor(() => expect(heard.disconnects).toBe(1), PATIENCE);
    expect(heard.connects).toBe(1);
    await server.restart();
    await vi.waitFor(() => expect(heard.connects).toBe(2), PATIENCE);
    await expectHeard(heard);
    expect(heard.disconnects).toBe(1);
    await heard.end();
  });

  test('onConnect is told once messages are heard, each time', async () => {
    const { client } = await connected();
    const heard = await hear(client);
    for (let round = 1; round <= 5; round++) {
      const told = { ...heard };
      const connected = new Promise<number>((resolve) => {
        heard.onConnect = () => {
          heard.connects++;
          resolve(heard.texts.length);
        };
      });
      await admin.send('CLIENT', 'KILL', 'TYPE', 'pubsub');
      const before = await connected;
      expect(heard.disconnects).toBe(told.disconnects + 1);
      // Sent by another connection from here on: it can't be missed.
      await redisStore(admin.client, `cache ${key}`).invalidate(CALL, false);
      await vi.waitFor(() => expect(heard.texts.length).toBe(before + 1), PATIENCE);
    }
    expect(heard.connects).toBe(6);
    await heard.end();
  });

  test('who begins to listen while the server is gone hears once it is there', async () => {
    const { client } = await connected();
    await server.stop();
    const heard = [await hear(client), await hear(client, undefined, 'another')];
    expect(heard.map(({ connects }) => connects)).toEqual([0, 0]);
    await server.restart();
    await vi.waitFor(() => expect(heard.map(({ connects }) => connects)).toEqual([1, 1]), PATIENCE);
    for (const { disconnects } of heard) expect(disconnects).toBe(0);
    if (heard[0]) await expectHeard(heard[0]);
    for (const { end } of heard) await end();
  });

  test('who ends it while the server is gone is not connected again', async () => {
    const { client } = await connected();
    const heard = [await hear(client), await hear(client, undefined, 'another')];
    await server.stop();
    await vi.waitFor(() => expect(heard[1]?.disconnects).toBe(1), PATIENCE);
    await heard[0]?.end();
    await server.restart();
    await vi.waitFor(() => expect(heard[1]?.connects).toBe(2), PATIENCE);
    const channels = await admin.send('PUBSUB', 'CHANNELS', 'warm-cache:*');
    expect(channels).toEqual(['warm-cache:{another}:messages']);
    expect(heard[0]).toMatchObject({ connects: 1, disconnects: 1 });
    await heard[1]?.end();
    await seeNoneListens();
  });

  test('all caches of one client are heard by one connection, that ends with the last', async () => {
    const { client } = await connected();
    await seeNoneListens();
    const heard = await Promise.all([
      hear(client),
      hear(client),
      hear(client, undefined, 'another'),
    ]);
    // One that comes while the connection is being opened isn't kept waiting for that.
    await vi.waitFor(() => expect(heard.map(({ connects }) => connects)).toEqual([1, 1, 1]));
    expect(await listening()).toBe(1);
    await heard[0]?.end();
    await heard[1]?.end();
    expect(await admin.send('PUBSUB', 'CHANNELS', 'warm-cache:*')).toHaveLength(1);
    await heard[2]?.end();
    await seeNoneListens();
    const again = await hear(client);
    await expectHeard(again);
    await again.end();
    await seeNoneListens();
  });

  test('ended as it begins, it leaves no connection', async () => {
    const { client } = await connected();
    const beginning = hear(client);
    const ending = beginning.then((heard) => heard.end());
    const other = hear(client, undefined, 'another');
    await ending;
    await (await other).end();
    await seeNoneListens();
  });

  test('a subscriber that is given is used, and left as it was', async () => {
    const { client } = await connected();
    const { client: subscriber, close } = await connected();
    const events = ['ready', 'reconnecting', 'close', 'end', 'terminated', 'error', 'message'];
    const counts = (): number[] =>
      events.map((event) => (subscriber as unknown as Redis).listenerCount(event));
    const before = counts();
    const heard = await hear(client, subscriber);
    expect(heard.connects).toBe(1);
    await expectHeard(heard);
    expect(await listening()).toBe(1);
    await admin.send('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await vi.waitFor(() => expect(heard.connects).toBe(2), PATIENCE);
    await expectHeard(heard);
    await heard.end();
    await seeNoneListens();
    expect(counts()).toEqual(before);
    expect('status' in subscriber ? subscriber.status === 'ready' : subscriber.isReady).toBe(true);
    const again = await hear(client, subscriber);
    await expectHeard(again);
    await server.stop();
    await vi.waitFor(() => expect(again.disconnects).toBe(1), PATIENCE);
    await server.restart();
    await vi.waitFor(() => expect(again.connects).toBe(2), PATIENCE);
    close();
    await vi.waitFor(() => expect(again.disconnects).toBe(2), PATIENCE);
    await again.end();
  });

  test('a connection of its own that gave up is made anew', async () => {
    const url = server.url;
    const client =
      name === 'ioredis'
        ? new Redis(url, { retryStrategy: () => null, lazyConnect: true })
        : createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    await client.connect();
    onTestFinished(() => ('destroy' in client ? client.destroy() : client.disconnect()));
    const heard = await hear(client as RedisCommands);
    await admin.send('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await vi.waitFor(() => expect(heard.connects).toBe(2), PATIENCE);
    expect(heard.disconnects).toBe(1);
    await expectHeard(heard);
    await heard.end();
    await seeNoneListens();
  });

  test('a server that does not let a user listen says so', async () => {
    const user = `deaf-${name}`;
    const rights = ['on', '>pw', '~*', 'resetchannels', '&other:*', '+@all'];
    await admin.send('ACL', 'SETUSER', user, ...rights);
    const { client } = await connected(server.url.replace('//', `//${user}:pw@`));
    await expect(hear(client)).rejects.toThrow('NOPERM');
    await seeNoneListens();
    await admin.send('ACL', 'SETUSER', user, '&warm-cache:*');
    const heard = await hear(client);
    await expectHeard(heard);
    await heard.end();
    await admin.send('ACL', 'DELUSER', user);
  });

  test('one that has it no more, and then again, is heard no more and then again', async () => {
    const user = `deafened-${name}`;
    const allowed = ['on', '>pw', '~*', 'resetchannels', '&warm-cache:*', '+@all'];
    await admin.send('ACL', 'SETUSER', user, ...allowed);
    const { client } = await connected(server.url.replace('//', `//${user}:pw@`));
    const heard = await hear(client);
    await admin.send('ACL', 'SETUSER', user, 'resetchannels', '&other:*');
    await vi.waitFor(() => expect(heard.disconnects).toBe(1), PATIENCE);
    // Refused at least once, as it connects again.
    await vi.waitFor(
      async () => expect(JSON.stringify(await admin.send('ACL', 'LOG'))).toContain(user),
      PATIENCE,
    );
    expect(heard.connects).toBe(1);
    await admin.send('ACL', 'SETUSER', user, '&warm-cache:*');
    await admin.send('CLIENT', 'KILL', 'USER', user);
    await vi.waitFor(() => expect(heard.connects).toBe(2), PATIENCE);
    await expectHeard(heard);
    await heard.end();
    await admin.send('ACL', 'DELUSER', user);
  });

  test('errors of the connection are nobody’s but the application’s own', async () => {
    const { client, errors } = await connected();
    const heard = await hear(client);
    await admin.send('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await vi.waitFor(() => expect(heard.connects).toBe(2), PATIENCE);
    expect(errors).toEqual([]);
    await heard.end();
  });

  test('a prefix of keys is none of channels', async () => {
    const client =
      name === 'ioredis'
        ? new Redis(server.url, { keyPrefix: 'app:' })
        : await createClient({ url: server.url, keyPrefix: 'app:' }).connect();
    onTestFinished(() => ('destroy' in client ? client.destroy() : client.disconnect()));
    const heard = await hear(client as RedisCommands);
    await redisStore(client as RedisCommands, `cache ${key}`).put(CALL, contentOf('a'));
    expect(await heard.first(1)).toMatchObject([{ act: 'publish' }]);
    expect(await admin.send('KEYS', `*{cache ${key}}*`)).toEqual([`app:warm-cache:{cache ${key}}`]);
    await heard.end();
  });
});

describe('a subscription', () => {
  /** A client of ioredis, whose server confirms when it is told to. */
  class Held extends EventEmitter {
    readonly status = 'ready';
    readonly mode = 'subscriber';
    readonly confirm: (() => void)[] = [];
    readonly duplicate = (): never => never();
    readonly disconnect = (): never => never();
    readonly unsubscribe = async (): Promise<void> => {};
    readonly eval = async (): Promise<never> => never();
    readonly evalsha = async (): Promise<never> => never();

    subscribe(): Promise<void> {
      return new Promise((resolve) => this.confirm.push(resolve));
    }
  }

  function never(): never {
    throw new Error('it is left alone');
  }

  test('that is confirmed to a connection since lost is none', async () => {
    const held = new Held();
    const hearing = hear(held, held);
    held.emit('close');
    const heard = await hearing;
    held.confirm[0]?.();
    await Promise.resolve();
    await Promise.resolve();
    expect(heard).toMatchObject({ connects: 0, disconnects: 0 });
    held.emit('ready');
    held.confirm[1]?.();
    await vi.waitFor(() => expect(heard.connects).toBe(1));
    expect(heard.disconnects).toBe(0);
  });

  test('is asked for once a channel', async () => {
    const held = new Held();
    const first = hear(held, held);
    held.confirm[0]?.();
    await first;
    const second = await hear(held, held);
    expect(second.connects).toBe(1);
    expect(held.confirm).toHaveLength(1);
  });
});
