import type { Random } from '../../bench/soak/random.ts';
import type { Target } from './fleet.ts';
import type { Trouble } from './proxy.ts';

/** What is done to the fleet: to which worker, and for how many ms. */
export type Deed =
  | { readonly do: 'disconnect' }
  | { readonly do: 'flush' }
  | { readonly do: 'freeze'; readonly worker: string; readonly ms: number }
  /** All of them write and invalidate. */
  | { readonly do: 'invalidate'; readonly workers: readonly string[] }
  /** Another is started after so long. */
  | { readonly do: 'kill'; readonly worker: string; readonly ms: number }
  | { readonly do: 'restart'; readonly ms: number }
  | {
      readonly do: 'trouble';
      readonly worker: string;
      readonly target: Target;
      readonly trouble: Trouble;
      readonly ms: number;
    };

export type DeedKind = Deed['do'];

export interface Step {
  /** Ms since the begin. */
  readonly at: number;
  readonly deed: Deed;
}

/** How often what is done, compared with the others. */
const WEIGHTS: Readonly<Record<DeedKind, number>> = {
  invalidate: 10,
  trouble: 6,
  freeze: 2,
  kill: 2,
  restart: 1,
  flush: 1,
  disconnect: 1,
};

export const ALL_DEEDS = Object.keys(WEIGHTS) as DeedKind[];

const GAP = [50, 1200] as const;
/** Two times the lease, so that some last longer and some don't. */
const LASTS = [100, 2500] as const;

/** What is done over so many ms, by the seed of `random` alone. */
export function planOf(
  random: Random,
  ms: number,
  workers: readonly string[],
  kinds: readonly DeedKind[],
): Step[] {
  const bag = kinds.flatMap((kind) => Array<DeedKind>(WEIGHTS[kind]).fill(kind));
  const steps: Step[] = [];
  if (bag.length === 0) return steps;
  for (let at = random.from(...GAP); at < ms; at += random.from(...GAP)) {
    steps.push({ at, deed: deedOf(random, random.pick(bag), workers) });
  }
  return steps;
}

function deedOf(random: Random, kind: DeedKind, workers: readonly string[]): Deed {
  const worker = random.pick(workers);
  const ms = random.from(...LASTS);
  switch (kind) {
    case 'invalidate': {
      const times = random.chance(0.3) ? random.from(2, 6) : 1;
      return { do: kind, workers: Array.from({ length: times }, () => random.pick(workers)) };
    }
    case 'trouble': {
      const target = random.pick(['redis', 'redis', 'subscriber', 'postgres'] as const);
      return { do: kind, worker, target, trouble: troubleOf(random), ms };
    }
    case 'freeze':
      return { do: kind, worker, ms };
    case 'kill':
      return { do: kind, worker, ms: random.chance(0.5) ? 0 : ms };
    case 'restart':
      return { do: kind, ms };
    default:
      return { do: kind };
  }
}

function troubleOf(random: Random): Trouble {
  const kind = random.pick(['refuse', 'drop', 'stall', 'delay', 'halve', 'slow'] as const);
  switch (kind) {
    case 'drop':
      return { kind, way: random.pick(['both', 'down', 'up'] as const) };
    case 'delay':
      return { kind, ms: random.from(10, 1500) };
    case 'slow':
      return { kind, bytes: random.from(1, 64), ms: random.from(1, 20) };
    default:
      return { kind };
  }
}
