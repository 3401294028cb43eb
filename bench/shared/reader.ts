import { setTimeout as delay } from 'node:timers/promises';
import type { WarmCache } from 'warm-cache';
import type { Reads } from './orders.ts';

/** Ms from one read's being due to the next. */
const READ_INTERVAL = 1;
/** Reads of each sort in a turn of the event loop, one of which is due: as many have their turn in common in earnest. */
const READS = 20;

/** Reads for so many ms: some at a time, each timed by itself, with a core left for others. */
export async function read(cache: WarmCache<unknown>, ms: number): Promise<Reads> {
  const [get, peek, floor, late]: [number[], number[], number[], number[]] = [[], [], [], []];
  const resolved = Promise.resolve();
  let misses = 0;
  const end = performance.now() + ms;
  for (let due = performance.now(); due < end; due += READ_INTERVAL) {
    while (performance.now() < due) await delay(READ_INTERVAL);
    for (let i = 0; i < READS; i++) {
      const start = performance.now();
      await cache.get();
      const now = performance.now();
      get.push(now - start);
      if (i === 0) late.push(now - due);
    }
    for (let i = 0; i < READS; i++) {
      const start = performance.now();
      const snapshot = cache.peek();
      peek.push(performance.now() - start);
      if (!snapshot) misses += 1;
    }
    for (let i = 0; i < READS; i++) {
      const start = performance.now();
      await resolved;
      floor.push(performance.now() - start);
    }
  }
  if (misses > 0) throw new Error(`${misses} reads found nothing`);
  return {
    get: Float64Array.from(get),
    peek: Float64Array.from(peek),
    floor: Float64Array.from(floor),
    due: Float64Array.from(late),
  };
}
