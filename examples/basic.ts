// A value that takes a while to get, and that nobody waits for.
import { WarmCache } from 'warm-cache';

let asked = 0;
const answer = new WarmCache({
  name: 'answer',
  loader: async () => {
    asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 42;
  },
  ttl: 60_000,
});

answer.start();
const { version } = await answer.ready();
console.log(`version ${version} is there`);
for (let i = 0; i < 1000; i++) await answer.get();
console.log(`1000 reads, the loader was asked ${asked} time`);
await answer.stop();
