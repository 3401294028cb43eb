import type { Database } from './database.ts';
import { Fleet } from './fleet.ts';
import type { ReplicaConfig } from './protocol.ts';
import type { RedisServer } from './redis-server.ts';
import { type ProcessReport, processReport } from './report.ts';
import { type Killed, playKill, playRestart, type Restarted } from './scenes/kill.ts';
import { type Outage, playOutage } from './scenes/outage.ts';
import { playStart, type Started } from './scenes/start.ts';
import { type Counted, playSteady } from './scenes/steady.ts';
import { playWrite, type Written } from './scenes/write.ts';
import type { Stage } from './stage.ts';

/** What was seen. */
export interface Outcome {
  readonly replicas: number;
  /** Each for itself. */
  readonly before: Counted;
  readonly started: Started;
  readonly after: Counted;
  readonly written: Written;
  readonly killed: Killed;
  readonly restarted: Restarted;
  /** `null` where the server isn't ours to stop. */
  readonly outage: Outage | null;
  readonly processes: readonly ProcessReport[];
}

export interface PlayOptions {
  readonly replicas: number;
  readonly seconds: number;
  /** Ms. */
  readonly interval: number;
  readonly redis: { readonly url: string; readonly key: string };
  /** Where it is ours to stop. */
  readonly redisServer: RedisServer | undefined;
  readonly signal: AbortSignal;
  /** Takes what there is to say on the way, line breaks and all. */
  readonly progress: (text: string) => void;
}

/** Ms: short, so that the lease of one who is killed falls soon. */
const LOAD_TIMEOUT = 1500;
/** Ms between two matches. */
const MATCH_INTERVAL = 250;

/** What else takes time: the processes and their servers start, and a lease falls; and intervals that aren't counted. */
const SECONDS_BESIDE = 8;
const INTERVALS_BESIDE = 7;

/** How many intervals there is time to count. */
function countedIntervals(seconds: number, interval: number): number {
  return ((seconds - SECONDS_BESIDE) * 1000) / interval - INTERVALS_BESIDE;
}

/** The least seconds that all of it takes: two intervals are counted in each of four scenes. */
export function leastSeconds(interval: number): number {
  return SECONDS_BESIDE + (interval * (INTERVALS_BESIDE + 8)) / 1000;
}

/** The names of the processes, as the database counts them. */
export function processNames(replicas: number): { before: string[]; after: string[] } {
  const named = (lane: string): string[] =>
    Array.from({ length: replicas }, (_, i) => `${lane}-${i + 1}`);
  return { before: named('before'), after: named('after') };
}

/**
 * Has the processes run each for itself, and then as a fleet: through a write, a kill and an outage.
 *
 * @throws {Error} A process ended by itself, or something that must come about did not.
 * @throws The reason of `signal`.
 */
export async function play(database: Database, options: PlayOptions): Promise<Outcome> {
  const { replicas, seconds, interval, redis, redisServer, signal, progress } = options;
  const stage: Stage = {
    database,
    interval,
    intervals: (share) => Math.max(2, Math.round(share * countedIntervals(seconds, interval))),
    signal,
    progress,
  };
  const names = processNames(replicas);
  const fleetOf = (members: readonly string[], shared: ReplicaConfig['redis']): Fleet =>
    new Fleet(
      members.map((name) => ({
        name,
        database: database.url,
        redis: shared,
        interval,
        loadTimeout: LOAD_TIMEOUT,
      })),
      signal,
    );
  const alone = fleetOf(names.before, null);
  const fleet = fleetOf(names.after, redis);
  // There is always something new to load.
  const matches = setInterval(() => void database.play().catch(() => {}), MATCH_INTERVAL);
  try {
    for (const name of alone.names) alone.start(name);
    await alone.until('all have a value', () => alone.since(0, 'warm').length === replicas);
    const before = await playSteady(
      stage,
      `1/6  before: ${replicas} processes, each for itself`,
      alone,
      {
        lane: 'before',
        intervals: stage.intervals(1 / 4),
      },
    );
    await alone.stop();

    const started = await playStart(
      stage,
      `2/6  after: ${replicas} start as one fleet`,
      fleet,
      'after',
    );
    const after = await playSteady(stage, '3/6  the fleet, under readers', fleet, {
      lane: 'after',
      intervals: stage.intervals(1 / 3),
    });
    const written = await playWrite(
      stage,
      '4/6  one writes a match, and awaits invalidate()',
      fleet,
    );
    const killed = await playKill(
      stage,
      '5/6  the one who loads is killed meanwhile',
      fleet,
      'after',
    );
    const restarted = await playRestart(stage, '     it is started again', fleet, killed.process);
    const outage = redisServer ? await playOutage(stage, redisServer, fleet, 'after') : null;
    if (!outage) progress('6/6  REDIS_URL names a server that is not ours to stop\n');
    await fleet.stop();
    const counts = await database.counts();
    return {
      replicas,
      before,
      started,
      after,
      written,
      killed,
      restarted,
      outage,
      processes: [alone, fleet].flatMap(({ names: members, all }) =>
        members.map((name) =>
          processReport(
            name,
            all.filter((one) => one.name === name),
            counts.get(name) ?? 0,
          ),
        ),
      ),
    };
  } finally {
    clearInterval(matches);
    await Promise.all([alone.stop(), fleet.stop()]);
  }
}
