// After a write: the next awaited read has it, though a load was under way that began before.
import { WarmCache } from 'warm-cache';

const table = new Map([['ace', 1500]]);
const board = new WarmCache({
  loader: async () => {
    const rows = [...table];
    await new Promise((resolve) => setTimeout(resolve, 20));
    return rows;
  },
  ttl: 60_000,
});

board.start();
await board.ready();
void board.refresh();
table.set('ace', 1516);
console.log('at once, stale:', await board.get());
console.log('after invalidate():', (await board.invalidate()).value);
await board.stop();
