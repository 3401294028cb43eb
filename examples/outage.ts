// A database that goes away: the last good value is served, and the events tell of it.
import { WarmCache } from 'warm-cache';

let up = true;
const flags = new WarmCache({
  name: 'flags',
  loader: () => {
    if (!up) throw new Error('no connection');
    return ['dark-mode'];
  },
  ttl: 50,
  maxStale: 60_000,
  retry: { retries: 0 },
});
flags.once('error', ({ error, serving }) => {
  console.log(`${(error as Error).message}; serving: ${serving}`);
});
flags.on('status', ({ from, to }) => {
  console.log(`${from} -> ${to}`);
});

await flags.get();
up = false;
await flags.refresh().catch(() => {});
await flags.get();
console.log(flags.peek()?.value);
up = true;
console.log('again:', (await flags.refresh()).version);
await flags.stop();
