import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import pg from 'pg';
import { type StackOptions, type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, beforeAll, expect, vi } from 'vitest';

/** A stack whose tables a test makes itself. */
export interface Tables {
  readonly stack: SupabaseStack;
  readonly database: pg.Client;
  readonly client: SupabaseClient;
  /** Of the client, by PostgREST's words. */
  readonly requests: URLSearchParams[];
  /** Called before each request of the client. */
  onRequest: () => void | Promise<void>;
}

/** Starts a stack for the tests of a file. */
export function tables(options: StackOptions = {}): Tables {
  const given = { requests: [], onRequest: () => {} } as unknown as {
    -readonly [K in keyof Tables]: Tables[K];
  };
  const watched: typeof fetch = async (url, init) => {
    given.requests.push(new URL(String(url)).searchParams);
    await given.onRequest();
    return fetch(url, init);
  };
  beforeAll(async () => {
    given.stack = await startStack({ rows: 1, ...options });
    given.database = new pg.Client({ connectionString: given.stack.pg });
    await given.database.connect();
    given.client = createClient(given.stack.url, given.stack.anonKey, {
      global: { fetch: watched },
    });
  }, 60_000);
  afterAll(async () => {
    await given.database?.end();
    await given.stack?.stop();
  }, 60_000);
  return given;
}

/** Runs SQL that makes tables, and waits for the API to know them, and visitors to be let in. */
export async function make({ database, client }: Tables, sql: string): Promise<void> {
  await database.query(sql);
  const last = `made_${made++}`;
  await database.query(`create table ${last} (id integer)`);
  for (const { nspname } of (await database.query(SCHEMAS)).rows) {
    const schema = database.escapeIdentifier(nspname);
    await database.query(`grant select on all tables in schema ${schema} to anon`);
  }
  await database.query(`notify pgrst, 'reload schema'`);
  await vi.waitFor(async () => expect((await client.from(last).select()).status).toBe(200), 20_000);
}

let made = 0;
const SCHEMAS = `select nspname from pg_namespace
  where nspname not like 'pg\\_%' and nspname <> 'information_schema'`;
