import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { Postgres } from '../../examples/supabase-stack/src/postgres.ts';

/** A server for the tests of a file, with nothing in it. */
export class PostgresServer {
  #postgres: Postgres | undefined;
  #folder = '';
  #pool: pg.Pool | undefined;
  readonly #clients = new Set<pg.Client>();

  /** Of the superuser. */
  get pool(): pg.Pool {
    if (!this.#pool) {
      this.#pool = new pg.Pool({ connectionString: this.url() });
      // Its connections may outlast it, and hear of the server's end.
      this.#pool.on('error', () => {});
    }
    return this.#pool;
  }

  url(user?: string): string {
    if (!this.#postgres) throw new Error('The server has not been started');
    return this.#postgres.url(user);
  }

  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'warm-cache-postgres-'));
    this.#postgres = new Postgres(this.#folder);
    process.once('exit', this.#abandon);
    await this.#postgres.init();
    await this.#postgres.start();
  }

  readonly #abandon = (): void => this.#postgres?.endNow();

  async stop(): Promise<void> {
    await this.#pool?.end();
    await Promise.all([...this.#clients].map((client) => client.end()));
    await this.#postgres?.stop();
    process.off('exit', this.#abandon);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A connection, which ends with the server if not before. */
  async connect(user?: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url(user) });
    client.on('error', () => {});
    client.on('end', () => this.#clients.delete(client));
    await client.connect();
    this.#clients.add(client);
    return client;
  }
}

/** Starts one before the tests of a file, and stops it behind them. */
export function postgresServer(): PostgresServer {
  const server = new PostgresServer();
  beforeAll(() => server.start(), 60_000);
  afterAll(() => server.stop(), 60_000);
  return server;
}
