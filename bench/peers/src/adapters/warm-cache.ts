import { WarmCache } from '../../../../dist/index.js';
import type { Adapter } from '../peer.ts';

/** README.md, "Use". */
export const adapter: Adapter = {
  name: 'warm-cache',
  use: '`start()`, `get()`, `peek()`, `invalidate()`; `refreshInterval`, `retry`, `backoff` and `jitter` as they are by default',
  create(load, { ttl, maxStale, loadTimeout }) {
    const cache = new WarmCache({ loader: load, ttl, maxStale, loadTimeout }).start();
    return {
      read: () => cache.get(),
      peek: () => cache.peek()?.value,
      invalidate: () => cache.invalidate(),
      close: () => cache.stop(),
    };
  },
};
