/** One measurement of the heap. */
interface Sample {
  /** Thousands of loads so far. */
  readonly loads: number;
  readonly bytes: number;
}

/** What the samples say. */
export interface Trend {
  /** Bytes per thousand loads, by least squares, and half of the width of its 95 % interval. */
  readonly slope: number;
  readonly margin: number;
  /** Bytes that the slope adds up to over all samples it is of. */
  readonly growth: number;
  /** The mean of those samples, in bytes. */
  readonly mean: number;
  readonly isFlat: boolean;
}

/** The first samples are not counted: code is compiled still. */
const WARM_UP = 0.25;
const MOST_GROWTH = 0.01;

/**
 * Whether memory grows with the loads. It does if the slope is above 0 by more than chance explains (the whole 95 %
 * interval), and is of any size: over the samples it adds up to more than 1 % of what is in use. Chance alone would not
 * do: samples in a row are alike, so that the interval comes out too narrow, and a flat line would be called a leak
 * more often than once in forty. Size alone would not do: a short run is all noise.
 */
export function trendOf(samples: readonly Sample[]): Trend {
  const counted = samples.slice(Math.floor(samples.length * WARM_UP));
  const n = counted.length;
  const x = mean(counted.map(({ loads }) => loads));
  const y = mean(counted.map(({ bytes }) => bytes));
  const sum = (of: (sample: Sample) => number): number =>
    counted.reduce((total, sample) => total + of(sample), 0);
  const spread = sum(({ loads }) => (loads - x) ** 2);
  const slope = sum(({ loads, bytes }) => (loads - x) * (bytes - y)) / spread;
  const residual = sum(({ loads, bytes }) => (bytes - y - slope * (loads - x)) ** 2);
  const freedom = n - 2;
  // Student's t for 95 %, to within a hundredth from 5 degrees of freedom on.
  const t = 1.96 + 2.4 / freedom + 3 / freedom ** 2;
  const margin = t * Math.sqrt(residual / freedom / spread);
  const growth = slope * ((counted.at(-1)?.loads ?? 0) - (counted[0]?.loads ?? 0));
  const isFlat = slope - margin <= 0 || growth <= MOST_GROWTH * y;
  return { slope, margin, growth, mean: y, isFlat };
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
