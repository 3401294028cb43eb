import type { HealthReport } from '../health.ts';
import type { MapHealthReport } from '../map/report.ts';
import { expect } from '../options.ts';
import { oneOf } from '../watch/one-of.ts';
import { checkOf } from './checks.ts';
import { liveness, readiness, type Verdict } from './verdict.ts';

/** What is asked of a cache, or a map. */
interface Reporter {
  health(): HealthReport | MapHealthReport;
}

/**
 * The options of {@link healthResponse} and {@link healthHandler}.
 *
 * @example
 * ```ts
 * import type { HealthOptions } from 'warm-cache/health';
 *
 * const ready: HealthOptions = { maxAge: 300_000 };
 * const live: HealthOptions = { probe: 'liveness' };
 * ```
 */
export interface HealthOptions {
  /**
   * What is asked: whether the process may take traffic, or whether it is to be restarted.
   * @default 'readiness'
   */
  readonly probe?: 'liveness' | 'readiness' | undefined;
  /**
   * Ms: with an older value a cache isn't ready, though the value be served.
   * @default Infinity
   */
  readonly maxAge?: number | undefined;
  /**
   * Ms past which a load in flight counts as stuck, and a load that is due as missed: far more than `loadTimeout`.
   * @default 300_000
   */
  readonly stuckAfter?: number | undefined;
  /**
   * Whether each check has all of `health()`, the text of the last error included.
   * @default false
   */
  readonly details?: boolean | undefined;
  /**
   * What is told of the last error: the code of it alone, or its text as well, in which there may be addresses and
   * names that aren't for everybody.
   * @default 'code'
   */
  readonly errors?: 'code' | 'message' | undefined;
  /**
   * The method of the request: the answer to `HEAD` has no body. {@link healthHandler} knows it.
   * @default 'GET'
   */
  readonly method?: string | undefined;
}

/**
 * What is asked of a request: Node's and those of its frameworks have it.
 *
 * @example
 * ```ts
 * import type { HealthRequest } from 'warm-cache/health';
 *
 * const request: HealthRequest = { method: 'HEAD' };
 * ```
 */
export interface HealthRequest {
  readonly method?: string | undefined;
}

/**
 * What is asked of a response.
 *
 * @example
 * ```ts
 * import type { HealthResponder } from 'warm-cache/health';
 *
 * const responder: HealthResponder = {
 *   statusCode: 200,
 *   setHeader: (name, value) => console.log(name, value),
 *   end: (body) => console.log(body),
 * };
 * ```
 */
export interface HealthResponder {
  statusCode: number;
  /** Called before `end`. */
  setHeader(name: string, value: string): unknown;
  /** Called once, without a body where there is none. */
  end(body?: string): unknown;
}

/**
 * Answers a request.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import type { HealthHandler } from 'warm-cache/health';
 *
 * declare const ready: HealthHandler;
 * createServer(ready).listen(8080);
 * ```
 */
export type HealthHandler = (request: HealthRequest, response: HealthResponder) => void;

/**
 * How caches do, as a web `Response`: 200 while all are well, 503 with the reasons otherwise, as
 * `application/health+json`.
 *
 * Ready: each has a value that may be served (`READY` or `STALE`), no older than `maxAge`; of a map, each of its `keys`.
 * Alive: no load and no timer is stuck. That loads fail is no reason to restart.
 *
 * @throws {TypeError} An option is of the wrong type.
 * @throws {RangeError} An option is none of those that there are, or out of range.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { healthResponse } from 'warm-cache/health';
 *
 * const flags = new WarmCache({ name: 'flags', loader: () => ['dark-mode'], ttl: 60_000 });
 * console.log(healthResponse([flags]).status);
 * await flags.get();
 * console.log(healthResponse([flags], { maxAge: 300_000 }).status);
 * ```
 */
export function healthResponse(
  caches: Reporter | readonly Reporter[],
  options: HealthOptions = {},
): Response {
  const resolved = resolve(options);
  const { body, headers, status } = answerOf(listOf(caches), resolved);
  return new Response(resolved.method === 'HEAD' ? null : body, { status, headers });
}

/**
 * The same for Node's `http` and what is built on it.
 *
 * @throws {TypeError} An option is of the wrong type.
 * @throws {RangeError} An option is none of those that there are, or out of range.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { WarmCache } from 'warm-cache';
 * import { healthHandler } from 'warm-cache/health';
 *
 * const flags = new WarmCache({ name: 'flags', loader: () => ['dark-mode'], ttl: 60_000 }).start();
 * const ready = healthHandler([flags]);
 * const live = healthHandler([flags], { probe: 'liveness' });
 * createServer((request, response) => {
 *   if (request.url === '/livez') live(request, response);
 *   else ready(request, response);
 * });
 * ```
 */
export function healthHandler(
  caches: Reporter | readonly Reporter[],
  options: HealthOptions = {},
): HealthHandler {
  const resolved = resolve(options);
  const all = listOf(caches);
  return ({ method = 'GET' }, response) => {
    if (method !== 'GET' && method !== 'HEAD') {
      response.statusCode = 405;
      response.setHeader('allow', 'GET, HEAD');
      response.end();
      return;
    }
    const { body, headers, status } = answerOf(all, resolved);
    response.statusCode = status;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    // The same as to GET, but for the body.
    response.setHeader('content-length', String(new TextEncoder().encode(body).length));
    response.end(method === 'HEAD' ? undefined : body);
  };
}

type Resolved = { readonly [K in keyof HealthOptions]-?: NonNullable<HealthOptions[K]> };

function resolve(options: HealthOptions): Resolved {
  expect('options', options, 'object');
  const {
    probe = 'readiness',
    maxAge = Infinity,
    stuckAfter = 300_000,
    details = false,
    errors = 'code',
    method = 'GET',
  } = options;
  oneOf('probe', probe, ['readiness', 'liveness']);
  expect('maxAge', maxAge, [0]);
  expect('stuckAfter', stuckAfter, [0]);
  expect('details', details, 'boolean');
  oneOf('errors', errors, ['code', 'message']);
  expect('method', method, 'string');
  return { probe, maxAge, stuckAfter, details, errors, method };
}

/** The list itself: it may grow later. */
function listOf(caches: Reporter | readonly Reporter[]): readonly Reporter[] {
  return 'health' in caches ? [caches] : caches;
}

function answerOf(caches: readonly Reporter[], options: Resolved) {
  const now = Date.now();
  const checks = new Map<string, object[]>();
  const notes: string[] = [];
  let status: Verdict = 'pass';
  for (const cache of caches) {
    const report = cache.health();
    const judgement =
      options.probe === 'liveness'
        ? liveness(report, options.stuckAfter, now)
        : readiness(report, options.maxAge);
    const [name, check] = checkOf(report, judgement, options, now);
    // Two of one name are two checks of one component.
    checks.set(name, [...(checks.get(name) ?? []), check]);
    notes.push(...judgement.reasons.map((reason) => `${report.name}: ${reason}`));
    if (status !== 'fail' && judgement.verdict !== 'pass') status = judgement.verdict;
  }
  return {
    status: status === 'fail' ? 503 : 200,
    headers: {
      'content-type': 'application/health+json',
      'cache-control': 'no-store',
    },
    body: JSON.stringify({
      status,
      ...(notes.length > 0 ? { notes } : {}),
      checks: Object.fromEntries(checks),
    }),
  };
}
