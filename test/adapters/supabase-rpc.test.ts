import { EventEmitter, getEventListeners, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AbortError } from 'warm-cache';
import { SupabaseError } from 'warm-cache/supabase';
import type { SupabaseQuery } from '../../src/adapters/supabase/client.ts';
import { fetchLists } from '../../src/adapters/supabase/rpc.ts';
import { answer, FakePostgrest } from '../support/postgrest.ts';

let server: FakePostgrest;

beforeEach(async () => {
  server = new FakePostgrest(1000);
  await server.listen();
});
afterEach(async () => {
  await server.close();
});

const never = new AbortController().signal;

function lists(signal = never, client: SupabaseClient = server.client) {
  const call = (): SupabaseQuery =>
    client.rpc('board', undefined, { get: true, count: 'exact' }) as unknown as SupabaseQuery;
  return fetchLists(call, signal);
}

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of given) found.push(one);
  return found;
}

async function allRows(...args: Parameters<typeof lists>): Promise<unknown[]> {
  return (await all(lists(...args))).flat();
}

const fail = (...args: Parameters<typeof lists>): Promise<unknown> =>
  allRows(...args).catch((error: unknown) => error);

/** A client whose answers are made up. */
const clientThatGets = (response: () => unknown): SupabaseClient =>
  server.clientWith(async () => response() as Response);

describe('what a function answers', () => {
  const rows = [{ key: '1', name: 'Łukasz' }, { key: '2', name: '이영호 "}],[{' }, { key: '3' }];

  it.each([
    ['lists of rows', [rows.slice(0, 2), rows.slice(2)]],
    ['rows', rows],
    ['both', [rows.slice(0, 2), rows[2]]],
    ['one list in another', [rows]],
    ['empty lists too', [[], rows, []]],
  ])('is a list of %s', async (_, body) => {
    server.faults.push(answer(200, JSON.stringify(body)));
    expect(await allRows()).toEqual(rows);
  });

  it.each(['[]', '[[]]', ' [ ] '])('may have no rows: %s', async (body) => {
    server.faults.push(answer(200, body));
    expect(await all(lists())).toEqual([]);
  });

  it('is asked for by GET, and how long it would be without a cap', async () => {
    let asked: IncomingMessage | undefined;
    server.faults.push((request, response) => {
      asked = request;
      response.end('[]');
    });
    await allRows();
    expect(asked?.method).toBe('GET');
    expect(asked?.url).toBe('/rest/v1/rpc/board');
    expect(asked?.headers).toMatchObject({ prefer: 'count=exact' });
    expect(server.requests).toHaveLength(1);
  });

  it('is read while it comes, and never as a whole', async () => {
    const more = new EventEmitter();
    server.faults.push(async (_, response) => {
      response.write('[[{"key":"1"}],[{"key":');
      await once(more, 'read');
      response.end('"2"}]]');
    });
    const parse = vi.spyOn(JSON, 'parse');
    const reading = lists();
    expect((await reading.next()).value).toEqual([{ key: '1' }]);
    more.emit('read');
    expect((await reading.next()).value).toEqual([{ key: '2' }]);
    expect(await reading.next()).toEqual({ done: true, value: undefined });
    const parsed = parse.mock.calls.map(([json]) => json);
    expect(parsed).toEqual(expect.arrayContaining(['[]', '[{"key":"1"}]', '[{"key":"2"}]']));
    expect(parsed).not.toContainEqual(expect.stringContaining('},'));
    expect(parsed).not.toContainEqual(expect.stringContaining('[['));
  });

  it('that comes in one piece is read in many, with a turn for others after each', async () => {
    const many = Array.from({ length: 20_000 }, (_, n) => ({ key: String(n) }));
    const body = JSON.stringify(many);
    const client = clientThatGets(() => new Response(body));
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now++);
    let turns = 0;
    const others = setImmediate(function other() {
      turns++;
      next = setImmediate(other);
    });
    let next = others;
    expect(await allRows(never, client)).toEqual(many);
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(Math.floor(body.length / 65_536));
    expect(turns).toBeGreaterThan(3);
  });

  it.each([
    ['lists of rows', [rows.slice(0, 2), rows.slice(2)]],
    ['rows', rows],
  ])('of a client of another make is a list of %s that it has parsed', async (_, data) => {
    const query = (answered: unknown) =>
      ({
        abortSignal: () => query(answered),
        // biome-ignore lint/suspicious/noThenProperty: a query is sent by being awaited
        then: (...handlers: Parameters<Promise<unknown>['then']>) =>
          Promise.resolve({ data: answered, error: null, status: 200 }).then(...handlers),
      }) as unknown as SupabaseQuery;
    expect((await all(fetchLists(() => query(data), never))).flat()).toEqual(rows);
    await expect(all(fetchLists(() => query({}), never))).rejects.toMatchObject({
      name: 'SupabaseError',
      message: 'Expected rows, got {}',
    });
  });

  it('with a body of another kind of stream is left to supabase-js', async () => {
    const client = clientThatGets(() => ({
      ok: true,
      status: 200,
      headers: new Headers(),
      body: Readable.from(['[[{"key":"1"}]]']),
      text: async () => '[[{"key":"1"}]]',
    }));
    expect(await allRows(never, client)).toEqual([{ key: '1' }]);
  });
});

describe('an error', () => {
  const body = JSON.stringify({
    message: 'no',
    code: 'PGRST202',
    hint: 'try board',
    details: null,
  });

  it.each([400, 401, 403, 404, 406])('%i ends the retries', async (status) => {
    server.faults.push(answer(status, body));
    const error = await fail();
    expect(error).toBeInstanceOf(AbortError);
    const { originalError } = error as AbortError;
    expect(originalError).toBeInstanceOf(SupabaseError);
    expect(originalError).toMatchObject({ status, code: 'PGRST202', hint: 'try board' });
    expect(server.requests).toHaveLength(1);
  });

  it.each([404, 401])('%i ends the retries, also with an empty list', async (status) => {
    server.faults.push(answer(status, '[]'));
    expect(await fail()).toBeInstanceOf(AbortError);
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 520])('%i may be tried again', async (status) => {
    server.faults.push(answer(status, body));
    expect(await fail()).toMatchObject({ name: 'SupabaseError', message: 'no', status });
    expect(server.requests).toHaveLength(1);
  });

  it.each([429, 503])('%i with Retry-After is waited for', async (status) => {
    server.faults.push(
      answer(status, '{"message":"slow down"}', { 'retry-after': '0' }),
      answer(200, '[[{"key":"1"}]]'),
    );
    expect(await allRows()).toEqual([{ key: '1' }]);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['breaks', (request: IncomingMessage) => request.socket.destroy()],
    [
      'breaks midway',
      (request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('[[{"key":"1"}],[{"key"', () => request.socket.destroy());
      },
    ],
    [
      'breaks midway, of a length not known',
      (request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200);
        response.write('[[{"key":"1"}]', () => request.socket.destroy());
      },
    ],
  ])('of a connection that %s may be tried again', async (_, fault) => {
    server.faults.push(fault);
    const error = await fail();
    expect(error).toBeInstanceOf(SupabaseError);
    expect(error).toMatchObject({ status: 0, message: expect.stringMatching(/./) });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['an HTML page', '<html>busy</html>', 'Expected rows, got <html>busy</html>'],
    ['nothing', '', 'Expected rows, got nothing'],
    [
      'a list that is cut off',
      '[[{"key":"1"}],[{"k',
      'Expected an end of the rows, got none after 1',
    ],
    ['garbage in a list', '[[{"key":"1"}],[oops]]', 'Expected rows, got [oops]'],
    ['more than a list', '[[{"key":"1"}]][]', 'Expected nothing behind the rows, got []'],
    ['an object', '{"rows":[]}', 'Expected rows, got {"rows":[]}'],
    ['null', 'null', 'Expected rows, got null'],
  ])('of an answer that is %s may be tried again', async (_, garbage, message) => {
    server.faults.push(answer(200, garbage));
    const error = await fail();
    expect(error).toBeInstanceOf(SupabaseError);
    expect(error).toMatchObject({ status: 200, message });
  });

  it('of no content may be tried again', async () => {
    server.faults.push(answer(204, ''));
    expect(await fail()).toMatchObject({ status: 204, message: 'Expected rows, got null' });
  });

  it('has a message of bounded length, and what went wrong as its cause', async () => {
    server.faults.push(answer(200, `[${'x'.repeat(50_000)}]`));
    const error = (await fail()) as SupabaseError;
    expect(error.message).toHaveLength(200);
    expect(error.cause).toMatchObject({ cause: expect.any(SyntaxError) });
  });

  it('of a list that the server has cut off at its cap ends the retries', async () => {
    server.faults.push(answer(206, '[{"key":"1"}]', { 'content-range': '0-0/30000' }));
    const error = await fail();
    expect(error).toBeInstanceOf(AbortError);
    expect((error as AbortError).originalError).toMatchObject({
      name: 'SupabaseError',
      message: 'Expected all that the function answers, got 1 of 30000',
      hint: expect.stringContaining('setof json'),
    });
  });

  it.each(['0-0/1', '*/0', '0-0/*'])('is none where nothing was cut off: %s', async (range) => {
    server.faults.push(answer(200, '[{"key":"1"}]', { 'content-range': range }));
    expect(await allRows()).toEqual([{ key: '1' }]);
  });
});

describe('nothing is left open', () => {
  /** An answer that goes on for ever, and when its connection was closed. */
  function endless(beginning = '[[{"key":"1"}],'): { closed: Promise<unknown> } {
    let closed!: () => void;
    const fault = { closed: new Promise<void>((resolve) => (closed = resolve)) };
    server.faults.push((_, response) => {
      response.on('close', closed);
      response.write(beginning);
    });
    return fault;
  }

  it('after the abort of one that hangs', async () => {
    const controller = new AbortController();
    const { closed } = endless();
    const reading = lists(controller.signal);
    await reading.next();
    const hanging = reading.next();
    controller.abort(new Error('enough'));
    await expect(hanging).rejects.toThrow('enough');
    await closed;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('after the abort of one that is not being read', async () => {
    const controller = new AbortController();
    const { closed } = endless();
    const reading = lists(controller.signal);
    await reading.next();
    controller.abort(new Error('enough'));
    await closed;
    await expect(reading.next()).rejects.toThrow('enough');
  });

  it('after the abort of one that has only headers', async () => {
    const controller = new AbortController();
    const { closed } = endless(' ');
    server.onRequest = () => setImmediate(() => controller.abort(new Error('enough')));
    await expect(allRows(controller.signal)).rejects.toThrow('enough');
    await closed;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('where it is aborted already', async () => {
    await expect(allRows(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(0);
  });

  it('where no more rows are wanted', async () => {
    const { signal } = new AbortController();
    const { closed } = endless();
    for await (const rows of lists(signal)) {
      expect(rows).toEqual([{ key: '1' }]);
      break;
    }
    await closed;
  });

  it.each(['oops', '[{"key":oops}],'])('after an error: %s', async (wrong) => {
    const { closed } = endless(wrong === 'oops' ? wrong : `[${wrong}`);
    expect(await fail()).toBeInstanceOf(SupabaseError);
    await closed;
  });

  it('after a cap', async () => {
    let closed!: () => void;
    const closing = new Promise<void>((resolve) => (closed = resolve));
    server.faults.push((_, response) => {
      response.on('close', closed);
      response.writeHead(206, { 'content-range': '0-999/1000000' });
      response.write('[');
    });
    expect(await fail()).toBeInstanceOf(AbortError);
    await closing;
  });

  describe('of a fetch that forgets the signal once headers have come', () => {
    const forgetful = (): { client: SupabaseClient; cancelled: Promise<unknown> } => {
      let cancelled!: (reason: unknown) => void;
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('[[{"key":"1"}],')),
        cancel: (reason) => cancelled(reason),
      });
      return {
        client: clientThatGets(() => new Response(body)),
        cancelled: new Promise((resolve) => (cancelled = resolve)),
      };
    };

    it('after the abort', async () => {
      const controller = new AbortController();
      const { client, cancelled } = forgetful();
      const reading = lists(controller.signal, client);
      await reading.next();
      const hanging = reading.next();
      controller.abort(new Error('enough'));
      await expect(hanging).rejects.toThrow('enough');
      await cancelled;
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('after an abort while the headers come', async () => {
      const controller = new AbortController();
      const { client, cancelled } = forgetful();
      const reading = lists(controller.signal, client).next();
      controller.abort(new Error('enough'));
      await expect(reading).rejects.toThrow('enough');
      await cancelled;
    });

    it('where no more rows are wanted', async () => {
      const { signal } = new AbortController();
      const { client, cancelled } = forgetful();
      const reading = lists(signal, client);
      await reading.next();
      await reading.return();
      await cancelled;
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });
  });
});
