import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../leaderboard/figures.ts';
import { median } from '../measure.ts';
import type { Database } from './database.ts';
import { CHANGES, type Fleet, SETTLING } from './fleet.ts';
import type { Kind } from './kinds.ts';
import { type Reads, WAYS, type Way } from './orders.ts';

export const QUANTILES = [0.5, 0.99, 0.999] as const;

/** What is timed of a read: see {@link Reads}. */
export const SORTS = ['get', 'peek', 'due', 'floor'] as const;
type Sort = (typeof SORTS)[number];

/** Ms of each sort at each of the quantiles: of all processes, in the median round. */
export type Latency = Readonly<Record<Sort, readonly number[]>>;

/** How it is read. */
export interface Reading {
  readonly kind: Kind;
  readonly processes: number;
  readonly interval: number;
  readonly rounds: number;
  /** Ms of a round, of each way. */
  readonly ms: number;
}

/**
 * Has all processes read at once while each load brings another value, in each way in turn: whatever else the machine
 * does falls on all of them alike.
 */
export async function latencyOf(
  { database, fleet }: { readonly database: Database; readonly fleet: Fleet },
  { kind, processes, interval, rounds, ms }: Reading,
): Promise<ReadonlyMap<Way, Latency>> {
  const met = new Map(WAYS.map((way) => [way, [] as Latency[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [way, latencies] of met) {
      const { result } = await fleet.during(
        processes,
        { way, kind: kind.name, interval },
        async (members) => {
          await delay(SETTLING);
          return database.changing(kind, interval / CHANGES, () =>
            Promise.all(members.map((member) => member.ask({ do: 'read', ms }))),
          );
        },
      );
      // The first round warms the compiler up.
      if (round >= 0) latencies.push(summed(result));
    }
  }
  return new Map([...met].map(([way, latencies]) => [way, middle(latencies)]));
}

function of(figures: (sort: Sort) => readonly number[]): Latency {
  return {
    get: figures('get'),
    peek: figures('peek'),
    due: figures('due'),
    floor: figures('floor'),
  };
}

function summed(reads: readonly Reads[]): Latency {
  return of((sort) => {
    const all = Float64Array.from(reads.flatMap((one) => [...one[sort]])).sort();
    return QUANTILES.map((q) => quantile(all, q));
  });
}

function middle(latencies: readonly Latency[]): Latency {
  return of((sort) =>
    QUANTILES.map((_, i) => median(latencies.map((one) => one[sort][i] as number))),
  );
}
