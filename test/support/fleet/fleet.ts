import { afterEach, expect, vi } from 'vitest';
import { type LoadReason, type Snapshot, WarmCache, type WarmCacheOptions } from 'warm-cache';
import { type FleetContent, type FleetOptions, type FleetStore, fleetTier } from 'warm-cache/fleet';
import { fakeTimeOf } from '../loads.ts';
import { type MemoryServer, type MemoryStore, memoryServer } from './memory-store.ts';

// The time of tests is faked, and their servers need none: what has to come to rest does so within one turn of the event loop.
const { setImmediate: nextTurn } = globalThis;

/** Lets everything happen that needs no time. */
export function rest(): Promise<void> {
  return new Promise((resolve) => void nextTurn(resolve));
}

/** Lets so many ms of fake time pass, and everything happen one after the other meanwhile. */
export async function pass(ms: number): Promise<void> {
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, ms);
  await rest();
  while (!isOver) {
    vi.advanceTimersToNextTimer();
    await rest();
  }
}

/** What a promise resolves with, while as much fake time passes as that takes. */
export async function outcome<T>(promise: Promise<T>): Promise<T> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  promise.then(end, end);
  await rest();
  while (!isOver && vi.getTimerCount() > 0) {
    vi.advanceTimersToNextTimer();
    await rest();
  }
  return promise;
}

/** One call of the loader. */
export interface FleetLoad {
  /** By `performance.now()`. */
  readonly at: number;
  readonly reason: LoadReason;
  readonly signal: AbortSignal;
  /** Whether the loader has settled. */
  isOver: boolean;
}

/** What they load: a number that only ever grows. What is loaded is what it was as the load began. */
export class Source {
  data = 1;
  /** Ms that a load takes. */
  takes = 50;
  /** What the loader throws at the end of the load. */
  error: unknown;

  write(): number {
    this.data += 1;
    return this.data;
  }
}

/** One process of a fleet: a cache, its way to the server, and what it has loaded. */
export interface FleetProcess {
  readonly cache: WarmCache<number>;
  readonly store: MemoryStore;
  readonly loads: FleetLoad[];
}

/** Of all caches of a fleet. */
export type FleetSetup = Partial<Omit<WarmCacheOptions<number>, 'loader' | 'shared'>> & {
  readonly tier?: FleetOptions;
  /** As a tier is given it, in place of the process's own handle. */
  readonly storeOf?: (store: MemoryStore) => FleetStore;
  readonly loader?: WarmCacheOptions<number>['loader'];
};

interface Deliverer {
  deliver(message: string): void;
}

/** As many as a test looks at. */
type Several<T> = [T, T, T, T, ...T[]];

/** Several caches of one value, each as if it had a process of its own. */
export class Fleet {
  readonly server: MemoryServer = memoryServer();
  readonly source: Source = new Source();
  readonly processes: Several<FleetProcess> = [] as unknown[] as Several<FleetProcess>;
  readonly #setup: FleetSetup;
  readonly #keep: (cache: WarmCache<unknown>) => void;

  constructor(setup: FleetSetup, keep: (cache: WarmCache<unknown>) => void) {
    this.#setup = setup;
    this.#keep = keep;
  }

  /** Another process, whose cache isn't started. A `ttl` of a second, no jitter, no retries within a load. */
  join(own: FleetSetup = {}): FleetProcess {
    const {
      tier,
      storeOf = (store: MemoryStore) => store,
      ...setup
    }: FleetSetup = { ...this.#setup, ...own };
    const store = this.server.store();
    const loads: FleetLoad[] = [];
    const cache = new WarmCache<number>({
      name: `process ${this.processes.length}`,
      ttl: 1000,
      loadTimeout: 400,
      jitter: 0,
      retry: { retries: 0 },
      backoff: { minDelay: 200, maxDelay: 800 },
      ...setup,
      loader: async (context) => {
        const load: FleetLoad = {
          at: performance.now(),
          reason: context.reason,
          signal: context.signal,
          isOver: false,
        };
        loads.push(load);
        try {
          return await (setup.loader ?? (() => this.#load()))(context);
        } finally {
          load.isOver = true;
        }
      },
      shared: fleetTier(storeOf(store), tier),
    });
    this.#keep(cache as WarmCache<unknown>);
    const made = { cache, store, loads };
    this.processes.push(made);
    return made;
  }

  async #load(): Promise<number> {
    const { data, takes } = this.source;
    if (takes > 0) await new Promise((resolve) => setTimeout(resolve, takes));
    if (this.source.error !== undefined) throw this.source.error;
    return data;
  }

  get caches(): Several<WarmCache<number>> {
    return this.processes.map(({ cache }) => cache) as Several<WarmCache<number>>;
  }

  /** A message that none of them has sent: text, or what is sent as JSON. */
  forge(message: unknown): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    for (const { store } of this.processes) (store as unknown as Deliverer).deliver(text);
  }

  /** Somebody else publishes that, and may be anybody. */
  async intrude(content: Partial<FleetContent>): Promise<void> {
    const store = this.server.store();
    const known = { epoch: '', seq: 0, generation: 0, fence: 0, version: 0 };
    const call = { source: 'intruder', keep: 60_000, known };
    const { fence } = await store.read(call);
    const claim = { holder: 'intruder', leaseTime: 1000, have: fence, force: true };
    const { record } = await store.claim(call, claim);
    const { epoch, generation } = record;
    const grant = { epoch, generation, fence: record.fence, holder: 'intruder' };
    await store.publish(call, grant, {
      payload: 't[1]',
      hash: '',
      token: '',
      ttl: 1000,
      ...content,
    });
  }

  /** Who loads, and one who doesn't. */
  get loading(): FleetProcess {
    return expectOne(this.processes.find(isLoading));
  }

  get idle(): FleetProcess {
    return expectOne(this.processes.find((process) => !isLoading(process)));
  }

  /** Of all processes, as they began. */
  get loads(): FleetLoad[] {
    return this.processes.flatMap(({ loads }) => loads).sort((a, b) => a.at - b.at);
  }

  /** What each serves. */
  get values(): (number | undefined)[] {
    return this.caches.map((cache) => cache.peek()?.value);
  }

  get statuses(): string[] {
    return this.caches.map((cache) => cache.health().status);
  }

  /** Has each of them start, with a value. */
  async ready(): Promise<Snapshot<number>[]> {
    return outcome(Promise.all(this.caches.map((cache) => cache.start().ready())));
  }
}

function isLoading({ loads }: FleetProcess): boolean {
  return loads.at(-1)?.isOver === false;
}

function expectOne(process: FleetProcess | undefined): FleetProcess {
  if (!process) throw new Error('there is no such process');
  return process;
}

/** Makes a fleet of so many; `keep` has a cache of another kind stopped as well. */
interface MakeFleet {
  (size: number, setup?: FleetSetup): Fleet;
  keep<C extends Stoppable>(cache: C): C;
}

type Stoppable = { stop(): Promise<void> };

/** Makes fleets under fake time; after each test nothing may be left of them: no timer, and nobody who listens. */
export function fakeFleet(): MakeFleet {
  let fleets: Fleet[] = [];
  // Runs after the caches are stopped.
  afterEach(async () => {
    const stores = fleets.flatMap(({ processes }) => processes.map(({ store }) => store));
    fleets = [];
    for (const store of stores) store.mend();
    await rest();
    expect(stores.map(({ ears }) => ears)).toEqual(stores.map(() => 0));
  });
  const time = fakeTimeOf<Stoppable>();
  const make = (size: number, setup: FleetSetup = {}): Fleet => {
    const fleet = new Fleet(setup, (cache) => void time.keep(cache));
    for (let n = 0; n < size; n += 1) fleet.join();
    fleets.push(fleet);
    return fleet;
  };
  return Object.assign(make, time);
}
