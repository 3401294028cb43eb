import type { FilterLane } from './filter-lanes.ts';
import type { Filter } from './filters.ts';
import { measured } from './measured.ts';

/** What happened to the reads of one lane. */
export class FilterTally {
  readonly lane: FilterLane;
  /** Ms from the call to the answer, of the reads of listed filters that got one. */
  readonly latencies: number[] = [];
  /** Reads of listed filters that had no answer at once. */
  waited = 0;
  /** Reads of other filters: which ones there were, how many reads, and those that had no answer at once. */
  readonly madeUp = { filters: new Set<Filter>(), reads: 0, waited: 0 };
  errors = 0;
  /** Matches that the lane was told of, and those that the next reads had. */
  readonly writes = { announced: 0, seen: 0 };

  constructor(lane: FilterLane) {
    this.lane = lane;
  }

  async read(filter: Filter): Promise<void> {
    const { ms, waited, failed } = await measured(() => this.lane.get(filter));
    if (failed) this.errors += 1;
    else this.latencies.push(ms);
    if (waited) this.waited += 1;
  }

  async readMadeUp(filter: Filter): Promise<void> {
    this.madeUp.filters.add(filter);
    this.madeUp.reads += 1;
    const { waited, failed } = await measured(() => this.lane.get(filter));
    if (failed) this.errors += 1;
    if (waited) this.madeUp.waited += 1;
  }
}
