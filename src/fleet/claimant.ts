import { randomUUID } from 'node:crypto';
import { jittered, Timer } from '../scheduler.ts';
import type { Access } from './access.ts';
import { Lease } from './lease.ts';
import type { FleetGrant, FleetRecord } from './store.ts';
import type { Taker } from './taker.ts';

/** Ms between two looks at whether the one who loads has come to an end, at first and at last: messages may be lost. */
const FIRST_LOOK = 100;
const LAST_LOOK = 1000;
/** Tries for a lease without a reason to wait between them: more are no bad luck. */
const TRIES = 20;
/** More than any fence: whoever has this asks for a load, whatever was published. */
const ANEW = Number.MAX_SAFE_INTEGER;
/** Characters of a reason that the others are told. */
const LONGEST_REASON = 200;

/** An attempt to be let in. */
interface Claim {
  readonly anew: boolean;
  /** How often it has looked again. */
  looks: number;
  /** Something was heard since it looked last. */
  isStirred: boolean;
  /** Ends the wait for whoever loads. */
  wake: () => void;
}

/** What has to be told before somebody asks to load. */
export interface ClaimantHooks {
  flush(): void;
  told(): Promise<void>;
  isTelling(): boolean;
}

/** Asks for the right to load, and has it while its load runs. */
export class Claimant<T> {
  lease: Lease | undefined;
  /** Of the load that was let in last; `undefined` where that was for this process alone. */
  admitted: FleetGrant | undefined;
  readonly #access: Access<T>;
  readonly #taker: Taker<T>;
  readonly #leaseTime: number;
  readonly #hooks: ClaimantHooks;
  #claim: Claim | undefined;

  /** @param leaseTime - Ms. */
  constructor(access: Access<T>, taker: Taker<T>, leaseTime: number, hooks: ClaimantHooks) {
    this.#access = access;
    this.#taker = taker;
    this.#leaseTime = leaseTime;
    this.#hooks = hooks;
  }

  get isClaiming(): boolean {
    return this.#claim !== undefined;
  }

  claim(anew: boolean): void {
    this.withdraw();
    const claim: Claim = { anew, looks: 0, isStirred: false, wake: () => {} };
    this.#claim = claim;
    void this.#pursue(claim);
  }

  withdraw(): void {
    const claim = this.#claim;
    this.#claim = undefined;
    claim?.wake();
  }

  /** Has it look again now. */
  wake(): void {
    if (!this.#claim) return;
    this.#claim.isStirred = true;
    this.#claim.wake();
  }

  async #pursue(claim: Claim): Promise<void> {
    const { host, link } = this.#access;
    for (let tries = 0; tries < TRIES; tries += 1) {
      // A load that began before the others know of an invalidation would be in vain.
      this.#hooks.flush();
      await Promise.all([this.#hooks.told(), this.#taker.done]);
      if (this.#claim !== claim) return;
      if (!link.isWorthAsking) break;
      const answer = await this.#ask(claim);
      if (!answer) break;
      const { record, isIn, isTaken } = answer;
      if (isIn || this.#claim !== claim) return;
      if (record.resting && !claim.anew && !isTaken) {
        this.#claim = undefined;
        host.refused(record.resting, Math.min(record.leaseLeft, host.options.backoff.maxDelay));
        return;
      }
      if (record.leaseLeft > 0 && !isTaken) {
        tries = 0;
        await this.#wait(claim, record.leaseLeft);
        if (this.#claim !== claim) return;
      }
    }
    if (this.#claim === claim) this.#admit(undefined);
  }

  /** Asks once. Resolves with whether it was let in, and else with whether what others have published was taken. */
  async #ask(
    claim: Claim,
  ): Promise<{ record: FleetRecord; isIn: boolean; isTaken: boolean } | undefined> {
    const { sight, store } = this.#access;
    claim.isStirred = false;
    const holder = randomUUID();
    const leaseTime = this.#leaseTime;
    // Whoever has waited for a load that was in flight has what that brought.
    const have = claim.anew && claim.looks === 0 ? ANEW : sight.looked;
    const answer = await this.#access.ask(
      (call) => store.claim(call, { holder, leaseTime, have, force: claim.anew }),
      // Nobody needs that lease any more.
      (late) => {
        if (late.granted) void this.#drop(grantOf(late.record, holder), 0, '');
      },
    );
    if (!answer) return undefined;
    const { record, granted, asked } = answer;
    if (!granted) {
      return { record, isIn: false, isTaken: await this.#taker.learn(record, asked) };
    }
    const isNew = this.#access.note(record, asked);
    // What is left of a lease that was long on its way has to outlast a load.
    const { loadTimeout } = this.#access.host.options;
    const isInTime = performance.now() - asked.tick <= leaseTime - loadTimeout;
    const isIn = isNew && isInTime && this.#claim === claim && this.#mayLoad(record, claim);
    const grant = grantOf(record, holder);
    if (isIn) this.#admit(grant);
    else await this.end(grant);
    // The lease that it tells of was this one's.
    return { record: { ...record, leaseLeft: 0 }, isIn, isTaken: false };
  }

  /** Whether nothing has come in between since the claim was made. */
  #mayLoad({ epoch, generation, entry }: FleetRecord, { anew }: Claim): boolean {
    const { sight } = this.#access;
    if (epoch !== sight.epoch || generation !== sight.latest) return false;
    if (this.#hooks.isTelling()) return false;
    // In a new epoch fences begin anew: what stands there may be larger after all.
    return anew || (entry?.fence ?? 0) <= sight.looked;
  }

  /** @param grant - `undefined`: it loads for this process alone. */
  #admit(grant: FleetGrant | undefined): void {
    const { counts, host } = this.#access;
    this.#claim = undefined;
    this.admitted = grant;
    if (grant) this.#hold(grant);
    counts[grant ? 'granted' : 'alone'] += 1;
    host.admitted(!grant);
  }

  /** Waits until whoever loads has come to an end, as far as that is heard of, or it is time to look again. */
  async #wait(claim: Claim, leaseLeft: number): Promise<void> {
    // It came to an end while that was being asked.
    if (claim.isStirred) return;
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
    const { counts, host, link, store } = this.#access;
    const time = this.#leaseTime;
    const renew = async (): Promise<boolean | undefined> => {
      const answer = await link.ask(async () => ({
        isMine: await store.renew(this.#access.call(), grant, time),
      }));
      return answer?.isMine;
    };
    this.lease = new Lease(grant, time, renew, () => {
      this.lease = undefined;
      counts.lost += 1;
      host.lost();
    });
  }

  /** The store has ended it with its load. */
  finish(lease: Lease): void {
    if (this.lease === lease) this.lease = undefined;
  }

  /** Gives the lease back, if there is one, so that nobody loads for `rest` ms. */
  async release(rest: number, reason: string): Promise<void> {
    const { lease } = this;
    this.lease = undefined;
    lease?.end();
    if (lease) await this.end(lease.grant, Math.ceil(rest), reason);
  }

  async end(grant: FleetGrant, rest = 0, reason = ''): Promise<void> {
    if (this.#access.link.isWorthAsking) await this.#drop(grant, rest, reason);
  }

  async #drop(grant: FleetGrant, rest: number, reason: string): Promise<void> {
    const { link, store } = this.#access;
    await link.ask(async () => ({
      end: await store.release(this.#access.call(), grant, rest, reason.slice(0, LONGEST_REASON)),
    }));
  }
}

function grantOf({ epoch, generation, fence }: FleetRecord, holder: string): FleetGrant {
  return { epoch, generation, fence, holder };
}
