import { Loader } from 'layered-loader/core';
import { type Adapter, KEY, type Value } from '../peer.ts';

const silent = { error() {} };

/** README, "Preemptive background refresh" and "Synchronous short-circuit". */
export const adapter: Adapter = {
  name: 'layered-loader',
  use: '`Loader` with `inMemoryCache`: `ttlInMsecs` is all that a value may live, `ttlLeftBeforeRefreshInMsecs` begins a refresh in time; `getInMemoryOnly()`, and `getAsyncOnly()` where that has nothing',
  create(load, { ttl, refreshAfter, maxStale }) {
    const loader = new Loader<Value>({
      inMemoryCache: {
        cacheType: 'fifo-map',
        maxItems: 10,
        ttlInMsecs: ttl + maxStale,
        ttlLeftBeforeRefreshInMsecs: ttl + maxStale - refreshAfter,
      },
      dataSourceGetOneFn: load,
      logger: silent,
    });
    return {
      read: async () =>
        loader.getInMemoryOnly(KEY) ?? (await loader.getAsyncOnly(KEY)) ?? undefined,
      peek: () => loader.getInMemoryOnly(KEY) ?? undefined,
      invalidate: () => loader.invalidateCacheFor(KEY),
      close: () => loader.close(),
    };
  },
};
