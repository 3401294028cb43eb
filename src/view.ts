import { expect, type GetOptions } from './options.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * How a view is made.
 *
 * @typeParam T - The type of what is derived.
 *
 * @example
 * ```ts
 * import { isDeepStrictEqual } from 'node:util';
 * import { type SelectOptions, WarmCache } from 'warm-cache';
 *
 * const options: SelectOptions<string[]> = { eager: true, equals: isDeepStrictEqual };
 * const board = new WarmCache({ loader: () => [{ name: 'ace' }, { name: 'bolt' }], ttl: 60_000 });
 * const names = board.select((rows) => rows.map(({ name }) => name), options);
 * console.log(await names.get());
 * ```
 */
export interface SelectOptions<T> {
  /**
   * Derive from each value before it is published, so that no reader does: where that fails, so does the load.
   * @default false
   */
  readonly eager?: boolean | undefined;
  /** Where it answers `true`, what was derived before stays, with its version. */
  readonly equals?: ((next: T, previous: T) => boolean) | undefined;
}

/**
 * A value derived from each snapshot of a cache, once a version. Made by `select()`; costs the cache nothing unless it
 * is eager.
 *
 * @typeParam T - The type of what is derived.
 *
 * @example
 * ```ts
 * import { type View, WarmCache } from 'warm-cache';
 *
 * const players = new WarmCache({ loader: () => [{ id: 7, name: 'ace' }], ttl: 60_000 });
 * const byId: View<Map<number, string>> = players.select(
 *   (rows) => new Map(rows.map(({ id, name }) => [id, name])),
 * );
 * console.log((await byId.get()).get(7));
 * ```
 */
export interface View<T> {
  /**
   * What is derived from the value that the cache's own `get()` would answer, or from a newer one.
   *
   * @throws What the function or `equals` throws, and what the cache's `get()` does.
   */
  get(options?: GetOptions): Promise<T>;
  /**
   * The same of what the cache's `peek()` gives. Its `version` is the cache's at which the derived value last changed.
   *
   * @throws What the function throws.
   */
  peek(): Snapshot<T> | undefined;
  /** A view of this view: derived anew only where this one has changed. */
  select<U>(fn: (value: T) => U, options?: SelectOptions<U>): View<U>;
}

/** What a view is derived from: a cache, or another view. */
export interface ViewSource<T> {
  get(options?: GetOptions): Promise<T>;
  peek(): Snapshot<T> | undefined;
  /** The last snapshot, however old. */
  latest(): Snapshot<T> | undefined;
  /**
   * Has `prepare` called with each value before it is published.
   *
   * @param prepare - Is given with it something that stands for this one publication.
   */
  beforePublish(prepare: Prepare<T>): void;
}

export type Prepare<T> = (value: T, publication: object) => void;

export function viewOf<S, T>(
  source: ViewSource<S>,
  fn: (value: S) => T,
  { eager = false, equals }: SelectOptions<T>,
): View<T> {
  expect('eager', eager, 'boolean');
  if (equals !== undefined) expect('equals', equals, 'function');
  const view = new Derived(source, fn, equals);
  if (eager) {
    view.latest();
    view.beforePublish(() => {});
  }
  return view;
}

class Derived<S, T> implements View<T>, ViewSource<T> {
  /** What it was last derived from, and what came of it. */
  #of: Snapshot<S> | undefined;
  #snapshot: Snapshot<T> | undefined;
  /** What a value that may be published next will come to, if it is. */
  #next: { readonly of: S; readonly value: T; readonly publication: object } | undefined;
  /** The version from which nothing could be derived, and why. */
  #failure: { readonly version: number; readonly error: unknown } | undefined;
  readonly #source: ViewSource<S>;
  readonly #fn: (value: S) => T;
  readonly #equals: SelectOptions<T>['equals'];

  constructor(source: ViewSource<S>, fn: (value: S) => T, equals: SelectOptions<T>['equals']) {
    this.#source = source;
    this.#fn = fn;
    this.#equals = equals;
  }

  get(options?: GetOptions): Promise<T> {
    const value = this.#get(options);
    // As with every promise of a cache, whoever ignores it is not to find an unhandled rejection.
    value.catch(() => {});
    return value;
  }

  peek(): Snapshot<T> | undefined {
    const snapshot = this.#source.peek();
    return snapshot && this.#at(snapshot);
  }

  latest(): Snapshot<T> | undefined {
    const snapshot = this.#source.latest();
    return snapshot && this.#at(snapshot);
  }

  select<U>(fn: (value: T) => U, options: SelectOptions<U> = {}): View<U> {
    expect('fn', fn, 'function');
    expect('options', options, 'object');
    return viewOf(this, fn, options);
  }

  beforePublish(prepare: Prepare<T>): void {
    this.#source.beforePublish((value, publication) => {
      // Several views of this one ask, and it is derived for all of them at once.
      if (this.#next?.publication !== publication) {
        // What stood before counts as that though nobody has read it.
        this.latest();
        this.#next = { of: value, value: this.#derived(value), publication };
      }
      prepare(this.#next.value, publication);
    });
  }

  async #get(options?: GetOptions): Promise<T> {
    const value = await this.#source.get(options);
    // A newer one may stand by now; or none, after a purge.
    const snapshot = this.#source.latest();
    return snapshot ? this.#at(snapshot).value : this.#fn(value);
  }

  #at(snapshot: Snapshot<S>): Snapshot<T> {
    const { version, loadedAt, source } = snapshot;
    const before = this.#snapshot;
    if (before && this.#of === snapshot) return before;
    if (this.#failure?.version === version) throw this.#failure.error;
    let value: T;
    try {
      value = before && this.#of?.version === version ? before.value : this.#taken(snapshot.value);
    } catch (error) {
      this.#failure = { version, error };
      throw error;
    }
    const isSame = before && Object.is(value, before.value);
    const derived = { value, version: isSame ? before.version : version, loadedAt, source };
    this.#of = snapshot;
    this.#snapshot = Object.freeze(derived);
    return derived;
  }

  /** What was derived before the value was published, or else is now. */
  #taken(of: S): T {
    const next = this.#next;
    if (!next || !Object.is(next.of, of)) return this.#derived(of);
    this.#next = undefined;
    return next.value;
  }

  #derived(of: S): T {
    const before = this.#snapshot;
    const derived = this.#fn(of);
    return before && this.#equals?.(derived, before.value) ? before.value : derived;
  }
}
