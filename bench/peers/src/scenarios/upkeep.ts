import type { Reader } from '../reader.ts';
import type { Figures, Scenario } from '../scenario.ts';
import type { Source } from '../source.ts';

/** What the scenarios tell in which all is well: how readers fared, and what it took. */
export const upkeep = (whyLoads: string): Pick<Scenario, 'cell' | 'figures'> => ({
  figures: {
    waited: { label: 'reads that waited', vital: true },
    old: { label: 'reads of a value older than the ttl', vital: true },
    loads: { label: 'loads', why: whyLoads },
  },
  cell: ({ waited, old, loads }) => `${waited} / ${old} / ${loads}`,
});

export const upkeepOf = ({ waited, old, failed }: Reader, { loads }: Source): Figures => ({
  waited: waited + failed,
  old,
  loads,
});
