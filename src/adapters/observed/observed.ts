import type { CacheStatus } from '../../events.ts';
import type { HealthReport, ReadCounts } from '../../health.ts';
import type { Heard, KeyLabel, ObservedCache, ObservedMap } from './source.ts';

/** What there is to be told of a cache or a map at any time. */
export type Figure =
  | 'abandoned'
  | 'age'
  | 'entries'
  | 'evicted'
  | 'failing'
  | 'failures'
  | 'inFlight'
  | 'queued'
  | 'reads'
  | 'status';

export interface Labels {
  readonly kind?: keyof ReadCounts;
  readonly status?: CacheStatus;
  readonly key?: string;
}

export type Tell = (figure: Figure, value: number, labels?: Labels) => void;

export type Listeners = {
  readonly [E in keyof Heard]?: (payload: Heard[E], label: Pick<Labels, 'key'>) => void;
};

const STATUSES: readonly CacheStatus[] = ['NOT_READY', 'READY', 'STALE', 'ERROR'];

/** How many keys that are gone may be remembered at least. */
const SPARE = 100;

/** A cache or a map, as those who watch it see it. */
export class Observed<K> {
  readonly #source: ObservedCache | ObservedMap<K>;
  readonly #labelOf: ((key: K) => string) | undefined;
  /** The keys that there may be, where they are told apart: those that have been loaded since. */
  readonly #keys: Set<K> = new Set();

  constructor(source: ObservedCache | ObservedMap<K>, keys: KeyLabel<K> = false) {
    if (typeof keys !== 'boolean' && typeof keys !== 'function') {
      throw new TypeError(`Expected \`keys\` to be a boolean or a function, got ${String(keys)}`);
    }
    this.#source = source;
    this.#labelOf = keys === true ? String : keys || undefined;
  }

  get name(): string {
    return this.#source.name;
  }

  /** Calls these listeners, until what it returns is called. */
  listen(listeners: Listeners): () => void {
    const events = Object.keys(listeners) as (keyof Heard)[];
    const heard = events.map((event) => {
      const listener = (payload: Heard[typeof event]): void => {
        // Each listener is given the payload of its own event.
        listeners[event]?.(payload as never, this.#labelled(payload));
      };
      this.#source.on(event, listener);
      return () => this.#source.off(event, listener);
    });
    return () => {
      for (const off of heard) off();
    };
  }

  /** Tells all figures as they are now. */
  read(tell: Tell): void {
    if ('size' in this.#source) this.#readMap(this.#source, tell);
    else readCache(this.#source.health(), tell);
  }

  #labelled(payload: object): Pick<Labels, 'key'> {
    const { key } = payload as { readonly key?: K };
    // Of a map, what tells of no key has none.
    if (!this.#labelOf || key === undefined) return {};
    this.#remember(key);
    return { key: this.#labelOf(key) };
  }

  #remember(key: K): void {
    const map = this.#source as ObservedMap<K>;
    this.#keys.add(key);
    // Nobody may be reading, and so forget those that are gone.
    if (this.#keys.size <= 2 * map.size + SPARE) return;
    for (const known of this.#keys) {
      if (!map.health(known)) this.#keys.delete(known);
    }
  }

  #readMap(map: ObservedMap<K>, tell: Tell): void {
    const { status, reads, oldestAge, inFlight, queued, abandoned, failing, evicted } =
      map.health();
    for (const name of STATUSES) tell('entries', status[name], { status: name });
    readReads(reads, tell);
    tell('inFlight', inFlight);
    tell('queued', queued);
    tell('abandoned', abandoned);
    tell('failing', failing);
    tell('evicted', evicted);
    if (this.#labelOf) this.#readKeys(map, this.#labelOf, tell);
    else if (oldestAge !== null) tell('age', oldestAge);
  }

  #readKeys(map: ObservedMap<K>, labelOf: (key: K) => string, tell: Tell): void {
    const groups = new Map<string, HealthReport[]>();
    for (const key of this.#keys) {
      const report = map.health(key);
      if (!report) {
        this.#keys.delete(key);
        continue;
      }
      const label = labelOf(key);
      const group = groups.get(label);
      if (group) group.push(report);
      else groups.set(label, [report]);
    }
    for (const [key, reports] of groups) {
      const ages = reports.flatMap(({ age }) => age ?? []);
      if (ages.length > 0) tell('age', Math.max(...ages), { key });
      for (const status of STATUSES) {
        tell('status', reports.filter((report) => report.status === status).length, {
          key,
          status,
        });
      }
      const failures = reports.map(({ consecutiveFailures }) => consecutiveFailures);
      tell('failures', Math.max(...failures), { key });
    }
  }
}

function readCache(report: HealthReport, tell: Tell): void {
  const { age, reads, consecutiveFailures, load, abandoned } = report;
  if (age !== null) tell('age', age);
  for (const status of STATUSES) tell('status', report.status === status ? 1 : 0, { status });
  readReads(reads, tell);
  tell('failures', consecutiveFailures);
  tell('inFlight', load ? 1 : 0);
  tell('abandoned', abandoned);
}

function readReads({ fresh, stale, waited, failed }: ReadCounts, tell: Tell): void {
  tell('reads', fresh, { kind: 'fresh' });
  tell('reads', stale, { kind: 'stale' });
  tell('reads', waited, { kind: 'waited' });
  tell('reads', failed, { kind: 'failed' });
}
