import { outsideRequests } from './context.ts';
import type { ValidatorToken } from './load.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Where a cache keeps its last snapshot across restarts: anything with Keyv's `get` and `set`, Keyv itself with any of
 * its backends included.
 *
 * @example
 * ```ts
 * import { readFile, rename, writeFile } from 'node:fs/promises';
 * import type { SnapshotStore } from 'warm-cache';
 *
 * const inFiles: SnapshotStore = {
 *   get: (key) => readFile(`${key}.json`, 'utf8').then(JSON.parse, () => undefined),
 *   set: async (key, entry) => {
 *     await writeFile(`${key}.tmp`, JSON.stringify(entry));
 *     await rename(`${key}.tmp`, `${key}.json`);
 *   },
 * };
 * ```
 */
export interface SnapshotStore {
  /** What `set` was last given for this key; `undefined` or `null` where that is nothing. */
  get(key: string): unknown;
  /**
   * `entry` is plain data, as far as the value or its codec is; after `ttl` ms, if given, it may be forgotten. What is
   * thrown, or an answer of `false`, says that it isn't kept.
   */
  set(key: string, entry: unknown, ttl?: number): unknown;
}

/**
 * Turns a value into plain data for the `store`, and back.
 *
 * @typeParam T - The type of the value.
 *
 * @example
 * ```ts
 * import type { Codec } from 'warm-cache';
 *
 * const mapCodec: Codec<Map<string, number>> = {
 *   encode: (map) => [...map],
 *   decode: (entries) => new Map(entries as [string, number][]),
 * };
 * ```
 */
export interface Codec<T> {
  /** Plain data: what JSON can hold. */
  readonly encode: (value: T) => unknown;
  /** @throws Where it is no data of this codec: it is refused then. */
  readonly decode: (data: unknown) => T | Promise<T>;
}

/** What stands in the store. */
interface StoredEntry {
  readonly format: typeof FORMAT;
  /** The key again: an entry that was copied from another cache is no good here. */
  readonly key: string;
  readonly loadedAt: number;
  readonly token?: ValidatorToken;
  readonly value?: unknown;
  /** There is no value any more: it was purged. */
  readonly dropped?: true;
}

const FORMAT = 'warm-cache/1';

/** What was read from a store. */
export interface Restored<T> {
  readonly value: T;
  readonly loadedAt: number;
  readonly token: ValidatorToken;
}

/** What is to be written: no value where that was dropped. */
interface Saved<T> {
  readonly loadedAt: number;
  readonly kept?: { readonly value: T; readonly token: ValidatorToken };
}

/** Keeps one cache's last snapshot in a store: one write at a time, the newest last. */
export class Keeper<T> {
  readonly #key: string;
  readonly #store: SnapshotStore;
  readonly #codec: Codec<T> | undefined;
  /** Ms for which a value may be served. */
  readonly #goodFor: number;
  readonly #onError: (error: unknown) => void;
  /** Epoch ms: of the last one written, or being written. */
  #savedAt = -Infinity;
  #next: Saved<T> | undefined;
  #writing: Promise<void> | undefined;

  /** @param onError - Told of what the store or the codec throws, and of entries that are refused. */
  constructor(
    key: string,
    options: {
      readonly store: SnapshotStore;
      readonly codec: Codec<T> | undefined;
      readonly ttl: number;
      readonly maxStale: number;
    },
    onError: (error: unknown) => void,
  ) {
    this.#key = key;
    this.#store = options.store;
    this.#codec = options.codec;
    this.#goodFor = options.ttl + options.maxStale;
    this.#onError = onError;
  }

  /** What was kept, if it is good still. Never rejects. */
  async restore(): Promise<Restored<T> | undefined> {
    try {
      const entry = await outsideRequests(() => this.#store.get(this.#key));
      if (entry === undefined || entry === null) return undefined;
      if (!isOurs(entry, this.#key))
        throw new TypeError(`the store's ${this.#key} is no snapshot of this cache`);
      const { loadedAt, token } = entry;
      if (entry.dropped || !this.#isGood(loadedAt)) return undefined;
      const value = (this.#codec ? await this.#codec.decode(entry.value) : entry.value) as T;
      if (!this.#isGood(loadedAt)) return undefined;
      this.#savedAt = Math.max(this.#savedAt, loadedAt);
      return { value, loadedAt, token };
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  #isGood(loadedAt: number): boolean {
    const age = Date.now() - loadedAt;
    // Of a time to come: how old it is can't be told.
    return age >= 0 && age < this.#goodFor;
  }

  /** Keeps a snapshot, unless a newer one comes before its turn. */
  save(snapshot: Snapshot<T>, token: ValidatorToken): void {
    this.#queue({ loadedAt: snapshot.loadedAt, kept: { value: snapshot.value, token } });
  }

  /** Keeps an age that was renewed, once the one that is kept would make the value stale. */
  renew(snapshot: Snapshot<T>, token: ValidatorToken, ttl: number): void {
    if (snapshot.loadedAt - this.#savedAt >= ttl / 2) this.save(snapshot, token);
  }

  /** Keeps that there is no value. */
  drop(): void {
    this.#queue({ loadedAt: Date.now() });
  }

  /** Tries to write once more what could not be written, if there is such. */
  retry(): void {
    if (this.#next) this.#writing ??= outsideRequests(() => this.#write());
  }

  /** Resolves when everything is written, or can't be. Never rejects. */
  async written(): Promise<void> {
    await this.#writing;
    this.retry();
    await this.#writing;
  }

  #queue(entry: Saved<T>): void {
    this.#next = entry;
    this.#savedAt = entry.loadedAt;
    this.retry();
  }

  async #write(): Promise<void> {
    // Whoever publishes isn't to wait for the codec.
    await undefined;
    for (let entry = this.#next; entry; entry = this.#next) {
      this.#next = undefined;
      try {
        const data = await this.#encoded(entry);
        const left = entry.loadedAt + this.#goodFor - Date.now();
        if (left <= 0 || this.#isDropped) continue;
        // Keyv tells its own listeners of errors, and answers `false`.
        const kept = await this.#store.set(this.#key, data, finite(left));
        if (kept === false) throw new Error(`the store did not keep ${this.#key}`);
      } catch (error) {
        this.#onError(error);
        // It is tried again at the end of the next load, and by `stop()`: else a purge might be undone by a restart.
        if (this.#next) continue;
        this.#next = entry;
        break;
      }
    }
    this.#writing = undefined;
  }

  /** Whether the value was purged since it was taken to be written. */
  get #isDropped(): boolean {
    return this.#next !== undefined && !this.#next.kept;
  }

  async #encoded(entry: Saved<T>): Promise<StoredEntry> {
    const { loadedAt, kept } = entry;
    const head = { format: FORMAT, key: this.#key, loadedAt } as const;
    if (!kept) return { ...head, dropped: true };
    const value = this.#codec ? await this.#codec.encode(kept.value) : kept.value;
    return { ...head, ...(kept.token === undefined ? {} : { token: kept.token }), value };
  }
}

function finite(ms: number): number | undefined {
  return ms === Infinity ? undefined : ms;
}

function isOurs(entry: unknown, key: string): entry is StoredEntry {
  const { format, key: stored, loadedAt } = entry as StoredEntry;
  return format === FORMAT && stored === key && Number.isFinite(loadedAt);
}
