import type { LogLevel } from './call.ts';

/** How many keys of a map may be told to fail at the same time, each by lines of its own. */
const LOUD = 10;
/** Ms between two looks at all that fail. */
const PAUSE = 10_000;

/** From the first load that failed until one answers, of one cache or key. */
export interface Outage {
  /** By `performance.now()`. */
  readonly since: number;
  /** Loads that failed. */
  failed: number;
  /** Whether a value is served. */
  serving: boolean;
  /** Whether its lines stand out; else there are so many that they would hide all else. */
  readonly isLoud: boolean;
}

/** The outages that go on: one at most of a cache, and of a map one a key. */
export class Outages {
  readonly #open = new Map<unknown, Outage>();
  readonly #isThere: (key: unknown) => boolean;
  /** How many have begun since there was none. */
  #begun = 0;
  /** When it was last looked for keys that are gone, by `performance.now()`. */
  #tidied = -Infinity;

  /** @param isThere - Whether a key is there still. */
  constructor(isThere: (key: unknown) => boolean) {
    this.#isThere = isThere;
  }

  get(key: unknown): Outage | undefined {
    return this.#open.get(key);
  }

  begin(key: unknown, serving: boolean): Outage {
    const isLoud = this.#open.size < LOUD;
    const outage = { since: performance.now(), failed: 1, serving, isLoud };
    this.#open.set(key, outage);
    this.#begun += 1;
    return outage;
  }

  /** Whether the outage that has just begun is the first one that isn't loud. */
  get isFlooding(): boolean {
    return this.#begun === LOUD + 1;
  }

  end(key: unknown): void {
    this.#open.delete(key);
  }

  /** @returns How many there have been, if none goes on any more, and they were more than are loud. */
  tidy(): number | undefined {
    if (this.#begun === 0) return undefined;
    // Keys that are deleted load no more, and nobody tells of them.
    const now = performance.now();
    if (now - this.#tidied >= PAUSE) {
      this.#tidied = now;
      for (const key of this.#open.keys()) if (!this.#isThere(key)) this.#open.delete(key);
    }
    if (this.#open.size > 0) return undefined;
    const begun = this.#begun;
    this.clear();
    return begun > LOUD ? begun : undefined;
  }

  clear(): void {
    this.#open.clear();
    this.#begun = 0;
  }
}

/** The level of the lines about it. */
export function levelOf(outage: Outage): LogLevel {
  if (!outage.isLoud) return 'debug';
  return outage.serving ? 'warn' : 'error';
}
