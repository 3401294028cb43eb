// Run in a process of its own: what keeps it alive, and what does not. The case is the first argument.
import { WarmCacheMap } from '../../../src/index.ts';

const attempts = new Map<string, number>();
const failingTwice = (key: string): string => {
  const attempt = (attempts.get(key) ?? 0) + 1;
  attempts.set(key, attempt);
  if (attempt <= 3) throw new Error('not yet');
  return `${key} ${attempt}`;
};
const options = {
  ttl: 60_000,
  retry: { retries: 1, minTimeout: 30, randomize: false },
  backoff: { minDelay: 30 },
};
const never = (): Promise<never> => new Promise(() => {});
const keys = ['a', 'b', 'c'];
const map = new WarmCacheMap({ ...options, loader: failingTwice, keys, concurrency: 1 });
const many = new WarmCacheMap({
  ...options,
  loadMany: (wanted: readonly string[]) => wanted.map((key) => [key, failingTwice(key)] as const),
  keys,
  batchWindow: 30,
});
const values = (): string => keys.map((key) => map.peek(key)?.value).join(', ');

switch (process.argv[2]) {
  case 'started':
    map.start();
    void many.start().get('x');
    break;
  case 'read, in vain':
    map.start();
    void map.get('x', { signal: AbortSignal.abort() });
    break;
  case 'hung':
    new WarmCacheMap({ ...options, loader: never, keys }).start();
    break;
  case 'hung keys':
    new WarmCacheMap({ ...options, loader: failingTwice, keys: never }).start();
    break;
  case 'ready() that gave up':
    await new WarmCacheMap({
      ...options,
      loader: failingTwice,
      keys: (): string[] => {
        throw new Error('no keys');
      },
    })
      .start()
      .ready({ timeout: 50 })
      .catch(() => {});
    break;
  case 'stopped':
    map.start();
    void map.stop();
    break;
  case 'ready':
    await map.start().ready();
    console.log(values());
    break;
  case 'ready, not started':
    await map.ready();
    console.log(values());
    break;
  case 'ready, keys that fail': {
    let asked = 0;
    const failing = new WarmCacheMap({
      ...options,
      loader: (key: string) => key,
      keys: async () => {
        asked += 1;
        if (asked < 3) throw new Error('not yet');
        return keys;
      },
    });
    await failing.start().ready();
    console.log(asked, failing.size);
    break;
  }
  case 'ready, keys that hang': {
    const hanging = new WarmCacheMap({
      ...options,
      loader: failingTwice,
      keys: never,
      loadTimeout: 50,
    });
    hanging.once('error', ({ error }) => {
      console.log((error as Error).message);
      void hanging.stop();
    });
    await hanging
      .start()
      .ready()
      .catch(() => {});
    break;
  }
  case 'many keys': {
    const large = new WarmCacheMap({
      ttl: 60_000,
      loader: (n: number) => n,
      keys: function* () {
        for (let n = 0; n < 20_000; n++) yield n;
      },
    });
    await large.start().ready();
    console.log(large.size, large.peek(19_999)?.value);
    break;
  }
  case 'get': {
    const reads = await Promise.allSettled([map.get('a'), map.get('b')]);
    console.log(reads.map(({ status }) => status).join(', '));
    break;
  }
  case 'invalidate':
    map.set('a', 'old');
    attempts.set('a', 2);
    console.log((await map.invalidate('a'))?.value);
    break;
  case 'loadMany':
    attempts.set('x', 2);
    console.log(await many.get('x'));
    break;
}
