import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from './database.ts';
import type { Fleet } from './fleet.ts';

/** Where the scenes play. */
export interface Stage {
  readonly database: Database;
  /** Ms between two loads. */
  readonly interval: number;
  /** How many of those a scene counts, by its share of all that are counted. */
  readonly intervals: (share: number) => number;
  readonly signal: AbortSignal;
  /** Takes what there is to say on the way, line breaks and all. */
  readonly progress: (text: string) => void;
}

const TITLE = 49;

/** Says what comes, and when it has come how it went. */
export async function scene<T>(
  { progress }: Stage,
  title: string,
  play: () => Promise<{ readonly told: string; readonly facts: T }>,
): Promise<T> {
  progress(title.padEnd(TITLE));
  const { told, facts } = await play();
  progress(`${told}\n`);
  return facts;
}

/**
 * Has the database count the loads of some intervals, each from the middle between two loads to the next.
 *
 * @param lane - How the names of the processes begin.
 */
export async function countIntervals(
  { database, interval, signal }: Stage,
  fleet: Fleet,
  lane: string,
  intervals: number,
): Promise<number[]> {
  const since = fleet.heard.length;
  await fleet.until('a process loads', () => fleet.since(since, 'load').length > 0);
  await delay(interval / 2, undefined, { signal });
  const start = performance.now();
  const counts = [await database.count(lane)];
  for (let i = 1; i <= intervals; i += 1) {
    const wait = start + i * interval - performance.now();
    await delay(Math.max(0, wait), undefined, { signal });
    counts.push(await database.count(lane));
  }
  return counts.slice(1).map((count, i) => count - (counts[i] ?? 0));
}

/** "1, 3 and 4". */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? 'none';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** The number of a process, out of its name. */
export const numberOf = (name: string): string => name.replace(/^.*-/, '');

export const sum = (numbers: readonly number[]): number => numbers.reduce((all, n) => all + n, 0);

export const times = (count: number, what: string, many = `${what}s`): string =>
  `${count} ${count === 1 ? what : many}`;
