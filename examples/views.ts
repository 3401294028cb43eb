// What is derived from a value, once a version, for all who read it.
import { isDeepStrictEqual } from 'node:util';
import { WarmCache } from 'warm-cache';

const scores: Record<string, number>[] = [
  { ace: 1516, bolt: 1484 },
  { ace: 1532, bolt: 1484 },
  { ace: 1532, bolt: 1548 },
];
const ladder = new WarmCache({ loader: () => scores.shift() ?? {}, ttl: 60_000 });

let sorted = 0;
const ranking = ladder.select(
  (players) => {
    sorted += 1;
    return Object.entries(players)
      .toSorted(([, a], [, b]) => b - a)
      .map(([name]) => name);
  },
  // Who is first, second and so on: that stays though the scores change.
  { equals: isDeepStrictEqual },
);
const leader = ranking.select((names) => names[0], { eager: true });

for (let i = 0; i < 1000; i++) await ranking.get();
console.log(await ranking.get(), 'sorted', sorted, 'time');

const before = await ranking.get();
await ladder.refresh();
console.log('the same object:', (await ranking.get()) === before);

await ladder.refresh();
console.log('leader:', leader.peek()?.value, 'since version', leader.peek()?.version);
