import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import type {
  FleetCall,
  FleetContent,
  FleetEar,
  FleetGrant,
  FleetKnown,
  FleetRecord,
  FleetStore,
} from '../../../../src/fleet/store.ts';

/** A server, by the store that is tested. */
export interface Subject {
  /** What one more process has of the record of that key. */
  store(key: string): FleetStore;
  /** The server loses the record. */
  forget(key: string): Promise<void>;
  close(): Promise<void>;
}

/** What the suite needs to know of a server. */
export interface Traits {
  /** Whether several tests are to run at once: where each call takes long, but many at once no longer. */
  readonly isConcurrent?: boolean;
  /** Ms within which a few calls are answered, however busy the machine. @default 500 */
  readonly fewCalls?: number;
  /** Random sequences that are tried. @default 25 */
  readonly sequences?: number;
  /** The most steps of each. @default 30 */
  readonly steps?: number;
  /** The most characters of a payload that a message carries. @default 4096 */
  readonly mostInMessage?: number;
}

/** Longer than any test. */
export const LONG = 600_000;
export const NOTHING: FleetKnown = { epoch: '', seq: 0, generation: 0, fence: 0, version: 0 };

export interface Message {
  readonly seq: number;
  readonly act: string;
  readonly [field: string]: unknown;
}

/** One record, of a key that nobody else has, as one process sees it: and what tests do to it again and again. */
export class Desk {
  readonly key: string;
  readonly store: FleetStore;
  readonly #subject: Subject;

  constructor(subject: Subject, key: string = randomUUID()) {
    this.#subject = subject;
    this.key = key;
    this.store = subject.store(key);
  }

  call(known: Partial<FleetKnown> = {}, keep: number = LONG): FleetCall {
    return { source: 'tester', keep, known: { ...NOTHING, ...known } };
  }

  read(known: Partial<FleetKnown> = {}): Promise<FleetRecord> {
    return this.store.read(this.call(known));
  }

  forget(): Promise<void> {
    return this.#subject.forget(this.key);
  }

  /** The claim of one who has whatever there is. */
  async claim({
    holder = randomUUID() as string,
    leaseTime = LONG,
    have = Number.MAX_SAFE_INTEGER,
    force = false,
  } = {}): Promise<{ record: FleetRecord; granted: boolean; grant: FleetGrant }> {
    const { record, granted } = await this.store.claim(this.call(), {
      holder,
      leaseTime,
      have,
      force,
    });
    const { epoch, generation, fence } = record;
    return { record, granted, grant: { epoch, generation, fence, holder } };
  }

  /** @throws Where it isn't granted. */
  async granted(leaseTime: number = LONG): Promise<FleetGrant> {
    const { granted, grant } = await this.claim({ leaseTime });
    expect(granted).toBe(true);
    return grant;
  }

  async publish(payload: string, over: Partial<FleetContent> = {}): Promise<FleetRecord> {
    const grant = await this.granted();
    const { record } = await this.store.publish(this.call(), grant, contentOf(payload, over));
    return record;
  }

  /** By one who knows how things are, unless it is said what they know. */
  async put(
    payload: string,
    over: Partial<FleetContent> = {},
    known?: Partial<FleetKnown>,
  ): Promise<FleetRecord> {
    const { epoch, seq, generation, fence } = known ? { ...NOTHING, ...known } : await this.read();
    const call = this.call({ epoch, seq, generation, fence });
    return (await this.store.put(call, contentOf(payload, over))).record;
  }

  invalidate(purge = false): Promise<FleetRecord> {
    return this.store.invalidate(this.call(), purge);
  }

  release(grant: FleetGrant, rest = 0, reason = ''): Promise<void> {
    return this.store.release(this.call(), grant, rest, reason);
  }

  /** Until so many ms have passed by the server's clock. */
  async passed(ms: number): Promise<void> {
    const clock = new Desk(this.#subject);
    await clock.put('now');
    await vi.waitFor(
      async () => expect((await clock.read()).entry?.age).toBeGreaterThanOrEqual(ms),
      { timeout: 20_000, interval: 10 },
    );
  }

  /** What is heard from now on, by one more process. */
  async hearing(): Promise<Heard> {
    const heard = new Heard();
    const { hear } = this.#subject.store(this.key);
    if (!hear) throw new Error('nothing can be heard of this store');
    heard.end = await hear(heard);
    await vi.waitFor(() => expect(heard.connects).toBe(1));
    return heard;
  }
}

export class Heard implements FleetEar {
  readonly texts: string[] = [];
  connects = 0;
  disconnects = 0;
  end: () => Promise<void> = async () => {};

  onMessage(message: string): void {
    this.texts.push(message);
  }

  onConnect(): void {
    this.connects++;
  }

  onDisconnect(): void {
    this.disconnects++;
  }

  get messages(): Message[] {
    return this.texts.map((text) => JSON.parse(text) as Message);
  }

  /** Once there are so many. */
  async first(count: number): Promise<Message[]> {
    await vi.waitFor(() => expect(this.texts.length).toBeGreaterThanOrEqual(count), {
      timeout: 10_000,
    });
    return this.messages;
  }
}

export function contentOf(payload: string, over: Partial<FleetContent> = {}): FleetContent {
  return { payload, hash: `#${payload}`, token: '', ttl: LONG, ...over };
}

/** Without what the server's clock says. */
export function timeless(record: FleetRecord): unknown {
  const { leaseLeft, entry, ...rest } = record;
  return {
    ...rest,
    isLeased: leaseLeft > 0,
    entry: entry && { ...entry, age: undefined },
  };
}
