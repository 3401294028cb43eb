import { vi } from 'vitest';
import { LoadError, type Snapshot, StoppedError, WarmCacheError } from 'warm-cache';
import { Fleet, type FleetProcess, pass, rest } from './fleet.ts';
import type { MemoryCopy } from './memory-store.ts';
import type { Step } from './schedule.ts';

const TTL = 1000;
const LEASE = 900;
const LONGEST_REST = 800;
/** Processes. */
const MOST = 6;

/** What is known of one process. */
interface Watched extends FleetProcess {
  isRunning: boolean;
  /** Whether all is well between it and the server, and how often it wasn't. */
  isWell: boolean;
  isMuted: boolean;
  isHanging: boolean;
  troubles: number;
  /** The newest value that it has served. */
  served: number;
  /** No older value is fresh any more, as it knows. */
  floor: number;
}

/** A fleet under a random schedule, and what holds whatever happens. */
export class FleetWorld {
  readonly fleet: Fleet;
  readonly timeline: string[] = [];
  readonly broken: string[] = [];
  readonly #all: Watched[];
  /** When each value was written, by `performance.now()`. */
  readonly #writtenAt: number[] = [-Infinity, -Infinity];
  readonly #began: number = performance.now();
  #copy: MemoryCopy | undefined;
  #open = 0;
  /** What the last invalidation that was awaited has told, if the server knows of it still. */
  #told = 0;
  #hasLost = false;
  /** What may have a load start beside the intervals'. */
  #causes = 0;

  constructor(size: number) {
    this.fleet = new Fleet({}, () => {});
    for (let n = 0; n < size; n += 1) this.fleet.join();
    this.#all = this.fleet.processes.map((process, n) => this.#watched(process, n));
  }

  #watched(process: FleetProcess, n: number): Watched {
    const { cache } = process;
    cache.on('load', ({ reason }) => this.#tell(`${n} load (${reason})`));
    cache.on('loadEnd', ({ outcome }) => this.#tell(`${n} load ends: ${outcome}`));
    cache.on('error', ({ error }) => this.#tell(`${n} error: ${error}`));
    cache.on('invalidate', ({ purge }) => this.#tell(`${n} invalidate ${purge ? '(purge)' : ''}`));
    cache.on('unchanged', ({ snapshot }) => this.#tell(`${n} unchanged ${snapshot.value}`));
    cache.on('refresh', ({ snapshot, reason }) => {
      this.#tell(`${n} refresh ${snapshot.value} (${reason})`);
      this.#sees(n, snapshot);
    });
    cache.on('status', ({ to }) => this.#tell(`${n} is ${to}`));
    return {
      ...process,
      isRunning: true,
      isWell: true,
      isMuted: false,
      isHanging: false,
      troubles: 0,
      served: 0,
      floor: 0,
    };
  }

  /** A cold process serves as fresh nothing that all were told is out of date. */
  join(): void {
    if (this.size >= MOST) return;
    const process = this.#watched(this.fleet.join(), this.size);
    if (!this.#hasLost) process.floor = this.#told;
    this.#all.push(process);
    process.cache.start();
  }

  get size(): number {
    return this.#all.length;
  }

  get #data(): number {
    return this.fleet.source.data;
  }

  #at(n: number): Watched {
    return this.#all[n] as Watched;
  }

  #tell(what: string): void {
    const at = Math.round(performance.now() - this.#began);
    this.timeline.push(`${`${at}`.padStart(6)} ${what}`);
  }

  #fail(what: string): void {
    this.#tell(`BROKEN: ${what}`);
    this.broken.push(what);
  }

  // What is done

  pass(ms: number): Promise<void> {
    return pass(ms);
  }

  takes(ms: number): void {
    this.fleet.source.takes = ms;
  }

  fails(fails: boolean): void {
    this.fleet.source.error = fails ? new Error('outage') : undefined;
  }

  write(): number {
    // No load begins in the very ms of a write: nobody could tell which of the two came first.
    vi.advanceTimersByTime(3);
    const data = this.fleet.source.write();
    this.#writtenAt[data] = performance.now();
    return data;
  }

  /** Whoever heard of it in time serves nothing older as fresh from then on. */
  invalidate(n: number, purge: boolean): void {
    const data = this.write();
    const process = this.#at(n);
    const hearing = this.#all.filter(({ isRunning, isWell, isMuted, store }) => {
      return isRunning && isWell && !isMuted && store.ears > 0;
    });
    const before = hearing.map(({ troubles }) => troubles);
    if (process.isRunning) process.floor = data;
    this.#causes += 1;
    this.#watch(process.cache.invalidate({ purge }), `invalidate() at ${n}`, ({ value }) => {
      if (value < data) this.#fail(`invalidate() at ${n} resolves with ${value}, not ${data}`);
      this.#told = Math.max(this.#told, data);
      hearing.forEach((other, nth) => {
        if (other.troubles === before[nth]) other.floor = Math.max(other.floor, data);
      });
    });
  }

  set(n: number): void {
    const process = this.#at(n);
    if (!process.isRunning || process.isHanging) return;
    const data = this.write();
    process.floor = data;
    this.#causes += 1;
    process.cache.set(data);
  }

  refresh(n: number): void {
    this.#causes += 1;
    this.#watch(this.#at(n).cache.refresh(), `refresh() at ${n}`, () => {});
  }

  read(n: number, maxAge: number): void {
    const data = this.#data;
    const from = performance.now();
    if (maxAge < Infinity) this.#causes += 1;
    const { cache, floor } = this.#at(n);
    this.#watch(cache.get({ maxAge }), `get({ maxAge: ${maxAge} }) at ${n}`, (value) => {
      if (maxAge === 0 && value < data) this.#fail(`get({ maxAge: 0 }) at ${n}: ${value}`);
      if (maxAge < Infinity && value < floor) this.#fail(`get() at ${n}: ${value}, not ${floor}`);
      const overwritten = this.#writtenAt[value + 1] ?? Infinity;
      if (overwritten < from - maxAge - 2) this.#fail(`get() at ${n}: ${value} is older than that`);
    });
  }

  stop(n: number, drain: boolean): void {
    const process = this.#at(n);
    process.isRunning = false;
    process.troubles += 1;
    this.#watch(process.cache.stop({ drain }), `stop() at ${n}`, () => {});
  }

  start(n: number): void {
    const process = this.#at(n);
    process.isRunning = true;
    this.#causes += 1;
    process.cache.start();
  }

  #trouble(n: number, isWell: boolean): Watched {
    const process = this.#at(n);
    process.isWell = isWell;
    process.troubles += 1;
    this.#causes += 1;
    return process;
  }

  cut(n: number): void {
    this.#trouble(n, false).store.cut();
  }

  async hang(n: number, when: 'answered' | 'asked'): Promise<void> {
    await rest();
    const process = this.#trouble(n, false);
    process.isHanging = true;
    process.store.hang(when);
  }

  mend(n: number): void {
    const process = this.#trouble(n, true);
    process.isHanging = false;
    process.store.mend();
  }

  mute(n: number, chance: number): void {
    const process = this.#at(n);
    process.troubles += 1;
    process.isMuted = chance > 0;
    process.store.mute = chance;
  }

  wipe(): void {
    this.#hasLost = true;
    this.#causes += this.size;
    this.fleet.server.wipe();
  }

  copy(): void {
    this.#copy = this.fleet.server.copy();
  }

  rewind(): void {
    this.#causes += this.size;
    this.#hasLost = true;
    if (this.#copy) this.fleet.server.rewind(this.#copy);
  }

  #watch<T>(promise: Promise<T>, what: string, onEnd: (result: T) => void): void {
    this.#open += 1;
    promise.then(
      (result) => {
        this.#open -= 1;
        onEnd(result);
      },
      (error) => {
        this.#open -= 1;
        const isFair =
          error instanceof LoadError ||
          error instanceof StoppedError ||
          (error instanceof WarmCacheError && error.code === 'ERR_SHARED');
        if (!isFair) this.#fail(`${what}: ${error}`);
      },
    );
  }

  // What is seen

  #sees(n: number, { value }: Snapshot<number>): void {
    const process = this.#at(n);
    if (value < process.served) this.#fail(`${n} serves ${value} after ${process.served}`);
    process.served = value;
  }

  /** What holds at any time. */
  check(): void {
    const now = performance.now();
    this.#all.forEach(({ cache, floor, loads }, n) => {
      const snapshot = cache.peek();
      if (snapshot) this.#sees(n, snapshot);
      if (snapshot && cache.health().status === 'READY') {
        const { value } = snapshot;
        if (value < floor) this.#fail(`${n} serves ${value} as fresh, and knows of ${floor}`);
        const overwritten = this.#writtenAt[value + 1] ?? Infinity;
        if (overwritten < now - TTL - 2)
          this.#fail(`${n} serves ${value} as fresh, ${now - overwritten} ms late`);
      }
      const most = 4 + (now - this.#began) / 180 + 2 * this.#causes;
      if (loads.length > most) this.#fail(`${n} has loaded ${loads.length} times`);
    });
  }

  async live(steps: readonly Step[]): Promise<void> {
    for (const { cache } of this.#all) cache.start();
    for (const { name, run, gap } of steps) {
      this.#tell(`-- ${name}`);
      await run(this);
      if (gap === 'rest') await rest();
      else for (let n = 0; n < gap; n += 1) await undefined;
      this.check();
    }
    await rest();
    this.check();
  }

  /** All is well from now on: how it is by then. */
  async recover(): Promise<void> {
    this.#tell('-- all is well from now on');
    this.fails(false);
    this.takes(50);
    this.#all.forEach(({ store }, n) => {
      this.mute(n, 0);
      store.mend();
      this.start(n);
    });
    for (let ms = 0; ms < LEASE + 2 * TTL + LONGEST_REST; ms += 100) {
      await pass(100);
      this.check();
    }
    const status = this.#all.map(({ cache }) => cache.health().status);
    if (status.some((one) => one !== 'READY')) this.#fail(`not all are fresh: ${status}`);
    const { values } = this.fleet;
    if (values.some((value) => value !== this.#data)) {
      this.#fail(`not all have the newest, ${this.#data}: ${values}`);
    }
    for (let ms = 0; ms < 12_000 && !this.#areConnected; ms += 1000) await pass(1000);
    if (!this.#areConnected) this.#fail('not all are connected');
    await pass(TTL);
    const before = this.fleet.loads.length;
    await pass(5 * TTL);
    const loads = this.fleet.loads.slice(before);
    // Slow loads are remembered, and have the next begin earlier: by half the interval at most.
    const tooSoon = loads.some(({ at }, nth) => at - (loads[nth - 1]?.at ?? -Infinity) < TTL / 2);
    if (tooSoon || loads.length < 4) this.#fail(`${loads.length} loads in five intervals`);
    this.check();
    const refused = this.#all.map(({ cache }) => cache.health().shared?.refused);
    if (refused.some((count) => count !== 0)) this.#fail(`refused: ${refused}`);
    if (this.#all.some(({ cache }) => cache.health().shared?.untold)) this.#fail('untold');
  }

  get #areConnected(): boolean {
    return this.#all.every(({ cache }) => cache.health().shared?.connected);
  }

  async end(): Promise<void> {
    const stopped = Promise.all(this.#all.map(({ cache }) => cache.stop()));
    let isOver = false;
    void stopped.then(() => {
      isOver = true;
    });
    await rest();
    for (let n = 0; n < 1000 && !isOver && vi.getTimerCount() > 0; n += 1) {
      vi.advanceTimersToNextTimer();
      await rest();
    }
    if (!isOver) this.#fail('stop() never resolves');
    await rest();
    for (const { store } of this.#all) store.mend();
    // What loaders that were given up wait for is their own.
    await pass(1000);
    if (this.#open > 0) this.#fail(`${this.#open} promises never settle`);
    if (vi.getTimerCount() > 0) this.#fail(`${vi.getTimerCount()} timers are left`);
    const ears = this.#all.map(({ store }) => store.ears);
    if (ears.some((count) => count > 0)) this.#fail(`${ears} still listen`);
  }
}
