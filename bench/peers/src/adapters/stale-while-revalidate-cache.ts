import { createStaleWhileRevalidateCache } from 'stale-while-revalidate-cache';
import { type Adapter, KEY } from '../peer.ts';

/** README, "Configuration", with a `Map` as the storage. */
export const adapter: Adapter = {
  name: 'stale-while-revalidate-cache',
  use: '`minTimeToStale`, `maxTimeToLive`, and `retry: true` with a `retryDelay` that doubles from 1 s up to the ttl, over a `Map`; `delete()` as the invalidation',
  create(load, { ttl, refreshAfter, maxStale }) {
    const map = new Map<string, unknown>();
    const swr = createStaleWhileRevalidateCache({
      storage: {
        getItem: (key) => map.get(key),
        setItem: (key, item) => void map.set(key, item),
        removeItem: (key) => map.delete(key),
      },
      minTimeToStale: refreshAfter,
      maxTimeToLive: ttl + maxStale,
      retry: true,
      retryDelay: (count) => Math.min(1000 * 2 ** count, ttl),
    });
    return {
      read: async () => (await swr(KEY, load)).value,
      invalidate: () => swr.delete(KEY),
    };
  },
};
