import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What is sent in place of an answer, whose body is given. */
export type NetworkFault = (response: ServerResponse, body: Buffer) => void;

/** A hop in front of a server: passes on what is asked and answered, unless it is told to play a fault. */
export class FaultyHop {
  fault: NetworkFault | undefined;
  /** When requests came, by `performance.now()`. */
  readonly requests: number[] = [];
  readonly #upstream: string;
  readonly #server = createServer((request, response) => {
    // A client that went away wants no answer.
    void this.#pass(request, response).catch(() => response.destroy());
  });

  constructor(upstream: string) {
    this.#upstream = upstream;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(performance.now());
    const { apikey = '', authorization = '' } = request.headers;
    const answer = await fetch(`${this.#upstream}${request.url}`, {
      headers: { apikey: String(apikey), authorization },
    });
    const body = Buffer.from(await answer.arrayBuffer());
    if (this.fault) {
      this.fault(response, body);
      return;
    }
    response.writeHead(answer.status, { 'content-type': JSON_TYPE });
    response.end(body);
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';
const PAGE = `<!doctype html><title>Bad gateway</title>${'<p>The origin is unreachable.</p>'.repeat(50)}`;

/** The answer says how long it is, and ends halfway. */
export const cut: NetworkFault = (response, body) => {
  response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': body.length });
  response.write(half(body), () => response.destroy());
};

/** The answer comes in chunks, of which the last ones are missing. */
export const cutInChunks: NetworkFault = (response, body) => {
  response.writeHead(200, { 'content-type': JSON_TYPE, 'transfer-encoding': 'chunked' });
  response.write(half(body), () => response.destroy());
};

/** A whole answer, to HTTP, with half of the rows and half of a row. */
export const cutJson: NetworkFault = (response, body) => {
  response.writeHead(200, { 'content-type': JSON_TYPE });
  response.end(half(body));
};

/** Nothing but a closed connection. */
export const reset: NetworkFault = (response) => {
  response.socket?.resetAndDestroy();
};

/** No HTTP at all. */
export const garbage: NetworkFault = (response) => {
  response.socket?.end(noise());
};

/** Bytes that are no JSON, though they are called that. */
export const garbageAsJson: NetworkFault = (response) => {
  response.writeHead(200, { 'content-type': JSON_TYPE });
  response.end(noise());
};

/** What a gateway says in place of the server behind it. */
export const htmlError: NetworkFault = (response) => {
  response.writeHead(502, { 'content-type': 'text/html' });
  response.end(PAGE);
};

/** What a captive portal says. */
export const htmlPage: NetworkFault = (response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end(PAGE);
};

export const emptyAnswer: NetworkFault = (response) => {
  response.writeHead(200, { 'content-type': JSON_TYPE });
  response.end();
};

/** Refuses, and says in how many seconds to come again. */
export const busy =
  (seconds: number): NetworkFault =>
  (response) => {
    response.writeHead(429, { 'content-type': JSON_TYPE, 'retry-after': String(seconds) });
    response.end('{"message":"Too many requests"}');
  };

function half(body: Buffer): Buffer {
  return body.subarray(0, body.length / 2);
}

function noise(): Buffer {
  return Buffer.from(Array.from({ length: 1024 }, (_, i) => (i * 167 + (i >> 3) * 31) & 0xff));
}
