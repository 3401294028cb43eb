import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { SupabaseStack } from 'supabase-stack';
import type { Seen } from './instruments.ts';
import { clientOf, LazyLane, type LoadCounts, WarmLane } from './lanes.ts';
import { Matches } from './matches.ts';
import { type LaneReport, reportOf } from './report.ts';
import { Tally } from './tally.ts';
import { Traffic } from './traffic.ts';

/** What was measured. */
export interface Outcome {
  readonly before: LaneReport;
  readonly after: LaneReport;
  /** How the loads of `after` ended, the first one too. */
  readonly afterLoads: LoadCounts;
  /** Ms from the API's return until the value in `after` was up to date; `null` if it never was. */
  readonly recoveryMs: number | null;
  /** Ms for which the event loop, which both lanes and the stack's gateway share, was blocked at most. */
  readonly loopBlockedMs: number;
}

export interface ScenarioOptions {
  /** How long the traffic runs. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** Takes what there is to say on the way, line breaks and all. */
  readonly progress: (text: string) => void;
  /** Is given the cache that is kept hot. */
  readonly onCache?: (cache: Seen) => unknown;
}

const WRITES = 3;
const RECOVERY_LIMIT = 20_000;
/** Ms that the histogram itself waits each time. */
const RESOLUTION = 1;

/**
 * Sends the same traffic through both lanes: while all is well, as matches end, while the API is down, and after.
 *
 * @throws The reason of `signal`.
 */
export async function play(
  stack: SupabaseStack,
  { seconds, signal, progress, onCache }: ScenarioOptions,
): Promise<Outcome> {
  const lazy = new LazyLane(stack);
  const warm = new WarmLane(stack);
  onCache?.(warm.cache);
  let traffic: Traffic | undefined;
  let matches: Matches | undefined;
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION });
  try {
    // Both begin with a value: what is compared is how it is kept.
    await Promise.all([lazy.get(), warm.cache.ready({ signal })]);
    matches = await Matches.on(clientOf(stack, 'matches'));
    const before = new Tally(lazy, stack);
    const after = new Tally(warm, stack);
    const tallies = [before, after];
    traffic = new Traffic(tallies);

    const phase = async (share: number, title: string, event?: () => Promise<unknown>) => {
      progress(title.padEnd(41));
      const end = delay(share * seconds * 1000, undefined, { signal });
      const since = tallies.map(({ reads, waited, errors }) => ({ reads, waited, errors }));
      await Promise.all([end, event?.()]);
      tallies.forEach(({ lane, reads, waited, errors }, i) => {
        const then = since[i] ?? { reads: 0, waited: 0, errors: 0 };
        const counts = `${waited - then.waited} waited, ${errors - then.errors} failed`;
        progress(i === 0 ? `${reads - then.reads} reads each; ` : '; ');
        progress(`${lane.name}: ${counts}`);
      });
      progress('\n');
    };

    const began = performance.now();
    matches.start();
    traffic.start();
    loop.enable();
    await phase(0.4, '1/4  steady traffic, and bursts');
    await phase(0.15, '2/4  matches end: write, invalidate', async () => {
      for (let i = 0; i < WRITES; i++) await matches?.announced(tallies);
    });
    await phase(0.25, '3/4  the API of the database is killed', () => stack.stopApi());
    let recoveryMs: number | null = null;
    await phase(0.2, '4/4  it comes back', async () => {
      await stack.startApi();
      const back = performance.now();
      const renewed = warm.renewed(AbortSignal.any([signal, AbortSignal.timeout(RECOVERY_LIMIT)]));
      await renewed.then(
        () => {
          recoveryMs = Math.round(performance.now() - back);
        },
        () => signal.throwIfAborted(),
      );
    });
    loop.disable();
    matches.stop();
    await traffic.stop();
    const lasted = (performance.now() - began) / 1000;
    return {
      before: reportOf(before, lasted),
      after: reportOf(after, lasted),
      afterLoads: { ...warm.ended },
      recoveryMs,
      loopBlockedMs: Math.round(loop.max / 1e6 - RESOLUTION),
    };
  } finally {
    loop.disable();
    matches?.stop();
    await traffic?.stop();
    await Promise.all([lazy.stop(), warm.stop()]);
  }
}
