const PARTS = 10;

/** How level a load was: by the requests in each tenth of an interval. */
export interface Level {
  /** In a tenth, on average. */
  readonly mean: number;
  /** In the fullest tenth of all. */
  readonly largest: number;
  /**
   * The fullest tenth of an interval beside the mean, in the median interval: what comes each interval counts, what comes
   * once, as when the machine was busy, does not. 1 is as level as can be, 10 is everything in one tenth.
   */
  readonly usual: number;
}

/** How many of `times` fall into each `width` from `from` on; what is left at the end of that is no whole one. */
export function countsOf(
  times: readonly number[],
  { from, until, width }: { readonly from: number; readonly until: number; readonly width: number },
): number[] {
  const counts = new Array<number>(Math.max(0, Math.floor((until - from) / width))).fill(0);
  for (const time of times) {
    const place = Math.floor((time - from) / width);
    if (place in counts) counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
}

/** Looks at the whole intervals between `from` and `until`. */
export function levelOf(
  times: readonly number[],
  {
    from,
    until,
    interval,
  }: { readonly from: number; readonly until: number; readonly interval: number },
): Level {
  const intervals = Math.floor((until - from) / interval);
  const end = from + intervals * interval;
  const width = interval / PARTS;
  const counts = countsOf(times, { from, until: end + width / 2, width });
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const peaks = Array.from({ length: intervals }, (_, i) =>
    Math.max(...counts.slice(i * PARTS, (i + 1) * PARTS)),
  );
  return { mean, largest: Math.max(...peaks), usual: median(peaks) / mean };
}

/** The lower one of the two in the middle, where there are two. */
function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
}
