import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { now } from './clock.ts';
import { BRISK, type Database } from './database.ts';
import type { CountedLoad, Fault, History, Timing } from './history.ts';
import { WorkerProcess } from './process.ts';
import { TcpProxy } from './proxy.ts';
import { losing } from './resp.ts';
import type { Servers } from './servers.ts';
import { watchStalls } from './stalls.ts';
import { linesOf } from './tell.ts';

export interface FleetOptions {
  readonly processes: number;
  /** Which part of the messages is lost, 0 to 1. */
  readonly loss: number;
  /** From 0 to 1, without 1. */
  readonly random?: () => number;
  readonly timing?: Timing;
  /** They share nothing. */
  readonly alone?: boolean;
}

export const TIMING: Timing = {
  // Longer than the bounds that are checked: an old value isn't to be stale by its age alone.
  ttl: 5000,
  refreshInterval: 1000,
  loadTimeout: 500,
  lease: 1000,
  slack: 750,
};

/** Ms between two looks at what the database has counted. */
const POLL_INTERVAL = 10;

/** For a server that takes a tenth of a second for each command. */
const SLOW_TIMING: Timing = {
  ttl: 20_000,
  refreshInterval: 4000,
  loadTimeout: 1500,
  lease: 2000,
  slack: 3000,
};
/** What such a server can bear. */
const FEW = 2;

/** Ms after which something that was waited for never comes, on any machine. */
const PATIENCE = 30_000;
/** Ms of what went on before, to be told then. */
const STORY = 4000;

/** Hops in front of the servers, of one worker alone. */
export type Target = 'postgres' | 'redis' | 'subscriber';

interface Worker {
  readonly name: string;
  readonly hops: Readonly<Record<Target, TcpProxy>>;
  process: WorkerProcess;
}

/** A fleet of real processes, and what is done to it. */
export class Fleet {
  readonly database: Database;
  readonly timing: Timing;
  readonly #servers: Servers;
  readonly #options: FleetOptions;
  readonly #folder: string;
  readonly #workers = new Map<string, Worker>();
  readonly #processes: WorkerProcess[] = [];
  readonly #faults: Fault[] = [];
  readonly #from = now();
  readonly #stalls = watchStalls();
  #ids = 0;
  #last: History['last'];

  private constructor(servers: Servers, database: Database, folder: string, options: FleetOptions) {
    this.#servers = servers;
    this.database = database;
    this.#folder = folder;
    this.#options = options;
    const isSlow = servers.redis.isSlow && !options.alone;
    this.timing = options.timing ?? (isSlow ? SLOW_TIMING : TIMING);
  }

  /** Starts it; resolves when all serve a value. */
  static async start(servers: Servers, options: FleetOptions): Promise<Fleet> {
    const database = await servers.fresh();
    await database.setPace(BRISK);
    const folder = await mkdtemp(join(tmpdir(), 'warm-cache-fleet-'));
    const fleet = new Fleet(servers, database, folder, options);
    const most = servers.redis.isSlow && !options.alone ? FEW : Infinity;
    const length = Math.min(options.processes, most);
    const names = Array.from({ length }, (_, i) => `w${i}`);
    await Promise.all(names.map((name) => fleet.#add(name)));
    return fleet;
  }

  get names(): string[] {
    return [...this.#workers.keys()];
  }

  process(name: string): WorkerProcess {
    return this.#of(name).process;
  }

  hop(name: string, target: Target): TcpProxy {
    return this.#of(name).hops[target];
  }

  /** Resolves once the loads that the database has counted are as wanted. */
  async untilLoads(are: (loads: readonly CountedLoad[]) => boolean): Promise<void> {
    const deadline = now() + PATIENCE;
    while (!are(await this.database.loads())) {
      if (now() > deadline) throw await this.#inVain('loads');
      await delay(POLL_INTERVAL);
    }
  }

  /** Resolves once all of these serve as fresh what was written last, or something newer. */
  async untilAllServe(value: number, names: readonly string[] = this.names): Promise<void> {
    const all = Promise.all(
      names.map((name) =>
        this.process(name).untilServes((served, isFresh) => isFresh && (served ?? 0) >= value),
      ),
    );
    const timer = new AbortController();
    const isLate = delay(PATIENCE, true, { signal: timer.signal }).catch(() => false);
    const late = await Promise.race([all.then(() => false), isLate]);
    timer.abort();
    if (late) throw await this.#inVain(`${value} at ${names}`);
  }

  /**
   * Writes a new value at that process, and invalidates there.
   *
   * @returns Resolves when that has settled, with the value; `undefined` where it could not be written.
   */
  async invalidate(name: string): Promise<number | undefined> {
    const { process } = this.#of(name);
    const id = ++this.#ids;
    process.send({ do: 'invalidate', id });
    let wrote: number | undefined;
    await process.until((told) => {
      const isIt = told.tell === 'done' && told.id === id;
      if (isIt) wrote = told.wrote;
      return isIt;
    });
    return wrote;
  }

  /** Does something bad while `during` lasts, which goes into the history. */
  async fault(
    kind: Fault['kind'],
    worker: string | undefined,
    during: () => Promise<void>,
    note?: string,
  ): Promise<void> {
    const from = now();
    await during();
    this.#faults.push({ kind, worker, from, to: now(), ...(note && { note }) });
  }

  /** Kills a process, after `rest` ms starts another in its place, and resolves when that serves a value. */
  kill(name: string, rest = 0): Promise<void> {
    return this.fault('kill', name, async () => {
      const worker = this.#of(name);
      await worker.process.kill();
      await delay(rest);
      worker.process = this.#spawn(name, worker.hops);
      await worker.process.untilServes((value) => value !== null);
    });
  }

  /** Writes once more, which nobody is told of, and waits until all serve that as fresh, or for long enough. */
  async recover(): Promise<void> {
    const value = await this.database.write();
    this.#last = { value, at: now() };
    // The history shows who never does.
    await this.untilAllServe(value).catch(() => {});
  }

  /** What was until now. */
  async history(): Promise<History> {
    return this.#history(now(), await this.database.loads());
  }

  /** Ends all of it, and tells what was. */
  async end(): Promise<History> {
    const to = now();
    // What is on its way may be counted yet.
    await Promise.all([...this.#workers.values()].map(({ process }) => process.stop()));
    const loads = await this.database.loads();
    const history = this.#history(to, loads);
    await this[Symbol.asyncDispose]();
    return history;
  }

  #history(to: number, loads: readonly CountedLoad[]): History {
    return {
      timing: this.timing,
      from: this.#from,
      to,
      lives: this.#processes.map((process) => process.life()),
      faults: [...this.#faults, ...this.#stalls.seen],
      loads,
      last: this.#last,
    };
  }

  async #inVain(what: string): Promise<Error> {
    const history = await this.history();
    const lines = linesOf(history, history.to - STORY, history.to);
    return new Error(`waited in vain for ${what}:\n${lines.join('\n')}`);
  }

  /** Leaves nothing behind, whatever has happened. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    const hops = [...this.#workers.values()].flatMap(({ hops }) => Object.values(hops));
    this.#workers.clear();
    await Promise.all(hops.map((hop) => hop.close()));
    this.#stalls.end();
    await this.database.end();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #add(name: string): Promise<void> {
    const { redis, socket } = this.#servers;
    const { loss, random = Math.random } = this.#options;
    const toRedis = (): { port: number } => ({ port: redis.port });
    const hops = {
      redis: new TcpProxy(toRedis),
      subscriber: new TcpProxy(toRedis, () => losing(() => random() < loss)),
      postgres: new TcpProxy(() => ({ path: socket })),
    };
    await Promise.all(Object.values(hops).map((hop) => hop.listen()));
    const process = this.#spawn(name, hops);
    this.#workers.set(name, { name, hops, process });
    await process.untilServes((value) => value !== null);
  }

  #spawn(name: string, hops: Worker['hops']): WorkerProcess {
    const spawned = new WorkerProcess({
      worker: name,
      alone: this.#options.alone ?? false,
      kind: Number(name.slice(1)) % 2 === 0 ? 'redis' : 'ioredis',
      redis: `redis://127.0.0.1:${hops.redis.port}`,
      subscriber: `redis://127.0.0.1:${hops.subscriber.port}`,
      postgres: `postgresql://postgres@127.0.0.1:${hops.postgres.port}/postgres`,
      timing: this.timing,
      path: join(this.#folder, `${name}-${this.#processes.length}`),
    });
    this.#processes.push(spawned);
    return spawned;
  }

  #of(name: string): Worker {
    const worker = this.#workers.get(name);
    if (!worker) throw new Error(`no worker ${name}`);
    return worker;
  }
}
