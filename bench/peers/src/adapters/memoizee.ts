import memoize from 'memoizee';
import type { Adapter } from '../peer.ts';

/** README, "Promise returning functions" and "Expire cache after given period of time" with `preFetch`. */
export const adapter: Adapter = {
  name: 'memoizee',
  use: '`promise: true`, `maxAge` and `preFetch`, `primitive` and `length: 0` for speed; `clear()` as the invalidation',
  create(load, { ttl, refreshAfter, loadTime }) {
    const read = memoize(load, {
      promise: true,
      primitive: true,
      length: 0,
      maxAge: ttl - loadTime,
      preFetch: 1 - refreshAfter / (ttl - loadTime),
    });
    return { read, invalidate: () => read.clear() };
  },
};
