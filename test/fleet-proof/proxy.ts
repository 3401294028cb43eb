import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Pipe } from './pipe.ts';

/** What a hop does to those who go through it. */
export type Trouble =
  | { readonly kind: 'pass' }
  /** Resets all connections, and each new one. */
  | { readonly kind: 'refuse' }
  /** Accepts connections, and swallows what is sent; each that lost something is reset when that is over. */
  | { readonly kind: 'drop'; readonly way: 'both' | 'down' | 'up' }
  /** Holds back what is sent until it is over. */
  | { readonly kind: 'stall' }
  /** Each chunk comes so many ms later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Half of the next chunk comes through, then the connection is cut. */
  | { readonly kind: 'halve' }
  /** A few bytes at a time. */
  | { readonly kind: 'slow'; readonly bytes: number; readonly ms: number };

export const PASS: Trouble = { kind: 'pass' };

/** Where a server listens: a port of this machine, or a Unix socket. */
export type Address = { readonly path: string } | { readonly port: number };

/** Passes on only some of what the server sends. One for each connection. */
export type Filter = (chunk: Buffer) => Buffer;

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Pipe;
  readonly down: Pipe;
}

/** A TCP hop in front of a server, of one client alone, that can be told to make trouble. */
export class TcpProxy {
  readonly #target: () => Address;
  readonly #newFilter: (() => Filter) | undefined;
  readonly #links = new Set<Link>();
  readonly #listener: Server;
  #trouble: Trouble = PASS;
  /** Resolves as the trouble changes. */
  #changed = Promise.withResolvers<void>();

  constructor(target: () => Address, newFilter?: () => Filter) {
    this.#target = target;
    this.#newFilter = newFilter;
    this.#listener = createServer((client) => this.#accept(client));
  }

  async listen(): Promise<void> {
    this.#listener.listen(0, '127.0.0.1');
    await once(this.#listener, 'listening');
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#links.size;
  }

  /** Connections that have lost something, and live still. */
  get damaged(): number {
    return [...this.#links].filter(isDamaged).length;
  }

  get trouble(): Trouble {
    return this.#trouble;
  }

  set trouble(trouble: Trouble) {
    this.#trouble = trouble;
    for (const link of this.#links) {
      if (trouble.kind === 'refuse' || (isDamaged(link) && trouble.kind !== 'drop')) reset(link);
    }
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async close(): Promise<void> {
    for (const link of this.#links) reset(link);
    this.#changed.resolve();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    if (this.#trouble.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.#target());
    server.on('error', () => {});
    client.setNoDelay(true);
    server.setNoDelay(true);
    const now = { trouble: () => this.#trouble, changed: () => this.#changed.promise };
    const link: Link = {
      client,
      server,
      up: new Pipe(client, server, 'up', now),
      down: new Pipe(server, client, 'down', now, this.#newFilter?.()),
    };
    this.#links.add(link);
    const end = (): void => {
      this.#links.delete(link);
      // What was written to the other one is to arrive.
      client.destroySoon();
      server.destroySoon();
    };
    client.once('close', end);
    server.once('close', end);
  }
}

function isDamaged({ up, down }: Link): boolean {
  return up.isDamaged || down.isDamaged;
}

function reset({ client, server }: Link): void {
  if (!client.destroyed) client.resetAndDestroy();
  // A Unix socket can't be reset.
  server.destroy();
}
