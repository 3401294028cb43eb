import { type Sliced, STEPS } from './slices.ts';

/** Less than 0: the first one stands ahead of the second. */
export type Compare = (a: number, b: number) => number;

/**
 * Sorts in place or in an array of the same length, whichever is answered: a natural merge sort, which is stable, and has
 * little to do where there is order already.
 */
export function* sorted(rows: Uint32Array, compare: Compare): Sliced<Uint32Array> {
  return yield* merged(rows, yield* runsOf(rows, compare), compare);
}

/**
 * Merges runs that are sorted each.
 *
 * @param runs - Where each begins; at last, where the last one ends. It is written over.
 */
function* merged(rows: Uint32Array, runs: Uint32Array, compare: Compare): Sliced<Uint32Array> {
  let from = rows;
  let to: Uint32Array = new Uint32Array(rows.length);
  for (let left = runs; left.length > 2; ) {
    left = yield* mergedPairs(from, to, left, compare);
    [from, to] = [to, from];
  }
  return from;
}

function* runsOf(rows: Uint32Array, compare: Compare): Sliced<Uint32Array> {
  const runs = new Uint32Array(rows.length + 1);
  let count = 1;
  for (let i = 1; i < rows.length; i++) {
    if (compare(rows[i - 1] as number, rows[i] as number) > 0) runs[count++] = i;
    if (i % STEPS === 0) yield;
  }
  runs[count++] = rows.length;
  return runs.subarray(0, count);
}

function* mergedPairs(
  from: Uint32Array,
  to: Uint32Array,
  runs: Uint32Array,
  compare: Compare,
): Sliced<Uint32Array> {
  // The runs that come of it are written over those that were merged: there are half as many.
  let count = 0;
  let steps = STEPS;
  const last = runs.length - 1;
  for (let run = 0; run < last; run += 2) {
    const start = runs[run] as number;
    const middle = runs[run + 1] as number;
    const end = runs[Math.min(run + 2, last)] as number;
    let [i, j, k] = [start, middle, start];
    while (i < middle && j < end) {
      const a = from[i] as number;
      const b = from[j] as number;
      if (compare(b, a) < 0) {
        to[k++] = b;
        j++;
      } else {
        to[k++] = a;
        i++;
      }
      if (--steps === 0) {
        steps = STEPS;
        yield;
      }
    }
    // What is left of one of them stands behind all else.
    while (i < middle) to[k++] = from[i++] as number;
    while (j < end) to[k++] = from[j++] as number;
    runs[count++] = start;
  }
  runs[count++] = from.length;
  return runs.subarray(0, count);
}
