import { Cacheable } from 'cacheable';
import { plainKeyv } from '../keyv.ts';
import { type Adapter, KEY } from '../peer.ts';

/** README, "GetOrSet" and "Storage Tiering": any `Keyv` will do as its primary store. */
export const adapter: Adapter = {
  name: 'cacheable',
  use: "`getOrSet()` with `ttl` and `throwErrors: 'function'`, over a `Keyv` without serialization, quicker than its own store; it has neither refresh-ahead nor stale values",
  create(load, { ttl, loadTime }) {
    const cache = new Cacheable({ primary: plainKeyv() });
    cache.on('error', () => {});
    const options = { ttl: ttl - loadTime, throwErrors: 'function' } as const;
    return {
      read: () => cache.getOrSet(KEY, load, options),
      invalidate: () => cache.delete(KEY),
      close: () => cache.disconnect(),
    };
  },
};
