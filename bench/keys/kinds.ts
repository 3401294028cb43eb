import { Loader } from 'layered-loader/core';
import { LRUCache } from 'lru-cache';
import { WarmCacheMap } from 'warm-cache';

/** What is cached: small, so that what a key costs is the cache's. */
interface Value {
  readonly total: number;
}

/** A cache of many keys, as its own documents say to use it. */
export interface Kind {
  /** Has all keys loaded. */
  readonly fill: (keys: readonly string[]) => Promise<void>;
  readonly read: (key: string) => Promise<Value | undefined> | Value | undefined;
  /** Loads one anew. */
  readonly reload: (key: string) => Promise<unknown>;
  readonly stop: () => unknown;
}

export interface KindOptions {
  readonly keys: readonly string[];
  /** Ms. */
  readonly ttl: number;
  /** Ms; `Infinity`: nothing is refreshed but by `reload`. */
  readonly refreshInterval: number;
  /** Is called as a load begins. */
  readonly onLoad: () => void;
}

export const KINDS: Readonly<Record<string, (options: KindOptions) => Kind>> = {
  'a Map': ({ onLoad }) => {
    const values = new Map<string, Value>();
    const load = async (key: string): Promise<void> => {
      onLoad();
      values.set(key, { total: 1 });
    };
    return {
      fill: async (keys) => {
        for (const key of keys) await load(key);
      },
      read: (key) => values.get(key),
      reload: load,
      stop: () => {},
    };
  },
  'lru-cache, with ttl': ({ keys: { length }, ttl, onLoad }) => {
    const cache = new LRUCache<string, Value>({
      max: length,
      ttl,
      allowStale: true,
      fetchMethod: async () => {
        onLoad();
        return { total: 1 };
      },
    });
    return {
      fill: async (keys) => {
        for (const key of keys) await cache.fetch(key);
      },
      read: (key) => cache.fetch(key),
      reload: (key) => cache.fetch(key, { forceRefresh: true }),
      stop: () => cache.clear(),
    };
  },
  'layered-loader': ({ keys: { length }, ttl, onLoad }) => {
    const loader = new Loader<Value>({
      inMemoryCache: {
        cacheType: 'lru-map',
        maxItems: length,
        ttlInMsecs: 2 * ttl,
        ttlLeftBeforeRefreshInMsecs: ttl,
      },
      dataSourceGetOneFn: async () => {
        onLoad();
        return { total: 1 };
      },
      logger: { error: console.error },
    });
    return {
      fill: async (keys) => {
        for (const key of keys) await loader.getAsyncOnly(key);
      },
      read: async (key) =>
        loader.getInMemoryOnly(key) ?? (await loader.getAsyncOnly(key)) ?? undefined,
      reload: (key) => loader.forceRefresh(key),
      stop: () => loader.close(),
    };
  },
  'warm-cache': ({ keys, ttl, refreshInterval, onLoad }) => {
    const map = new WarmCacheMap({
      loader: async (_: string): Promise<Value> => {
        onLoad();
        return { total: 1 };
      },
      keys,
      ttl,
      refreshInterval,
    });
    return {
      fill: async () => {
        await map.start().ready();
      },
      read: (key) => map.get(key),
      reload: (key) => map.invalidate(key),
      stop: () => map.stop(),
    };
  },
};
