import { type CacheEntry, cachified } from '@epic-web/cachified';
import { type Adapter, KEY, type Value } from '../peer.ts';

/** README, "Stale while revalidate", with a `Map` as it has there. */
export const adapter: Adapter = {
  name: '@epic-web/cachified',
  use: '`cachified()` with `ttl` and `swr` over a `Map`; `cache.delete()` as the invalidation',
  create(load, { ttl, refreshAfter, maxStale }) {
    const cache = new Map<string, CacheEntry<Value>>();
    const options = {
      key: KEY,
      cache,
      getFreshValue: load,
      ttl: refreshAfter,
      swr: ttl + maxStale - refreshAfter,
    };
    return {
      read: () => cachified<Value>(options),
      invalidate: () => cache.delete(KEY),
    };
  },
};
