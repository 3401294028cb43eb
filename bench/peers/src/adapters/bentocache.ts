import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { type Adapter, KEY, type Value } from '../peer.ts';

/** Documentation, "Grace periods" and "Timeouts": `timeout: 0` is its stale-while-revalidate. */
export const adapter: Adapter = {
  name: 'bentocache',
  use: '`getOrSet()` with `ttl`, `grace`, `timeout: 0`, `hardTimeout`, `lockTimeout` and `graceBackoff` (1 s), in-memory store with `serialize: false`; `expire()` as the invalidation',
  create(load, { ttl, refreshAfter, maxStale, loadTimeout }) {
    const bento = new BentoCache({
      default: 'memory',
      stores: {
        memory: bentostore().useL1Layer(memoryDriver({ maxItems: 10, serialize: false })),
      },
    });
    const options = {
      key: KEY,
      factory: load,
      ttl: refreshAfter,
      grace: ttl + maxStale,
      timeout: 0,
      hardTimeout: loadTimeout,
      lockTimeout: loadTimeout,
      graceBackoff: 1000,
    };
    return {
      read: () => bento.getOrSet<Value>(options),
      invalidate: () => bento.expire({ key: KEY }),
      close: () => bento.disconnect(),
    };
  },
};
