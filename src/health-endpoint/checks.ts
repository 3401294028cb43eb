import type { HealthReport } from '../health.ts';
import type { MapHealthReport } from '../map/report.ts';
import { isOfMap } from '../watch/watched.ts';
import { ageOf, type Judgement } from './verdict.ts';

/** How much of a cache a check tells. */
export interface Detail {
  readonly details: boolean;
  readonly errors: 'code' | 'message';
}

/**
 * The name of a check, and the check, as draft-inadarei-api-health-check-06 has them: beside the draft's own members
 * those that an operator asks for first.
 */
export function checkOf(
  report: HealthReport | MapHealthReport,
  { reasons, verdict }: Judgement,
  { details, errors }: Detail,
  now: number,
): readonly [name: string, check: object] {
  const { abandoned, lastError, loads, running } = report;
  // A colon parts the name of a component from that of what is measured.
  return [
    `${report.name.replaceAll(':', '_')}:age`,
    {
      componentType: 'component',
      status: verdict,
      observedValue: ageOf(report),
      observedUnit: 'ms',
      time: new Date(now).toISOString(),
      ...(reasons.length > 0 ? { output: reasons.join('; ') } : {}),
      running,
      ...(isOfMap(report) ? ofMap(report) : ofCache(report)),
      lastError: lastError && {
        code: codeIn(lastError.message),
        at: lastError.at,
        ...(errors === 'message' ? { message: lastError.message } : {}),
      },
      abandoned,
      loads,
      ...(details ? { details: report } : {}),
    },
  ];
}

function ofCache(report: HealthReport): object {
  const { consecutiveFailures, lastContactAt, load, nextLoadAt, status, version } = report;
  return {
    cacheStatus: status,
    version,
    consecutiveFailures,
    lastContactAt,
    nextLoadAt,
    loadSince: load?.startedAt ?? null,
  };
}

function ofMap(report: MapHealthReport): object {
  const { cold, failing, idle, inFlight, keysKnown, pinned, queued, size, status } = report;
  return { cacheStatus: status, size, pinned, cold, idle, failing, keysKnown, inFlight, queued };
}

/** What a load ended with stands before the text of what was thrown, which may hold anything. */
function codeIn(message: string): string {
  const [, outcome] = /: load (failed|rejected|timeout): /.exec(message) ?? [];
  return `ERR_LOAD_${outcome?.toUpperCase() ?? 'FAILED'}`;
}
