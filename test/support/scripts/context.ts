// Run with --expose-gc: whether a request's store can be collected while the cache it used lives on.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { WarmCache } from '../../../src/index.ts';

const als = new AsyncLocalStorage<object>();
let collected = 0;
const registry = new FinalizationRegistry(() => {
  collected += 1;
});

async function request(): Promise<void> {
  const store = { big: new Array(1e5).fill(0) };
  registry.register(store, undefined);
  await als.run(store, async () => {
    const cache = new WarmCache({ loader: async () => 1, ttl: 60_000 });
    const failing = new WarmCache<number>({
      loader: () => Promise.reject(new Error('no')),
      ttl: 60_000,
      retry: { minTimeout: 1 },
    });
    caches.push(cache, failing);
    cache.start();
    failing.start();
    await cache.ready();
    await cache.get();
    await cache.invalidate();
    await failing.get().catch(() => {});
  });
}

const caches: WarmCache<number>[] = [];
for (let i = 0; i < 5; i++) await request();
for (let i = 0; i < 50 && collected < 5; i++) {
  await turn();
  globalThis.gc?.();
}
console.log('collected', collected, 'of', caches.length / 2);
