// A value that is loaded the more often, the more it is read.
import { WarmCache } from 'warm-cache';
import { demand } from 'warm-cache/policies';

const board = new WarmCache({
  loader: () => ['ace'],
  ttl: 600_000,
  // Once in ten reads, but every second at most, and once a minute while nobody reads.
  refreshInterval: demand({ min: 1000, max: 60_000, readsPerLoad: 10 }),
});

await board.refresh();
const { ms, why } = board.health().interval;
console.log(`every ${ms} ms: ${why}`);

for (let i = 0; i < 1000; i++) await board.get();
await board.refresh();
console.log(`after a rush: every ${board.health().interval.ms} ms`);
