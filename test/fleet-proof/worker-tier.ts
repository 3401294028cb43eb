import { redisTier } from '../../src/adapters/redis.ts';
import type { SharedTier } from '../../src/shared.ts';
import { ioRedis, nodeRedis } from './worker-clients.ts';
import type { WorkerOptions } from './worker-words.ts';

/** The caches' own. */
const KEY = 'proof';

/** What is shared, by one of the two clients. */
export function tierOf(
  { kind, redis, subscriber }: WorkerOptions,
  onMessage: (text: string) => void,
): { readonly tier: SharedTier; readonly close: () => void } {
  if (kind === 'redis') {
    const { client, close, ...by } = nodeRedis(redis, subscriber, onMessage);
    return { tier: redisTier(client, { key: KEY, subscriber: by.subscriber }), close };
  }
  const { client, close, ...by } = ioRedis(redis, subscriber, onMessage);
  return { tier: redisTier(client, { key: KEY, subscriber: by.subscriber }), close };
}
