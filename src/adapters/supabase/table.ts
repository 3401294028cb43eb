import type { SupabaseClientLike, SupabaseQuery } from './client.ts';
import { type Answers, type Page, pages } from './keyset.ts';
import { fetchCount, fetchPage, type Watch } from './page.ts';
import { type Columns, keyOf, type Row, selectOf } from './rows.ts';
import { nameOf, quoted } from './words.ts';

/** What is known of a table beforehand. */
export interface TableOptions {
  readonly client: SupabaseClientLike;
  readonly table: string;
  readonly columns: Columns;
  readonly pageSize: number;
}

/** A table or view, and how it is asked. */
export class Table {
  readonly #options: TableOptions;
  readonly #select: string;
  /** Since all rows were last read. */
  #answers: Answers = { longest: 0 };

  constructor(options: TableOptions) {
    this.#options = options;
    this.#select = selectOf(options.columns);
  }

  /** All rows, page by page along the key. */
  all(watch: Watch): AsyncGenerator<readonly Row[]> {
    const { columns } = this.#options;
    this.#answers = { longest: 0 };
    const query = () => this.#from(this.#select);
    return this.#pages(query, columns.key, (row) => keyOf(row, columns), undefined, watch);
  }

  /** The rows that were changed after a moment, the longest ago first. */
  changedSince(since: string, updatedAt: string, watch: Watch): AsyncGenerator<readonly Row[]> {
    const { columns } = this.#options;
    // There are few, if any: counted too, they are known to be all of them.
    const query = () => this.#from(this.#select, { count: 'exact' });
    return this.#pages(
      query,
      [updatedAt, ...columns.key],
      (row) => [row?.['updatedAt'], ...keyOf(row, columns)],
      `${nameOf(updatedAt)}.gt.${quoted(since)}`,
      watch,
    );
  }

  /** How many rows there are. */
  count(watch: Watch): Promise<number> {
    const [column] = this.#options.columns.key as [string];
    // No HEAD: what PostgREST has to say of an error comes as a body.
    const query = () => this.#from(nameOf(column), { count: 'exact' }).limit(0);
    return fetchCount(query, watch);
  }

  #pages(
    begun: () => SupabaseQuery,
    order: readonly string[],
    valuesOf: (row: Row) => readonly unknown[],
    begin: string | undefined,
    watch: Watch,
  ): AsyncGenerator<readonly Row[]> {
    const page = (filter: string | undefined): SupabaseQuery => {
      let query = begun().limit(this.#options.pageSize);
      for (const column of order) query = query.order(nameOf(column), { ascending: true });
      return filter === undefined ? query : query.or(filter);
    };
    const read = (filter: string | undefined) =>
      fetchPage(() => page(filter), watch) as Promise<Page<Row>>;
    return pages(order, read, valuesOf, this.#answers, begin);
  }

  #from(select: string, options?: { count?: 'exact' }): SupabaseQuery {
    const { client, table } = this.#options;
    // It becomes a part of a path.
    const query = client.from(encodeURIComponent(table)).select(select, options);
    // supabase-js takes a space for one outside of quotes, where a quote comes before it in the name.
    (query as { url?: URL }).url?.searchParams.set('select', select);
    return query;
  }
}
