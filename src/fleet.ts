/**
 * A fleet: several processes that keep one value, with one load an interval among them all.
 *
 * @module fleet
 * @category API
 */
import { Member } from './fleet/member.ts';
import type { FleetStore } from './fleet/store.ts';
import { expect, MORE_THAN_0 } from './options.ts';
import type { SharedTier } from './shared.ts';

export type {
  FleetCall,
  FleetContent,
  FleetEar,
  FleetEntry,
  FleetGrant,
  FleetKnown,
  FleetOutcome,
  FleetRecord,
  FleetRenewal,
  FleetStore,
} from './fleet/store.ts';

/**
 * How caches deal with the store that they share.
 *
 * @example
 * ```ts
 * import type { FleetOptions } from 'warm-cache/fleet';
 *
 * const patient: FleetOptions = { timeout: 3000, maxBytes: 8 * 2 ** 20 };
 * ```
 */
export interface FleetOptions {
  /**
   * Ms after which a store that hasn't answered counts as gone: the cache then loads for itself, and tries it again.
   * @default 1000
   */
  readonly timeout?: number | undefined;
  /**
   * Bytes of text that no value may exceed, before compression. A larger one is not shared, and an `error` event tells.
   * @default 67_108_864 (64 MiB)
   */
  readonly maxBytes?: number | undefined;
}

/**
 * Makes what caches take as `shared`, on a store of your own. For Redis, Valkey and PostgreSQL there are `redisTier()` and
 * `postgresTier()`.
 *
 * @throws {TypeError} An argument is of the wrong type.
 * @throws {RangeError} A number is out of range.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { type FleetStore, fleetTier } from 'warm-cache/fleet';
 *
 * declare const store: FleetStore;
 * const rates = new WarmCache({ loader: () => 0.92, ttl: 60_000, shared: fleetTier(store) });
 * ```
 */
export function fleetTier(store: FleetStore, options: FleetOptions = {}): SharedTier {
  expect('store', store, 'object');
  expect('options', options, 'object');
  const { timeout = 1000, maxBytes = 64 * 2 ** 20 } = options;
  expect('timeout', timeout, [MORE_THAN_0, Number.MAX_VALUE]);
  expect('maxBytes', maxBytes, [1, Number.MAX_SAFE_INTEGER]);
  return { join: (host) => new Member(store, { timeout, maxBytes }, host) };
}
