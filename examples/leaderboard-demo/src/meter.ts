/** What a load asked of the database. */
export interface LoadCost {
  /** Whether all rows were asked for, or only those that had changed. */
  readonly isFull: boolean;
  /** HTTP requests. */
  readonly requests: number;
  /** Rows that came. */
  readonly rows: number;
}

/** Measures the loads of one client, one after the other. */
export class Meter {
  #isFull = false;
  #requests = 0;
  #rows = 0;

  /** For a client of its own. */
  readonly fetch: typeof fetch = async (resource, init) => {
    const { searchParams } = new URL(String(resource));
    // Everything is read from the beginning, hence with no filter; and to count no rows are asked for.
    if (!searchParams.has('or') && searchParams.get('limit') !== '0') this.#isFull = true;
    this.#requests += 1;
    const response = await fetch(resource, init);
    const [, first, last] =
      /^(\d+)-(\d+)\//.exec(response.headers.get('content-range') ?? '') ?? [];
    if (first && last) this.#rows += Number(last) - Number(first) + 1;
    return response;
  };

  begin(): void {
    this.#isFull = false;
    this.#requests = 0;
    this.#rows = 0;
  }

  end(): LoadCost {
    return { isFull: this.#isFull, requests: this.#requests, rows: this.#rows };
  }
}
