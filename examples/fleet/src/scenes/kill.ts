import type { Fleet } from '../fleet.ts';
import { numberOf, type Stage, scene, times } from '../stage.ts';

/** What came of it that the one who loaded was killed. */
export interface Killed {
  readonly process: string;
  readonly takenOverBy: string;
  /** Ms from its end until another loads. */
  readonly ms: number;
  /** Loads that the database counted after the one that was cut off, until there was a new value. */
  readonly more: number;
  /** Reads of all that waited meanwhile. */
  readonly waited: number;
}

/** And as it was started again. */
export interface Restarted {
  readonly isShared: boolean;
  /** Ms from the start of its cache until it had a value. */
  readonly ms: number;
  /** Its loads until then. */
  readonly loads: number;
}

/** Seconds that the load takes which is cut off: more than there is time for. */
const SLOW = 2.5;
/** Ms for that load to begin. */
const PATIENCE = 20_000;

/** Kills the process that loads, in the middle of that. */
export function playKill(stage: Stage, title: string, fleet: Fleet, lane: string): Promise<Killed> {
  return scene(stage, title, async () => {
    const { database, signal } = stage;
    const waited = waitedOf(fleet);
    await database.slow(SLOW);
    const process = await database.heldUp(AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]));
    const [since, counted] = [fleet.heard.length, await database.count(lane)];
    await fleet.kill(process);
    const killed = performance.now();
    await database.slow(0);
    const next = await fleet.until('another process loads', () => fleet.since(since, 'load')[0]);
    await fleet.until('there is a new value', () =>
      fleet.since(since, 'loadEnd').some(({ news }) => news.outcome === 'published'),
    );
    const facts: Killed = {
      process,
      takenOverBy: numberOf(next.process),
      ms: Math.round(next.tick - killed),
      more: (await database.count(lane)) - counted,
      waited: waitedOf(fleet) - waited,
    };
    const queries = times(facts.more, 'query', 'queries');
    const told = `it was ${numberOf(process)}; ${facts.takenOverBy} takes over after ${facts.ms} ms, by ${queries}; ${facts.waited} reads waited`;
    return { told, facts };
  });
}

/** Starts it again. */
export function playRestart(
  stage: Stage,
  title: string,
  fleet: Fleet,
  name: string,
): Promise<Restarted> {
  return scene(stage, title, async () => {
    const since = fleet.heard.length;
    fleet.start(name);
    const { news } = await fleet.until('it has a value', () =>
      fleet.since(since, 'warm').find(({ process }) => process === name),
    );
    const until = fleet.heard.findIndex((heard) => heard.news === news);
    const loads = fleet
      .since(since, 'load')
      .filter((heard) => heard.process === name && fleet.heard.indexOf(heard) < until).length;
    const facts: Restarted = { isShared: news.isShared, ms: news.ms, loads };
    const whence = news.isShared ? 'from the fleet' : 'by itself';
    return { told: `warm ${whence} after ${news.ms} ms, by ${loads || 'no'} queries`, facts };
  });
}

function waitedOf(fleet: Fleet): number {
  return fleet.all.reduce((sum, { reads }) => sum + reads.waited, 0);
}
