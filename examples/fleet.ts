// Two caches of one fleet, as in two processes: one load for both, and a write that one has seen is seen by the other.
// Needs a Redis or a Valkey: REDIS_URL, or the one on this machine.
import { createClient } from 'redis';
import { WarmCache } from 'warm-cache';
import { redisTier } from 'warm-cache/redis';

const client = createClient({ url: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379' });
client.on('error', (error) => console.error(error.message));
await client.connect();

const table = new Map([['ace', 1500]]);
let loads = 0;
const join = (name: string) =>
  new WarmCache({
    name,
    loader: () => {
      loads += 1;
      return new Map(table);
    },
    ttl: 60_000,
    shared: redisTier(client, { key: `example-${process.pid}` }),
  }).start();

const [one, other] = [join('one'), join('other')];
await Promise.all([one.ready(), other.ready()]);
console.log(
  `${loads} load, from`,
  [one.peek()?.source, other.peek()?.source].toSorted().join(' and '),
);

const heard = new Promise((resolve) => other.once('refresh', resolve));
table.set('ace', 1516);
await one.invalidate();
await heard;
console.log('ace of the other:', other.peek()?.value.get('ace'), 'after', loads, 'loads');

await Promise.all([one.stop(), other.stop()]);
client.destroy();
