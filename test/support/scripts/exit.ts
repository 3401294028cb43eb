// Run in a process of its own: what keeps it alive, and what does not. The case is the first argument.
import { WarmCache } from '../../../src/index.ts';

let loads = 0;
const retry = { retries: 1, minTimeout: 30, randomize: false };
const failingTwice = () => {
  loads += 1;
  if (loads <= 3) throw new Error('not yet');
  return loads;
};
const cache = new WarmCache({
  loader: failingTwice,
  ttl: 60_000,
  retry,
  backoff: { minDelay: 30 },
});

switch (process.argv[2]) {
  case 'started':
    cache.start();
    break;
  case 'hung':
    new WarmCache({ loader: () => new Promise<never>(() => {}), ttl: 1000 }).start();
    break;
  case 'stopped':
    cache.start();
    void cache.stop();
    break;
  case 'ready':
    cache.start();
    console.log('value', (await cache.ready()).value);
    break;
  case 'ready, not started':
    console.log('value', (await cache.ready()).value);
    break;
  case 'get': {
    const { value } = await cache.get().then(
      (read) => ({ value: read }),
      (error: Error) => ({ value: error.message }),
    );
    console.log('value', value);
    break;
  }
  case 'invalidate':
    loads = 2;
    console.log('value', (await cache.invalidate()).value);
    break;
}
