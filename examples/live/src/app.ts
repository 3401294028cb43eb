import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { parseQuery, QueryError } from './query.ts';
import { MOST_READERS, NoBoardError, type Show, START } from './show.ts';

const PUBLIC = fileURLToPath(new URL('../public', import.meta.url));
/** Ms after which a page whose connection broke comes again. */
const RETRY = 1000;
const MOST_BODY = 1000;

/** What is wrong with a request: the message says it to whoever sent it. */
class RequestError extends Error {
  override name = 'RequestError';
}

/** The page, and what it asks for. */
export function appOf(show: Show): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'self'"], frameAncestors: ["'none'"] },
      // It is served over plain HTTP, on this machine alone.
      strictTransportSecurity: false,
    }),
  );
  app.use('/api/*', async (context, next) => {
    context.header('cache-control', 'no-store');
    // Another site that is open in the browser must not stop the database.
    const site = context.req.header('sec-fetch-site') ?? 'same-origin';
    if (context.req.method !== 'GET' && site !== 'same-origin') {
      return context.json({ error: 'only the page itself may do that' }, 403);
    }
    return next();
  });

  app.get('/api/events', (context) =>
    streamSSE(context, async (stream) => {
      let cursor = START;
      let event = 'state';
      while (show.isOn && !stream.aborted) {
        const { update, next } = show.update(cursor);
        await stream.writeSSE({ event, data: JSON.stringify(update), retry: RETRY });
        [cursor, event] = [next, 'tick'];
        await show.tick();
      }
    }),
  );
  app.get('/api/board', (context) => context.json(show.page(queryOf(context))));
  app.post('/api/matches', async (context) => {
    try {
      return context.json(await show.report(queryOf(context)));
    } catch (error) {
      if (isExpected(error)) throw error;
      return context.json({ error: messageOf(error) }, 503);
    }
  });
  app.post('/api/database', async (context) => {
    const { running } = await bodyOf(context);
    if (typeof running !== 'boolean') throw new RequestError('"running" must be true or false');
    await show.database.switch(running);
    return context.json({ state: show.database.state });
  });
  app.post('/api/readers', async (context) => {
    const { by } = await bodyOf(context);
    // By how many, not how many: those who use the button at the same time all get theirs.
    if (!Number.isInteger(by)) throw new RequestError('"by" must be a whole number');
    show.readers = Math.min(MOST_READERS, Math.max(0, show.readers + Number(by)));
    return context.json({ count: show.readers });
  });
  app.post('/api/reset', (context) => {
    show.reset();
    return context.json({});
  });
  app.all('/api/*', (context) => context.json({ error: 'there is no such thing' }, 404));
  app.use(serveStatic({ root: PUBLIC, onFound: (_, context) => noCache(context) }));

  app.onError((error, context) => {
    if (error instanceof QueryError || error instanceof RequestError) {
      return context.json({ error: error.message }, 400);
    }
    if (error instanceof NoBoardError) return context.json({ error: error.message }, 503);
    console.error(error);
    return context.json({ error: messageOf(error) }, 500);
  });
  return app;
}

function queryOf(context: Context): ReturnType<typeof parseQuery> {
  return parseQuery(new URL(context.req.url).searchParams);
}

async function bodyOf(context: Context): Promise<Record<string, unknown>> {
  const text = await context.req.text();
  if (text.length > MOST_BODY) throw new RequestError('the body is too long');
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new RequestError('the body must be a JSON object');
}

function noCache(context: Context): void {
  context.header('cache-control', 'no-cache');
}

const isExpected = (error: unknown): boolean =>
  error instanceof QueryError || error instanceof NoBoardError;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
