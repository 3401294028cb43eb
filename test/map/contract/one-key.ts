import { beforeEach, expect, vi } from 'vitest';
import type {
  GetOptions,
  HealthReport,
  InvalidateOptions,
  Loader,
  LoadReason,
  ReadyOptions,
  SelectOptions,
  Snapshot,
  StopOptions,
  View,
  WarmCacheEvents,
  WarmCacheMap,
  WarmCacheMapOptions,
  WarmCacheOptions,
} from 'warm-cache';
import type { Entry } from '../../../src/map/entry.ts';

// To be imported before the tests of a single cache: those run against one key of a map then.

const KEY = 'the only one';

const seen = vi.hoisted(() => ({ entry: undefined as unknown, jitter: 0, isBatched: false }));

/** Has the key loaded by `loadMany`, as a batch of one. */
export function inBatches(): void {
  seen.isBatched = true;
}

// What a map does on purpose in another way than a single cache: phases in place of jitter.
vi.mock('../../../src/map/phases.ts', async () => {
  const { jittered } = await import('../../../src/scheduler.ts');
  return {
    phaseOf: () => 0,
    steadyPeriod: (period: number) => period,
    phasedTick: (lastTick: number, period: number) => lastTick + jittered(period, seen.jitter),
  };
});

// What a map has no method for: `refresh()` and `select()` are those of the key's cache.
vi.mock('../../../src/map/entry.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../src/map/entry.ts')>();
  class SeenEntry<K, V> extends original.Entry<K, V> {
    constructor(...args: ConstructorParameters<typeof Entry<K, V>>) {
      super(...args);
      seen.entry = this;
    }

    /** Errors name the key as well. */
    protected override get label(): string {
      return this.name;
    }

    protected override get storeKey(): string {
      return this.name;
    }
  }
  return { ...original, Entry: SeenEntry };
});

vi.mock('warm-cache', async (importOriginal) => {
  const original = await importOriginal<typeof import('warm-cache')>();

  /** A map of one key, as if it were a single cache. */
  class WarmCache<T> {
    readonly #map: WarmCacheMap<string, T>;
    readonly #entry: Entry<string, T>;

    constructor(options: WarmCacheOptions<T>) {
      const { loader, accept, validator, refreshInterval, ...others } = options;
      // Wrong options are to fail as they are.
      new original.WarmCache(options);
      this.#map = new original.WarmCacheMap<string, T>({
        ...others,
        name: options.name ?? 'warm-cache',
        ...(seen.isBatched ? batched(loader) : { loader: (_key, context) => loader(context) }),
        accept: accept && ((next, previous) => accept(next, previous)),
        validator: validator && ((_key, context) => validator(context)),
        refreshInterval:
          typeof refreshInterval === 'function'
            ? ({ key: _, ...context }) => refreshInterval(context)
            : refreshInterval,
        keys: [KEY],
      });
      seen.jitter = options.jitter ?? 0.1;
      // It is there from the beginning, as a single cache is; nothing is loaded for it.
      this.#map.get(KEY, { signal: AbortSignal.abort() }).catch(() => {});
      this.#entry = seen.entry as Entry<string, T>;
    }

    get name(): string {
      return this.#map.name;
    }

    start(): this {
      this.#map.start();
      return this;
    }

    stop(options?: StopOptions): Promise<void> {
      return this.#map.stop(options);
    }

    [Symbol.asyncDispose](): Promise<void> {
      return this.#map[Symbol.asyncDispose]();
    }

    get(options?: GetOptions): Promise<T> {
      return this.#map.get(KEY, options);
    }

    peek(): Snapshot<T> | undefined {
      return this.#map.peek(KEY);
    }

    ready(options?: ReadyOptions): Promise<Snapshot<T>> {
      return this.#entry.ready(options);
    }

    invalidate(options?: InvalidateOptions): Promise<Snapshot<T>> {
      return this.#map.invalidate(KEY, options) as Promise<Snapshot<T>>;
    }

    refresh(): Promise<Snapshot<T>> {
      return this.#entry.refresh();
    }

    set(value: T): Snapshot<T> {
      return this.#map.set(KEY, value);
    }

    select<U>(fn: (value: T) => U, options?: SelectOptions<U>): View<U> {
      return this.#entry.select(fn, options);
    }

    health(): HealthReport {
      return this.#map.health(KEY) as HealthReport;
    }

    on<E extends Name>(event: E, listener: Listener<T, E>): this {
      this.#map.on(event, withoutKey(listener) as never);
      return this;
    }

    once<E extends Name>(event: E, listener: Listener<T, E>): this {
      this.#map.once(event, withoutKey(listener) as never);
      return this;
    }

    off<E extends Name>(event: E, listener: Listener<T, E>): this {
      this.#map.off(event, withoutKey(listener) as never);
      return this;
    }
  }
  return { ...original, WarmCache };
});

function batched<T>(loader: Loader<T>): Partial<WarmCacheMapOptions<string, T>> {
  return {
    loadMany: async ([key], { previous, reason, ...context }) => [
      [
        KEY,
        await loader({
          ...context,
          previous: previous(key as string),
          reason: reason(key as string) as LoadReason,
        }),
      ],
    ],
    maxBatchSize: 1,
  };
}

type Name = keyof WarmCacheEvents<unknown>;
type Listener<T, E extends Name> = (payload: WarmCacheEvents<T>[E]) => unknown;
type AnyListener = (payload: object) => unknown;

const wrappers = new WeakMap<object, AnyListener>();

/** The listener, told what a single cache tells; always the same one, so that `off` finds it. */
function withoutKey<T, E extends Name>(listener: Listener<T, E>): AnyListener {
  const wrapper =
    wrappers.get(listener) ??
    (({ key, ...payload }: { readonly key?: string }) => {
      expect(key === KEY || !('reason' in payload)).toBe(true);
      return (listener as AnyListener)(payload);
    });
  wrappers.set(listener, wrapper);
  return wrapper;
}

/** Leaves out those tests, by their names, that a map is not to pass. */
export function except(...names: readonly string[]): void {
  beforeEach(({ task, skip }) => {
    if (names.includes(task.name)) skip();
  });
}
