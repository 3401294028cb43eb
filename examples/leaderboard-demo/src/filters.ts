import type { SupabaseClient } from '@supabase/supabase-js';
import { WarmCacheMap } from 'warm-cache';
import { TTL } from './lanes.ts';

/** One page of the ladder, of these countries and this race: of all, where none is named. */
export interface Filter {
  readonly countries: readonly string[];
  readonly race?: string | undefined;
  readonly page: number;
}

/** A row of such a page. */
export interface PageRow {
  /** As text: numbers of 64 bits would be rounded. */
  readonly id: string;
  readonly player_name: string;
  readonly country: string | null;
  readonly race: string;
  readonly rating: number;
}

/** Ms without a read after which a page that isn't listed rests: one interval, so that the demo can show it. */
export const IDLE_TIME = TTL;
/** Loads at a time. */
const CONCURRENCY = 8;
const PAGE_SIZE = 25;

/** What filters are told apart by: two objects that say the same are one key. */
export function keyOf({ countries, race, page }: Filter): string {
  return `${countries.toSorted().join()}/${race ?? ''}/${page}`;
}

/**
 * The pages of the ladder: those of `listed()` always hot, any other once it is read, and for as long as it is.
 *
 * @param client - Reads the ladder.
 */
export function hotPages(client: SupabaseClient): WarmCacheMap<Filter, readonly PageRow[]> {
  return new WarmCacheMap({
    name: 'pages',
    loader: (filter: Filter, { signal }) => pageOf(client, filter, signal),
    keys: () => listed(client),
    keyOf,
    ttl: TTL,
    maxStale: 600_000,
    idleTime: IDLE_TIME,
    concurrency: CONCURRENCY,
  });
}

/**
 * Asks the database for a page.
 *
 * @throws {Error} It has no answer.
 */
export async function pageOf(
  client: SupabaseClient,
  { countries, race, page }: Filter,
  signal: AbortSignal,
): Promise<readonly PageRow[]> {
  let query = client.from('player_races').select('id::text,player_name,country,race,rating');
  if (countries.length > 0) query = query.in('country', countries);
  if (race !== undefined) query = query.eq('race', race);
  const { data, error } = await query
    .order('rating', { ascending: false })
    .order('id')
    .range((page - 1) * PAGE_SIZE, page * PAGE_SIZE - 1)
    .abortSignal(signal);
  if (error) throw new Error(`no page to be had: ${error.message}`);
  return data as readonly unknown[] as readonly PageRow[];
}

/**
 * The first page of each country that has players, of each race, and of each country with each race.
 *
 * @throws {Error} The database has no answer.
 */
export async function listed(client: SupabaseClient): Promise<Filter[]> {
  const [countries, races] = await Promise.all([
    // One player is enough to know that there are some.
    codes(
      client
        .from('countries')
        .select('code,players!inner(id)')
        .limit(1, { referencedTable: 'players' }),
    ),
    codes(client.from('races').select('code')),
  ]);
  const choices = [undefined, ...countries].flatMap((country) =>
    [undefined, ...races].map((race) => ({ countries: country ? [country] : [], race, page: 1 })),
  );
  return choices.filter((filter) => filter.race !== undefined || filter.countries.length > 0);
}

/** Some filters that are not among the listed ones, as visitors make them up. */
export function madeUp(filters: readonly Filter[]): Filter[] {
  const countries = [...new Set(filters.flatMap((filter) => filter.countries))];
  const [race] = filters.flatMap((filter) => filter.race ?? []);
  const names = new Set(filters.map(keyOf));
  const others: Filter[] = [
    { countries: countries.slice(0, 3), page: 1 },
    { countries: countries.slice(1, 4), race, page: 1 },
    { countries: countries.slice(0, 1), page: 2 },
    { countries: [], race, page: 2 },
    { countries: [], page: 1 },
  ];
  // On a small ladder several countries may be one.
  return others.filter((filter) => !names.has(keyOf(filter)));
}

async function codes(
  query: PromiseLike<{
    readonly data: readonly { readonly code: unknown }[] | null;
    readonly error: { readonly message: string } | null;
  }>,
): Promise<string[]> {
  const { data, error } = await query;
  if (error) throw new Error(`no filters to be had: ${error.message}`);
  return (data ?? []).map(({ code }) => String(code));
}
