// Imported before a block of code out of the documents is run. `warm-cache` is the source, and the hosts that the
// documents name are a server of this very process.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import './from-source.ts';

const lazy = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

const json =
  (value: unknown): Handler =>
  (_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(value));
  };

/** Answers 304 to who has it already. */
const tagged =
  (etag: string, body: string): Handler =>
  ({ headers }, response) => {
    const known = headers['if-none-match'] === etag;
    response.writeHead(known ? 304 : 200, { etag }).end(known ? undefined : body);
  };

/** A key pair of an issuer of tokens, made when it is first asked for. */
const issuer = lazy(async () => {
  const jose = await import('jose');
  return { jose, ...(await jose.generateKeyPair('ES256', { extractable: true })) };
});

const token =
  (kid: string): Handler =>
  async (_, response) => {
    const { jose, privateKey } = await issuer();
    const jwt = new jose.SignJWT({ sub: 'ace', iss: 'https://auth.example', aud: 'shop' });
    response.end(await jwt.setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey));
  };

/** What the documents ask for, as host and path. */
const WORLD: Readonly<Record<string, Handler>> = {
  'rates.example/latest': json({ EUR: 0.92, GBP: 0.79, JPY: 149.5 }),
  'docs.example/index.html': tagged('"1"', '<h1>Documents</h1>'),
  'users.example/': json(['ace', 'fox']),
  'api.example/': (_, response) => response.end('hello'),
  'flags.example/production.json': json({ 'new-checkout': true }),
  'auth.example/.well-known/jwks.json': async (request, response) => {
    const { jose, publicKey } = await issuer();
    const jwk = await jose.exportJWK(publicKey);
    json({ keys: [{ ...jwk, kid: '1', alg: 'ES256' }] })(request, response);
  },
  'auth.example/token': token('1'),
  'auth.example/forged': token('made up'),
  'ladder.example/rows': json([
    {
      key: '1',
      player: 'p1',
      name: 'Ace',
      country: 'PL',
      race: 'zerg',
      score: 1500,
      wins: 12,
    },
  ]),
};

const origin = lazy(async () => {
  const server = createServer((request, response) => {
    // A connection that is kept would keep the process.
    response.shouldKeepAlive = false;
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    const handler = WORLD[`${request.headers['x-host']}${pathname}`];
    if (handler) handler(request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

const { fetch: realFetch } = globalThis;

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const url = new URL(request.url);
  const { headers } = request;
  if (url.hostname === '127.0.0.1') return realFetch(request);
  if (url.hostname === 'project.supabase.co') {
    url.host = new URL(`${process.env['SUPABASE_URL']}`).host;
    headers.set('apikey', `${process.env['SUPABASE_KEY']}`);
    headers.set('authorization', `Bearer ${process.env['SUPABASE_KEY']}`);
  } else if (url.hostname.endsWith('.example')) {
    headers.set('x-host', url.hostname);
    url.host = new URL(await origin()).host;
  } else throw new Error(`${url.hostname} is no host of the documents' world`);
  url.protocol = 'http:';
  return realFetch(new Request(url, request), { headers });
};
