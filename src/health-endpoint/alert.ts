import type { HealthReport } from '../health.ts';
import type { MapHealthReport } from '../map/report.ts';
import { expect, MORE_THAN_0 } from '../options.ts';
import { Timer } from '../scheduler.ts';
import {
  hasKey,
  isOfMap,
  listen,
  type Watched,
  type WatchedCache,
  type WatchedMap,
} from '../watch/watched.ts';
import { type AlertReason, Conditions } from './conditions.ts';
import { ageOf } from './verdict.ts';

export type { AlertReason };

/**
 * A cache has turned bad.
 *
 * @typeParam R - The health report: that of a cache, or of a map.
 *
 * @example
 * ```ts
 * import type { Alert } from 'warm-cache/health';
 *
 * const text = ({ name, reasons, health }: Alert) =>
 *   `${name} is bad (${reasons.join(', ')}): ${health.lastError?.message}`;
 * ```
 */
export interface Alert<R = HealthReport | MapHealthReport> {
  /** The `name` of the cache. */
  readonly name: string;
  readonly reasons: readonly AlertReason[];
  /** The keys of a map that are bad; none where that is the age. */
  readonly keys: readonly unknown[];
  /** When it turned bad, in epoch ms. */
  readonly since: number;
  /** What `health()` answers as the hook is called. */
  readonly health: R;
}

/**
 * A cache is well again.
 *
 * @typeParam R - The health report: that of a cache, or of a map.
 *
 * @example
 * ```ts
 * import type { Recovery } from 'warm-cache/health';
 *
 * const text = ({ name, duration }: Recovery) => `${name} is well again after ${duration / 1000} s`;
 * ```
 */
export interface Recovery<R = HealthReport | MapHealthReport> {
  /** The `name` of the cache. */
  readonly name: string;
  /** All that there were. */
  readonly reasons: readonly AlertReason[];
  /** When it turned bad, in epoch ms. */
  readonly since: number;
  /** For how long it was bad, in ms. */
  readonly duration: number;
  /** What `health()` answers as the hook is called. */
  readonly health: R;
}

/**
 * The options of {@link alertOn}.
 *
 * @typeParam R - The health report: that of a cache, or of a map.
 *
 * @example
 * ```ts
 * import type { AlertOptions } from 'warm-cache/health';
 *
 * const options: AlertOptions = {
 *   failures: 5,
 *   maxAge: 300_000,
 *   slow: 10_000,
 *   recoverAfter: { loads: 3, time: 60_000 },
 *   onAlert: ({ name, reasons }) => console.error(name, reasons),
 *   onRecovery: ({ name, duration }) => console.log(name, 'was bad for', duration, 'ms'),
 * };
 * ```
 */
export interface AlertOptions<R = HealthReport | MapHealthReport> {
  /** Called once as the cache turns bad. What it throws, or rejects with, disturbs nobody. */
  readonly onAlert: (alert: Alert<R>) => unknown;
  /** Called once as it is well again. */
  readonly onRecovery?: ((recovery: Recovery<R>) => unknown) | undefined;
  /**
   * Bad after so many loads in a row that failed, or that were `slow`; an integer.
   * @default 3
   */
  readonly failures?: number | undefined;
  /**
   * Ms: bad once the value is older, or there has been none for as long, while the loop runs.
   * @default Infinity
   */
  readonly maxAge?: number | undefined;
  /**
   * Ms past which a load that answers is slow.
   * @default Infinity
   */
  readonly slow?: number | undefined;
  /**
   * Well again after so many good loads in a row, or once so many ms have passed since the first of them, whichever
   * comes first.
   * @default { loads: 2, time: Infinity }
   */
  readonly recoverAfter?:
    | { readonly loads?: number | undefined; readonly time?: number | undefined }
    | undefined;
}

/** Ms between two looks at all keys of a map. */
const MAP_PAUSE = 1000;

/**
 * Calls a hook once as a cache turns bad, and once as it is well again: bad after several loads in a row that failed or
 * were slow, or past an age; well after several good ones. A map is bad while one of its keys is.
 *
 * A cache that is stopped is neither: it begins anew when it is started again.
 *
 * @returns Takes it off.
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} A number is out of range.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { alertOn } from 'warm-cache/health';
 *
 * declare function page(text: string): Promise<void>;
 *
 * const board = new WarmCache({ name: 'leaderboard', loader: () => ['ace'], ttl: 60_000 }).start();
 * const silence = alertOn(board, {
 *   maxAge: 300_000,
 *   onAlert: ({ name, reasons }) => page(`${name}: ${reasons.join(', ')}`),
 *   onRecovery: ({ name }) => page(`${name} is well again`),
 * });
 * ```
 */
export function alertOn(
  cache: WatchedCache<unknown>,
  options: AlertOptions<HealthReport>,
): () => void;
export function alertOn<K>(
  map: WatchedMap<K, unknown>,
  options: AlertOptions<MapHealthReport>,
): () => void;
export function alertOn(source: Watched, options: AlertOptions<never>): () => void {
  expect('options', options, 'object');
  const { onAlert, onRecovery, failures = 3, maxAge = Infinity, slow = Infinity } = options;
  expect('onAlert', onAlert, 'function');
  if (onRecovery !== undefined) expect('onRecovery', onRecovery, 'function');
  count('failures', failures);
  expect('maxAge', maxAge, [MORE_THAN_0]);
  expect('slow', slow, [0]);
  const { recoverAfter = {} } = options;
  expect('recoverAfter', recoverAfter, 'object');
  const { loads = 2, time = Infinity } = recoverAfter;
  count('recoverAfter.loads', loads);
  expect('recoverAfter.time', time, [0]);

  const conditions = new Conditions({ failures, slow, loads, time });
  const isMap = isOfMap(source.health());
  const isThere = (key: unknown): boolean => !isMap || hasKey(source, key);
  let isOff = false;
  let isStopped = false;
  let alert: Open | undefined;
  /** Since when there has been no value, by `performance.now()`. */
  let emptySince: number | undefined;

  /** How old the value is, or for how long there has been none. Nothing ages where no loop runs. */
  const staleness = (report: HealthReport | MapHealthReport): number => {
    const age = ageOf(report);
    const isEmpty = isOfMap(report) ? !report.keysKnown || report.cold > 0 : age === null;
    if (!isEmpty || !report.running) emptySince = undefined;
    else emptySince ??= performance.now();
    if (!report.running) return -Infinity;
    return Math.max(age ?? 0, emptySince === undefined ? 0 : performance.now() - emptySince);
  };

  /** Calls the hooks, if it has turned. */
  const turn = (): void => {
    const reasons = conditions.reasons();
    if (!alert && reasons.length > 0) {
      const since = Date.now();
      alert = { reasons: new Set(reasons), since, tick: performance.now() };
      const event = { name: source.name, reasons, keys: conditions.badKeys(), since };
      call(onAlert, { ...event, health: source.health() });
    } else if (alert && reasons.length === 0) {
      const { since, tick } = alert;
      const event = { name: source.name, reasons: [...alert.reasons], since };
      alert = undefined;
      const duration = performance.now() - tick;
      if (onRecovery) call(onRecovery, { ...event, duration, health: source.health() });
    } else for (const reason of reasons) alert?.reasons.add(reason);
  };

  /** Looks at everything, calls the hooks, and says when to look again. */
  const look = (): void => {
    let delay = Infinity;
    if (maxAge < Infinity) {
      const old = staleness(source.health());
      conditions.onAge(old > maxAge);
      // Once it is too old, it is a load that tells of a change.
      if (old <= maxAge && old >= 0) delay = maxAge - old + 1;
    }
    delay = Math.min(delay, conditions.sweep(isThere));
    turn();
    // A load tells nothing of the other keys, and nobody tells of one that is deleted.
    if (isMap) delay = Math.max(MAP_PAUSE, alert ? 0 : delay);
    // A hook may have taken it off, or stopped the cache.
    if (!isOff && !isStopped) timer.arm(delay);
  };
  const timer = new Timer(look);

  /** After a load: of a map it is the timer that looks at everything. */
  const update = (delay = Infinity): void => {
    if (!isMap) {
      look();
      return;
    }
    turn();
    const next = Math.max(MAP_PAUSE, alert ? 0 : delay);
    if (!isOff && !isStopped && performance.now() + next < timer.dueTick) timer.arm(next);
  };

  const reset = (): void => {
    timer.cancel();
    conditions.clear();
    alert = undefined;
    emptySince = undefined;
  };

  const onAnswer = (key: unknown, duration: number): void => {
    if (!isOff) update(conditions.onAnswer(key, duration));
  };
  const silence = listen(source, {
    start: () => {
      isStopped = false;
      if (!isOff) look();
    },
    stop: () => {
      isStopped = true;
      reset();
    },
    error: ({ final, key }) => {
      if (isOff || !final) return;
      conditions.onFailure(key);
      update();
    },
    refresh: ({ duration, key, reason }) => {
      if (reason !== 'set' && reason !== 'store') onAnswer(key, duration);
      else if (!isOff) update();
    },
    unchanged: ({ duration, key }) => onAnswer(key, duration),
    evict: ({ key }) => {
      conditions.forget(key);
      if (!isOff) update();
    },
  });
  look();
  return () => {
    isOff = true;
    silence();
    reset();
  };
}

/** An alert that goes on. */
interface Open {
  readonly reasons: Set<AlertReason>;
  readonly since: number;
  /** The same by `performance.now()`, which never jumps. */
  readonly tick: number;
}

function count(option: string, given: unknown): void {
  expect(option, given, [1, Number.MAX_SAFE_INTEGER]);
  // As with the options of a cache.
  expect(`${option} % 1`, (given as number) % 1, [0, 0]);
}

/** Nothing that a hook does comes back. */
function call(hook: (payload: never) => unknown, payload: unknown): void {
  (async () => hook(payload as never))().catch(() => {});
}
