import type { SupabaseStack } from 'supabase-stack';
import type { Lane } from './lanes.ts';

/** One write that a lane was told of by `invalidate()`. */
export interface Write {
  /** Whether the next read had it. */
  readonly seen: boolean;
  /** Ms from the call to that read's answer. */
  readonly ms: number;
}

/** What happened to one lane, counted from the moment this was made. */
export class Tally {
  readonly lane: Lane;
  /** Ms from the call to the page in hand, of the reads that got one. */
  readonly latencies: number[] = [];
  readonly writes: Write[] = [];
  /** Reads that had no answer, good or bad, within the turn of the event loop that they were made in. */
  waited = 0;
  errors = 0;
  /** Ms: the greatest age of a board as it was served. */
  oldest = 0;
  readonly #stack: SupabaseStack;
  readonly #loadsBefore: number;
  readonly #requestsBefore: number;

  constructor(lane: Lane, stack: SupabaseStack) {
    this.lane = lane;
    this.#stack = stack;
    this.#loadsBefore = lane.loads();
    this.#requestsBefore = stack.requests(lane.name);
  }

  get reads(): number {
    return this.latencies.length + this.errors;
  }

  /** Times the whole board was loaded, or that was tried. */
  get loads(): number {
    return this.lane.loads() - this.#loadsBefore;
  }

  /** HTTP requests of those loads. */
  get requests(): number {
    return this.#stack.requests(this.lane.name) - this.#requestsBefore;
  }
}
