// Loads that bring what is there already: the value keeps its identity, and `change` tells of the others alone.
import { isDeepStrictEqual } from 'node:util';
import { WarmCache } from 'warm-cache';

const answers = [{ lobby: 3 }, { lobby: 3 }, { lobby: 3 }, { lobby: 4 }];
const rooms = new WarmCache({
  loader: () => answers.shift(),
  ttl: 60_000,
  equals: isDeepStrictEqual,
});
rooms.on('change', ({ snapshot, previous }) => {
  console.log(`${JSON.stringify(previous?.value)} -> ${JSON.stringify(snapshot.value)}`);
});

const { value } = await rooms.refresh();
await rooms.refresh();
await rooms.refresh();
console.log('the same object:', (await rooms.get()) === value);
await rooms.refresh();
const { published, unchanged } = rooms.health().loads;
console.log(published, 'published,', unchanged, 'unchanged');
