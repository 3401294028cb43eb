import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { WarmCache } from 'warm-cache';
import { type HealthHandler, healthHandler } from 'warm-cache/health';

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

async function serve(handler: HealthHandler): Promise<string> {
  server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const newCache = () => new WarmCache({ name: 'bøard', loader: () => 'a', ttl: 60_000 });

it('answers as the caches are when they are asked', async () => {
  const cache = newCache();
  const url = await serve(healthHandler(cache));
  const before = await fetch(url);
  expect([before.status, await before.json()]).toMatchObject([503, { notes: ['bøard: no value'] }]);
  await cache.get();
  const after = await fetch(url);
  expect(after.status).toBe(200);
  expect(after.headers.get('content-type')).toBe('application/health+json');
  expect(after.headers.get('cache-control')).toBe('no-store');
  expect(await after.json()).toMatchObject({ status: 'pass', checks: { 'bøard:age': [{}] } });
});

it('heeds its options', async () => {
  const cache = newCache();
  const url = await serve(healthHandler([cache], { probe: 'liveness', details: true }));
  const response = await fetch(url);
  expect([response.status, await response.text()]).toEqual([
    200,
    expect.stringContaining('"details"'),
  ]);
});

it('answers HEAD as GET, without a body', async () => {
  const url = await serve(healthHandler([newCache()]));
  const get = await fetch(url);
  const head = await fetch(url, { method: 'HEAD' });
  expect(head.status).toBe(503);
  expect(await head.text()).toBe('');
  const length = Buffer.byteLength(await get.text());
  expect(head.headers.get('content-length')).toBe(`${length}`);
  expect(get.headers.get('content-length')).toBe(`${length}`);
});

it('refuses other methods', async () => {
  const response = await fetch(await serve(healthHandler([newCache()])), { method: 'POST' });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

it('asks a list that has grown for all that are in it', async () => {
  const cache = newCache();
  await cache.get();
  const caches = [cache];
  const url = await serve(healthHandler(caches));
  expect((await fetch(url)).status).toBe(200);
  caches.push(newCache());
  expect((await fetch(url)).status).toBe(503);
});

it('is refused wrong options as it is made', () => {
  expect(() => healthHandler([], { maxAge: -1 })).toThrow(RangeError);
});
