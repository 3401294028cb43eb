/**
 * Metrics of caches and maps on a registry of prom-client.
 *
 * @module warm-cache/prometheus
 * @category API
 */
import type { OpenMetricsContentType, Registry } from 'prom-client';
import { Observed } from './observed/observed.ts';
import type { KeyLabel, ObservedCache, ObservedMap } from './observed/source.ts';
import { Metrics } from './prometheus/metrics.ts';

export type { KeyLabel, ObservedCache, ObservedMap } from './observed/source.ts';

/**
 * @typeParam K - The type of the map's keys.
 *
 * @example
 * ```ts
 * import { register } from 'prom-client';
 * import type { CollectOptions } from 'warm-cache/prometheus';
 *
 * const options: CollectOptions<string> = { registry: register, prefix: 'shop_cache_' };
 * console.log(options.prefix);
 * ```
 */
export interface CollectOptions<K = unknown> {
  /** Where the metrics are; all caches on it share them, told apart by the label `cache`. */
  readonly registry: Registry | Registry<OpenMetricsContentType>;
  /**
   * What the names of the metrics begin with.
   *
   * @default 'warm_cache_'
   */
  readonly prefix?: string | undefined;
  /**
   * Whether the keys of a map are told apart, by the label `key`; or by what. Each is a series of its own, of several
   * metrics: leave it, or group the keys by a function, where there are many.
   *
   * @default false
   */
  readonly keys?: KeyLabel<K> | undefined;
}

/** What there is, by the registry and the prefix. */
const shelves = new WeakMap<object, Map<string, Metrics>>();

/**
 * Has a registry collect the metrics of a cache or a map. Call it before `start()`: loads that were before aren't seen.
 *
 * @returns What takes them off again.
 * @throws {Error} The registry has a cache of that `name` already, or other metrics of these names.
 * @throws {TypeError} `keys` is of the wrong type.
 *
 * @example
 * ```ts
 * import { Registry } from 'prom-client';
 * import { WarmCache } from 'warm-cache';
 * import { collect } from 'warm-cache/prometheus';
 *
 * const registry = new Registry();
 * const flags = new WarmCache({ name: 'flags', loader: () => ['dark-mode'], ttl: 60_000 });
 * const stopCollecting = collect(flags, { registry });
 * await flags.get();
 * console.log(await registry.metrics());
 * stopCollecting();
 * ```
 */
export function collect(cache: ObservedCache, options: CollectOptions): () => void;
export function collect<K>(map: ObservedMap<K>, options: CollectOptions<K>): () => void;
export function collect<K>(
  source: ObservedCache | ObservedMap<K>,
  { registry, prefix = 'warm_cache_', keys }: CollectOptions<K>,
): () => void {
  const observed = new Observed(source, keys);
  const metrics = metricsOf(registry as Registry, prefix);
  const remove = metrics.add(observed);
  let isOn = true;
  return () => {
    if (!isOn) return;
    isOn = false;
    remove();
    const shelf = shelves.get(registry);
    if (!metrics.isEmpty || shelf?.get(prefix) !== metrics) return;
    shelf.delete(prefix);
    metrics.unregister();
  };
}

function metricsOf(registry: Registry, prefix: string): Metrics {
  const shelf = shelves.get(registry) ?? new Map<string, Metrics>();
  shelves.set(registry, shelf);
  const known = shelf.get(prefix);
  // The registry may have been cleared.
  const metrics = known?.areRegistered ? known : new Metrics(registry, prefix);
  shelf.set(prefix, metrics);
  return metrics;
}
