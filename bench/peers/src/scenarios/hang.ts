import { Reader } from '../reader.ts';
import { inTtls, type Scenario } from '../scenario.ts';
import { Source } from '../source.ts';

const TTLS = 20;

export const hang: Scenario = {
  title: 'Hung load',
  meaning:
    'One load of a warm cache never settles, nor heeds a signal; all later ones are well; a read each hundredth of a ttl, for 20 ttls; the deadline of a load, where there is such an option, is half a ttl: reads that failed or never got an answer / reads that waited / ttls from that load to the first new value.',
  fake: true,
  figures: {
    failed: { label: 'reads without a value', vital: true },
    waited: { label: 'reads that waited', vital: true },
    recovery: {
      label: 'ttls until it has recovered',
      why: 'A load that has met its deadline is a failed one, and the next waits for the backoff: a second.',
    },
  },
  async run({ create, time, terms }) {
    const source = new Source(terms.loadTime);
    const reader = new Reader(create(source.load), time, terms.ttl);
    await reader.readEach(terms.ttl / 100, 20);
    reader.reset();
    source.state = 'hanging';
    let hungAt = 0;
    source.onLoad = () => {
      source.state = 'ok';
      hungAt ||= Date.now();
    };
    let recoveredAt = Infinity;
    for (let i = 0; i < 100 * TTLS; i++) {
      await reader.readEach(terms.ttl / 100, 1);
      if (hungAt && (reader.last?.asOf ?? 0) > hungAt)
        recoveredAt = Math.min(recoveredAt, Date.now());
    }
    const { failed, pending, waited } = reader;
    return { failed: failed + pending, waited, recovery: (recoveredAt - hungAt) / terms.ttl };
  },
  cell: ({ failed, waited, recovery }) => `${failed} / ${waited} / ${inTtls(recovery)}`,
};
