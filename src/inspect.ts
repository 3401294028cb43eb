import type { HealthReport } from './health.ts';
import type { MapHealthReport } from './map/report.ts';

/** A cache in one line, such as `leaderboard: READY, v12, 4.2 s old, next load in 55.8 s`. */
export function lineOf(report: HealthReport, now: number): string {
  const { name, status, version, age, consecutiveFailures, lastError, load, nextLoadAt } = report;
  return [
    `${name}: ${status}`,
    age !== null && `v${version}`,
    age !== null && `${timeOf(age)} old`,
    consecutiveFailures > 0 &&
      failuresOf(consecutiveFailures, lastError?.message.replace(`${name}: load failed: `, '')),
    load && `loading for ${timeOf(now - load.startedAt)} (${load.reason})`,
    nextLoadAt !== null && `next load in ${timeOf(Math.max(0, nextLoadAt - now))}`,
    !report.running && 'not started',
  ]
    .filter(Boolean)
    .join(', ');
}

/** A map in one line, such as `boards: 154 keys, 150 READY, 4 STALE, 2 loads under way`. */
export function mapLineOf(report: MapHealthReport): string {
  const { name, size, status, failing, oldestAge, inFlight, queued, lastError } = report;
  return [
    `${name}: ${size} ${size === 1 ? 'key' : 'keys'}`,
    ...Object.entries(status).map(([state, count]) => count > 0 && `${count} ${state}`),
    oldestAge !== null && `oldest ${timeOf(oldestAge)}`,
    failing > 0 && `${failing} failing: ${lastError?.message}`,
    inFlight > 0 && `${inFlight} loads under way`,
    queued > 0 && `${queued} waiting`,
    !report.running && 'not started',
  ]
    .filter(Boolean)
    .join(', ');
}

function failuresOf(count: number, message: string | undefined): string {
  return `${count} ${count === 1 ? 'load' : 'loads'} failed: ${message}`;
}

function timeOf(ms: number): string {
  if (Math.abs(ms) < 1000) return `${Math.round(ms)} ms`;
  if (Math.abs(ms) < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${(ms / 60_000).toFixed(1)} min`;
}
