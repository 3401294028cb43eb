import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { RedisCommands, RedisConnection } from '../../../src/adapters/redis/client.ts';

/** A client of a library, made as an application makes it. */
export interface ClientOf {
  readonly client: RedisCommands & RedisConnection;
  /** Errors of its own connection. */
  readonly errors: unknown[];
  /** Sends any command. */
  send(...command: string[]): Promise<unknown>;
  close(): void;
}

export const CLIENTS: Readonly<Record<string, (url: string) => Promise<ClientOf>>> = {
  'node-redis': async (url) => {
    const errors: unknown[] = [];
    const client = createClient({ url, socket: { reconnectStrategy: 20 } });
    client.on('error', (error) => errors.push(error));
    await client.connect();
    return {
      client,
      errors,
      send: (...command) => client.sendCommand(command),
      close: () => client.destroy(),
    };
  },

  ioredis: async (url) => {
    const errors: unknown[] = [];
    const client = new Redis(url, { retryStrategy: () => 20, lazyConnect: true });
    client.on('error', (error) => errors.push(error));
    await client.connect();
    return {
      client,
      errors,
      send: (command = '', ...args) => client.call(command, ...args),
      close: () => client.disconnect(),
    };
  },
};
