/**
 * How far a process has got with the record that its fleet shares.
 *
 * @example
 * ```ts
 * import type { FleetKnown } from 'warm-cache/fleet';
 *
 * const nothing: FleetKnown = { epoch: '', seq: 0, generation: 0, fence: 0, version: 0 };
 * ```
 */
export interface FleetKnown {
  /** Of the record, as this process saw it last; `''` before the first time. */
  readonly epoch: string;
  /** The highest `seq` of that epoch that it has seen. */
  readonly seq: number;
  /** The highest `generation` of that epoch that it has seen. */
  readonly generation: number;
  /** The highest `fence` of that epoch that it has seen. */
  readonly fence: number;
  /** The version whose value it has, of that epoch: its payload needn't be sent. 0: none. */
  readonly version: number;
}

/**
 * The value that a fleet shares, as the server has it.
 *
 * @example
 * ```ts
 * import type { FleetEntry } from 'warm-cache/fleet';
 *
 * const describe = ({ version, age, hash }: FleetEntry): string => `v${version} (${hash}), ${age} ms old`;
 * ```
 */
export interface FleetEntry {
  /** Grows by one with each value that is published, in one epoch; one that was found unchanged keeps it. */
  readonly version: number;
  /** Of the record, as the load that made or last confirmed it was let in: the entry is out of date once that has grown. */
  readonly generation: number;
  /** Of that load. */
  readonly fence: number;
  /** A digest of the payload. */
  readonly hash: string;
  /** Ms since that load was let in, by the server's clock alone. */
  readonly age: number;
  /** What the validator answered before that load, as JSON; `''` where there is none. */
  readonly token: string;
  /** The value, as text; `undefined` where the caller has this version already. */
  readonly payload: string | undefined;
}

/**
 * What a fleet shares of one cache, as the server has it.
 *
 * @example
 * ```ts
 * import type { FleetRecord } from 'warm-cache/fleet';
 *
 * const isCurrent = ({ entry, generation }: FleetRecord): boolean => entry?.generation === generation;
 * ```
 */
export interface FleetRecord {
  /** Drawn at random as the record is made: another one, and nothing that was known of it holds any more. */
  readonly epoch: string;
  /** Number of the last message of this epoch. */
  readonly seq: number;
  /** How often it was invalidated. */
  readonly generation: number;
  /** The last fence that was given out: each lease, and each value that was set by hand, has a larger one. */
  readonly fence: number;
  /** Ms until the lease falls by itself; 0: there is none, and a load may begin. */
  readonly leaseLeft: number;
  /** Why the last load failed, where the lease is but the rest after it: nobody loads. `''` otherwise. */
  readonly resting: string;
  /** `undefined` before the first value, and after a purge. */
  readonly entry: FleetEntry | undefined;
}

/**
 * The right to publish what a load brings.
 *
 * @example
 * ```ts
 * import type { FleetGrant } from 'warm-cache/fleet';
 *
 * const describe = ({ fence, generation }: FleetGrant): string => `fence ${fence} of generation ${generation}`;
 * ```
 */
export interface FleetGrant {
  readonly epoch: string;
  readonly generation: number;
  readonly fence: number;
  /** Who has it: drawn at random for each claim. */
  readonly holder: string;
}

/**
 * What is to stand in the record.
 *
 * @example
 * ```ts
 * import type { FleetContent } from 'warm-cache/fleet';
 *
 * const content: FleetContent = { payload: '["ace"]', hash: 'b1946ac9', token: '', ttl: 60_000 };
 * ```
 */
export interface FleetContent {
  /** The value, as text. */
  readonly payload: string;
  /** A digest of it. */
  readonly hash: string;
  /** What the validator answered, as JSON; `''` where there is none. */
  readonly token: string;
  /** Ms for which it counts as fresh; `Infinity`: for ever. Stands in the message, as what is left of it. */
  readonly ttl: number;
}

/**
 * That the value of this version was found unchanged.
 *
 * @example
 * ```ts
 * import type { FleetRenewal } from 'warm-cache/fleet';
 *
 * const renewal: FleetRenewal = { version: 7, token: '"etag"', ttl: 60_000 };
 * ```
 */
export interface FleetRenewal {
  readonly version: number;
  /** What the validator answered, as JSON; `''` where there is none. */
  readonly token: string;
  /** See {@link FleetContent}. */
  readonly ttl: number;
}

/**
 * What became of a load's result:
 *
 * - `published`: it is the new value
 * - `unchanged`: it equals the one that stands, whose age is renewed
 * - `superseded`: the record was invalidated, lost or claimed by another since the load was let in
 * - `missing`: the version that was found unchanged doesn't stand there any more: its value has to be published
 *
 * @example
 * ```ts
 * import type { FleetOutcome } from 'warm-cache/fleet';
 *
 * const stands: Record<FleetOutcome, boolean> = {
 *   published: true,
 *   unchanged: true,
 *   superseded: false,
 *   missing: false,
 * };
 * ```
 */
export type FleetOutcome = 'missing' | 'published' | 'superseded' | 'unchanged';

/**
 * Common to all that a process asks of the store.
 *
 * @example
 * ```ts
 * import type { FleetCall } from 'warm-cache/fleet';
 *
 * const call: FleetCall = {
 *   source: 'a0b1c2',
 *   keep: 3_600_000,
 *   known: { epoch: '', seq: 0, generation: 0, fence: 0, version: 0 },
 * };
 * ```
 */
export interface FleetCall {
  /** Which process asks: its messages carry it. */
  readonly source: string;
  /** Ms after which a record that nobody has asked anything of may be forgotten; `Infinity`: never. */
  readonly keep: number;
  readonly known: FleetKnown;
}

/**
 * Hears of what others do.
 *
 * @example
 * ```ts
 * import type { FleetEar } from 'warm-cache/fleet';
 *
 * const ear: FleetEar = {
 *   onMessage: (message) => console.log(message),
 *   onConnect: () => console.log('messages may have been missed'),
 *   onDisconnect: () => console.log('messages are being missed'),
 * };
 * ```
 */
export interface FleetEar {
  /** A message, as it was sent. */
  onMessage(message: string): void;
  /** Messages are heard from now on; those before may have been missed. */
  onConnect(): void;
  /** No messages are heard any more, until `onConnect`. */
  onDisconnect(): void;
}

/**
 * The server that a fleet shares: one record, of one cache, and what can be done to it. Each method but `hear` is one atomic step
 * on the server, by the server's clock.
 *
 * Every one of them begins alike. Where there is no record one is made, with a new random `epoch`, nothing in it, and all
 * numbers 0. Where the caller knows the same epoch by a higher `seq`, `generation` or `fence` than the record has, the server
 * has lost writes (a replica that took over): the record is made anew in the same way. And the record lives for `keep` ms more.
 *
 * A message is sent in the same step as what it tells, as JSON: `{ v: 1, epoch, seq, src, act, version, generation, fence,
 * hash, ttlLeft, value? }`, `seq` being one more than that of the message before, and `ttlLeft` ms or, for ever, `null`.
 * What the record has no value of has version 0, hash `''` and ttlLeft `null`.
 *
 * @example
 * ```ts
 * import { type FleetStore, fleetTier } from 'warm-cache/fleet';
 *
 * declare const myServer: FleetStore;
 * const shared = fleetTier(myServer);
 * ```
 */
export interface FleetStore {
  /** Where the record stands: for messages to people. */
  readonly name: string;

  /** What stands there. */
  read(call: FleetCall): Promise<FleetRecord>;

  /**
   * Asks for the right to load. It isn't granted where
   *
   * 1. the entry has a larger fence than `have`, the one of the value that the caller has: that is taken instead; or
   * 2. somebody has the lease; with `force`, the mere rest after a failed load doesn't count.
   *
   * Else `holder` has the lease for `leaseTime` ms, under a fence that is one larger than the last.
   *
   * @returns The record as it is then, and whether `holder` was let in.
   */
  claim(
    call: FleetCall,
    claim: {
      readonly holder: string;
      readonly leaseTime: number;
      readonly have: number;
      readonly force: boolean;
    },
  ): Promise<{ readonly record: FleetRecord; readonly granted: boolean }>;

  /**
   * Has the lease last for `leaseTime` ms from now.
   *
   * @returns Whether it is still this one's: not where it has fallen, nor where it is another's or the record is.
   */
  renew(call: FleetCall, grant: FleetGrant, leaseTime: number): Promise<boolean>;

  /**
   * Publishes what a load brought, and ends its lease if that is still there. `superseded`, and nothing is changed but the
   * lease, where the epoch, the generation, the last fence or who got that isn't that of the `grant` any more. A lease that
   * has fallen, with nobody let in since, is no reason.
   *
   * A {@link FleetRenewal} of the version that stands, or content with its hash, renews the age, the fence, the generation and
   * the token (message `renew`); a renewal of another version changes nothing, the lease neither, and is `missing`. Other
   * content is the value from then on (message `publish`). The age counts from when the lease was granted.
   */
  publish(
    call: FleetCall,
    grant: FleetGrant,
    what: FleetContent | FleetRenewal,
  ): Promise<{ readonly record: FleetRecord; readonly outcome: FleetOutcome }>;

  /**
   * Ends a lease, if it is still this one's; where `rest` is more than 0, the lease goes on for so many ms as the rest after
   * a load that failed because of `reason`. Message `release`, where the lease was this one's.
   */
  release(call: FleetCall, grant: FleetGrant, rest: number, reason: string): Promise<void>;

  /**
   * Puts the entry out of date: the generation grows and the lease falls, be it a rest or not. With `purge`, the entry goes.
   * Message `invalidate` or `purge`.
   */
  invalidate(call: FleetCall, purge: boolean): Promise<FleetRecord>;

  /**
   * Publishes a value that was set by hand: under a new fence, of age 0; the lease falls. Where the hash is that of the value
   * that stands, the version stays and the outcome is `unchanged` (message `renew`), else it grows (message `publish`). Its
   * generation is that of the entry that stands or, purged, stood last; 0 where there never was one: what was out of date is
   * still.
   *
   * That is so where nobody was let in and nothing invalidated that the caller didn't know of: the record's epoch, generation
   * and fence are those that it knows, or, where it knows no epoch, generation and fence are 0. Else nobody can tell which is
   * newer, the value or what others have done: it is `superseded`, and an invalidation (message `invalidate`).
   */
  put(
    call: FleetCall,
    content: FleetContent,
  ): Promise<{ readonly record: FleetRecord; readonly outcome: Exclude<FleetOutcome, 'missing'> }>;

  /**
   * Hears the messages until what it resolves with is called. Where a server has none, `undefined`: the record is read every
   * `pollInterval` ms then.
   *
   * @returns Resolves when messages are heard, or it is certain that they can't be yet; `onConnect` tells as they are.
   */
  readonly hear: ((ear: FleetEar) => Promise<() => Promise<void>>) | undefined;

  /** Ms. Where messages are heard it isn't used. */
  readonly pollInterval: number;
}
