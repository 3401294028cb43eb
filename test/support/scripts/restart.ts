// Run in a process of its own, to be killed: a cache with a store in a file, whose loads never end. It tells what it
// serves once the store has answered, and then does as the third argument says. What it tells is in the parent's hands
// before the next line of this is run, however it ends.
import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { type SnapshotStore, WarmCache } from '../../../src/index.ts';
import { backends } from '../backends.ts';

interface Board {
  readonly n: number;
  /** All of them are `n`. */
  readonly rows: readonly number[];
}

const tell = (what: string, more: unknown = null): void => {
  writeSync(1, `${JSON.stringify([what, more])}\n`);
};

const [, , backend = '', path = '', then = ''] = process.argv;
const hung: SnapshotStore = { get: () => new Promise(() => {}), set: () => new Promise(() => {}) };
const inner = backend === 'hung' ? hung : backends[backend as keyof typeof backends](path);
let written = Promise.withResolvers<void>();
const store: SnapshotStore = {
  get: async (key) => {
    try {
      return await inner.get(key);
    } finally {
      // The cache will have had it by then.
      setImmediate(() => answered.resolve());
    }
  },
  set: async (key, entry, ttl) => {
    const { value } = entry as { readonly value?: Board };
    await inner.set(key, entry, ttl);
    tell('written', value?.n);
    written.resolve();
    written = Promise.withResolvers();
  },
};
const answered = Promise.withResolvers<void>();
const cache = new WarmCache<Board>({
  name: 'board',
  loader: () => new Promise(() => {}),
  ttl: 3_600_000,
  store,
});
cache.on('error', ({ attempt, error }) => tell('error', { attempt, message: `${error}` }));
cache.on('refresh', ({ snapshot: { value, loadedAt, source }, reason }) => {
  const isWhole = value.rows.length === 2000 && value.rows.every((row) => row === value.n);
  tell(reason, { n: value.n, loadedAt, source, isWhole });
});
cache.start();

if (then === 'end') {
  cache.set({ n: 1, rows: [] });
} else {
  await answered.promise;
  const { status, load, age } = cache.health();
  tell('started', { status, isLoading: load !== null, hasAge: age !== null && age >= 0 });
  let n = cache.peek()?.value.n ?? 0;
  const publish = (): void => {
    n += 1;
    cache.set({ n, rows: Array<number>(2000).fill(n) });
  };
  switch (then) {
    case 'write':
      for (;;) {
        publish();
        await turn();
      }
    case 'purge': {
      const { promise } = written;
      void cache.invalidate({ purge: true });
      await promise;
      tell('purged');
      setInterval(() => {}, 1000);
      break;
    }
    case 'stop':
      publish();
      void cache.stop();
      break;
  }
}
