// How level the load of many keys of one interval is: the largest number of loads in any tenth of an interval beside the
// mean, from the first interval on, and after all keys were invalidated at once.
import { setTimeout as delay } from 'node:timers/promises';
import { KINDS } from './kinds.ts';

const KEYS = 1000;
const INTERVAL = 5000;
const PARTS = 10;
/** How finely any tenth is told from the next. */
const STRIDE = INTERVAL / PARTS / 50;
const INTERVALS = 3;

/** The largest number of loads in any tenth of an interval, beside the mean of all. */
function peakOf(times: readonly number[], from: number): number {
  const part = INTERVAL / PARTS;
  const until = from + INTERVALS * INTERVAL;
  const inTime = times.filter((time) => time >= from && time < until);
  const mean = (inTime.length * part) / (until - from);
  let most = 0;
  for (let start = from; start + part <= until; start += STRIDE) {
    most = Math.max(most, inTime.filter((time) => time >= start && time < start + part).length);
  }
  return most / mean;
}

export interface Level {
  readonly started: number;
  readonly invalidated: number;
}

const keys = Array.from({ length: KEYS }, (_, i) => `key-${i}`);
const times: number[] = [];
const onLoad = (): void => {
  times.push(performance.now());
};
const map = KINDS['warm-cache']?.({ keys, ttl: INTERVAL, refreshInterval: INTERVAL, onLoad });
if (!map) throw new Error('there is no such kind');
await map.fill(keys);
const started = performance.now();
await delay(INTERVALS * INTERVAL);
await Promise.all(keys.map((key) => map.reload(key)));
const invalidated = performance.now();
await delay(INTERVALS * INTERVAL);
await map.stop();
if (process.send) {
  process.send({
    started: peakOf(times, started),
    invalidated: peakOf(times, invalidated),
  } satisfies Level);
}
