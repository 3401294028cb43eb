import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type LoadContext, type Snapshot, StoppedError, WarmCache } from 'warm-cache';

// Random sequences of everything that can happen to a cache, and what must hold whatever happened. RUNS=100000 runs
// as many of them.

const TTL = 1000;
const LOAD_TIMEOUT = 700;

type Step =
  | readonly ['advance', number]
  | readonly ['answer' | 'fail' | 'late', number]
  | readonly [
      'drain' | 'invalidate' | 'purge' | 'read' | 'ready' | 'refresh' | 'set' | 'start' | 'stop',
    ]
  | readonly ['jump', number]
  | readonly ['readWithin', number];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constant('advance' as const),
      fc.constantFrom(0, 1, 99, 350, 1000, 5000),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constantFrom('answer' as const, 'fail' as const, 'late' as const),
      fc.nat(3),
    ),
  },
  {
    weight: 9,
    arbitrary: fc.tuple(
      fc.constantFrom(
        ...([
          'drain',
          'invalidate',
          'purge',
          'read',
          'ready',
          'refresh',
          'set',
          'start',
          'start',
          'stop',
        ] as const),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('jump' as const),
      fc.constantFrom(-3_600_000, -10, 10, 3_600_000),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant('readWithin' as const), fc.constantFrom(0, 50, 2000)),
  },
);

/** The order in which a value came to be: by the start of its load, or by `set()`. */
interface Value {
  readonly order: number;
}

interface Call {
  readonly context: LoadContext<Value>;
  readonly order: number;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
  settled: boolean;
}

class Run {
  readonly calls: Call[] = [];
  readonly waits: Promise<unknown>[] = [];
  /** What was found broken where nobody could throw it. */
  readonly broken: unknown[] = [];
  readonly cache: WarmCache<Value>;
  order = 0;
  stopped = false;
  draining = false;
  /** The order of the newest value that anybody got. */
  seen = 0;
  /** The order as of the last invalidation. */
  barrier = -1;
  version = 0;

  constructor() {
    this.cache = new WarmCache<Value>({
      loader: (context) => {
        expect(this.stopped, 'a load after stop()').toBe(false);
        const running = this.calls.filter(
          ({ context: { signal }, settled }) => !settled && !signal.aborted,
        );
        expect(running.length, 'loads at a time').toBe(0);
        this.order += 1;
        const { promise, resolve, reject } = Promise.withResolvers<Value>();
        this.calls.push({ context, order: this.order, resolve, reject, settled: false });
        return promise;
      },
      ttl: TTL,
      loadTimeout: LOAD_TIMEOUT,
      retry: { retries: 1, minTimeout: 20 },
      backoff: { minDelay: 100, maxDelay: 400 },
    });
    for (const event of ['load', 'refresh', 'error', 'status', 'invalidate', 'slow'] as const) {
      this.cache.on(event, () => {
        if (this.stopped) this.broken.push(`${event} after stop()`);
        throw new Error('a listener that throws');
      });
    }
    this.cache.on('stop', () => {
      this.stopped = true;
    });
    this.cache.on('start', () => {
      this.stopped = false;
      this.draining = false;
    });
    this.cache.on('refresh', ({ snapshot, previous }) => {
      if (snapshot.version !== this.version + 1) {
        this.broken.push('versions grow by one');
      }
      this.version = snapshot.version;
      if (previous && snapshot.value.order < previous.value.order) {
        this.broken.push('an older value replaced a newer one');
      }
    });
  }

  async take([name, argument = 0]: readonly [Step[0], number?]): Promise<void> {
    const { cache } = this;
    if (name === 'advance') await vi.advanceTimersByTimeAsync(argument);
    if (name === 'jump') vi.setSystemTime(Date.now() + argument);
    if (name === 'answer' || name === 'fail' || name === 'late') this.#settle(name, argument);
    if (name === 'read' || name === 'readWithin')
      this.#read(name === 'read' ? undefined : argument);
    if (name === 'ready') this.#wait(cache.ready());
    if (name === 'refresh') this.#wait(cache.refresh());
    if (name === 'set' && !this.stopped && !this.draining) {
      this.order += 1;
      this.#got(cache.set({ order: this.order }).value);
    }
    if (name === 'invalidate' || name === 'purge') {
      this.barrier = this.order;
      this.#wait(cache.invalidate({ purge: name === 'purge' }), this.barrier);
      if (name === 'purge') expect(cache.peek(), 'a purged value').toBeUndefined();
    }
    if (name === 'start') cache.start();
    if (name === 'stop') await this.#stop();
    if (name === 'drain') {
      this.draining = true;
      void cache.stop({ drain: true });
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(this.broken).toEqual([]);
    this.#check();
  }

  /** Nobody waits for ever. */
  async end(): Promise<void> {
    await this.#stop();
    await vi.advanceTimersByTimeAsync(LOAD_TIMEOUT + 1);
    await Promise.all(this.waits);
    expect(this.broken).toEqual([]);
    expect(vi.getTimerCount(), 'timers after stop()').toBe(0);
  }

  async #stop(): Promise<void> {
    void this.cache.stop();
    this.stopped = true;
  }

  #settle(how: 'answer' | 'fail' | 'late', nth: number): void {
    const open = this.calls.filter(
      ({ context: { signal }, settled }) => !settled && signal.aborted === (how === 'late'),
    );
    const call = open.at(nth % Math.max(1, open.length));
    if (!call) return;
    call.settled = true;
    if (how === 'fail') call.reject(new TypeError('no'));
    else call.resolve({ order: call.order });
  }

  #read(maxAge: number | undefined): void {
    const { cache, seen } = this;
    const { status, reads } = cache.health();
    const asked = this.order;
    const read = cache.get(maxAge === undefined ? undefined : { maxAge });
    // A read that nothing need hold up has its answer now.
    if (maxAge === undefined && (status === 'READY' || status === 'STALE')) {
      expect(cache.health().reads.waited, 'a read waited').toBe(reads.waited);
    }
    this.#collect(
      read.then(
        (value) => {
          expect(value.order, 'reads go back').toBeGreaterThanOrEqual(seen);
          if (maxAge === 0) expect(value.order, 'maxAge: 0').toBeGreaterThan(asked);
          this.#got(value);
        },
        () => {},
      ),
    );
  }

  #wait(wait: Promise<Snapshot<Value>>, after = 0): void {
    const stopped = this.stopped || this.draining;
    this.#collect(
      wait.then(
        ({ value }) => {
          expect(value.order, 'loaded after the call').toBeGreaterThan(after);
          this.#got(value);
        },
        (error: unknown) => {
          if (stopped) expect(error).toBeInstanceOf(StoppedError);
        },
      ),
    );
  }

  #collect(wait: Promise<void>): void {
    this.waits.push(wait.catch((error: unknown) => this.broken.push(error)));
  }

  #got(value: Value): void {
    this.seen = Math.max(this.seen, value.order);
  }

  #check(): void {
    const { cache } = this;
    const { status, age, running, load, nextLoadAt } = cache.health();
    if (status === 'READY') {
      expect(age, 'fresh, and older than ttl').toBeLessThan(TTL);
      expect(age, 'fresh, and of a negative age').toBeGreaterThanOrEqual(0);
      // A clock that went on and back may make a value fresh that peek(), by its timer, holds for expired.
      const order = cache.peek()?.value.order ?? this.order;
      expect(order, 'fresh, and from before an invalidation').toBeGreaterThan(this.barrier);
    }
    const zombie = this.calls.some(
      ({ context: { signal }, settled }) => !settled && signal.aborted,
    );
    if (running) {
      const alive = load !== null || nextLoadAt !== null || zombie;
      expect(alive, 'the loop is alive').toBe(true);
    }
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('holds what it promises, whatever happens, in whatever order', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      vi.clearAllTimers();
      const run = new Run();
      for (const taken of steps) await run.take(taken);
      await run.end();
    }),
    { numRuns: Number(process.env['RUNS'] ?? 3000) },
  );
});
