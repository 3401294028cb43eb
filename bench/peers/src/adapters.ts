import type { Adapter } from './peer.ts';

/** One file a library, loaded when it is its turn: some take clock and timers as they load. */
export const adapterFiles = [
  'warm-cache',
  'lru-cache',
  'layered-loader',
  'bentocache',
  'cacheable',
  'cache-manager',
  'async-cache-dedupe',
  'cachified',
  'p-memoize',
  'memoizee',
  'stale-while-revalidate-cache',
  'query-core',
] as const;

export async function loadAdapter(file: string): Promise<Adapter> {
  const { adapter } = (await import(`./adapters/${file}.ts`)) as { adapter: Adapter };
  return adapter;
}
