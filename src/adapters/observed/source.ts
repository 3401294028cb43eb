import type { WarmCacheEvents } from '../../events.ts';
import type { HealthReport } from '../../health.ts';
import type { MapHealthReport } from '../../map/report.ts';

/** The events that are listened to. */
export interface Heard {
  readonly load: WarmCacheEvents<unknown>['load'];
  readonly error: WarmCacheEvents<unknown>['error'];
  readonly loadEnd: WarmCacheEvents<unknown>['loadEnd'];
}

interface Speaker {
  readonly name: string;
  /** Calls `listener` at each such event. */
  on<E extends keyof Heard>(event: E, listener: (payload: Heard[E]) => unknown): unknown;
  /** Takes it away again. */
  off<E extends keyof Heard>(event: E, listener: (payload: Heard[E]) => unknown): unknown;
}

/**
 * What is asked of a cache to be observed: a `WarmCache` is one.
 *
 * @example
 * ```ts
 * import type { WarmCache } from 'warm-cache';
 * import type { ObservedCache } from 'warm-cache/prometheus';
 *
 * declare const cache: WarmCache<string[]>;
 * const observed: ObservedCache = cache;
 * console.log(observed.health().status);
 * ```
 */
export interface ObservedCache extends Speaker {
  /** How it does, when it is asked. */
  health(): HealthReport;
}

/**
 * What is asked of a map to be observed: a `WarmCacheMap` is one.
 *
 * @typeParam K - The type of its keys.
 *
 * @example
 * ```ts
 * import type { WarmCacheMap } from 'warm-cache';
 * import type { ObservedMap } from 'warm-cache/prometheus';
 *
 * declare const boards: WarmCacheMap<string, string[]>;
 * const observed: ObservedMap<string> = boards;
 * console.log(observed.health().size);
 * ```
 */
export interface ObservedMap<K> extends Speaker {
  readonly size: number;
  /** How all of its keys do. */
  health(): MapHealthReport;
  /** How one does; `undefined` where there is no such key. */
  health(key: K): HealthReport | undefined;
}

/**
 * Whether the keys of a map are told apart, and by what: by each key as a string, or by what a function makes of it.
 * Several keys may be one to that function.
 *
 * @typeParam K - The type of the keys.
 *
 * @example
 * ```ts
 * import type { KeyLabel } from 'warm-cache/prometheus';
 *
 * const region: KeyLabel<string> = (board) => board.split(':')[0] ?? board;
 * console.log(region('eu:1v1'));
 * ```
 */
export type KeyLabel<K> = boolean | ((key: K) => string);
