import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisStore } from '../../src/adapters/redis/store.ts';
import { contentOf, Heard, LONG, NOTHING } from '../support/fleet/conformance/subject.ts';
import { CLIENTS, type ClientOf } from '../support/fleet/redis-clients.ts';
import { type RedisServer, startRedis } from '../support/fleet/redis-server.ts';

// What the documentation says is what is tried.
const source = await readFile(new URL('../../src/adapters/redis.ts', import.meta.url), 'utf8');
const line = /ACL SETUSER app on >secret ((?:.|\n \* {3})*)\n/.exec(source)?.[1] ?? '';
const rights = line.replaceAll('\n *', ' ').split(/ +/);
const commands = rights.filter((right) => right.startsWith('+')).map((right) => right.slice(1));

let server: RedisServer;
let admin: ClientOf;
let users = 0;

beforeAll(async () => {
  server = await startRedis();
  const connect = CLIENTS['ioredis'];
  if (!connect) throw new Error('no client');
  admin = await connect(server.url);
  // Each refusal counts.
  await admin.send('CONFIG', 'SET', 'acllog-max-len', '10000');
}, 60_000);
afterAll(async () => {
  admin.close();
  await server.stop();
});

/** Does all that can be done, as a user of those rights. @returns What the server refused. */
async function refused(name: string, all: readonly string[]): Promise<string[]> {
  const user = `user-${users++}`;
  await admin.send('ACL', 'SETUSER', user, 'on', '>secret', ...all);
  await admin.send('SCRIPT', 'FLUSH');
  const connect = CLIENTS[name];
  if (!connect) throw new Error(name);
  const { client, close } = await connect(server.url.replace('//', `//${user}:secret@`));
  const key = `${name} ${user}`;
  const store = redisStore(client, key);
  const call = { source: 'tester', keep: LONG, known: NOTHING };
  const claim = async () => {
    const claim = { holder: `h${Math.random()}`, leaseTime: LONG, have: 999, force: true };
    const { record } = await store.claim(call, claim);
    return { ...record, holder: claim.holder };
  };
  const heard = [new Heard(), new Heard()];
  const ends: ((() => Promise<void>) | undefined)[] = [];
  const steps: (() => Promise<unknown>)[] = [
    async () => ends.push(await store.hear?.(heard[0] as Heard)),
    async () => ends.push(await redisStore(client, `${key} too`).hear?.(heard[1] as Heard)),
    () => store.read(call),
    () => store.read({ ...call, keep: Infinity }),
    async () => store.publish(call, await claim(), contentOf('a')),
    () => store.read(call),
    async () => store.renew(call, await claim(), LONG),
    () => store.invalidate(call, true),
    async () => store.release(call, await claim(), LONG, 'it broke'),
    () => store.put(call, contentOf('a')),
    async () => ends[0]?.(),
    async () => ends[1]?.(),
  ];
  for (const step of steps) await step().catch(() => {});
  close();
  const log = (await admin.send('ACL', 'LOG', '10000')) as unknown[];
  return log
    .map((entry) => entry as string[])
    .filter((entry) => entry[entry.indexOf('username') + 1] === user)
    .map((entry) => entry[entry.indexOf('object') + 1] as string);
}

describe.each(Object.keys(CLIENTS))(
  'the rights that are told, by %s',
  { timeout: 60_000 },
  (name) => {
    test('are enough', async () => {
      expect(commands.length).toBeGreaterThan(10);
      const refusals = await refused(name, rights);
      // Since Redis 7.2: tried at the beginning, and done without.
      expect(refusals.filter((command) => command !== 'client|setinfo')).toEqual([]);
    });

    const isAsked = (command: string): boolean => command !== 'info' || name === 'ioredis';
    test.each(commands.filter(isAsked))('are no more than what is needed: %s', async (command) => {
      const fewer = rights.filter((right) => right !== `+${command}`);
      expect(await refused(name, fewer)).toContain(command);
    });

    test('are of no other keys and channels', async () => {
      const { prefix, fewer } = { prefix: '~warm-cache:*', fewer: rights };
      const other = (right: string): string => right.replace(/^([~&])warm-cache/, '$1other');
      expect(rights).toContain(prefix);
      const refusals = await refused(name, fewer.map(other));
      expect(refusals.length).toBeGreaterThan(0);
    });
  },
);
