import { randomUUID } from 'node:crypto';
import type { FleetCall, FleetEar, FleetStore } from '../../../src/fleet/store.ts';
import { MemoryRecord } from './memory-record.ts';

export interface MemoryServerOptions {
  /** Ms, of a clock that all handles share: the server's. */
  readonly now?: () => number;
  /** At least 0 and less than 1: by it messages get lost. */
  readonly random?: () => number;
}

/** What was asked of a server, in the order in which it was done. */
interface MemoryLogEntry {
  /** Which process asked. */
  readonly source: string;
  readonly method: Exclude<keyof FleetStore, 'hear' | 'name' | 'pollInterval'>;
  /** Ms, by the server's clock. */
  readonly at: number;
  /** Without the call. */
  readonly args: readonly unknown[];
  readonly answer: unknown;
}

/** The records of a server at some moment. */
export type MemoryCopy = ReadonlyMap<string, MemoryRecord>;

/** A server for fleets, in this process: the plain statement of what a {@link FleetStore} does. */
export interface MemoryServer {
  /**
   * What one process has of it.
   *
   * @param key - Of the record. @default 'cache'
   */
  store(key?: string): MemoryStore;
  readonly log: MemoryLogEntry[];
  /** Each message that was sent, heard or not. */
  readonly messages: string[];
  /** All records are gone: FLUSHALL. No message tells it. */
  wipe(): void;
  copy(): MemoryCopy;
  /** The records are those of an earlier copy again: a replica took over that didn't have all writes. */
  rewind(copy: MemoryCopy): void;
}

/** One process's handle, and what can go wrong between it and the server. */
export interface MemoryStore extends FleetStore {
  readonly hear: NonNullable<FleetStore['hear']>;
  /** The chance at which each message gets lost on its way to this one: 0 none, 1 all. */
  mute: number;
  /** How many listen by this handle. */
  readonly ears: number;
  /** What is asked rejects, and what was asked and hangs; no messages are heard, and it hears `onDisconnect`. */
  cut(): void;
  /**
   * What is asked doesn't settle until it is mended or cut; messages come then too. Nobody hears of that.
   *
   * @param when - Whether the server does what it is asked before that, or only when it is mended.
   */
  hang(when?: 'asked' | 'answered'): void;
  /** All is well again. What hangs is done, or answered; where it was cut, it hears `onConnect`. */
  mend(): void;
}

export function memoryServer(options: MemoryServerOptions = {}): MemoryServer {
  return new Server(options);
}

class Server implements MemoryServer {
  readonly log: MemoryLogEntry[] = [];
  readonly messages: string[] = [];
  readonly random: () => number;
  readonly #now: () => number;
  readonly #handles = new Set<Handle>();
  #records = new Map<string, MemoryRecord>();

  constructor({ now = () => performance.now(), random = Math.random }: MemoryServerOptions) {
    this.#now = now;
    this.random = random;
  }

  store(key = 'cache'): MemoryStore {
    const handle = new Handle(this, key);
    this.#handles.add(handle);
    return handle;
  }

  wipe(): void {
    this.#records = new Map();
  }

  copy(): MemoryCopy {
    return new Map([...this.#records].map(([key, record]) => [key, record.copy()]));
  }

  rewind(copy: MemoryCopy): void {
    this.#records = new Map([...copy].map(([key, record]) => [key, record.copy()]));
  }

  /** Whole ms. */
  now(): number {
    return Math.floor(this.#now());
  }

  /** The record as each step finds it. */
  open(key: string, { known, keep }: FleetCall): MemoryRecord {
    const now = this.now();
    let record = this.#records.get(key);
    const hasLost =
      record &&
      known.epoch === record.epoch &&
      (known.seq > record.seq ||
        known.generation > record.generation ||
        known.fence > record.fence);
    if (!record || record.forgetAt <= now || hasLost) record = new MemoryRecord(randomUUID());
    record.forgetAt = now + Math.max(1, Math.round(keep));
    this.#records.set(key, record);
    return record;
  }

  send(key: string, message: string | undefined): void {
    if (message === undefined) return;
    this.messages.push(message);
    for (const handle of this.#handles) if (handle.key === key) handle.deliver(message);
  }
}

class Handle implements MemoryStore {
  readonly key: string;
  readonly name: string;
  readonly pollInterval = 1_000;
  mute = 0;
  readonly #server: Server;
  readonly #ears = new Set<FleetEar>();
  #state: 'asked' | 'answered' | 'cut' | 'well' = 'well';
  /** What hangs: told whether it goes on. */
  #hanging: ((goesOn: boolean) => void)[] = [];
  #late: string[] = [];

  constructor(server: Server, key: string) {
    this.#server = server;
    this.key = key;
    this.name = `memory ${key}`;
  }

  get ears(): number {
    return this.#ears.size;
  }

  cut(): void {
    const before = this.#state;
    this.#state = 'cut';
    this.#late = [];
    this.#letGo(false);
    if (before !== 'cut') for (const ear of [...this.#ears]) queueMicrotask(() => this.#tell(ear));
  }

  hang(when: 'asked' | 'answered' = 'asked'): void {
    this.#state = when;
  }

  mend(): void {
    const before = this.#state;
    this.#state = 'well';
    this.#letGo(true);
    for (const message of this.#late.splice(0)) this.deliver(message);
    if (before === 'cut') for (const ear of [...this.#ears]) queueMicrotask(() => this.#tell(ear));
  }

  deliver(message: string): void {
    if (this.#state === 'cut' || this.#isLost()) return;
    if (this.#state !== 'well') {
      this.#late.push(message);
      return;
    }
    for (const ear of this.#ears)
      queueMicrotask(() => {
        if (this.#ears.has(ear)) ear.onMessage(message);
      });
  }

  readonly hear = async (ear: FleetEar): Promise<() => Promise<void>> => {
    await undefined;
    // Each has a place of its own, even where one listens twice.
    const own: FleetEar = {
      onMessage: (message) => ear.onMessage(message),
      onConnect: () => ear.onConnect(),
      onDisconnect: () => ear.onDisconnect(),
    };
    if (this.#state === 'asked' || this.#state === 'answered') await this.#hang();
    this.#ears.add(own);
    if (this.#state !== 'cut') ear.onConnect();
    return async () => {
      this.#ears.delete(own);
    };
  };

  read: FleetStore['read'] = (call) =>
    this.#do('read', call, [], (record, now) => record.read(call, now));

  claim: FleetStore['claim'] = (call, claim) =>
    this.#do('claim', call, [claim], (record, now) => {
      const granted = record.claim(claim, now);
      return { record: record.read(call, now), granted };
    });

  renew: FleetStore['renew'] = (call, grant, leaseTime) =>
    this.#do('renew', call, [grant, leaseTime], (record, now) =>
      record.renew(grant, leaseTime, now),
    );

  publish: FleetStore['publish'] = (call, grant, what) =>
    this.#do('publish', call, [grant, what], (record, now) => {
      const { outcome, message } = record.publish(call, grant, what, now);
      this.#server.send(this.key, message);
      return { record: record.read(call, now), outcome };
    });

  release: FleetStore['release'] = (call, grant, rest, reason) =>
    this.#do('release', call, [grant, rest, reason], (record, now) => {
      this.#server.send(this.key, record.release(call, grant, rest, reason, now));
    });

  invalidate: FleetStore['invalidate'] = (call, purge) =>
    this.#do('invalidate', call, [purge], (record, now) => {
      this.#server.send(this.key, record.invalidate(call, purge, now));
      return record.read(call, now);
    });

  put: FleetStore['put'] = (call, content) =>
    this.#do('put', call, [content], (record, now) => {
      const { outcome, message } = record.put(call, content, now);
      this.#server.send(this.key, message);
      return { record: record.read(call, now), outcome };
    });

  async #do<A>(
    method: MemoryLogEntry['method'],
    call: FleetCall,
    args: readonly unknown[],
    step: (record: MemoryRecord, now: number) => A,
  ): Promise<A> {
    await undefined;
    if (this.#state === 'asked') await this.#hang();
    if (this.#state === 'cut') throw new Error(`${this.name} is cut off`);
    const now = this.#server.now();
    const answer = step(this.#server.open(this.key, call), now);
    this.#server.log.push({ source: call.source, method, at: now, args, answer });
    if (this.#state === 'answered') await this.#hang();
    return answer;
  }

  async #hang(): Promise<void> {
    const goesOn = await new Promise<boolean>((resolve) => this.#hanging.push(resolve));
    if (!goesOn) throw new Error(`${this.name} is cut off`);
  }

  #letGo(goesOn: boolean): void {
    for (const letGo of this.#hanging.splice(0)) letGo(goesOn);
  }

  #isLost(): boolean {
    return this.mute > 0 && this.#server.random() < this.mute;
  }

  /** That it hears no more, or again. */
  #tell(ear: FleetEar): void {
    if (!this.#ears.has(ear)) return;
    if (this.#state === 'cut') ear.onDisconnect();
    else ear.onConnect();
  }
}
