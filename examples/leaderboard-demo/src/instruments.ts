import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { type HealthHandler, healthHandler } from 'warm-cache/health';
import { collect, type ObservedCache, type ObservedMap } from 'warm-cache/prometheus';

/** A cache that is to be seen from outside. */
export type Seen = ObservedCache | ObservedMap<never>;

/** What an operator sees of the caches: `/metrics` for Prometheus, `/readyz` and `/healthz` for Kubernetes. */
export class Instruments {
  readonly #registry = new Registry();
  readonly #caches: Seen[] = [];
  readonly #server: Server;

  constructor() {
    const probes: Record<string, HealthHandler> = {
      '/readyz': healthHandler(this.#caches),
      '/healthz': healthHandler(this.#caches, { probe: 'liveness' }),
    };
    this.#server = createServer(async (request, response) => {
      const probe = probes[request.url ?? ''];
      if (probe) probe(request, response);
      else if (request.url === '/metrics') {
        response.setHeader('content-type', this.#registry.contentType);
        response.end(await this.#registry.metrics());
      } else {
        response.statusCode = 404;
        response.end();
      }
    });
  }

  /**
   * Resolves with its address.
   *
   * @param port - 0: any that is free.
   */
  async listen(port: number): Promise<string> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  see(cache: Seen): void {
    this.#caches.push(cache);
    collect(cache as ObservedCache, { registry: this.#registry });
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
