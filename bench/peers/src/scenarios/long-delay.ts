import { Reader } from '../reader.ts';
import type { Scenario } from '../scenario.ts';
import { Source } from '../source.ts';

export const longDelay: Scenario = {
  title: 'Past 2^31 ms',
  meaning:
    'Ttl and refresh interval are longer than what `setTimeout()` can hold; a read each 10 ms for a second, by the real clock: loads made. One is right.',
  fake: false,
  figures: {
    refused: { label: 'it is refused', vital: true },
    loads: { label: 'loads' },
  },
  async run({ create, time, terms }) {
    const ttl = 2 ** 31 + 10_000;
    const source = new Source(10);
    try {
      const peer = create(source.load, { ...terms, ttl, refreshAfter: ttl - 5000 });
      await new Reader(peer, time, ttl).readEach(10, 100);
      return { loads: source.loads, refused: 0 };
    } catch {
      return { loads: Infinity, refused: 1 };
    }
  },
  cell: ({ loads, refused }) => (refused ? 'refused' : `${loads}`),
};
