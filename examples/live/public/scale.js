/** What the vertical axis reaches from and to, ms. */
const LEAST = 0.01;
const MOST = 10_000;
/** Ms: more than that is a wait. */
export const PATIENCE = 20;

/** The lines of the vertical axis. @type {readonly { ms: number, label: string }[]} */
export const TICKS = [
  { ms: 0.1, label: '0.1 ms' },
  { ms: 1, label: '1 ms' },
  { ms: PATIENCE, label: '20 ms' },
  { ms: 200, label: '0.2 s' },
  { ms: 2000, label: '2 s' },
];

/**
 * How far up a latency stands on a logarithmic axis, from 0 to 1.
 * @param {number} ms
 */
export function heightOf(ms) {
  const height = Math.log(ms / LEAST) / Math.log(MOST / LEAST);
  return Math.min(1, Math.max(0, height));
}
