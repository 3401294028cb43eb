import { Reader } from '../reader.ts';
import { inTtls, type Scenario } from '../scenario.ts';
import { Source } from '../source.ts';

const OUTAGES = 10;
const TTLS = 5;
const READS_PER_TTL = 1000;

export const outage: Scenario = {
  title: 'Outage',
  meaning:
    'Each load fails at once for 5 ttls, under 1,000 reads a ttl; the mean of 10 outages, each a little longer than the one before: reads that failed / reads that waited / loads tried / ttls from the end of the outage to the first new value.',
  fake: true,
  figures: {
    failed: { label: 'reads that failed', vital: true },
    waited: { label: 'reads that waited', vital: true },
    loads: {
      label: 'loads tried',
      why: 'Each load of ours makes up to two quick retries, to get over a blip; `retry: { retries: 0 }` leaves 8 loads.',
    },
    recovery: {
      label: 'ttls until it has recovered',
      why: 'Who tries at each read, 1,000 times a ttl, finds out at once. Ours waits for its backoff, so as to leave a source in trouble alone; `backoff.maxDelay`, a ttl here, bounds it.',
    },
  },
  async run({ create, time, terms }) {
    const interval = terms.ttl / READS_PER_TTL;
    const source = new Source(terms.loadTime);
    const reader = new Reader(create(source.load), time, terms.ttl);
    const sums = { failed: 0, waited: 0, loads: 0, recovery: 0 };
    for (let i = 0; i < OUTAGES; i++) {
      await reader.readEach(10 * interval, 300);
      reader.reset();
      source.loads = 0;
      source.state = 'failing';
      await reader.readEach(interval, (TTLS + i / OUTAGES) * READS_PER_TTL);
      sums.failed += reader.failed;
      sums.waited += reader.waited;
      sums.loads += source.loads;
      source.state = 'ok';
      const end = Date.now();
      const recovered = (): boolean => (reader.last?.asOf ?? 0) >= end;
      await reader.readEach(interval, 20 * READS_PER_TTL, recovered);
      sums.recovery += recovered() ? (Date.now() - end) / terms.ttl : Infinity;
    }
    return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / OUTAGES]));
  },
  cell: ({ failed = 0, waited = 0, loads = 0, recovery }) =>
    `${[failed, waited, loads].map(Math.round).join(' / ')} / ${inTtls(recovery)}`,
};
