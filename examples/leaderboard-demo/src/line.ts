const BARS = ' ▁▂▃▄▅▆▇█';

/**
 * Draws counts as bars: nothing for none, the highest for `most`.
 *
 * @param most - Of all lines that are to be on one scale.
 */
export function lineOf(counts: readonly number[], most: number): string {
  const highest = BARS.length - 1;
  return counts
    .map((count) => BARS[Math.min(highest, Math.ceil((count / most) * highest))] ?? ' ')
    .join('');
}

/** Numbers, from 1, at these places. */
export function marksAt(places: readonly number[]): string {
  return places.reduce((line, place, i) => line.padEnd(place) + String(i + 1), '');
}
