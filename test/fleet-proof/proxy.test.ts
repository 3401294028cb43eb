import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pipe } from './pipe.ts';
import { TcpProxy, type Trouble } from './proxy.ts';
import { endOfReply, losing } from './resp.ts';

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const message = (mark: '*' | '>', text: string): string =>
  `${mark}3\r\n${bulk('message')}${bulk('channel')}${bulk(text)}`;

describe('replies of a Redis server', () => {
  it.each([
    '+OK\r\n',
    '-ERR no\r\n',
    ':12\r\n',
    '_\r\n',
    '#t\r\n',
    ',1.5\r\n',
    '(123456789012345678901\r\n',
    bulk('a\r\nb'),
    '$-1\r\n',
    '$0\r\n\r\n',
    '*-1\r\n',
    '*0\r\n',
    `=7\r\ntxt:abc\r\n`,
    `!5\r\nERR x\r\n`,
    `*2\r\n${bulk('é')}*1\r\n:1\r\n`,
    `%2\r\n${bulk('a')}:1\r\n${bulk('b')}*1\r\n_\r\n`,
    `~1\r\n:1\r\n`,
    `|1\r\n${bulk('ttl')}:3\r\n*1\r\n:2\r\n`,
    message('>', 'x'),
  ])('end where they do: %j', (reply) => {
    const bytes = Buffer.from(reply);
    for (let length = 1; length < bytes.length; length++) {
      expect(endOfReply(bytes.subarray(0, length), 0)).toBe(-1);
    }
    expect(endOfReply(Buffer.concat([bytes, Buffer.from('+OK\r\n')]), 0)).toBe(bytes.length);
  });

  it.each(['*', '>'] as const)('lose messages alone, however they are cut: %s', (mark) => {
    const sent = [bulk('message'), message(mark, 'first'), '+PONG\r\n', message(mark, 'second')];
    const bytes = Buffer.from(sent.join(''));
    for (let size = 1; size <= bytes.length; size++) {
      let messages = 0;
      const pass = losing(() => messages++ === 0);
      let kept = '';
      for (let i = 0; i < bytes.length; i += size) kept += pass(bytes.subarray(i, i + size));
      expect(kept).toBe([sent[0], sent[2], sent[3]].join(''));
    }
  });
});

it('what comes while a chunk is held back comes after it, and once', async () => {
  const [from, to] = [new PassThrough(), new PassThrough()];
  const weather = {
    trouble: (): Trouble => ({ kind: 'delay', ms: 5 }),
    changed: () => new Promise<void>(() => {}),
  };
  new Pipe(from as never, to as never, 'up', weather);
  for (const text of ['a', 'b', 'c']) from.emit('data', Buffer.from(text));
  let got = '';
  to.on('data', (chunk) => {
    got += chunk;
  });
  await vi.waitFor(() => expect(got).toContain('c'));
  expect(got).toBe('abc');
});

describe('a hop', () => {
  let server: Server;
  let proxy: TcpProxy;
  let sockets: Socket[];
  beforeEach(async () => {
    sockets = [];
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', (chunk) => socket.write(chunk));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    proxy = new TcpProxy(() => ({ port }));
    await proxy.listen();
  });
  afterEach(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  interface Client {
    readonly socket: Socket;
    got: string;
    isClosed: boolean;
  }

  async function client(): Promise<Client> {
    const socket = connect(proxy.port, '127.0.0.1').on('error', () => {});
    const made: Client = { socket, got: '', isClosed: false };
    socket.on('data', (chunk) => {
      made.got += chunk;
    });
    socket.on('close', () => {
      made.isClosed = true;
    });
    // It may be reset before it is heard that it was accepted.
    await once(socket, 'connect').catch(() => {});
    return made;
  }

  const echoed = async (of: Client, text: string): Promise<void> => {
    of.socket.write(text);
    await vi.waitFor(() => expect(of.got).toMatch(new RegExp(`${text}$`)), { timeout: 5000 });
  };

  it.each<Trouble>([
    { kind: 'pass' },
    { kind: 'delay', ms: 20 },
    { kind: 'slow', bytes: 2, ms: 1 },
  ])('passes on all, in order: %j', async (trouble) => {
    proxy.trouble = trouble;
    const one = await client();
    let sent = '';
    for (let i = 0; i < 20; i++) {
      one.socket.write(`${i},`);
      sent += `${i},`;
    }
    proxy.trouble = { kind: 'pass' };
    one.socket.write('end');
    await vi.waitFor(() => expect(one.got).toBe(`${sent}end`), { timeout: 5000 });
    one.socket.end();
  });

  it('refuses: resets those there are, and those that come', async () => {
    const old = await client();
    await echoed(old, 'a');
    proxy.trouble = { kind: 'refuse' };
    const late = await client();
    await vi.waitFor(() => expect([old.isClosed, late.isClosed]).toEqual([true, true]));
    expect(late.got).toBe('');
    await vi.waitFor(() => expect(proxy.connections).toBe(0));
    proxy.trouble = { kind: 'pass' };
    await echoed(await client(), 'b');
  });

  it.each(['up', 'down', 'both'] as const)('swallows what goes %s, then resets', async (way) => {
    const one = await client();
    await echoed(one, 'a');
    const heard = vi.fn();
    sockets[0]?.on('data', heard);
    proxy.trouble = { kind: 'drop', way };
    one.socket.write('lost');
    await expect.poll(() => proxy.damaged).toBe(1);
    expect(heard).toHaveBeenCalledTimes(way === 'down' ? 1 : 0);
    expect(one).toMatchObject({ got: 'a', isClosed: false });
    proxy.trouble = { kind: 'pass' };
    await vi.waitFor(() => expect(one.isClosed).toBe(true));
    expect(one.got).toBe('a');
  });

  it('holds back, and gives all of it afterwards', async () => {
    const one = await client();
    proxy.trouble = { kind: 'stall' };
    const heard = vi.fn();
    sockets[0]?.on('data', heard);
    one.socket.write('held');
    await echoed(await open(), 'x');
    expect(heard).not.toHaveBeenCalled();
    proxy.trouble = { kind: 'pass' };
    await vi.waitFor(() => expect(one.got).toBe('held'));
  });

  /** A client that goes around the hop. */
  async function open(): Promise<Client> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const made: Client = { socket, got: '', isClosed: false };
    socket.on('data', (chunk) => {
      made.got += chunk;
    });
    await once(socket, 'connect');
    return made;
  }

  it('halves a chunk and cuts the connection', async () => {
    const one = await client();
    proxy.trouble = { kind: 'halve' };
    sockets[0]?.removeAllListeners('data');
    await vi.waitFor(() => expect(sockets).toHaveLength(1));
    sockets[0]?.write('abcdef');
    await vi.waitFor(() => expect(one.isClosed).toBe(true));
    expect(one.got).toBe('abc');
  });
});
