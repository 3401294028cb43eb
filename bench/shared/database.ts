import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { fleetSql } from 'warm-cache/postgres';
import { COUNTER, KINDS, type Kind } from './kinds.ts';

/** Where the values stand, and where it is counted how often they are loaded. */
export class Database {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async create(url: string): Promise<Database> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`create sequence ${COUNTER}`);
    for (const { sql } of KINDS) await client.query(sql);
    await client.query('vacuum analyze');
    await client.query(fleetSql());
    return new Database(client);
  }

  async version(): Promise<string> {
    const { rows } = await this.#client.query('show server_version');
    return `PostgreSQL ${rows[0].server_version}`;
  }

  /** How many queries loaders have asked so far. */
  async loads(): Promise<number> {
    const { rows } = await this.#client.query(
      `select case when is_called then last_value else 0 end as count from ${COUNTER}`,
    );
    return Number(rows[0].count);
  }

  /** Runs `use` while a value changes every so many ms, of which nobody is told. */
  async changing<T>({ write }: Kind, ms: number, use: () => Promise<T>): Promise<T> {
    const used = new AbortController();
    const { signal } = used;
    const change = async (): Promise<void> => {
      while (!signal.aborted) {
        await this.#client.query(`select ${write}`);
        await delay(ms, undefined, { signal }).catch(() => {});
      }
    };
    const changed = change();
    try {
      return await use();
    } finally {
      used.abort();
      await changed;
    }
  }

  end(): Promise<void> {
    return this.#client.end();
  }
}
