// Warm from the first moment: what was there before a restart is served while the first load runs.
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SnapshotStore, WarmCache } from 'warm-cache';

const folder = await mkdtemp(join(tmpdir(), 'restart-'));
const store: SnapshotStore = {
  get: (key) => readFile(join(folder, key), 'utf8').then(JSON.parse, () => undefined),
  set: async (key, entry) => {
    await writeFile(join(folder, 'next'), JSON.stringify(entry));
    await rename(join(folder, 'next'), join(folder, key));
  },
};
const codec = {
  encode: (scores: Map<string, number>) => [...scores],
  decode: (data: unknown) => new Map(data as [string, number][]),
};
const newCache = (loader: () => Promise<Map<string, number>>) =>
  new WarmCache({ name: 'scores', loader, ttl: 60_000, store, codec }).start();

const before = newCache(async () => new Map([['ace', 1516]]));
const { loadedAt } = await before.ready();
await before.stop();

const database = Promise.withResolvers<Map<string, number>>();
const scores = newCache(() => database.promise);
const kept = await scores.ready();
console.log(kept.source, kept.value.get('ace'), 'its age is true:', kept.loadedAt === loadedAt);

database.resolve(new Map([['ace', 1532]]));
const fresh = await scores.refresh();
console.log(fresh.source, fresh.value.get('ace'));
await scores.stop();
await rm(folder, { recursive: true });
