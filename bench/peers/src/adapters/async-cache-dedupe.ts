import { createCache } from 'async-cache-dedupe';
import { type Adapter, KEY } from '../peer.ts';

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** README, `createCache()` with `ttl` and `stale`, both in whole seconds, and `cache.clear(name, arg)`. */
export const adapter: Adapter = {
  name: 'async-cache-dedupe',
  use: '`define()` with `ttl` and `stale`, in whole seconds; `clear(name, key)` as the invalidation',
  create(load, { ttl, refreshAfter, maxStale }) {
    const cache = createCache({
      ttl: seconds(refreshAfter),
      stale: seconds(ttl + maxStale - refreshAfter),
      storage: { type: 'memory' },
    }).define('value', (_key: string) => load());
    return {
      read: () => cache.value(KEY),
      invalidate: () => cache.clear('value', KEY),
    };
  },
};
