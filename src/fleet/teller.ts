import { messageOf } from '../errors.ts';
import type { LoadAnswer } from '../load.ts';
import type { Origin } from '../shared.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Access, Answer, Asked } from './access.ts';
import type { Claimant } from './claimant.ts';
import type { Lease } from './lease.ts';
import { anotherHash, type Packing, type Parcel, pack } from './parcel.ts';
import type { FleetContent, FleetKnown, FleetOutcome, FleetRenewal } from './store.ts';
import type { Taker } from './taker.ts';
import { Words } from './words.ts';

interface Published extends Answer {
  readonly outcome: FleetOutcome;
  readonly asked: Asked;
}

/** Tells the others: what a load has brought, what was set by hand, and what is out of date. */
export class Teller<T> {
  readonly #access: Access<T>;
  readonly #taker: Taker<T>;
  readonly #claimant: Claimant<T>;
  readonly #packing: Packing<T>;
  readonly #words: Words;
  /** An invalidation of this process's that nothing has lifted yet. */
  #isUnmet = false;
  /** Values set by hand that the others are being told of; and what was known as the last of them was set. */
  #puts = 0;
  #setKnowing: FleetKnown | undefined;
  #putting: Promise<void> = Promise.resolve();

  constructor(access: Access<T>, taker: Taker<T>, claimant: Claimant<T>, packing: Packing<T>) {
    this.#access = access;
    this.#taker = taker;
    this.#claimant = claimant;
    this.#packing = packing;
    const { link } = access;
    this.#words = new Words({
      get deafness() {
        return link.isWorthAsking ? undefined : access.deafness;
      },
      get isHeard() {
        return link.isUp;
      },
      tell: (purge) => this.#tell(purge),
    });
  }

  /** Whether the others are still to be told of something. */
  get isTelling(): boolean {
    return this.#words.areLeft || this.#puts > 0;
  }

  /** Resolves when all is told, or can't be. */
  async told(): Promise<void> {
    await Promise.all([this.#words.said(), this.#putting]);
  }

  /** Tells what is left. */
  flush(): void {
    if (this.#access.link.isWorthAsking) this.#words.flush();
  }

  /** Puts the value out of date for all once more: nobody knows whether they have been told. */
  again(): void {
    this.#words.keep(false);
    if (this.#access.link.isUp) this.#words.flush();
  }

  /** The same, where an invalidation of this process's has still to be met. */
  againIfUnmet(): void {
    if (this.#isUnmet) this.again();
  }

  /** A value is here that is not out of date. */
  onCurrent(): void {
    this.#isUnmet = this.isTelling;
  }

  /** @throws {Error} The others can't be told now. */
  invalidate(purge: boolean): Promise<void> {
    this.#isUnmet = true;
    return this.#words.say(purge);
  }

  async #tell(purge: boolean): Promise<Error | undefined> {
    const access = this.#access;
    const answer = await access.ask(async (call) => ({
      record: await access.store.invalidate(call, purge),
    }));
    if (!answer) return access.deafness;
    access.note(answer.record, answer.asked, 1);
    return undefined;
  }

  /** Tells what the load in flight has brought. Resolves with what is to be published here. */
  async publish(startedTick: number, answer: LoadAnswer<T>): Promise<LoadAnswer<T>> {
    const { counts, host, sight } = this.#access;
    const { lease } = this.#claimant;
    if (!lease) return { ...answer, origin: aloneSince(startedTick) };
    lease.end();
    const { epoch, fence } = lease.grant;
    const own: Origin = { tick: startedTick, epoch, fence, version: 0, hash: '' };
    const result = await this.#offer(lease, answer);
    this.#claimant.finish(lease);
    if (!result) return { ...answer, origin: own };
    const { record, outcome, asked } = result;
    if (outcome === 'superseded' || !record.entry) {
      counts.superseded += 1;
      await this.#taker.learn(record, asked);
      return { ...answer, origin: own };
    }
    const before = host.snapshot && host.origin;
    const isSight = this.#access.note(record, asked);
    if (sight.epoch === epoch) sight.looked = Math.max(sight.looked, fence);
    if (isSight && record.entry.generation >= sight.latest) this.onCurrent();
    const { version, hash } = record.entry;
    const origin = { ...own, version, hash };
    const isSame = before?.epoch === epoch && before.version === version && before.hash === hash;
    return outcome === 'unchanged' && isSame
      ? { kind: 'unchanged', token: answer.token, origin }
      : { ...answer, origin };
  }

  /** Offers the store what a load has brought; `undefined` where it can't have it. */
  async #offer(lease: Lease, answer: LoadAnswer<T>): Promise<Published | undefined> {
    const { host, store } = this.#access;
    const { grant } = lease;
    const { origin, options, snapshot } = host;
    const { ttl } = options;
    const token = answer.token === undefined ? '' : JSON.stringify(answer.token);
    const send = (what: FleetContent | FleetRenewal): Promise<Published | undefined> =>
      this.#access.ask((call) => store.publish(call, grant, what));
    if (answer.kind === 'unchanged' && origin?.epoch === grant.epoch && origin.version > 0) {
      const result = await send({ version: origin.version, token, ttl });
      if (result?.outcome !== 'missing') return result;
    }
    const value = answer.kind === 'published' ? answer.value : (snapshot as Snapshot<T>).value;
    const parcel = await this.#packed(value);
    // Its time may have run out meanwhile.
    if (this.#claimant.lease !== lease) return undefined;
    if (parcel) return send({ ...parcel, token, ttl });
    await this.#claimant.end(grant);
    return undefined;
  }

  async #packed(value: T): Promise<Parcel | undefined> {
    const { host } = this.#access;
    try {
      const parcel = await pack(value, this.#packing);
      // What stands under this digest is damaged, and isn't to be taken for the same.
      const isBad = parcel.hash === this.#taker.refusedHash;
      return isBad ? { ...parcel, hash: anotherHash(parcel.hash) } : parcel;
    } catch (error) {
      const message = `the value can't be shared: ${messageOf(error)}`;
      host.onError(this.#access.error(message, error));
      return undefined;
    }
  }

  /** Tells of a value that was set by hand. */
  put(snapshot: Snapshot<T>): void {
    const tick = performance.now();
    // What others do before they are told of it may be newer.
    this.#setKnowing = this.#access.sight.known(0);
    this.#access.host.attribute(snapshot, aloneSince(tick));
    this.#puts += 1;
    this.#putting = this.#putting.then(async () => {
      await this.#put(snapshot, tick);
      this.#puts -= 1;
    });
  }

  async #put(snapshot: Snapshot<T>, tick: number): Promise<void> {
    const { host, link, sight, store } = this.#access;
    const known = this.#setKnowing;
    // A newer one took its place before its turn came.
    if (host.snapshot !== snapshot || !known) return;
    const parcel = await this.#packed(snapshot.value);
    const content = parcel && { ...parcel, token: '', ttl: host.options.ttl };
    const answer =
      content && link.isWorthAsking
        ? await this.#access.ask((call) => store.put({ ...call, known }, content))
        : undefined;
    if (answer?.outcome === 'superseded') {
      this.#access.note(answer.record, answer.asked);
      return;
    }
    // By the time that it could be told it may be an old one: whoever loads then has what is true then.
    if (!answer?.record.entry) {
      this.again();
      return;
    }
    const { epoch, seq, fence, entry } = answer.record;
    // One that was set since then was set by who did this.
    const later = this.#setKnowing;
    const isNext = later?.fence === known.fence && later.generation === known.generation;
    if (later && isNext) this.#setKnowing = { ...later, epoch, seq, fence };
    const { version, hash } = entry;
    host.attribute(snapshot, { tick, epoch, fence: entry.fence, version, hash });
    this.#access.note(answer.record, answer.asked);
    if (sight.epoch === epoch) sight.looked = Math.max(sight.looked, entry.fence);
  }
}

function aloneSince(tick: number): Origin {
  return { tick, epoch: '', fence: 0, version: 0, hash: '' };
}
