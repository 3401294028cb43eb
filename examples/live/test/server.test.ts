import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { LazyLane } from 'leaderboard-demo';
import { type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LiveServer, serveLive } from '../src/server.ts';
import type { MatchReport, Update } from '../src/show.ts';

let stack: SupabaseStack;
let server: LiveServer;

beforeAll(async () => {
  stack = await startStack({ rows: 2000 });
  server = await serveLive(stack, { readers: 10, matches: false });
});
afterAll(async () => {
  await server?.stop();
  await stack?.stop();
});

const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(server.url + path, init);
const post = (path: string, body?: unknown): Promise<Response> =>
  ask(`api/${path}`, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

interface Told {
  readonly event: string;
  readonly update: Update;
}

/** What the server tells a page, event by event. */
async function* told(signal: AbortSignal, url = server.url): AsyncGenerator<Told> {
  const response = await fetch(`${url}api/events`, { signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string): string =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
      expect(field('retry')).toBe('1000');
      yield { event: field('event'), update: JSON.parse(field('data')) as Update };
    }
  }
}

/** The next events, until one is as it should be. */
async function hear(isEnough: (all: readonly Told[]) => boolean): Promise<Told[]> {
  const all: Told[] = [];
  for await (const one of told(new AbortController().signal)) {
    all.push(one);
    if (isEnough(all)) break;
  }
  return all;
}

describe('the board', () => {
  it('has pages of what was asked for', async () => {
    const response = await ask('api/board?country=PL&country=KR&race=zerg&best=1&page=2');
    expect(response.status).toBe(200);
    const { rows, page, totalPages, countries, races } = await response.json();
    expect(page).toBe(2);
    expect(totalPages).toBeGreaterThan(2);
    expect(rows).toHaveLength(15);
    for (const row of rows) expect(['PL', 'KR']).toContain(row.country);
    expect(countries).toContain('PL');
    expect(races).toEqual(['protoss', 'random', 'terran', 'zerg']);
  });

  it.each(['country=pl', 'race=<b>', 'page=0', 'best=2', 'sort=name', 'page=1&page=1'])(
    'refuses ?%s',
    async (query) => {
      for (const init of [{}, { method: 'POST' }]) {
        const response = await ask(`api/${init.method ? 'matches' : 'board'}?${query}`, init);
        expect(response.status).toBe(400);
        expect((await response.json()).error).toMatch(/^("|there is no parameter "sort")/);
      }
    },
  );
});

describe('what is told', () => {
  it('is everything at first, and then what is new', async () => {
    const all = await hear((events) => events.length === 12);
    expect(all.map(({ event }) => event)).toEqual(['state', ...Array(11).fill('tick')]);
    for (const lane of ['lazy', 'warm'] as const) {
      const samples = all.flatMap(({ update }) => update.lanes[lane].samples);
      expect(samples.length).toBeGreaterThan(0);
      // None twice, none left out.
      expect(new Set(samples.map(String)).size).toBe(samples.length);
      const last = all.at(-1)?.update.lanes[lane].statistics.requests;
      expect(samples.length).toBe(last);
      for (const [at, ms, failed] of samples) {
        expect(at).toBeLessThanOrEqual(all.at(-1)?.update.now ?? 0);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(failed).toBe(0);
      }
    }
    const times = all.map(({ update }) => update.now);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('has how the caches loaded', async () => {
    const all = await hear((events) =>
      events.some(({ update }) => update.lanes.warm.loads.some(({ isFull }) => !isFull)),
    );
    const loads = all.flatMap(({ update }) => update.lanes.warm.loads);
    expect(loads[0]).toMatchObject({
      reason: 'start',
      outcome: 'published',
      isFull: true,
      rows: 2000,
    });
    const delta = loads.find(({ isFull }) => !isFull);
    expect(delta).toMatchObject({ reason: 'interval', outcome: 'unchanged', rows: 0, requests: 2 });
    const [lazy] = all.flatMap(({ update }) => update.lanes.lazy.loads);
    expect(lazy).toMatchObject({ reason: 'read', outcome: 'published', isFull: true, rows: 2000 });
  });

  it('goes on for the others when one leaves', async () => {
    const leaving = new AbortController();
    const others = hear((events) => events.length === 8);
    const gone = (async () => {
      for await (const _ of told(leaving.signal)) leaving.abort();
    })();
    await expect(gone).rejects.toThrow('aborted');
    expect(await others).toHaveLength(8);
  });
});

describe('a match', () => {
  it('is in the board that is read afterwards', async () => {
    const response = await post('matches?race=zerg&page=3');
    expect(response.status).toBe(200);
    const { winner, before, after, page } = (await response.json()) as MatchReport;
    expect(after.score).toBeGreaterThan(before.score);
    expect(after.rank).toBeLessThan(before.rank);
    const { rows } = await (await ask(`api/board?race=zerg&page=${page}`)).json();
    expect(rows).toContainEqual(
      expect.objectContaining({ key: winner.key, rank: after.rank, score: after.score }),
    );
  });

  it('is told to the lazy cache as well', async () => {
    const invalidate = vi.spyOn(LazyLane.prototype, 'invalidate');
    await post('matches');
    expect(invalidate).toHaveBeenCalledOnce();
  });
});

describe('readers', () => {
  it('come and go, within limits', async () => {
    const count = async (by: number): Promise<number> =>
      (await (await post('readers', { by })).json()).count;
    expect(await count(7)).toBe(17);
    expect(await count(1000)).toBe(100);
    expect(await count(-1000)).toBe(0);
    const [still] = await hear((events) => events.length === 1);
    expect(still?.update.readers).toBe(0);
    expect(await count(10)).toBe(10);
  });

  it.each([
    ['{}', '"by" must be a whole number'],
    ['{"by":1.5}', '"by" must be a whole number'],
    ['{"by":"1"}', '"by" must be a whole number'],
    ['null', 'the body must be a JSON object'],
    ['[', 'the body must be a JSON object'],
    ['', 'the body must be a JSON object'],
    [`{"by":${' '.repeat(1000)}1}`, 'the body is too long'],
  ])('are not changed by %s', async (body, error) => {
    const response = await ask('api/readers', { method: 'POST', body });
    expect([response.status, await response.json()]).toEqual([400, { error }]);
    expect(server.show.readers).toBe(10);
  });
});

describe('the database', () => {
  it('is stopped and started, and the warm lane bears it', async () => {
    expect(await (await post('database', { running: false })).json()).toEqual({ state: 'stopped' });
    expect(stack.pids.postgres).toBeUndefined();
    const during = await hear(
      (events) => (events.at(-1)?.update.lanes.lazy.statistics.failed ?? 0) > 0,
    );
    expect(during.at(-1)?.update).toMatchObject({ database: 'stopped' });
    expect(during.at(-1)?.update.lanes.warm.statistics.failed).toBe(0);
    expect((await ask('api/board')).status).toBe(200);
    const match = await post('matches');
    expect(match.status).toBe(503);
    expect((await match.json()).error).toMatch(/^the match was not recorded: /);

    expect(await (await post('database', { running: true })).json()).toEqual({ state: 'running' });
    const after = await hear((events) => events.at(-1)?.update.cache.consecutiveFailures === 0);
    expect(after.at(-1)?.update.lanes.warm.statistics.failed).toBe(0);
    expect((await post('matches')).status).toBe(200);
  }, 60_000);

  it.each([{}, { running: 'no' }, { running: 0 }])('is left alone by %j', async (body) => {
    const response = await post('database', body);
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: '"running" must be true or false' },
    ]);
    expect(stack.pids.postgres).toBeGreaterThan(0);
  });
});

describe('the page', () => {
  it.each([
    ['', 'text/html; charset=utf-8', '<!doctype html>'],
    ['main.js', 'text/javascript; charset=utf-8', 'import'],
    ['style.css', 'text/css; charset=utf-8', ':root'],
    ['icon.svg', 'image/svg+xml; charset=utf-8', '<svg'],
  ])('has /%s', async (path, type, text) => {
    const response = await ask(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(await response.text()).toContain(text);
  });

  it.each([
    '/nothing',
    '/../src/app.ts',
    '/..%2fsrc%2fapp.ts',
    '/%2e%2e/src/app.ts',
    '//../src/app.ts',
    '/..%5csrc%5capp.ts',
    '/api/nothing',
  ])('has no %s', async (path) => {
    // As it is: fetch would tidy it up.
    const { hostname, port } = new URL(server.url);
    const [response] = await once(get({ hostname, port, path }), 'response');
    response.resume();
    expect(response.statusCode).toBe(404);
  });

  it('loads nothing from elsewhere', async () => {
    const text = await (await ask('')).text();
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it('is the only one that may change anything', async () => {
    for (const path of ['database', 'matches', 'readers', 'reset']) {
      const headers = { 'sec-fetch-site': 'cross-site' };
      const body = JSON.stringify({ running: false, by: 1 });
      const response = await ask(`api/${path}`, { method: 'POST', headers, body });
      expect(response.status).toBe(403);
    }
    expect(server.show.database.state).toBe('running');
    expect(server.show.readers).toBe(10);
  });
});

describe('the server', () => {
  it('ends with all that looks on, and leaves nothing open', async () => {
    const before = listening();
    const another = await serveLive(stack, { readers: 50 });
    const lookers = Array.from({ length: 3 }, async () => {
      const events: Told[] = [];
      for await (const one of told(new AbortController().signal, another.url)) events.push(one);
      return events;
    });
    // And one that never says all it has to say.
    const slow = connect(Number(new URL(another.url).port), '127.0.0.1');
    slow.on('error', () => {});
    slow.write('GET / HTTP/1.1\r\n');
    await another.show.tick();
    await another.stop();
    await Promise.allSettled(lookers);
    slow.destroy();
    await expect(fetch(another.url)).rejects.toThrow('fetch failed');
    await vi.waitFor(() => expect(listening()).toBe(before), { timeout: 30_000 });
  });

  it('ends while the database is stopped', async () => {
    const another = await serveLive(stack, { readers: 50 });
    await another.show.database.switch(false);
    await another.stop();
    await another.show.database.switch(true);
  });

  it('does not begin where the port is taken, and leaves nothing behind', async () => {
    const taken: Server = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const before = listening();
    await expect(serveLive(stack, { port })).rejects.toThrow('EADDRINUSE');
    await vi.waitFor(() => expect(listening()).toBe(before), { timeout: 30_000 });
    taken.close();
    await once(taken, 'close');
  });

  it('does not begin where that was given up', async () => {
    const before = listening();
    await expect(serveLive(stack, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(listening()).toBe(before), { timeout: 30_000 });
  });
});

/** How many servers there are. */
function listening(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
}
