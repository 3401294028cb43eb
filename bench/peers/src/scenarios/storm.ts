import { Reader } from '../reader.ts';
import type { Scenario } from '../scenario.ts';
import { Source } from '../source.ts';

const TIMES = 1000;

export const storm: Scenario = {
  title: 'Storm',
  meaning:
    'An invalidation storm: 1,000 times over, while a refresh is half done, the source is written, the cache invalidated and read: loads made, the refresh included. Two are right: it, and one that sees the last write.',
  fake: true,
  figures: {
    outdated: { label: 'the old value stays', vital: true },
    loads: { label: 'loads' },
  },
  async run({ create, time, terms }) {
    const source = new Source(terms.loadTime);
    const peer = create(source.load);
    const reader = new Reader(peer, time, terms.ttl);
    await reader.readEach(terms.ttl / 100, 1000, () => source.loads === 2);
    await time.advance(terms.loadTime / 2);
    source.loads = 1;
    for (let i = 0; i < TIMES; i++) {
      source.version += 1;
      void Promise.resolve(peer.invalidate()).catch(() => {});
      await reader.read();
    }
    await reader.readEach(terms.loadTime / 5, 15);
    return { outdated: reader.last?.version === source.version ? 0 : 1, loads: source.loads };
  },
  cell: ({ outdated, loads }) => `${loads}${outdated ? ', old value stays' : ''}`,
};
