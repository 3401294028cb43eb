import type {
  FleetCall,
  FleetContent,
  FleetGrant,
  FleetOutcome,
  FleetRecord,
  FleetRenewal,
} from '../../../src/fleet/store.ts';

/** The most characters of a payload that a message carries. */
const MOST_IN_MESSAGE = 4096;

interface Entry {
  readonly generation: number;
  readonly fence: number;
  readonly hash: string;
  readonly at: number;
  readonly ttl: number;
  readonly token: string;
  readonly payload: string;
}

interface Lease {
  /** Nobody, where it is a rest. */
  readonly holder: string | undefined;
  readonly until: number;
  readonly reason: string;
}

/** One record of a fleet, and each step that can be done to it: what the servers' scripts do, in TypeScript. */
export class MemoryRecord {
  readonly epoch: string;
  seq = 0;
  generation = 0;
  fence = 0;
  forgetAt = Infinity;
  #holder = '';
  #grantedAt = 0;
  #lease: Lease | undefined;
  /** Those of the last entry, also where that was purged. */
  #version = 0;
  #entryGeneration = 0;
  #entry: Entry | undefined;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  copy(): MemoryRecord {
    const copy = new MemoryRecord(this.epoch);
    copy.seq = this.seq;
    copy.generation = this.generation;
    copy.fence = this.fence;
    copy.forgetAt = this.forgetAt;
    copy.#holder = this.#holder;
    copy.#grantedAt = this.#grantedAt;
    copy.#lease = this.#lease;
    copy.#version = this.#version;
    copy.#entryGeneration = this.#entryGeneration;
    copy.#entry = this.#entry;
    return copy;
  }

  read(call: FleetCall, now: number): FleetRecord {
    const lease = this.#leaseAt(now);
    const entry = this.#entry;
    const isKnown = call.known.epoch === this.epoch && call.known.version === this.#version;
    return {
      epoch: this.epoch,
      seq: this.seq,
      generation: this.generation,
      fence: this.fence,
      leaseLeft: lease ? lease.until - now : 0,
      resting: lease?.reason ?? '',
      entry: entry && {
        version: this.#version,
        generation: entry.generation,
        fence: entry.fence,
        hash: entry.hash,
        age: Math.max(0, now - entry.at),
        token: entry.token,
        payload: isKnown ? undefined : entry.payload,
      },
    };
  }

  claim(
    claim: { holder: string; leaseTime: number; have: number; force: boolean },
    now: number,
  ): boolean {
    if (this.#entry && this.#entry.fence > claim.have) return false;
    const lease = this.#leaseAt(now);
    const isFree = !lease || lease.holder === claim.holder || (claim.force && !lease.holder);
    if (!isFree) return false;
    // One that was sent twice, as its answer was lost, has the lease already.
    if (lease?.holder !== claim.holder) {
      this.fence++;
      this.#holder = claim.holder;
      this.#grantedAt = now;
    }
    this.#lease = { holder: claim.holder, until: now + wholeMs(claim.leaseTime), reason: '' };
    return true;
  }

  renew(grant: FleetGrant, leaseTime: number, now: number): boolean {
    const lease = this.#leaseOf(grant, now);
    if (!lease) return false;
    this.#lease = { ...lease, until: now + wholeMs(leaseTime) };
    return true;
  }

  /** @returns What came of it, and the message that tells it. */
  publish(
    call: FleetCall,
    grant: FleetGrant,
    what: FleetContent | FleetRenewal,
    now: number,
  ): { outcome: FleetOutcome; message?: string } {
    const isLast =
      grant.epoch === this.epoch &&
      grant.generation === this.generation &&
      grant.fence === this.fence &&
      grant.holder === this.#holder;
    if (!isLast) {
      if (this.#leaseOf(grant, now)) this.#lease = undefined;
      return { outcome: 'superseded' };
    }
    if ('version' in what && !(this.#entry && what.version === this.#version))
      return { outcome: 'missing' };
    if (this.#leaseOf(grant, now)) this.#lease = undefined;
    const at = this.#grantedAt;
    const isSame = this.#set(what, { at, generation: this.generation });
    return {
      outcome: isSame ? 'unchanged' : 'published',
      message: this.#message(call, isSame ? 'renew' : 'publish', now),
    };
  }

  release(
    call: FleetCall,
    grant: FleetGrant,
    rest: number,
    reason: string,
    now: number,
  ): string | undefined {
    if (!this.#leaseOf(grant, now)) return undefined;
    this.#lease = rest > 0 ? { holder: undefined, until: now + wholeMs(rest), reason } : undefined;
    return this.#message(call, 'release', now);
  }

  invalidate(call: FleetCall, purge: boolean, now: number): string {
    this.generation++;
    this.#lease = undefined;
    if (purge) this.#entry = undefined;
    return this.#message(call, purge ? 'purge' : 'invalidate', now);
  }

  put(
    call: FleetCall,
    content: FleetContent,
    now: number,
  ): { outcome: 'published' | 'superseded' | 'unchanged'; message: string } {
    const { epoch, generation, fence } = call.known;
    const isKnown = epoch === '' || epoch === this.epoch;
    const isNext = isKnown && generation === this.generation && fence === this.fence;
    if (!isNext) return { outcome: 'superseded', message: this.invalidate(call, false, now) };
    this.fence++;
    this.#holder = '';
    this.#lease = undefined;
    const isSame = this.#set(content, { at: now, generation: this.#entryGeneration });
    return {
      outcome: isSame ? 'unchanged' : 'published',
      message: this.#message(call, isSame ? 'renew' : 'publish', now),
    };
  }

  /** @returns Whether the value that stands is that one. */
  #set(
    what: FleetContent | FleetRenewal,
    { at, generation }: { at: number; generation: number },
  ): boolean {
    const stands = this.#entry;
    const same = stands && ('version' in what || what.hash === stands.hash) ? stands : undefined;
    const { hash, payload } = same ?? (what as FleetContent);
    if (!same) this.#version++;
    this.#entryGeneration = generation;
    this.#entry = {
      generation,
      fence: this.fence,
      hash,
      payload,
      at,
      ttl: what.ttl === Infinity ? Infinity : Math.round(what.ttl),
      token: what.token,
    };
    return same !== undefined;
  }

  #message(call: FleetCall, act: string, now: number): string {
    this.seq++;
    const entry = this.#entry;
    const tells = act === 'publish' || act === 'renew' ? entry : undefined;
    const ttlLeft = entry && Math.max(0, entry.ttl - Math.max(0, now - entry.at));
    const isSmall = act === 'publish' && entry && entry.payload.length <= MOST_IN_MESSAGE;
    return JSON.stringify({
      v: 1,
      epoch: this.epoch,
      seq: this.seq,
      src: call.source,
      act,
      version: entry ? this.#version : 0,
      generation: (tells ?? this).generation,
      fence: this.fence,
      hash: entry?.hash ?? '',
      ttlLeft: ttlLeft === undefined || ttlLeft === Infinity ? null : ttlLeft,
      ...(isSmall ? { value: entry.payload } : {}),
    });
  }

  #leaseAt(now: number): Lease | undefined {
    return this.#lease && this.#lease.until > now ? this.#lease : undefined;
  }

  #leaseOf(grant: FleetGrant, now: number): Lease | undefined {
    if (grant.epoch !== this.epoch) return undefined;
    const lease = this.#leaseAt(now);
    return lease?.holder === grant.holder ? lease : undefined;
  }
}

/** As servers count: by whole ms, and no lease is over as it begins. */
function wholeMs(ms: number): number {
  return Math.max(1, Math.round(ms));
}
