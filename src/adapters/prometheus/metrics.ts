import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Figure, Labels, Observed, Tell } from '../observed/observed.ts';

type LabelName = 'cache' | 'outcome' | 'reason' | keyof Labels;
type LabelValues = Partial<Record<LabelName, string>>;

interface Definition {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly (keyof Labels)[];
  readonly isCounter?: true;
  /** How the processes of a cluster are put together. */
  readonly aggregator?: 'max';
}

const DEFINITIONS: Readonly<Record<Figure, Definition>> = {
  age: {
    name: 'age_seconds',
    help: 'Age of the value; of a map, of the oldest that is kept hot.',
    labels: ['key'],
    aggregator: 'max',
  },
  status: {
    name: 'status',
    help: 'Whether the cache has this status: 1 or 0.',
    labels: ['status', 'key'],
  },
  reads: {
    name: 'reads_total',
    help: 'Reads, by what they met.',
    labels: ['kind'],
    isCounter: true,
  },
  failures: {
    name: 'consecutive_failures',
    help: 'Loads that failed since the last one that did not.',
    labels: ['key'],
    aggregator: 'max',
  },
  inFlight: { name: 'loads_in_flight', help: 'Loads that are under way.' },
  abandoned: {
    name: 'loads_abandoned',
    help: 'Loaders that were given up at their deadline, and run still.',
  },
  entries: { name: 'entries', help: 'Keys of a map, by their status.', labels: ['status'] },
  failing: { name: 'entries_failing', help: 'Keys of a map whose last load failed.' },
  queued: { name: 'loads_queued', help: 'Loads of a map that wait for their turn.' },
  evicted: {
    name: 'evictions_total',
    help: 'Keys that a map has forgotten.',
    isCounter: true,
  },
};

const FIGURES = Object.keys(DEFINITIONS) as Figure[];

/** In seconds. */
const BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 30, 60,
];

interface Reading {
  readonly labels: LabelValues;
  readonly value: number;
}

/** The metrics of one registry that begin alike, and the caches that they are of. */
export class Metrics {
  readonly #registry: Registry;
  readonly #prefix: string;
  readonly #duration: Histogram<LabelName>;
  readonly #caches: Map<string, (tell: Tell) => void> = new Map();
  /** Of the scrape under way: each cache is asked once for all metrics. */
  #readings: Map<Figure, Reading[]> | undefined;

  constructor(registry: Registry, prefix: string) {
    this.#registry = registry;
    this.#prefix = prefix;
    this.#duration = new Histogram({
      name: `${prefix}load_duration_seconds`,
      help: 'How long loads took.',
      labelNames: ['cache', 'outcome', 'reason', 'key'],
      buckets: BUCKETS,
      registers: [registry],
    });
    for (const figure of FIGURES) this.#register(figure);
  }

  /** Whether nobody has taken them off the registry. */
  get areRegistered(): boolean {
    const { name } = this.#duration as unknown as { readonly name: string };
    return this.#registry.getSingleMetric(name) === this.#duration;
  }

  get isEmpty(): boolean {
    return this.#caches.size === 0;
  }

  /** Adds a cache, until what it returns is called. */
  add<K>(observed: Observed<K>): () => void {
    const { name } = observed;
    if (this.#caches.has(name)) {
      throw new Error(
        `The registry has a cache of the name \`${name}\` already: give each its own`,
      );
    }
    this.#caches.set(name, (tell) => observed.read(tell));
    /** What is to be taken off again. */
    const series = new Map<string, LabelValues>();
    const silence = observed.listen({
      loadEnd: ({ reason, outcome, duration }, label) => {
        const labels = { cache: name, outcome, reason, ...label };
        series.set(Object.values(labels).join(' '), labels);
        this.#duration.observe(labels, duration / 1000);
      },
    });
    return () => {
      silence();
      this.#caches.delete(name);
      for (const labels of series.values()) this.#duration.remove(labels);
    };
  }

  unregister(): void {
    this.#registry.removeSingleMetric(`${this.#prefix}load_duration_seconds`);
    for (const { name } of Object.values(DEFINITIONS)) {
      this.#registry.removeSingleMetric(this.#prefix + name);
    }
  }

  #register(figure: Figure): void {
    const { name, help, labels = [], isCounter, aggregator } = DEFINITIONS[figure];
    const configuration = {
      name: this.#prefix + name,
      help,
      labelNames: ['cache', ...labels] as LabelName[],
      registers: [this.#registry],
      ...(aggregator && { aggregator }),
    };
    const readings = (): Reading[] => this.#read().get(figure) ?? [];
    if (isCounter) {
      new Counter<LabelName>({
        ...configuration,
        collect() {
          this.reset();
          for (const { labels, value } of readings()) this.inc(labels, value);
        },
      });
    } else {
      new Gauge<LabelName>({
        ...configuration,
        collect() {
          this.reset();
          for (const { labels, value } of readings()) this.set(labels, value);
        },
      });
    }
  }

  #read(): Map<Figure, Reading[]> {
    if (this.#readings) return this.#readings;
    const readings = new Map<Figure, Reading[]>(FIGURES.map((figure) => [figure, []]));
    for (const [cache, read] of this.#caches) {
      read((figure, value, labels) => {
        const inUnits = figure === 'age' ? value / 1000 : value;
        readings.get(figure)?.push({ labels: { cache, ...labels }, value: inUnits });
      });
    }
    this.#readings = readings;
    // A registry asks all of its metrics in one go.
    queueMicrotask(() => {
      this.#readings = undefined;
    });
    return readings;
  }
}
