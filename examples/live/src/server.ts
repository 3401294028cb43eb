import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { SupabaseStack } from 'supabase-stack';
import { appOf } from './app.ts';
import { Show, type ShowOptions } from './show.ts';

export interface ServeOptions extends ShowOptions {
  /**
   * 0: any that is free.
   * @default 0
   */
  readonly port?: number;
  /** Gives up: what was begun is taken away again. */
  readonly signal?: AbortSignal;
}

/** The page, being served. */
export interface LiveServer {
  readonly url: string;
  readonly show: Show;
  /** Cuts all connections, as a network would. */
  cut(): void;
  /** Ends all connections, the readers and the lanes; the stack goes on. */
  stop(): Promise<void>;
}

/**
 * Serves the page on the loopback interface alone.
 *
 * @throws {Error} The port is taken.
 * @throws The reason of `signal`.
 */
export async function serveLive(
  stack: SupabaseStack,
  { port = 0, signal, ...options }: ServeOptions = {},
): Promise<LiveServer> {
  const show = await Show.begin(stack, options, signal);
  const server = createAdaptorServer({ fetch: appOf(show).fetch }) as Server;
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    signal?.throwIfAborted();
  } catch (error) {
    server.close();
    await show.end();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    show,
    cut: () => server.closeAllConnections(),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      const ended = show.end();
      server.closeAllConnections();
      await Promise.all([closed, ended]);
    },
  };
}
