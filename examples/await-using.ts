// A cache that lives as long as a block. Stopping lets nothing run on.
import { WarmCache } from 'warm-cache';

{
  await using clock = new WarmCache({ loader: () => new Date().getFullYear(), ttl: 1000 });
  clock.on('stop', () => {
    console.log('stopped');
  });
  clock.start();
  console.log((await clock.get()) > 2000);
}
console.log('done');
