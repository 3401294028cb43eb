import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const PREFIX = '/rest/v1';

/** Names who sends a request; see {@link Gateway.requests}. */
export const LANE_HEADER = 'x-lane';

/** The hop in front of PostgREST: strips `/rest/v1` as Supabase's does, and counts. */
export class Gateway {
  readonly port: number;
  /** Requests passed on, by their `x-lane` header ('' without one). */
  readonly requests: Map<string, number> = new Map();
  readonly #server: Server;
  readonly #agent: Agent;

  private constructor(server: Server, agent: Agent) {
    this.#server = server;
    this.#agent = agent;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(upstreamPort: number): Promise<Gateway> {
    const agent = new Agent({ keepAlive: true });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const gateway = new Gateway(server, agent);
    server.on('request', (incoming, outgoing) => {
      const fail = (status: number, message: string): void => {
        if (outgoing.headersSent) {
          outgoing.destroy();
          return;
        }
        outgoing.writeHead(status, { 'content-type': 'application/json' });
        outgoing.end(JSON.stringify({ message }));
      };
      if (!incoming.url?.startsWith(PREFIX)) {
        fail(404, 'no such service');
        return;
      }
      gateway.#count(incoming);
      const upstream = request({
        agent,
        host: '127.0.0.1',
        port: upstreamPort,
        path: incoming.url.slice(PREFIX.length) || '/',
        method: incoming.method,
        headers: incoming.headers,
      });
      upstream.on('response', (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
        response.on('error', () => outgoing.destroy());
      });
      upstream.on('error', () => fail(502, 'the upstream server gave no valid answer'));
      outgoing.on('close', () => upstream.destroy());
      incoming.pipe(upstream);
    });
    return gateway;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #count(incoming: IncomingMessage): void {
    const lane = String(incoming.headers[LANE_HEADER] ?? '');
    this.requests.set(lane, (this.requests.get(lane) ?? 0) + 1);
  }
}
