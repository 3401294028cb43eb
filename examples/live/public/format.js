const whole = new Intl.NumberFormat('en');

/** @param {number} count */
export const formatCount = (count) => whole.format(count);

/**
 * A time span as people say it: 0.04 ms, 3.1 ms, 312 ms, 1.2 s.
 * @param {number | null} ms
 */
export function formatMs(ms) {
  if (ms === null) return '–';
  if (ms < 0.995) return `${ms.toFixed(2)} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

/**
 * Whole seconds, never less than none.
 * @param {number} ms
 */
export const formatSeconds = (ms) => `${Math.max(0, Math.round(ms / 1000))} s`;

/**
 * Seconds with a tenth.
 * @param {number} ms
 */
export const formatTenths = (ms) => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

/** @param {number} at - Epoch ms. */
export const formatTime = (at) => new Date(at).toLocaleTimeString('en-GB');

const countries = new Intl.DisplayNames(['en'], { type: 'region' });

/** @param {string | null} code - Two letters; `null`: not known. */
export function countryName(code) {
  return code === null ? 'Not known' : (countries.of(code) ?? code);
}

/** @param {string | null} race */
export const raceName = (race) => (race ? race.charAt(0).toUpperCase() + race.slice(1) : '–');
