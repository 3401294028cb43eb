import type { ResolvedOptions } from './options.ts';
import { type Alarm, jittered, Timer } from './scheduler.ts';

/** What a cache is woken for: its next load or the deadline of one, or its value that has turned stale or expired. */
export type AlarmKind = 'age' | 'load';

/** A cache as its host sees it. */
export interface Guest {
  onAlarm(kind: AlarmKind): void;
  /** Starts the load that had to wait. */
  proceed(): void;
}

/** What a cache has for itself when it stands alone, and shares with others when it is one of many. */
export interface Host<T, C extends Guest> {
  /** Of how many loads the durations are kept. */
  readonly window: number;
  newTimer(cache: Guest, kind: AlarmKind): Alarm;
  /** The options, with the functions as this cache is to call them. */
  optionsOf(cache: C, options: ResolvedOptions<T>): ResolvedOptions<T>;
  /** Whether its value is to be kept hot; where it isn't, the loop rests until `wake()`. */
  isHot(cache: C): boolean;
  /** When to start the next load, by `performance.now()`: at most `period` ms after the last one did. */
  nextTick(cache: C, lastTick: number, period: number, jitter: number): number;
  /** Whether a load may start now. If not, `proceed()` is called later, unless the cache withdraws. */
  admit(cache: C): boolean;
  /** Somebody waits now for the load that isn't admitted yet. */
  promote(cache: C): void;
  withdraw(cache: C): void;
  /** An attempt failed, and the next is some time away. */
  pause(cache: C): void;
  /** Resolves when that next attempt may start. */
  resume(cache: C, signal: AbortSignal): Promise<void> | undefined;
  /** The load has ended, or was given up. */
  release(cache: C): void;
}

/** Nobody to share with. */
// biome-ignore lint/suspicious/noExplicitAny: it hosts caches of every T alike
export const ALONE: Host<any, Guest> = {
  window: 100,
  newTimer: (cache, kind) => new Timer(() => cache.onAlarm(kind)),
  optionsOf: (_, options) => options,
  isHot: () => true,
  nextTick: (_, lastTick, period, jitter) => lastTick + jittered(period, jitter),
  admit: () => true,
  promote: () => {},
  withdraw: () => {},
  pause: () => {},
  resume: () => undefined,
  release: () => {},
};
