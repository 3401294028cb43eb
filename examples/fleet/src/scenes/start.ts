import type { Fleet } from '../fleet.ts';
import { listed, numberOf, type Stage, scene, times } from '../stage.ts';

/** How the processes came by their first values. */
export interface Started {
  /** Counted by the database, but for those of an interval that was over before the last process had started. */
  readonly loads: number;
  readonly loadedBy: readonly string[];
  readonly warmedBy: readonly string[];
  /** Ms from the start of the first cache until the last one had a value. */
  readonly ms: number;
}

/** All of them start at once. */
export function playStart(
  stage: Stage,
  title: string,
  fleet: Fleet,
  lane: string,
): Promise<Started> {
  return scene(stage, title, async () => {
    for (const name of fleet.names) fleet.start(name);
    const warm = await fleet.until('all have a value', () => {
      const all = fleet.since(0, 'warm');
      return all.length === fleet.names.length && all;
    });
    const named = (isShared: boolean): string[] =>
      warm.filter(({ news }) => news.isShared === isShared).map(({ process }) => numberOf(process));
    const later = fleet.since(0, 'load').filter(({ news }) => news.reason === 'interval').length;
    const facts: Started = {
      loads: (await stage.database.count(lane)) - later,
      loadedBy: named(false).toSorted(),
      warmedBy: named(true).toSorted(),
      ms: Math.max(...warm.map(({ news }) => news.ms)),
    };
    const { loads, loadedBy, warmedBy, ms } = facts;
    const queries = times(loads, 'query', 'queries');
    const told = `${queries}, by ${listed(loadedBy)}; warm from the fleet: ${listed(warmedBy)}; in ${ms} ms`;
    return { told, facts };
  });
}
