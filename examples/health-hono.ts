// Readiness with Hono, whose handlers answer with a web Response; and a hook that is called as the cache turns bad.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { WarmCache } from 'warm-cache';
import { alertOn, healthResponse } from 'warm-cache/health';

let up = true;
const loader = () => (up ? ['dark-mode'] : Promise.reject(new Error('no connection')));
const flags = new WarmCache({ name: 'flags', loader, ttl: 60_000, retry: { retries: 0 } });
alertOn(flags, {
  failures: 1,
  onAlert: ({ name, reasons }) => console.log(`${name} is bad: ${reasons}`),
});

const app = new Hono();
app.get('/readyz', ({ req }) => healthResponse([flags], { method: req.method }));
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
await once(server, 'listening');

const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
await flags.get();
up = false;
await flags.refresh().catch(() => {});
const response = await fetch(url);
const { status, notes } = (await response.json()) as { status: string; notes: string[] };
console.log(response.status, status, notes.join(', '));
await flags.stop();
server.close();
