import { Reader } from '../reader.ts';
import type { Scenario } from '../scenario.ts';
import { Source } from '../source.ts';

const READS = 10_000;

export const coldHerd: Scenario = {
  title: 'Cold herd',
  meaning: '10,000 reads at once of an empty cache: loads made. One is right.',
  fake: true,
  figures: {
    unanswered: { label: 'reads without a value', vital: true },
    loads: { label: 'loads' },
  },
  async run({ create, time, terms }) {
    const source = new Source(terms.loadTime);
    const reader = new Reader(create(source.load), time, terms.ttl);
    const reads: Promise<void>[] = [];
    for (let i = 0; i < READS; i++) reads.push(reader.read());
    await Promise.all(reads);
    await time.advance(3 * terms.loadTime);
    return { unanswered: reader.failed + reader.pending, loads: source.loads };
  },
  cell: ({ unanswered, loads }) => `${loads}${unanswered ? `, ${unanswered} unanswered` : ''}`,
};
