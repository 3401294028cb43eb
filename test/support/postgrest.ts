import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { comparing, matching, type Row, selecting } from './postgrest-words.ts';

export type { Row } from './postgrest-words.ts';

/** A row of a ladder, by its number. */
export function row(n: number, change: Row = {}): Row {
  return {
    // Beyond what a JSON number can hold.
    id: String(9_007_199_254_740_993n + BigInt(n)),
    player_id: String(175_928_847_299_117_063n + BigInt(n)),
    player_name: `player ${n}`,
    country: n % 3 === 0 ? null : 'PL',
    race: 'zerg',
    rating: 1000 + (n % 50),
    updated_at: '2025-08-01T00:00:00+00:00',
    ...change,
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

/**
 * Speaks PostgREST's protocol as far as the loader does: `select`, `order`, `or`, `limit`, a count, and a cap on rows.
 * Its clock stands still, unless it is moved.
 */
export class FakePostgrest {
  rows: Row[] = [];
  readonly faults: Fault[] = [];
  readonly requests: URL[] = [];
  /** Epoch ms. */
  now: number = Date.parse('2025-09-01T00:00:00Z');
  /** The `Date` header: `null` for none. */
  date: (now: number) => string | null = (now) => new Date(now).toUTCString();
  /** Called before each answer. */
  onRequest: (n: number) => void = () => {};
  /** How many rows it answers at most. */
  maxRows: number;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor(maxRows: number) {
    this.maxRows = maxRows;
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
    const date = this.date(this.now);
    response.sendDate = false;
    if (date !== null) response.setHeader('date', date);
    const fault = this.faults.shift();
    if (fault) {
      fault(request, response);
      return;
    }
    this.list(request, response);
  }

  /** Answers with rows, or how many there are. */
  list(request: IncomingMessage, response: ServerResponse): void {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    try {
      this.#list(searchParams, request.headers['prefer'])(request, response);
    } catch (error) {
      answer(400, JSON.stringify({ message: String(error) }))(request, response);
    }
  }

  #list(asked: URLSearchParams, prefer: string | string[] | undefined): Fault {
    const [or, order] = [asked.get('or'), asked.get('order')];
    const found = or === null ? this.rows : this.rows.filter(matching(or));
    const sorted = order === null ? found : found.toSorted(comparing(order));
    const page = sorted
      .slice(0, Math.min(this.maxRows, Number(asked.get('limit'))))
      .map(selecting(asked.get('select') ?? ''));
    const total = prefer === 'count=exact' ? found.length : '*';
    return answer(200, JSON.stringify(page), { 'content-range': `*/${total}` });
  }
}
