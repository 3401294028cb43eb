import { Reader } from '../reader.ts';
import type { Scenario } from '../scenario.ts';
import { Source } from '../source.ts';
import { upkeep, upkeepOf } from './upkeep.ts';

const READS = 50;

export const sparse: Scenario = {
  title: 'Sparse reads',
  meaning:
    'A read each 3 ttls, 50 of them, after a first one: reads that waited / reads of a value older than the ttl / loads made.',
  fake: true,
  ...upkeep(
    'a loop loads whether or not anybody reads; with `refreshInterval: Infinity` there is none, and a `WarmCache` loads as it is read.',
  ),
  async run({ create, time, terms }) {
    const source = new Source(terms.loadTime);
    const reader = new Reader(create(source.load), time, terms.ttl);
    await reader.read();
    await time.advance(terms.ttl);
    reader.reset();
    source.loads = 0;
    await reader.readEach(3 * terms.ttl, READS);
    return upkeepOf(reader, source);
  },
};
