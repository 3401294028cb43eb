import type { LoadAnswer, ValidatorToken } from './load.ts';
import type { ResolvedOptions } from './options.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * What a cache shares with those of the same value in other processes: `redisTier()` of `warm-cache/redis`,
 * `postgresTier()` of `warm-cache/postgres`, or `fleetTier()` of `warm-cache/fleet` on a server of your own.
 *
 * @example
 * ```ts
 * import { type SharedTier, WarmCache } from 'warm-cache';
 *
 * declare const tier: SharedTier;
 * const rates = new WarmCache({ name: 'rates', loader: () => 0.92, ttl: 60_000, shared: tier });
 * ```
 */
export interface SharedTier {
  /** Makes a cache one of the fleet. */
  join<T>(host: SharedHost<T>): SharedMember<T>;
}

/**
 * How a cache's part in its fleet does, in `health().shared`.
 *
 * @example
 * ```ts
 * import type { SharedHealth, WarmCache } from 'warm-cache';
 *
 * declare const cache: WarmCache<string[]>;
 * const shared: SharedHealth | null = cache.health().shared;
 * if (shared && !shared.connected) console.warn(`${cache.name} loads for itself: ${shared.store} is gone`);
 * ```
 */
export interface SharedHealth {
  /** Where the fleet's record stands. */
  readonly store: string;
  /** Whether the store answers: where it doesn't, the cache loads for itself. */
  readonly connected: boolean;
  /** Whether the others are heard as they publish and invalidate. */
  readonly hearing: boolean;
  /** Which life of the fleet's record it is; `null` before the store has answered. */
  readonly epoch: string | null;
  /** How often the fleet has invalidated, in this epoch. */
  readonly generation: number;
  /** The fleet's version of the value that this cache has; `null` where that is its own. */
  readonly version: number | null;
  /** Loads that this process was let in to make for all. */
  readonly granted: number;
  /** Loads that it made for itself alone, for the store did not answer. */
  readonly alone: number;
  /** Values, and renewals of one, that it took from others. */
  readonly taken: number;
  /** Results of its loads that the fleet did not take: it was invalidated, or somebody else was let in. */
  readonly superseded: number;
  /** Leases that were lost during a load. */
  readonly lost: number;
  /** Messages and entries that were refused: no such thing was sent by this library. */
  readonly refused: number;
  /** Whether an invalidation is still to be told to the others. */
  readonly untold: boolean;
}

/** Where a value comes from, as the fleet orders values. */
export interface Origin {
  /** When its load began, by `performance.now()` of this process; not later than it really did. */
  readonly tick: number;
  /** Of the fleet's record that it stood in or was loaded for; `''`: it was loaded alone. */
  readonly epoch: string;
  /** Of its load, in that epoch: larger for one that began later. */
  readonly fence: number;
  /** As which it stands there, and the digest of its payload; 0 and `''` where it doesn't. */
  readonly version: number;
  readonly hash: string;
}

/** What another process has published. */
export interface SharedValue<T> {
  /** `undefined`: it is the one that stands here already, confirmed. */
  readonly content: { readonly value: T } | undefined;
  readonly token: ValidatorToken;
  readonly origin: Origin;
  /** Whether its load began after every invalidation that is known of. */
  readonly isCurrent: boolean;
  /** Whether it began after the load that is in flight here. */
  readonly outdatesLoad: boolean;
  /** Ms from the start of the load until it was here; `undefined` where it has been there for some time. */
  readonly took: number | undefined;
}

/** A cache, as its part in the fleet sees it. */
export interface SharedHost<T> {
  readonly name: string;
  readonly options: Pick<
    ResolvedOptions<T>,
    'backoff' | 'codec' | 'loadTimeout' | 'maxStale' | 'ttl'
  >;
  readonly snapshot: Snapshot<T> | undefined;
  /** Of the snapshot, or, purged, the last one; `undefined` where that is none of the fleet's, and was not loaded here either. */
  readonly origin: Origin | undefined;
  /** When the load in flight began, by `performance.now()`. */
  readonly loadTick: number | undefined;
  /** The load that was claimed may begin; `isAlone`: for this process alone. */
  admitted(isAlone: boolean): void;
  /** Nobody loads for `rest` ms, for the last load failed: so does the one that was claimed. */
  refused(reason: string, rest: number): void;
  /** Publishes it here, unless the cache is stopped or a function of the user's fails. Withdraws the claim if that is met. */
  take(value: SharedValue<T>): boolean;
  /** This snapshot, if it still stands, is the fleet's. */
  attribute(snapshot: Snapshot<T>, origin: Origin): void;
  /** Another process has invalidated. */
  invalidated(purge: boolean): void;
  /** A load is wanted, for the value is out of date or the fleet has none. */
  want(): void;
  /** The load in flight has lost its lease. */
  lost(): void;
  /** Loads are due at other times than before. */
  replan(): void;
  onError(error: unknown): void;
}

/** A cache's part in its fleet. Nothing here throws or rejects, but where it says so. */
export interface SharedMember<T> {
  /** Ms that a claim may take before the cache loads without being let in. */
  readonly patience: number;
  /** Hears the others, from now on. */
  start(): void;
  /** Hears nobody any more, and gives back what it holds. Resolves when that is done, or can't be. */
  stop(): Promise<void>;
  /**
   * Asks for the right to load: `admitted`, `refused` or `take` is called, unless it is withdrawn.
   *
   * @param anew - A value that was published before won't do.
   */
  claim(anew: boolean): void;
  withdraw(): void;
  /** Tells the others what the load in flight has brought. Resolves with what is to be published here. */
  publish(startedTick: number, answer: LoadAnswer<T>): Promise<LoadAnswer<T>>;
  /** The load in flight has ended without a value: nobody loads for `rest` ms. */
  release(rest: number, reason: string): void;
  /** @throws {Error} The others can't be told now; they are as soon as may be. */
  invalidate(purge: boolean): Promise<void>;
  /** Tells the others of a value that was set by hand. */
  put(snapshot: Snapshot<T>): void;
  /** When a load is due, by `performance.now()`, where it isn't as for one who has no others. */
  nextTick(lastTick: number, period: number): number | undefined;
  report(): SharedHealth;
}
