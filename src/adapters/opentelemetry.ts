/**
 * Metrics and traces of a cache or a map, by OpenTelemetry.
 *
 * @module warm-cache/opentelemetry
 * @category API
 */
import { type Meter, metrics, type Tracer, trace } from '@opentelemetry/api';
import { Observed } from './observed/observed.ts';
import type { KeyLabel, ObservedCache, ObservedMap } from './observed/source.ts';
import { measure } from './opentelemetry/metrics.ts';
import { traceLoads } from './opentelemetry/spans.ts';

export type { KeyLabel, ObservedCache, ObservedMap } from './observed/source.ts';

/**
 * @typeParam K - The type of the map's keys.
 *
 * @example
 * ```ts
 * import { trace } from '@opentelemetry/api';
 * import type { InstrumentOptions } from 'warm-cache/opentelemetry';
 *
 * const options: InstrumentOptions<string> = {
 *   tracer: trace.getTracer('boards', '1.2.0'),
 *   keys: (board) => board.split(':')[0] ?? board,
 * };
 * console.log(typeof options.keys);
 * ```
 */
export interface InstrumentOptions<K = unknown> {
  /**
   * What makes the metrics.
   *
   * @default `metrics.getMeter('warm-cache')` of the API
   */
  readonly meter?: Meter | undefined;
  /**
   * What makes the spans.
   *
   * @default `trace.getTracer('warm-cache')` of the API
   */
  readonly tracer?: Tracer | undefined;
  /**
   * Whether the keys of a map are told apart, as `warm_cache.key`; or by what. Each is a series of its own, of several
   * metrics: leave it, or group the keys by a function, where there are many.
   *
   * @default false
   */
  readonly keys?: KeyLabel<K> | undefined;
}

/**
 * Measures a cache or a map, and makes a span of each load.
 *
 * Call it once OpenTelemetry is set up, and before `start()`: what was before isn't seen.
 *
 * @returns What takes it off again. The spans of loads under way end there.
 * @throws {TypeError} `keys` is of the wrong type.
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { instrument } from 'warm-cache/opentelemetry';
 *
 * const flags = new WarmCache({ name: 'flags', loader: () => ['dark-mode'], ttl: 60_000 });
 * const stopInstrumenting = instrument(flags);
 * flags.start();
 * await flags.stop();
 * stopInstrumenting();
 * ```
 */
export function instrument(cache: ObservedCache, options?: InstrumentOptions): () => void;
export function instrument<K>(map: ObservedMap<K>, options?: InstrumentOptions<K>): () => void;
export function instrument<K>(
  source: ObservedCache | ObservedMap<K>,
  {
    meter = metrics.getMeter('warm-cache'),
    tracer = trace.getTracer('warm-cache'),
    keys,
  }: InstrumentOptions<K> = {},
): () => void {
  const observed = new Observed(source, keys);
  // A load's span is made first, and ended last.
  const stopTracing = traceLoads(observed, tracer);
  const stopMeasuring = measure(observed, meter);
  return () => {
    stopMeasuring();
    stopTracing();
  };
}
