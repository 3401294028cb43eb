import { Reader } from '../reader.ts';
import type { Scenario } from '../scenario.ts';
import { Source } from '../source.ts';
import { upkeep, upkeepOf } from './upkeep.ts';

const TTLS = 50;

export const steady: Scenario = {
  title: 'Steady reads',
  meaning:
    'A read each hundredth of a ttl, for 50 ttls; a load takes a twentieth of a ttl: reads that waited / reads of a value older than the ttl / loads made.',
  fake: true,
  ...upkeep(
    'a value that nobody waits for is loaded before it expires, a little more often than once a ttl.',
  ),
  async run({ create, time, terms }) {
    const source = new Source(terms.loadTime);
    const reader = new Reader(create(source.load), time, terms.ttl);
    await reader.readEach(terms.ttl / 100, 100);
    reader.reset();
    source.loads = 0;
    await reader.readEach(terms.ttl / 100, 100 * TTLS);
    return upkeepOf(reader, source);
  },
};
