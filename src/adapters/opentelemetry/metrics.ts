import {
  type BatchObservableCallback,
  diag,
  type Histogram,
  type Meter,
  type MetricOptions,
  type Observable,
} from '@opentelemetry/api';
import type { Figure, Observed } from '../observed/observed.ts';
import { attributesOf, endAttributesOf } from './attributes.ts';

interface Instruments {
  readonly duration: Histogram;
  readonly figures: Readonly<Record<Figure, Observable>>;
  /** The caches that are measured by them. */
  readonly names: Set<string>;
}

/** In seconds: those of the semantic conventions, and some more for loads that are slow. */
const BOUNDARIES = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 30, 60,
];

/** Each meter has one set of them, for all caches. */
const made = new WeakMap<Meter, Instruments>();

/** Measures the cache, until what it returns is called. */
export function measure<K>(observed: Observed<K>, meter: Meter): () => void {
  const { duration, figures, names } = instrumentsOf(meter);
  const { name } = observed;
  if (names.has(name)) {
    diag.warn(`warm-cache: there is a cache of the name ${name} already, and metrics mix them up`);
  }
  names.add(name);
  const observe: BatchObservableCallback = (result) => {
    observed.read((figure, value, labels) => {
      const inUnits = figure === 'age' ? value / 1000 : value;
      result.observe(figures[figure], inUnits, attributesOf(name, labels));
    });
  };
  const all = Object.values(figures);
  meter.addBatchObservableCallback(observe, all);
  const silence = observed.listen({
    loadEnd: (end, label) => {
      duration.record(end.duration / 1000, {
        ...attributesOf(name, label),
        'warm_cache.load.reason': end.reason,
        ...endAttributesOf(end),
      });
    },
  });
  return () => {
    silence();
    meter.removeBatchObservableCallback(observe, all);
    names.delete(name);
  };
}

function instrumentsOf(meter: Meter): Instruments {
  const instruments = made.get(meter) ?? newInstruments(meter);
  made.set(meter, instruments);
  return instruments;
}

function newInstruments(meter: Meter): Instruments {
  const of = (unit: string, description: string): MetricOptions => ({ unit, description });
  return {
    duration: meter.createHistogram('warm_cache.load.duration', {
      ...of('s', 'How long loads took.'),
      advice: { explicitBucketBoundaries: BOUNDARIES },
    }),
    figures: {
      age: meter.createObservableGauge(
        'warm_cache.age',
        of('s', 'Age of the value; of a map, of the oldest that is kept hot.'),
      ),
      status: meter.createObservableUpDownCounter(
        'warm_cache.status',
        of('1', 'Whether the cache has this status: 1 or 0.'),
      ),
      reads: meter.createObservableCounter(
        'warm_cache.reads',
        of('{read}', 'Reads, by what they met.'),
      ),
      failures: meter.createObservableGauge(
        'warm_cache.failures.consecutive',
        of('{failure}', 'Loads that failed since the last one that did not.'),
      ),
      inFlight: meter.createObservableUpDownCounter(
        'warm_cache.load.in_flight',
        of('{load}', 'Loads that are under way.'),
      ),
      abandoned: meter.createObservableUpDownCounter(
        'warm_cache.load.abandoned',
        of('{load}', 'Loaders that were given up at their deadline, and run still.'),
      ),
      entries: meter.createObservableUpDownCounter(
        'warm_cache.entries',
        of('{entry}', 'Keys of a map, by their status.'),
      ),
      failing: meter.createObservableUpDownCounter(
        'warm_cache.entry.failing',
        of('{entry}', 'Keys of a map whose last load failed.'),
      ),
      queued: meter.createObservableUpDownCounter(
        'warm_cache.load.queued',
        of('{load}', 'Loads of a map that wait for their turn.'),
      ),
      evicted: meter.createObservableCounter(
        'warm_cache.evictions',
        of('{entry}', 'Keys that a map has forgotten.'),
      ),
    },
    names: new Set(),
  };
}
