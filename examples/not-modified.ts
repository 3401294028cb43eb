// HTTP's own validation: an ETag spares the body, and renews the value's age.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Loader, WarmCache } from 'warm-cache';

const server = createServer((request, response) => {
  const fresh = request.headers['if-none-match'] === '"1"';
  response.writeHead(fresh ? 304 : 200, { etag: '"1"' });
  response.end(fresh ? undefined : 'hello');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const loader: Loader<{ etag: string; text: string }> = async ({
  signal,
  previous,
  notModified,
}) => {
  const headers: Record<string, string> = previous ? { 'if-none-match': previous.value.etag } : {};
  const response = await fetch(url, { signal, headers });
  if (response.status === 304) return notModified;
  return { etag: response.headers.get('etag') ?? '', text: await response.text() };
};

const page = new WarmCache({ loader, ttl: 60_000 });
console.log((await page.get()).text);
await page.refresh();
console.log(
  page.health().loads.published,
  'published,',
  page.health().loads.unchanged,
  'unchanged',
);
await page.stop();
server.close();
