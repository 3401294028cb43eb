/**
 * Readiness and liveness over HTTP, and hooks that are called as a cache turns bad and as it is well again.
 *
 * @module warm-cache/health
 * @category API
 */
export {
  type Alert,
  type AlertOptions,
  type AlertReason,
  alertOn,
  type Recovery,
} from './health-endpoint/alert.ts';
export {
  type HealthHandler,
  type HealthOptions,
  type HealthRequest,
  type HealthResponder,
  healthHandler,
  healthResponse,
} from './health-endpoint/response.ts';
export type { WatchedCache, WatchedMap } from './watch/watched.ts';
