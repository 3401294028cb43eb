import type { HealthReport, WarmCache } from 'warm-cache';
import type { Source, Value } from './source.ts';

/** What was counted of one cache beside it, to compare with what it counts itself. */
export class Books {
  readonly reads: { asked: number; got: number; failed: number; givenUp: number } = {
    asked: 0,
    got: 0,
    failed: 0,
    givenUp: 0,
  };
  /** Promises that somebody waits for. */
  pending = 0;
  readonly #events = { load: 0, published: 0, unchanged: 0, failed: 0 };
  #version = 0;
  readonly #cache: WarmCache<Value>;
  readonly #source: Source;
  readonly #hasValidator: boolean;
  readonly #retries: number;
  readonly #report: (broken: string) => void;

  constructor(
    cache: WarmCache<Value>,
    source: Source,
    { hasValidator, retries }: { readonly hasValidator: boolean; readonly retries: number },
    report: (broken: string) => void,
  ) {
    this.#cache = cache;
    this.#source = source;
    this.#hasValidator = hasValidator;
    this.#retries = retries;
    this.#report = report;
    cache.on('load', () => {
      this.#events.load += 1;
    });
    cache.on('unchanged', () => {
      this.#events.unchanged += 1;
    });
    cache.on('error', ({ final }) => {
      if (final) this.#events.failed += 1;
    });
    cache.on('refresh', ({ snapshot, previous, reason }) => {
      if (reason !== 'set') this.#events.published += 1;
      this.#same('the version', snapshot.version, this.#version + 1);
      this.#version = snapshot.version;
      if (previous && previous.value.order >= snapshot.value.order) {
        this.#report('an older value replaced a newer one');
      }
    });
  }

  /** Loads that were begun, and those of them that brought a value. */
  get loads(): { readonly begun: number; readonly published: number } {
    return { begun: this.#events.load, published: this.#events.published };
  }

  /** Compares, of a cache that is stopped, what it counted with what was counted beside it. */
  verify(): void {
    const { loads, reads, abandoned, load, nextLoadAt } = this.#cache.health();
    const source = this.#source;
    const counted = this.#events;
    const { rejected, failed, timeout } = loads;
    const sum = Object.values(loads).reduce((total, count) => total + count, 0);
    const begun = this.#hasValidator ? source.validations : source.loads;
    this.#same('loads by outcome, and calls of the loader or validator', sum, begun);
    this.#same('loads by outcome, and load events', sum, counted.load);
    this.#same('published, and refresh events', loads.published, counted.published);
    this.#same('unchanged, and unchanged events', loads.unchanged, counted.unchanged);
    this.#same('failures, and final errors', rejected + failed + timeout, counted.failed);
    this.#same('abandoned, and what has not settled', abandoned, source.hung + source.late);
    this.#same('reads failed', reads.failed, this.reads.failed);
    const { asked, got, failed: lost, givenUp } = this.reads;
    this.#same('reads answered, and asked', got + lost + givenUp, asked);
    this.#same('promises left pending', this.pending, 0);
    this.#same('load in flight', load, null);
    this.#same('next load', nextLoadAt, null);
    if (source.attempts > 1 + this.#retries) this.#report(`${source.attempts} attempts`);
  }

  #same<V extends number | HealthReport['load']>(what: string, actual: V, expected: V): void {
    if (actual !== expected) this.#report(`${what}: ${actual}, not ${expected}`);
  }
}
