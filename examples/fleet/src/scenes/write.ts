import type { Fleet, Heard } from '../fleet.ts';
import { listed, numberOf, type Stage, scene } from '../stage.ts';

/** What came of a match that one process wrote, and told its cache of. */
export interface Written {
  readonly by: string;
  /** Whether the first read after its `await invalidate()` had the match. */
  readonly isSeen: boolean;
  /** Processes that had it in the end. */
  readonly seenBy: number;
  /** Ms from the write until the last of them had it. */
  readonly ms: number;
  readonly loadedBy: readonly string[];
}

/** One process writes, and awaits `invalidate()`. */
export function playWrite(stage: Stage, title: string, fleet: Fleet): Promise<Written> {
  return scene(stage, title, async () => {
    const { winner, loser } = await stage.database.players();
    const [, , writer = fleet.running[0]] = fleet.running;
    if (!writer) throw new Error('no process runs');
    fleet.tell({ kind: 'watch', rated: winner });
    const since = fleet.heard.length;
    writer.tell({ kind: 'write', winner: winner.key, loser });
    const written = await fleet.until(
      'the match is written',
      () => fleet.since(since, 'written')[0],
    );
    const { score } = written.news.rated;
    const seen = await fleet.until('all processes have the match', () => {
      const first = new Map<string, Heard>();
      for (const heard of fleet.since(since, 'value')) {
        if (heard.news.score === score && !first.has(heard.process)) {
          first.set(heard.process, heard);
        }
      }
      return first.size === fleet.running.length && [...first.values()];
    });
    const told = await fleet.until('invalidate() resolves', () => fleet.since(since, 'told')[0]);
    const facts: Written = {
      by: numberOf(writer.name),
      isSeen: told.news.isSeen,
      seenBy: seen.length,
      ms: Math.max(0, Math.round(Math.max(...seen.map(({ tick }) => tick)) - written.tick)),
      loadedBy: fleet
        .since(fleet.heard.indexOf(written), 'load')
        .filter(({ tick }) => tick <= Math.max(...seen.map((one) => one.tick)))
        .map(({ process }) => numberOf(process)),
    };
    const by = facts.loadedBy.length > 0 ? `loaded by ${listed(facts.loadedBy)}` : 'no load more';
    return { told: `${seen.length} processes have it after ${facts.ms} ms; ${by}`, facts };
  });
}
