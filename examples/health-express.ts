// Readiness and liveness with Express: the handler is one for Node's http, and takes its requests.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { WarmCache, WarmCacheMap } from 'warm-cache';
import { healthHandler } from 'warm-cache/health';

const flags = new WarmCache({ name: 'flags', loader: () => ['dark-mode'], ttl: 60_000 });
const boards = new WarmCacheMap({
  name: 'boards',
  loader: (country: string) => [`the best of ${country}`],
  keys: ['KR', 'PL'],
  ttl: 60_000,
});

const app = express();
app.get('/readyz', healthHandler([flags, boards], { maxAge: 300_000 }));
app.get('/livez', healthHandler([flags, boards], { probe: 'liveness' }));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');

const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
const { notes } = (await (await fetch(url)).json()) as { notes: string[] };
console.log('not ready:', notes.join(', '));
await Promise.all([flags.start().ready(), boards.start().ready()]);
const { status, headers } = await fetch(url, { method: 'HEAD' });
console.log(status, headers.get('content-type'), headers.get('cache-control'));
await Promise.all([flags.stop(), boards.stop()]);
server.close();
server.closeAllConnections();
