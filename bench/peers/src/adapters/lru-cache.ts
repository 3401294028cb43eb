import { LRUCache } from 'lru-cache';
import { type Adapter, KEY, type Value } from '../peer.ts';

/**
 * The API documentation of `fetch()`: `allowStale` makes it stale-while-revalidate, `allowStaleOnFetchRejection`
 * outlives errors, and a `signal` is the deadline of a load.
 */
export const adapter: Adapter = {
  name: 'lru-cache',
  use: '`get()`, and where that has nothing fresh `fetch()` with `allowStale`, `allowStaleOnFetchRejection`, `noDeleteOnStaleGet` and `signal: AbortSignal.timeout(…)`; it has no bound for how stale a value may be served',
  create(load, { refreshAfter, loadTimeout }) {
    const cache = new LRUCache<string, Value>({
      max: 10,
      ttl: refreshAfter,
      fetchMethod: load,
      noDeleteOnStaleGet: true,
      allowStaleOnFetchRejection: true,
    });
    const fetchStale = (): Promise<Value | undefined> =>
      cache.fetch(KEY, { allowStale: true, signal: AbortSignal.timeout(loadTimeout) });
    return {
      read: async () => cache.get(KEY) ?? fetchStale(),
      peek: () => cache.get(KEY),
      invalidate: () => cache.delete(KEY),
    };
  },
};
