import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';

/** One row, in the order of its columns. */
export interface Row {
  readonly id: string;
  readonly player_id: string;
  readonly player_name: string;
  readonly country: string | null;
  readonly race: string | null;
  readonly rating: number;
}

export function row(n: number): Row {
  return {
    // Beyond what a JSON number can hold.
    id: String(9_007_199_254_740_993n + BigInt(n)),
    player_id: String(175_928_847_299_117_063n + BigInt(n)),
    player_name: `player ${n}`,
    country: n % 3 === 0 ? null : 'PL',
    race: 'zerg',
    rating: 1000 + (n % 50),
  };
}

/** What the next requests get in place of rows: an answer, or whatever the handler does. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => void;

export const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Fault =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };

/** Speaks PostgREST's protocol as far as a keyset goes: `order`, `limit`, `gt`, and a cap on rows. */
export class FakePostgrest {
  rows: Row[] = [];
  readonly faults: Fault[] = [];
  readonly requests: URL[] = [];
  /** Called before each answer. */
  onRequest: (n: number) => void = () => {};
  readonly #maxRows: number;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get client(): SupabaseClient {
    return this.clientWith(fetch);
  }

  clientWith(ownFetch: typeof fetch): SupabaseClient {
    const { port } = this.#server.address() as AddressInfo;
    return createClient(`http://127.0.0.1:${port}`, 'anon key', { global: { fetch: ownFetch } });
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://localhost');
    this.requests.push(url);
    this.onRequest(this.requests.length);
    const fault = this.faults.shift();
    if (fault) {
      fault(request, response);
      return;
    }
    const after = url.searchParams.get('id')?.replace(/^gt\./, '');
    const limit = Math.min(this.#maxRows, Number(url.searchParams.get('limit')));
    const page = this.rows
      .toSorted((a, b) => compare(a.id, b.id))
      .filter(({ id }) => after === undefined || compare(id, after) > 0)
      .slice(0, limit)
      .map(({ id, player_id, player_name, country, race, rating }) => ({
        key: id,
        player: player_id,
        name: player_name,
        country,
        race,
        score: rating,
      }));
    answer(200, JSON.stringify(page))(request, response);
  }
}

function compare(a: string, b: string): number {
  return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
}
