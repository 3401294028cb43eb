import { now } from './clock.ts';
import type { Fault, History, Life } from './history.ts';

/** Ms without a turn of the event loop from which a process counts as frozen. */
const STALL = 150;
/** Ms between two looks. */
const LOOK = 10;

/** The history, with the times in which a process did not even read among the faults: it was as good as frozen. */
export function withStalls(history: History): History {
  return { ...history, faults: [...history.faults, ...history.lives.flatMap(stallsOf)] };
}

function stallsOf({ worker, items }: Life): Fault[] {
  const stalls: Fault[] = [];
  let last: number | undefined;
  for (const item of items) {
    if (item.kind !== 'reads' || item.how !== 'peek') continue;
    if (last !== undefined && item.from - last > STALL) {
      stalls.push({ kind: 'stall', worker, from: last, to: item.from });
    }
    last = item.to;
  }
  return stalls;
}

/** Watches this process, through which all of them reach the servers. */
export function watchStalls(): { readonly seen: readonly Fault[]; readonly end: () => void } {
  const stalls: Fault[] = [];
  let last = now();
  const timer = setInterval(() => {
    const tick = now();
    if (tick - last > STALL)
      stalls.push({ kind: 'stall', worker: undefined, from: last, to: tick });
    last = tick;
  }, LOOK);
  return { seen: stalls, end: () => clearInterval(timer) };
}
