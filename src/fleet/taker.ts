import type { Access, Asked } from './access.ts';
import type { FleetMessage } from './message.ts';
import { type Packing, type Parcel, unpack } from './parcel.ts';
import type { FleetEntry, FleetGrant, FleetRecord } from './store.ts';

/** Servers count whole ms: an age may be so much more than it is told. */
const ROUNDED = 1;

/** What has to be asked before something is taken. */
export interface TakerHooks {
  /** The others are still to be told of something: what they have published may be older. */
  isTelling(): boolean;
  /** Of the load that was let in last; `undefined` where that was for this process alone. */
  admitted(): FleetGrant | undefined;
  /** What is needed wasn't sent. */
  onMissing(): void;
  /** Something was taken that is not out of date. */
  onCurrent(): void;
}

/** An entry that may be taken. */
interface Offer {
  readonly epoch: string;
  readonly entry: FleetEntry;
  /** When its load began at the earliest, and at the latest, by `performance.now()`. */
  readonly tick: number;
  readonly latestTick: number;
}

/** Takes what others have published, where it is newer than what is here. */
export class Taker<T> {
  /** Resolves when what is being unpacked is taken, or isn't. */
  done: Promise<unknown> = Promise.resolve();
  /** Digest of the last payload that was refused: what is published with it would be taken for the same. */
  refusedHash: string | undefined;
  readonly #access: Access<T>;
  readonly #packing: Packing<T>;
  readonly #hooks: TakerHooks;
  /** The next answer is to come with the value, whatever is here. */
  #isBlank = false;
  /** Of the last message of a value. */
  #heardFence = 0;
  /** A value that came with a message, until the record says that it is the one. */
  #inline: (Parcel & { readonly epoch: string; readonly version: number }) | undefined;

  constructor(access: Access<T>, packing: Packing<T>, hooks: TakerHooks) {
    this.#access = access;
    this.#packing = packing;
    this.#hooks = hooks;
  }

  /** The version whose value needn't be sent. */
  version(): number {
    const { host, sight } = this.#access;
    const { origin, snapshot } = host;
    const isBlank = this.#isBlank;
    this.#isBlank = false;
    if (isBlank) return 0;
    if (this.#inline?.epoch === sight.epoch) return this.#inline.version;
    return snapshot && origin?.epoch === sight.epoch ? origin.version : 0;
  }

  /** Takes note of a message of a value, and keeps that. */
  keep({ epoch, fence, version, hash, value }: FleetMessage): void {
    this.#heardFence = fence;
    this.#inline = value === undefined ? undefined : { epoch, version, hash, payload: value };
  }

  /** Takes note of an answer, and what stands there if it is newer. Resolves with whether that was taken. */
  async learn(record: FleetRecord, asked: Asked): Promise<boolean> {
    const { sight } = this.#access;
    const { epoch, entry } = record;
    if (!this.#access.note(record, asked)) return false;
    if (!entry || entry.fence <= sight.looked || this.#hooks.isTelling()) return false;
    const age = Math.max(0, entry.age);
    const tick = asked.tick - age - ROUNDED;
    const offer = { epoch, entry, tick, latestTick: performance.now() - age };
    const isSame = this.#stands(epoch, entry);
    const parcel = isSame ? undefined : this.#parcelOf(epoch, entry);
    if (this.#isNews(offer) && !isSame && !parcel) {
      // What was here as the store was asked, and so isn't sent, has gone.
      this.#isBlank = true;
      this.#hooks.onMissing();
      return false;
    }
    sight.looked = entry.fence;
    const taking = this.#isNews(offer) ? this.#take(offer, parcel) : Promise.resolve(false);
    this.done = taking;
    return taking;
  }

  async #take(offer: Offer, parcel: Parcel | undefined): Promise<boolean> {
    const { counts, host, sight } = this.#access;
    const { epoch, entry, tick, latestTick } = offer;
    const content = parcel && (await this.#unpacked(parcel));
    if (parcel ? !content : !this.#stands(epoch, entry)) return false;
    if (!this.#isNews(offer)) return false;
    const { fence, version, hash } = entry;
    const { loadTick = -Infinity } = host;
    const grant = this.#hooks.admitted();
    const isCurrent = entry.generation >= sight.latest;
    // A load that a lost epoch has let in is older than the one that has taken its place; after a failover two may have one
    // fence, and time tells. So it does of one that was made alone: what is current began after every invalidation, and is
    // taken where it may be the newer one.
    const outdatesLoad = grant
      ? grant.epoch !== epoch || fence > grant.fence || tick > loadTick
      : (isCurrent ? latestTick : tick) > loadTick;
    const origin = { tick, epoch, fence, version, hash };
    const token = tokenIn(entry.token);
    const took = fence === this.#heardFence ? performance.now() - tick - ROUNDED : undefined;
    if (!host.take({ content, token, origin, isCurrent, outdatesLoad, took })) return false;
    counts.taken += 1;
    if (isCurrent) this.#hooks.onCurrent();
    return true;
  }

  /** Whether an entry is of the record that is known, and its load began after the one of the value that is here. */
  #isNews({ epoch, entry, tick }: Offer): boolean {
    const { host, sight } = this.#access;
    const { origin, snapshot } = host;
    if (epoch !== sight.epoch || this.#hooks.isTelling()) return false;
    if (origin?.epoch === epoch) return entry.fence > origin.fence;
    if (!snapshot && !origin) return true;
    // The two are told apart by time alone: one that is out of date is not worth the doubt.
    if (entry.generation < sight.latest) return false;
    return tick > (origin?.tick ?? performance.now() - (Date.now() - (snapshot?.loadedAt ?? 0)));
  }

  /** Whether the value that is here is this very entry's. */
  #stands(epoch: string, { version, hash }: FleetEntry): boolean {
    const { origin, snapshot } = this.#access.host;
    if (!snapshot || origin?.epoch !== epoch) return false;
    // After a failover that lost writes, one number may stand for two values.
    return origin.version === version && origin.hash === hash;
  }

  #parcelOf(epoch: string, { version, hash, payload }: FleetEntry): Parcel | undefined {
    const inline = this.#inline;
    const isIt = inline?.epoch === epoch && inline.version === version && inline.hash === hash;
    this.#inline = undefined;
    if (payload !== undefined) return { payload, hash };
    return isIt ? inline : undefined;
  }

  async #unpacked(parcel: Parcel): Promise<{ readonly value: T } | undefined> {
    try {
      return { value: await unpack(parcel, this.#packing) };
    } catch {
      this.#access.counts.refused += 1;
      this.refusedHash = parcel.hash;
      return undefined;
    }
  }
}

function tokenIn(text: string): string | number | undefined {
  try {
    const token: unknown = text === '' ? undefined : JSON.parse(text);
    return typeof token === 'string' || typeof token === 'number' ? token : undefined;
  } catch {
    return undefined;
  }
}
