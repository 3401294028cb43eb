import { Redis } from 'ioredis';
import { createClient } from 'redis';

export type ClientKind = 'ioredis' | 'redis';

/** Ms until the next attempt to connect: no client is to be what a fleet's recovery waits for. */
const again = (times: number): number => Math.min(50 * times, 300);
const CONNECT_TIMEOUT = 1000;

/** Two connections of a kind. */
export interface Clients<C> {
  readonly client: C;
  readonly subscriber: C;
  close(): void;
}

/** @param onMessage - Told of each message before the library is. */
export function nodeRedis(
  commands: string,
  messages: string,
  onMessage: (message: string) => void,
): Clients<ReturnType<typeof connected>> {
  const client = connected(commands);
  const subscriber = connected(messages);
  const subscribe = subscriber.subscribe.bind(subscriber);
  subscriber.subscribe = ((channels: string, listener: (...args: unknown[]) => void) =>
    subscribe(channels, (...args) => {
      onMessage(String(args[0]));
      listener(...args);
    })) as typeof subscribe;
  return {
    client,
    subscriber,
    close: () => {
      client.destroy();
      subscriber.destroy();
    },
  };
}

function connected(url: string) {
  const client = createClient({
    url,
    socket: { reconnectStrategy: again, connectTimeout: CONNECT_TIMEOUT },
  });
  client.on('error', () => {});
  // It connects by itself sooner or later: Redis may be away as this process starts.
  client.connect().catch(() => {});
  return client;
}

/** @param onMessage - Told of each message before the library is. */
export function ioRedis(
  commands: string,
  messages: string,
  onMessage: (message: string) => void,
): Clients<Redis> {
  const options = { retryStrategy: again, connectTimeout: CONNECT_TIMEOUT };
  const client = new Redis(commands, options);
  const subscriber = new Redis(messages, options);
  for (const one of [client, subscriber]) one.on('error', () => {});
  subscriber.on('message', (_, message: string) => onMessage(message));
  return {
    client,
    subscriber,
    close: () => {
      client.disconnect();
      subscriber.disconnect();
    },
  };
}
