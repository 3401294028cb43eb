import { setTimeout as delay } from 'node:timers/promises';
import type { SupabaseClient } from '@supabase/supabase-js';
import type { SupabaseStack } from 'supabase-stack';
import type { WarmCacheMap } from 'warm-cache';
import { type Filter, hotPages, keyOf, listed, type PageRow, pageOf } from './filters.ts';
import { clientOf, TTL } from './lanes.ts';
import { RequestLog } from './request-log.ts';

const REST_LIMIT = 20_000;

/** One way to keep the pages hot, and what the demo asks of it. */
export interface FilterLane {
  readonly name: string;
  readonly requests: RequestLog;
  /** Resolves when each listed page is there. */
  start(signal: AbortSignal): Promise<void>;
  get(filter: Filter): Promise<readonly PageRow[]>;
  /** Says that the pages have changed. */
  invalidateAll(): Promise<void>;
  /** How many pages are loaded again and again. */
  hot(): number;
  /** Resolves when that is so only of pages that are listed or read: at once, where it never will be. */
  rested(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** What people write by hand: a `Map`, and an interval that loads all that is in it. */
export class HandLane implements FilterLane {
  readonly name = 'by hand';
  readonly requests = new RequestLog();
  readonly #client: SupabaseClient;
  readonly #filters = new Map<string, Filter>();
  readonly #pages = new Map<string, readonly PageRow[]>();
  readonly #loading = new Set<Promise<unknown>>();
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(stack: SupabaseStack) {
    this.#client = clientOf(stack, this.name, this.requests);
  }

  async start(signal: AbortSignal): Promise<void> {
    for (const filter of await listed(this.#client)) this.#filters.set(keyOf(filter), filter);
    signal.throwIfAborted();
    this.#timer = setInterval(() => void this.invalidateAll(), TTL);
    await this.invalidateAll();
  }

  async get(filter: Filter): Promise<readonly PageRow[]> {
    return this.#pages.get(keyOf(filter)) ?? this.#load(filter);
  }

  async invalidateAll(): Promise<void> {
    // A page that can't be had stays as it was.
    await Promise.allSettled([...this.#filters.values()].map((filter) => this.#load(filter)));
  }

  hot(): number {
    return this.#filters.size;
  }

  async rested(): Promise<void> {}

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await Promise.allSettled(this.#loading);
  }

  async #load(filter: Filter): Promise<readonly PageRow[]> {
    const key = keyOf(filter);
    this.#filters.set(key, filter);
    const load = pageOf(this.#client, filter, this.#stopped.signal);
    this.#loading.add(load);
    try {
      const page = await load;
      this.#pages.set(key, page);
      return page;
    } finally {
      this.#loading.delete(load);
    }
  }
}

/** The same pages in a `WarmCacheMap`. */
export class MapLane implements FilterLane {
  readonly name = 'map';
  readonly requests = new RequestLog();
  readonly pages: WarmCacheMap<Filter, readonly PageRow[]>;

  constructor(stack: SupabaseStack) {
    this.pages = hotPages(clientOf(stack, this.name, this.requests));
  }

  async start(signal: AbortSignal): Promise<void> {
    this.pages.start();
    await this.pages.ready({ signal });
  }

  get(filter: Filter): Promise<readonly PageRow[]> {
    return this.pages.get(filter);
  }

  invalidateAll(): Promise<void> {
    return this.pages.invalidateAll();
  }

  hot(): number {
    const { size, idle } = this.pages.health();
    return size - idle;
  }

  async rested(signal: AbortSignal): Promise<void> {
    const limit = performance.now() + REST_LIMIT;
    while (this.hot() > this.pages.health().pinned && performance.now() < limit) {
      await delay(100, undefined, { signal });
    }
  }

  stop(): Promise<void> {
    return this.pages.stop();
  }
}
