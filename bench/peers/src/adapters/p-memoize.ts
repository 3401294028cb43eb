import ExpiryMap from 'expiry-map';
import pMemoize, { pMemoizeClear } from 'p-memoize';
import type { Adapter, Value } from '../peer.ts';

/** README, "Time-based cache expiration", and `pMemoizeClear()`. */
export const adapter: Adapter = {
  name: 'p-memoize',
  use: '`pMemoize()` with an `ExpiryMap` of `ttl`, as its tips have it; it has neither refresh-ahead nor stale values',
  create(load, { ttl, loadTime }) {
    const read = pMemoize(load, { cache: new ExpiryMap<undefined, Value>(ttl - loadTime) });
    return { read, invalidate: () => pMemoizeClear(read) };
  },
};
