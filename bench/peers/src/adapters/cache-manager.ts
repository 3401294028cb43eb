import { createCache } from 'cache-manager';
import { plainKeyv } from '../keyv.ts';
import { type Adapter, KEY } from '../peer.ts';

/** README, "wrap" with `refreshThreshold`; and, as it says there, a `Keyv` that does not serialize. */
export const adapter: Adapter = {
  name: 'cache-manager',
  use: '`wrap()` with `ttl` (all that a value may live) and `refreshThreshold`, over a `Keyv` without serialization',
  create(load, { ttl, refreshAfter, maxStale }) {
    const cache = createCache({
      stores: [plainKeyv()],
      ttl: ttl + maxStale,
      refreshThreshold: ttl + maxStale - refreshAfter,
    });
    return {
      read: () => cache.wrap(KEY, load),
      invalidate: () => cache.del(KEY),
      close: () => cache.disconnect(),
    };
  },
};
