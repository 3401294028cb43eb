import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../leaderboard/figures.ts';
import type { Random } from '../soak/random.ts';
import { type Fleet, type Member, SETTLING } from './fleet.ts';
import type { Kind } from './kinds.ts';
import type { Way } from './orders.ts';
import type { Meter } from './redis.ts';

/** What came of writes, one after another, by processes at random. Ms from the call of `invalidate()`. */
export interface Spread {
  readonly writes: number;
  /** Until the last process has served what was written as fresh. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Until `invalidate()` has resolved, at the median. */
  readonly own: number;
  /** What the load itself took of it, at the median. */
  readonly load: number;
  /** Bytes to and from Redis, per write. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The writes that are to be made. */
export interface Writing {
  readonly way: Way;
  readonly kind: Kind;
  readonly processes: number;
  readonly interval: number;
  readonly writes: number;
  /** Ms between two writes, at most. */
  readonly pause: number;
}

/** Writes before the first one that counts: it is the only one to find nothing compiled. */
const WARM_UP = 3;

export async function spreadOf(
  { fleet, meter, random }: { fleet: Fleet; meter: Meter; random: Random },
  { way, kind, processes, interval, writes, pause }: Writing,
): Promise<Spread> {
  const { result, loads } = await fleet.during(
    processes,
    { way, kind: kind.name, interval },
    async (members) => {
      await delay(SETTLING);
      for (let i = 0; i < WARM_UP; i++) await write(members, random);
      return meter.during(async () => {
        const times: { readonly all: number; readonly own: number }[] = [];
        for (let i = 0; i < writes; i++) {
          times.push(await write(members, random));
          await delay(pause * random.next());
        }
        return times;
      });
    },
  );
  const { result: times, traffic } = result;
  const sorted = (of: (time: (typeof times)[number]) => number): Float64Array =>
    Float64Array.from(times, of).sort();
  const all = sorted((time) => time.all);
  return {
    writes,
    p50: quantile(all, 0.5),
    p99: quantile(all, 0.99),
    max: quantile(all, 1),
    own: quantile(
      sorted((time) => time.own),
      0.5,
    ),
    load: quantile(Float64Array.from(loads).sort(), 0.5),
    bytesIn: traffic.in / writes,
    bytesOut: traffic.out / writes,
  };
}

async function write(
  members: readonly Member[],
  random: Random,
): Promise<{ readonly all: number; readonly own: number }> {
  const { revision, began, ended } = await random.pick(members).ask({ do: 'write' });
  const seen = await Promise.all(members.map((member) => member.ask({ do: 'see', revision })));
  return { all: Math.max(...seen) - began, own: ended - began };
}
