import type { SharedHealth } from 'warm-cache';
import type { Fleet } from '../fleet.ts';
import type { RedisServer } from '../redis-server.ts';
import { countIntervals, type Stage, scene, sum, times } from '../stage.ts';
import type { Counted } from './steady.ts';

/** What came of it that the server was lost with all it held. */
export interface Outage {
  readonly during: Counted;
  /** Loads that were let in for all, until all had one value again. */
  readonly granted: number;
  /** Ms from its return until then. */
  readonly ms: number;
  readonly after: Counted;
}

/** Redis is stopped, and comes back empty. */
export async function playOutage(
  stage: Stage,
  redis: RedisServer,
  fleet: Fleet,
  lane: string,
): Promise<Outage> {
  const shared = (): SharedHealth[] =>
    fleet.running.flatMap((replica) => (replica.shared ? [replica.shared] : []));
  const epochs = new Set(shared().map(({ epoch }) => epoch));

  const during = await scene(stage, '6/6  Redis is stopped: each loads for itself', async () => {
    await redis.stop();
    await fleet.until('all have noticed', () => shared().every(({ connected }) => !connected));
    const facts = await countIntervals(stage, fleet, lane, stage.intervals(1 / 4));
    return { told: `queries an interval: ${facts.join(' ')}`, facts };
  });
  const { granted, ms } = await scene(stage, '     it comes back, empty', async () => {
    const before = sum(shared().map((one) => one.granted));
    const start = performance.now();
    await redis.restart();
    await fleet.until('all have one value again', () => {
      const all = shared();
      const [first] = all;
      return all.every(
        ({ connected, epoch, version }) =>
          connected && !epochs.has(epoch) && epoch === first?.epoch && version !== null,
      );
    });
    const facts = {
      granted: sum(shared().map((one) => one.granted)) - before,
      ms: Math.round(performance.now() - start),
    };
    const loads = times(facts.granted, 'load');
    return { told: `${loads} filled it for all; one fleet again after ${facts.ms} ms`, facts };
  });
  const after = await scene(stage, '     the fleet goes on', async () => {
    const facts = await countIntervals(stage, fleet, lane, stage.intervals(1 / 6));
    return { told: `queries an interval: ${facts.join(' ')}`, facts };
  });
  return { during, granted, ms, after };
}
