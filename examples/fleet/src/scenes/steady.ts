import type { Fleet } from '../fleet.ts';
import { countIntervals, type Stage, scene } from '../stage.ts';

/** The loads that the database counted in each of some intervals. */
export type Counted = readonly number[];

/** Nothing happens but readers: how often is the database asked? */
export function playSteady(
  stage: Stage,
  title: string,
  fleet: Fleet,
  { lane, intervals }: { readonly lane: string; readonly intervals: number },
): Promise<Counted> {
  return scene(stage, title, async () => {
    const facts = await countIntervals(stage, fleet, lane, intervals);
    return { told: `queries an interval: ${facts.join(' ')}`, facts };
  });
}
