import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateway } from './gateway.ts';
import { createKeys, type Keys } from './keys.ts';
import { Postgres } from './postgres.ts';
import { Postgrest } from './postgrest.ts';

/** The leaderboard is what a user is told to paste into a project: what is tested here is that. */
const SCHEMA = ['roles.sql', '../../supabase/leaderboard.sql', 'matches.sql'];

export interface StackOptions {
  /**
   * How many rows the leaderboard has.
   * @default 30_000
   */
  readonly rows?: number;
  /**
   * The same seed, the same ladder: an integer from 0.
   * @default 1
   */
  readonly seed?: number;
  /**
   * The schemas that clients may name (`client.schema('game')`), the first one by default. Those that there are not yet
   * are made, and visitors may use them.
   * @default ['public']
   */
  readonly schemas?: readonly string[];
  /** Gives up: what was begun is taken away again. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts PostgreSQL with a ladder in it, PostgREST and a gateway, in a temporary folder and processes that end with
 * `stop()`, and at the latest with this process.
 *
 * @throws {Error} A program is missing, or does not start.
 * @throws The reason of `signal`.
 */
export async function startStack(options: StackOptions = {}): Promise<SupabaseStack> {
  options.signal?.throwIfAborted();
  const keys = await createKeys();
  const { schemas = ['public'] } = options;
  const stack = new SupabaseStack(await mkdtemp(join(tmpdir(), 'supabase-stack-')), keys, schemas);
  try {
    await stack.boot(options);
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack;
}

/** What of Supabase a client of the database meets, and the ways it can fail. */
export class SupabaseStack {
  /** For `createClient` of supabase-js, as the URL of a project. */
  url = '';
  /** The key of visitors: reads the ladder and calls `report_match`. */
  readonly anonKey: string;
  /** The key that may do everything. */
  readonly serviceKey: string;
  /** Connection string of the database, for the superuser. */
  readonly pg: string;
  readonly #folder: string;
  readonly #postgres: Postgres;
  readonly #postgrest: Postgrest;
  readonly #gateway: Gateway;
  readonly #schemas: readonly string[];
  readonly #abandon = (): void => {
    this.#postgrest.kill('SIGKILL');
    this.#postgres.endNow();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  #stopped: Promise<void> | undefined;

  /** @internal */
  constructor(folder: string, keys: Keys, schemas: readonly string[]) {
    const { jwtSecret, anonKey, serviceKey } = keys;
    const socketPath = join(folder, 'api.sock');
    this.#folder = folder;
    this.#schemas = schemas;
    this.#postgres = new Postgres(folder);
    this.#postgrest = new Postgrest({
      databaseUrl: this.#postgres.url('authenticator'),
      socketPath,
      jwtSecret,
      schemas,
    });
    this.#gateway = new Gateway(socketPath);
    this.anonKey = anonKey;
    this.serviceKey = serviceKey;
    this.pg = this.#postgres.url();
    process.once('exit', this.#abandon);
  }

  /** @internal */
  async boot({ rows = 30_000, seed = 1, signal }: StackOptions): Promise<void> {
    await this.#postgres.init();
    signal?.throwIfAborted();
    await this.#postgres.start(signal);
    await this.#postgres.connect(async (client) => {
      for (const file of SCHEMA) await client.query(await sql(file));
      signal?.throwIfAborted();
      const settings =
        "select set_config('seed.rows', $1, false), set_config('seed.seed', $2, false)";
      await client.query(settings, [rows, seed]);
      await client.query(await sql('seed.sql'));
      for (const schema of this.#schemas) {
        const name = client.escapeIdentifier(schema);
        await client.query(
          `create schema if not exists ${name}; grant usage on schema ${name} to anon, service_role`,
        );
      }
    });
    signal?.throwIfAborted();
    await this.#postgrest.start(signal);
    await this.#gateway.listen();
    this.url = this.#gateway.url;
  }

  /** The processes that run: a stopped one has none. */
  get pids(): { postgres: number | undefined; postgrest: number | undefined } {
    return { postgres: this.#postgres.pid, postgrest: this.#postgrest.pid };
  }

  /** How many requests have come; with the header `x-lane: <lane>`, if it is given. */
  requests(lane?: string): number {
    return this.#gateway.requests(lane);
  }

  /** Asks the database itself, as the superuser, on a connection of its own. */
  query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#postgres.connect(
      async (client) => (await client.query(text, [...values])).rows as Row[],
      0,
    );
  }

  /** Kills the API: requests under way break, and later ones fail at once with 502. */
  stopApi(): Promise<void> {
    return this.#postgrest.stop();
  }

  /** Brings the API back, behind the same URL. */
  startApi(): Promise<void> {
    return this.#postgrest.start();
  }

  /** Freezes the API: requests are taken, and get no answer. */
  pauseApi(): void {
    this.#postgrest.kill('SIGSTOP');
  }

  /** Goes on with what had come meanwhile. */
  resumeApi(): void {
    this.#postgrest.kill('SIGCONT');
  }

  /** Shuts the database down: the API answers with errors. */
  stopDatabase(): Promise<void> {
    return this.#postgres.stop();
  }

  /** Brings the database back with its data; resolves when the API, if it runs, has found it again. */
  async startDatabase(): Promise<void> {
    await this.#postgres.start();
    if (this.#postgrest.pid !== undefined) await this.#postgrest.untilReady();
  }

  /** Ends everything, and removes the folder. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    await this.#gateway.close();
    await this.#postgrest.stop();
    await this.#postgres.stop();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    process.off('exit', this.#abandon);
  }
}

function sql(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8');
}
