import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { SupabaseStack } from 'supabase-stack';
import { clientOf, type Lane, LazyLane, WarmLane } from './lanes.ts';
import { type LaneReport, reportOf } from './report.ts';
import { type Reads, Traffic } from './traffic.ts';

/** What was measured. */
export interface Outcome {
  readonly lanes: readonly LaneReport[];
  /** Whether the warm lane was fresh again at the end. */
  readonly recovered: boolean;
  /** Ms the longest turn of the event loop took, which both lanes share. */
  readonly longestTurnMs: number;
}

/** One match that was reported, as a lane saw it. */
export interface Write {
  /** Whether the first read after `invalidate()` had it. */
  readonly seen: boolean;
  /** Ms from `invalidate()` to that read's answer. */
  readonly ms: number;
}

const MATCH_INTERVAL = 250;
const WRITES = 3;

/**
 * Sends the same traffic through both lanes: while all is well, while matches end, while the API is down and after.
 *
 * @throws The reason of `signal`.
 */
export async function play(
  stack: SupabaseStack,
  seconds: number,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<Outcome> {
  const warm = new WarmLane(stack);
  const lanes: readonly Lane[] = [new LazyLane(stack), warm];
  const writes = new Map<Lane, Write[]>(lanes.map((lane) => [lane, []]));
  const traffic = new Traffic(lanes);
  const turns = monitorEventLoopDelay({ resolution: 5 });
  let matches: NodeJS.Timeout | undefined;

  const phase = async (title: string, share: number, play: () => Promise<unknown>) => {
    const duration = share * seconds * 1000;
    progress(`${title}, ${(duration / 1000).toFixed(0)} s`);
    const before = lanes.map((lane) => ({ ...(traffic.reads.get(lane) as Reads) }));
    const until = performance.now() + duration;
    await play();
    await delay(Math.max(0, until - performance.now()), undefined, { signal });
    lanes.forEach((lane, i) => {
      const { waited = 0, errors = 0 } = before[i] ?? {};
      const now = traffic.reads.get(lane) as Reads;
      const counts = `${now.waited - waited} reads waited, ${now.errors - errors} failed`;
      progress(`     ${lane.name.padEnd(6)}  ${counts}`);
    });
  };

  try {
    // Both begin with a value: what is compared is how it is kept.
    await Promise.all([warm.cache.ready({ signal }), lanes[0]?.get()]);
    const ids = await someIds(stack);
    const loadsBefore = lanes.map((lane) => lane.loads());
    const requestsBefore = lanes.map((lane) => stack.requests(lane.name));
    const began = performance.now();
    matches = startMatches(stack, ids.slice(2));
    traffic.start();
    turns.enable();

    await phase('1/4  steady traffic, readers one by one and in bursts', 0.4, async () => {});
    await phase('2/4  matches end: write, invalidate, read', 0.15, async () => {
      for (let i = 0; i < WRITES; i++) {
        const seen = await write(stack, lanes, ids);
        lanes.forEach((lane, i) => {
          writes.get(lane)?.push(seen[i] as Write);
        });
      }
    });
    await phase('3/4  the API of the database is killed', 0.25, () => stack.stopApi());
    await phase('4/4  it comes back', 0.2, () => stack.startApi());

    const recovered = warm.cache.health().status === 'READY';
    turns.disable();
    clearInterval(matches);
    await traffic.stop();
    const lasted = (performance.now() - began) / 1000;
    return {
      recovered,
      longestTurnMs: Math.round(turns.max / 1e6),
      lanes: lanes.map((lane, i) =>
        reportOf(lane.name, {
          reads: traffic.reads.get(lane) as Reads,
          writes: writes.get(lane) as Write[],
          loads: lane.loads() - (loadsBefore[i] ?? 0),
          requests: stack.requests(lane.name) - (requestsBefore[i] ?? 0),
          seconds: lasted,
        }),
      ),
    };
  } finally {
    turns.disable();
    clearInterval(matches);
    await Promise.all(lanes.map((lane) => lane.stop()));
    await traffic.stop();
  }
}
