import { randomUUID } from 'node:crypto';
import { outsideRequests } from '../context.ts';
import { messageOf, WarmCacheError } from '../errors.ts';
import type { LoadAnswer } from '../load.ts';
import { jittered, Timer } from '../scheduler.ts';
import type { Origin, SharedHealth, SharedHost, SharedMember } from '../shared.ts';
import type { Snapshot } from '../snapshot.ts';
import { Lease } from './lease.ts';
import { Link } from './link.ts';
import { type FleetMessage, messageIn } from './message.ts';
import { type Packing, type Parcel, pack, unpack } from './parcel.ts';
import { expectRecord, Sight } from './sight.ts';
import type {
  FleetCall,
  FleetContent,
  FleetEntry,
  FleetGrant,
  FleetKnown,
  FleetOutcome,
  FleetRecord,
  FleetRenewal,
  FleetStore,
} from './store.ts';
import { Words } from './words.ts';

/** Ms over which a fleet spreads what all of it would else do at once. */
const SPREAD = 250;
/** Ms between two looks at whether the one who loads has come to an end, at first and at last: messages may be lost. */
const FIRST_LOOK = 100;
const LAST_LOOK = 1000;
/** Tries for a lease without a reason to wait between them: more are no bad luck. */
const TRIES = 20;
/** The record outlives its value by so many ms. */
const KEPT_LONGER = 60_000;
/** Servers count whole ms: an age may be so much more than it is told. */
const ROUNDED = 1;
/** More than any fence: whoever has this asks for a load, whatever was published. */
const ANEW = Number.MAX_SAFE_INTEGER;

/** How a member deals with its store. */
export interface MemberOptions {
  /** Ms. */
  readonly timeout: number;
  readonly maxBytes: number;
}

/** An attempt to be let in. */
interface Claim {
  readonly anew: boolean;
  /** How often it has looked again. */
  looks: number;
  /** Ends the wait for whoever loads. */
  wake: () => void;
}

/** What the store answers. */
interface Answer {
  readonly record: FleetRecord;
}

/** A question: its number, and when it was asked, by `performance.now()`. */
interface Asked {
  readonly question: number;
  readonly tick: number;
}

interface Published extends Answer {
  readonly outcome: FleetOutcome;
  readonly asked: Asked;
}

/** One cache's part in its fleet, on any store. */
export class Member<T> implements SharedMember<T> {
  readonly #store: FleetStore;
  readonly #host: SharedHost<T>;
  readonly #source: string = randomUUID();
  readonly #packing: Packing<T>;
  readonly #leaseTime: number;
  readonly #keep: number;
  readonly #sight: Sight = new Sight();
  readonly #link: Link;
  readonly #words: Words;
  #claim: Claim | undefined;
  #lease: Lease | undefined;
  /** Of the load that was admitted last; `undefined` where that was for this process alone. */
  #admitted: FleetGrant | undefined;
  /** What others have published is being unpacked. */
  #taking: Promise<unknown> = Promise.resolve();
  /** Values set by hand that the others are being told of; and what was known as the last of them was set. */
  #puts = 0;
  #setKnowing: FleetKnown | undefined;
  #putting: Promise<void> = Promise.resolve();
  /** Grows with each start and stop. */
  #round = 0;
  #isStarted = false;
  #isHearing = false;
  #deafen: (() => Promise<void>) | undefined;
  /** Until the record is read, at random or where there are no messages. */
  readonly #comparing: Timer = new Timer(() => this.#compare());
  readonly #polling: Timer = new Timer(() => {
    this.#compare();
    this.#poll();
  });
  readonly #relistening: Timer = new Timer(() => void this.#listen());
  #reading = false;
  #readAgain = false;
  /** The next answer is to come with the value, whatever is here. */
  #isBlank = false;
  /** A value that came with a message, until the record says that it is the one. */
  #inline: (Parcel & { readonly epoch: string; readonly version: number }) | undefined;
  /** When to load next once the store is lost, and since when that is known, by `performance.now()`. */
  #aloneTick = -Infinity;
  #aloneSince = -Infinity;
  readonly #counts = { granted: 0, alone: 0, taken: 0, superseded: 0, lost: 0, refused: 0 };

  constructor(store: FleetStore, { timeout, maxBytes }: MemberOptions, host: SharedHost<T>) {
    const { codec, loadTimeout, ttl, maxStale } = host.options;
    this.#store = store;
    this.#host = host;
    this.#packing = { codec, maxBytes };
    // A load that ends in time never outlives its lease, be it that no renewal comes through.
    this.#leaseTime = Math.ceil(loadTimeout + Math.max(500, loadTimeout / 5));
    this.#keep = Math.ceil(ttl + maxStale + this.#leaseTime + KEPT_LONGER);
    this.#link = new Link(timeout, {
      probe: () => this.#read(),
      onLost: (error) => this.#onLost(error),
      onFound: () => this.#onFound(),
    });
    const link = this.#link;
    const untold = (): Error => this.#untold();
    this.#words = new Words({
      get deafness() {
        return link.isWorthAsking ? undefined : untold();
      },
      get isHeard() {
        return link.isUp;
      },
      tell: (purge) => this.#tell(purge),
    });
  }

  get patience(): number {
    return this.#leaseTime + this.#host.options.loadTimeout;
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#round += 1;
    this.#link.open();
    if (this.#store.hear) void this.#listen();
    else this.#poll();
  }

  async stop(): Promise<void> {
    const deafen = this.#deafen;
    this.#deafen = undefined;
    this.#isStarted = false;
    this.#isHearing = false;
    this.#round += 1;
    this.withdraw();
    for (const timer of [this.#comparing, this.#polling, this.#relistening]) timer.cancel();
    const giveUp = this.#link.close();
    await Promise.all([
      this.#giveBack(0, ''),
      this.#words.said(),
      this.#putting,
      deafen && this.#link.ask(async () => ({ end: await deafen() })),
    ]);
    giveUp();
  }

  // To be let in

  claim(anew: boolean): void {
    this.withdraw();
    const claim: Claim = { anew, looks: 0, wake: () => {} };
    this.#claim = claim;
    void this.#pursue(claim);
  }

  withdraw(): void {
    const claim = this.#claim;
    this.#claim = undefined;
    claim?.wake();
  }

  async #pursue(claim: Claim): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      // A load that began before the others know of an invalidation would be in vain.
      if (this.#link.isWorthAsking) this.#words.flush();
      await Promise.all([this.#words.said(), this.#putting, this.#taking]);
      if (this.#claim !== claim) return;
      if (!this.#link.isWorthAsking) break;
      const holder = randomUUID();
      // Whoever has waited for a load that was in flight has what that brought.
      const have = claim.anew && claim.looks === 0 ? ANEW : this.#sight.looked;
      const answer = await this.#ask(
        (call) =>
          this.#store.claim(call, {
            holder,
            leaseTime: this.#leaseTime,
            have,
            force: claim.anew,
          }),
        // Nobody needs that lease any more.
        (late) => {
          if (late.granted) void this.#drop(grantOf(late.record, holder), 0, '');
        },
      );
      if (!answer) break;
      const { record, granted, asked } = answer;
      if (granted) {
        const isNew = this.#note(record, asked);
        if (isNew && this.#claim === claim && this.#mayLoad(record, claim)) {
          this.#hold(grantOf(record, holder));
          this.#admit(false);
          return;
        }
        await this.#end(grantOf(record, holder));
      } else if (!(await this.#learn(record, asked)) && this.#claim === claim) {
        if (record.resting && !claim.anew) {
          this.#claim = undefined;
          const { maxDelay } = this.#host.options.backoff;
          this.#host.refused(record.resting, Math.min(record.leaseLeft, maxDelay));
          return;
        }
        if (record.leaseLeft > 0) {
          tries = 0;
          await this.#wait(claim, record.leaseLeft);
        }
      }
      if (this.#claim !== claim) return;
    }
    if (this.#claim === claim) this.#admit(true);
  }

  /** Whether nothing has come in between since the claim was made. */
  #mayLoad({ epoch, generation, entry }: FleetRecord, { anew }: Claim): boolean {
    const sight = this.#sight;
    if (epoch !== sight.epoch || generation !== sight.latest || this.#isTelling) return false;
    // In a new epoch fences begin anew: what stands there may be larger after all.
    return anew || (entry?.fence ?? 0) <= sight.looked;
  }

  #admit(isAlone: boolean): void {
    this.#claim = undefined;
    this.#admitted = isAlone ? undefined : this.#lease?.grant;
    this.#counts[isAlone ? 'alone' : 'granted'] += 1;
    this.#host.admitted(isAlone);
  }

  /** Waits until whoever loads has come to an end, as far as that is heard of, or it is time to look again. */
  async #wait(claim: Claim, leaseLeft: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = Math.min(FIRST_LOOK * 2 ** claim.looks, LAST_LOOK);
    const timer = new Timer(resolve);
    claim.looks += 1;
    claim.wake = resolve;
    timer.arm(jittered(Math.min(look, leaseLeft + 1), 0.2));
    await promise;
    timer.cancel();
  }

  #hold(grant: FleetGrant): void {
    this.#lease = new Lease(
      grant,
      this.#leaseTime,
      async () => {
        const time = this.#leaseTime;
        const answer = await this.#link.ask(async () => ({
          isMine: await this.#store.renew(this.#call(), grant, time),
        }));
        return answer?.isMine;
      },
      () => {
        this.#lease = undefined;
        this.#counts.lost += 1;
        this.#host.lost();
      },
    );
  }

  release(rest: number, reason: string): void {
    void this.#giveBack(rest, reason);
  }

  async #giveBack(rest: number, reason: string): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    lease?.end();
    if (lease) await this.#end(lease.grant, Math.ceil(rest), reason);
  }

  async #end(grant: FleetGrant, rest = 0, reason = ''): Promise<void> {
    if (this.#link.isWorthAsking) await this.#drop(grant, rest, reason);
  }

  async #drop(grant: FleetGrant, rest: number, reason: string): Promise<void> {
    await this.#link.ask(async () => ({
      end: await this.#store.release(this.#call(), grant, rest, reason.slice(0, 200)),
    }));
  }

  // What this process tells

  async publish(startedTick: number, answer: LoadAnswer<T>): Promise<LoadAnswer<T>> {
    const lease = this.#lease;
    if (!lease) return { ...answer, origin: aloneSince(startedTick) };
    const { grant } = lease;
    lease.end();
    const { epoch, fence } = grant;
    const own: Origin = { tick: startedTick, epoch, fence, version: 0, hash: '' };
    const result = await this.#offer(lease, answer);
    const isStill = this.#lease === lease;
    if (result && isStill && (result.outcome === 'superseded' || !result.record.entry)) {
      // While the lease tells which load is in flight here: what has come after that outdates it.
      await this.#learn(result.record, result.asked);
    }
    if (this.#lease === lease) this.#lease = undefined;
    if (!result) return { ...answer, origin: own };
    const { record, outcome, asked } = result;
    const before = this.#host.origin;
    if (outcome === 'superseded' || !record.entry) {
      this.#counts.superseded += 1;
      return { ...answer, origin: own };
    }
    this.#note(record, asked);
    const { version, hash } = record.entry;
    if (this.#sight.epoch === epoch) this.#sight.looked = Math.max(this.#sight.looked, fence);
    const origin = { ...own, version, hash };
    const isSame =
      this.#host.snapshot !== undefined &&
      outcome === 'unchanged' &&
      before?.epoch === epoch &&
      before.version === version &&
      before.hash === hash;
    return isSame ? { kind: 'unchanged', token: answer.token, origin } : { ...answer, origin };
  }

  /** Offers the store what a load has brought; `undefined` where it can't have it. */
  async #offer(lease: Lease, answer: LoadAnswer<T>): Promise<Published | undefined> {
    const { grant } = lease;
    const { origin, snapshot } = this.#host;
    const { ttl } = this.#host.options;
    const token = tokenText(answer.token);
    const send = (what: FleetContent | FleetRenewal): Promise<Published | undefined> =>
      this.#ask((call) => this.#store.publish(call, grant, what));
    if (answer.kind === 'unchanged' && origin?.epoch === grant.epoch && origin.version > 0) {
      const result = await send({ version: origin.version, token, ttl });
      if (result?.outcome !== 'missing') return result;
    }
    const value = answer.kind === 'published' ? answer.value : (snapshot as Snapshot<T>).value;
    const parcel = await this.#packed(value);
    // Its time may have run out meanwhile.
    if (this.#lease !== lease) return undefined;
    if (parcel) return send({ ...parcel, token, ttl });
    await this.#end(grant);
    return undefined;
  }

  async #packed(value: T): Promise<Parcel | undefined> {
    try {
      return await pack(value, this.#packing);
    } catch (error) {
      this.#host.onError(this.#error(`the value can't be shared: ${messageOf(error)}`, error));
      return undefined;
    }
  }

  invalidate(purge: boolean): Promise<void> {
    return this.#words.say(purge);
  }

  async #tell(purge: boolean): Promise<Error | undefined> {
    const answer = await this.#ask(async (call) => ({
      record: await this.#store.invalidate(call, purge),
    }));
    if (!answer) return this.#untold();
    this.#note(answer.record, answer.asked, 1);
    return undefined;
  }

  put(snapshot: Snapshot<T>): void {
    const tick = performance.now();
    // What others do before they are told of it may be newer.
    this.#setKnowing = this.#sight.known(0);
    this.#host.attribute(snapshot, aloneSince(tick));
    this.#puts += 1;
    this.#putting = this.#putting.then(async () => {
      await this.#put(snapshot, tick);
      this.#puts -= 1;
    });
  }

  async #put(snapshot: Snapshot<T>, tick: number): Promise<void> {
    const known = this.#setKnowing;
    // A newer one took its place before its turn came.
    if (this.#host.snapshot !== snapshot || !known) return;
    const parcel = await this.#packed(snapshot.value);
    const content = parcel && { ...parcel, token: '', ttl: this.#host.options.ttl };
    const answer =
      content && this.#link.isWorthAsking
        ? await this.#ask((call) => this.#store.put({ ...call, known }, content))
        : undefined;
    if (answer?.outcome === 'superseded') {
      this.#note(answer.record, answer.asked);
      return;
    }
    if (!answer?.record.entry) {
      // By the time that it could be told it may be an old one: whoever loads then has what is true then.
      this.#words.keep(false);
      if (this.#link.isUp) this.#words.flush();
      return;
    }
    const { epoch, seq, fence, entry } = answer.record;
    // One that was set since then was set by who did this.
    const later = this.#setKnowing;
    const isNext = later?.fence === known.fence && later.generation === known.generation;
    if (later && isNext) this.#setKnowing = { ...later, epoch, seq, fence };
    const { version, hash } = entry;
    this.#host.attribute(snapshot, { tick, epoch, fence: entry.fence, version, hash });
    this.#note(answer.record, answer.asked);
    if (this.#sight.epoch === epoch) {
      this.#sight.looked = Math.max(this.#sight.looked, entry.fence);
    }
  }

  /** Whether the others are still to be told of something: what they have published may be older. */
  get #isTelling(): boolean {
    return this.#words.areLeft || this.#puts > 0;
  }

  // What the others tell

  async #listen(): Promise<void> {
    const round = this.#round;
    const isOver = (): boolean => round !== this.#round;
    try {
      const deafen = await outsideRequests(async () =>
        this.#store.hear?.({
          onMessage: (text) => {
            if (!isOver()) this.#hear(text);
          },
          onConnect: () => {
            if (isOver()) return;
            this.#isHearing = true;
            this.#compareSoon();
          },
          onDisconnect: () => {
            if (isOver()) return;
            this.#isHearing = false;
            // The store itself may be gone: the sooner that is known, the better loads are spread.
            void this.#read();
          },
        }),
      );
      if (isOver()) await deafen?.();
      else this.#deafen = deafen;
    } catch (error) {
      if (isOver()) return;
      this.#host.onError(this.#error(`the others can't be heard: ${messageOf(error)}`, error));
      this.#relistening.arm(jittered(LAST_LOOK * 5, 0.5));
    }
  }

  #hear(text: string): void {
    const message = messageIn(text);
    if (!message) {
      this.#counts.refused += 1;
      return;
    }
    const { epoch, seq, act, generation } = message;
    const sight = this.#sight;
    const isOwn = message.src === this.#source;
    const heard = isOwn && epoch !== sight.epoch ? 'old' : sight.hear(epoch, seq);
    if (heard === 'old') return;
    if (heard !== 'next') this.#compareSoon();
    if (isOwn) return;
    const isForeign = heard === 'foreign';
    if (act === 'invalidate' || act === 'purge') {
      const isNews = isForeign || sight.hearGeneration(generation);
      if (isNews) this.#host.invalidated(act === 'purge');
    } else if (isForeign) {
      return;
    } else if (act === 'publish' || act === 'renew') {
      this.#inline = parcelIn(message);
      if (!this.#claim) this.#compare();
    }
    this.#claim?.wake();
  }

  #compareSoon(): void {
    if (this.#isStarted && this.#comparing.dueTick === Infinity) {
      this.#comparing.arm(SPREAD * Math.random());
    }
  }

  #poll(): void {
    this.#polling.arm(jittered(this.#store.pollInterval, 0.2));
  }

  /** Compares what is here with the record: once at a time, and once more where that was asked for meanwhile. */
  #compare(): void {
    this.#comparing.cancel();
    this.#readAgain = this.#reading;
    if (!this.#reading) void this.#readAll();
  }

  async #readAll(): Promise<void> {
    this.#reading = true;
    do {
      this.#readAgain = false;
      await this.#read();
    } while (this.#readAgain && this.#isStarted);
    this.#reading = false;
  }

  async #read(): Promise<void> {
    const round = this.#round;
    const answer = await this.#ask(async (call) => ({ record: await this.#store.read(call) }));
    if (!answer || round !== this.#round) return;
    const { record } = answer;
    await this.#learn(record, answer.asked);
    const isOut = record.entry?.generation !== record.generation;
    if (isOut && this.#isStarted && round === this.#round) this.#host.want();
  }

  /** What the store answers; where that is no record, it is as good as gone. */
  #ask<A extends Answer>(
    operation: (call: FleetCall) => Promise<A>,
    onLate?: (answer: A) => void,
  ): Promise<(A & { readonly asked: Asked }) | undefined> {
    const asked = { question: this.#sight.ask(), tick: performance.now() };
    const call = this.#call();
    return this.#link.ask(async () => {
      const answer = await operation(call);
      expectRecord(answer.record);
      return { ...answer, asked };
    }, onLate);
  }

  /** Takes note of an answer: whether it says how things are. */
  #note(record: FleetRecord, { question }: Asked, own = 0): boolean {
    const { isLate, news } = this.#sight.note(record, question, own);
    const { loadTick, origin, snapshot } = this.#host;
    const isOurs = snapshot !== undefined && origin?.epoch === record.epoch;
    if (isLate) this.#compareSoon();
    if (news === 'invalidated') {
      this.#host.invalidated(!isLate && isOurs && origin.version > 0 && !record.entry);
    } else if (news === 'other' && (loadTick !== undefined || (snapshot && !isOurs))) {
      // What stands here may be older than invalidations that nobody knows of any more.
      this.#host.invalidated(false);
    } else if (news === 'unfounded') {
      // Whoever has said it trusts that it is known: it is said again.
      this.#words.keep(false);
      this.#words.flush();
    }
    return !isLate;
  }

  /** Takes note of an answer, and what stands there if it is newer. Resolves with whether that was taken. */
  async #learn(record: FleetRecord, asked: Asked): Promise<boolean> {
    const { entry } = record;
    const sight = this.#sight;
    if (!this.#note(record, asked) || !entry || entry.fence <= sight.looked || this.#isTelling) {
      return false;
    }
    const tick = asked.tick - Math.max(0, entry.age) - ROUNDED;
    const isNews = (): boolean =>
      sight.epoch === record.epoch && !this.#isTelling && this.#isNewer(record.epoch, entry, tick);
    if (!isNews()) {
      sight.looked = entry.fence;
      return false;
    }
    const isSame = this.#stands(record.epoch, entry);
    const parcel = isSame ? undefined : this.#parcelOf(record.epoch, entry);
    if (!isSame && !parcel) {
      // What was here as the store was asked, and so isn't sent, has gone.
      this.#isBlank = true;
      this.#compareSoon();
      return false;
    }
    sight.looked = entry.fence;
    const taking = this.#take(record.epoch, entry, tick, parcel, isNews);
    this.#taking = taking;
    return taking;
  }

  async #take(
    epoch: string,
    entry: FleetEntry,
    tick: number,
    parcel: Parcel | undefined,
    isNews: () => boolean,
  ): Promise<boolean> {
    const content = parcel && (await this.#unpacked(parcel));
    if (parcel ? !content : !this.#stands(epoch, entry)) return false;
    if (!isNews()) return false;
    const { fence, version, hash } = entry;
    const { loadTick = -Infinity } = this.#host;
    const grant = this.#admitted;
    const isTaken = this.#host.take({
      content,
      token: tokenIn(entry.token),
      origin: { tick, epoch, fence, version, hash },
      isCurrent: entry.generation >= this.#sight.latest,
      // A load that a lost epoch has let in is older than the one that has taken its place.
      outdatesLoad: grant ? grant.epoch !== epoch || fence > grant.fence : tick > loadTick,
    });
    this.#counts.taken += isTaken ? 1 : 0;
    return isTaken;
  }

  /** Whether the load of an entry began after the one of the value that is here. */
  #isNewer(epoch: string, { fence, generation }: FleetEntry, tick: number): boolean {
    const { origin, snapshot } = this.#host;
    if (origin?.epoch === epoch) return fence > origin.fence;
    if (!snapshot && !origin) return true;
    // The two are told apart by time alone: one that is out of date is not worth the doubt.
    if (generation < this.#sight.latest) return false;
    return tick > (origin?.tick ?? performance.now() - (Date.now() - (snapshot?.loadedAt ?? 0)));
  }

  /** Whether the value that is here is this very entry's. */
  #stands(epoch: string, { version, hash }: FleetEntry): boolean {
    const { origin, snapshot } = this.#host;
    if (!snapshot || origin?.epoch !== epoch) return false;
    // After a failover that lost writes, one number may stand for two values.
    return origin.version === version && origin.hash === hash;
  }

  #parcelOf(epoch: string, { version, hash, payload }: FleetEntry): Parcel | undefined {
    const inline = this.#inline;
    const isIt =
      inline?.epoch === epoch && inline.version === version && inline.hash === hash && inline;
    this.#inline = undefined;
    return payload === undefined ? isIt || undefined : { payload, hash };
  }

  async #unpacked(parcel: Parcel): Promise<{ readonly value: T } | undefined> {
    try {
      return { value: await unpack(parcel, this.#packing) };
    } catch {
      this.#counts.refused += 1;
      return undefined;
    }
  }

  // The store itself

  #call(): FleetCall {
    const { epoch } = this.#sight;
    const { origin, snapshot } = this.#host;
    const inline = this.#inline?.epoch === epoch ? this.#inline.version : 0;
    const own = snapshot && origin?.epoch === epoch ? origin.version : 0;
    const version = this.#isBlank ? 0 : inline || own;
    this.#isBlank = false;
    return { source: this.#source, keep: this.#keep, known: this.#sight.known(version) };
  }

  #onLost(cause: unknown): void {
    this.#host.onError(this.#error(`${this.#store.name} is gone: ${messageOf(cause)}`, cause));
    this.#aloneTick = Infinity;
    this.#host.replan();
  }

  #onFound(): void {
    if (!this.#isStarted) return;
    this.#words.flush();
    this.#compareSoon();
    this.#host.replan();
  }

  #untold(): Error {
    const { error } = this.#link;
    return this.#error(`the others could not be told: ${messageOf(error)}`, error);
  }

  #error(message: string, cause: unknown): WarmCacheError {
    return new WarmCacheError(this.#host.name, 'ERR_SHARED', message, cause);
  }

  nextTick(lastTick: number, period: number): number | undefined {
    if (this.#link.isUp) return undefined;
    if (this.#aloneTick === Infinity) {
      // Somewhere in what is left of the period, so that not all who have lost the store load at once.
      const now = performance.now();
      this.#aloneTick = now + Math.max(0, lastTick + period - now) * Math.random();
      this.#aloneSince = now;
    }
    return lastTick < this.#aloneSince ? this.#aloneTick : undefined;
  }

  report(): SharedHealth {
    const { epoch, generation } = this.#sight;
    const { origin, snapshot } = this.#host;
    return {
      store: this.#store.name,
      connected: this.#link.isUp,
      hearing: this.#isHearing,
      epoch: epoch || null,
      generation,
      version: (snapshot && origin?.version) || null,
      ...this.#counts,
      untold: this.#isTelling,
    };
  }
}

function grantOf({ epoch, generation, fence }: FleetRecord, holder: string): FleetGrant {
  return { epoch, generation, fence, holder };
}

function aloneSince(tick: number): Origin {
  return { tick, epoch: '', fence: 0, version: 0, hash: '' };
}

function parcelIn({
  epoch,
  version,
  hash,
  value,
}: FleetMessage): (Parcel & { epoch: string; version: number }) | undefined {
  return value === undefined ? undefined : { epoch, version, hash, payload: value };
}

function tokenText(token: string | number | undefined): string {
  return token === undefined ? '' : JSON.stringify(token);
}

function tokenIn(text: string): string | number | undefined {
  try {
    const token: unknown = text === '' ? undefined : JSON.parse(text);
    return typeof token === 'string' || typeof token === 'number' ? token : undefined;
  } catch {
    return undefined;
  }
}
