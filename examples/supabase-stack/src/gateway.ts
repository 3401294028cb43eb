import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

const PREFIX = /^\/rest\/v1(?=[/?]|$)/;

/** The hop in front of the API, as Supabase has one: takes `/rest/v1` away, passes the rest on, and counts. */
export class Gateway {
  readonly #agent = new Agent({ keepAlive: true, timeout: 10_000 });
  readonly #server = createServer((incoming, response) => this.#pass(incoming, response));
  readonly #socketPath: string;
  readonly #requests = new Map<string, number>();

  /** @param socketPath - The Unix socket that the API listens on. */
  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    // Longer than any client keeps a connection, so that none is closed under a request.
    this.#server.keepAliveTimeout = 600_000;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many requests have come; with the header `x-lane: <lane>`, if it is given. */
  requests(lane?: string): number {
    if (lane !== undefined) return this.#requests.get(lane) ?? 0;
    return [...this.#requests.values()].reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): void {
    const { headers, url = '/' } = incoming;
    const lane = String(headers['x-lane'] ?? '');
    this.#requests.set(lane, this.requests(lane) + 1);
    if (!('apikey' in headers)) refuse(response, 401, 'No API key found in request');
    else if (!PREFIX.test(url)) refuse(response, 404, 'no Route matched with those values');
    else this.#forward(incoming, response);
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { headers, method, url = '/' } = incoming;
    const outgoing = request({
      agent: this.#agent,
      socketPath: this.#socketPath,
      method,
      path: url.replace(PREFIX, '') || '/',
      headers: endToEnd(headers),
    });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
      pipeline(answer, response, () => {});
    });
    outgoing.on('error', () => {
      if (response.headersSent) response.destroy();
      else refuse(response, 502, 'An invalid response was received from the upstream server');
    });
    response.on('close', () => outgoing.destroy());
    pipeline(incoming, outgoing, () => {});
  }
}

/** The headers without those of the one connection. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...rest } = headers;
  return rest;
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
}
