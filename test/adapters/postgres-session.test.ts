import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session, type SessionOptions } from '../../src/adapters/postgres/session.ts';

/** A client without a server. */
class FakeClient extends EventEmitter {
  readonly queries: string[] = [];
  isEnded = false;
  listening = ['news'];
  /** What a query comes to. */
  answer: (text: string) => Promise<unknown> = async () => undefined;
  ending: () => Promise<void> = async () => {};

  async query(text: string) {
    this.queries.push(text);
    await this.answer(text);
    return { rows: this.listening.map((channel) => ({ channel })) };
  }

  async end() {
    this.isEnded = true;
    await this.ending();
  }
}

const never = () => new Promise<never>(() => {});

function sessionOf(options: Partial<SessionOptions> = {}, prepare?: (client: FakeClient) => void) {
  const clients: FakeClient[] = [];
  const connect = vi.fn(async () => {
    const client = new FakeClient();
    prepare?.(client);
    clients.push(client);
    return client;
  });
  const ear = { onPayload: vi.fn(), onConnect: vi.fn(), onDisconnect: vi.fn() };
  const onError = vi.fn<(error: unknown) => void>();
  const session = new Session('news', { connect, onError, ...options }, ear);
  const last = () => clients.at(-1) as FakeClient;
  const messages = () => onError.mock.calls.map(([error]) => (error as Error).message);
  return { clients, connect, ear, last, messages, onError, session };
}

beforeEach(() => {
  vi.useFakeTimers();
  // The longest that each wait may be.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a session', () => {
  it('listens, and hears its own channel alone', async () => {
    const { ear, last, session } = sessionOf();
    await session.start();
    expect(last().queries).toEqual(['LISTEN "news"']);
    expect(ear.onConnect).toHaveBeenCalledTimes(1);
    last().emit('notification', { channel: 'news', payload: 'a' });
    last().emit('notification', { channel: 'weather', payload: 'b' });
    last().emit('notification', { channel: 'news' });
    expect(ear.onPayload.mock.calls).toEqual([['a'], ['']]);
  });

  it('hears what comes before the answer to LISTEN', async () => {
    const { ear, session } = sessionOf({}, (client) => {
      client.answer = async () => {
        client.emit('notification', { channel: 'news', payload: 'early' });
      };
    });
    await session.start();
    expect(ear.onPayload.mock.calls).toEqual([['early']]);
  });

  it.each(['error', 'end'])('connects again after %s, once', async (event) => {
    const { clients, connect, ear, last, messages, session } = sessionOf();
    await session.start();
    const first = last();
    first.emit(event, new Error('gone'));
    first.emit('end');
    first.emit('error', new Error('late'));
    expect(ear.onDisconnect).toHaveBeenCalledTimes(1);
    expect(messages()).toEqual([event === 'error' ? 'gone' : 'The connection has ended']);
    expect(first.isEnded).toBe(true);
    await vi.advanceTimersByTimeAsync(249);
    expect(connect).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(clients).toHaveLength(2);
    expect(ear.onConnect).toHaveBeenCalledTimes(2);
    // What is left of the first one is nothing to anybody.
    first.emit('notification', { channel: 'news', payload: 'late' });
    first.emit('error', new Error('later'));
    first.emit('end');
    await vi.advanceTimersByTimeAsync(29_000);
    expect(clients).toHaveLength(2);
    expect(ear.onPayload).not.toHaveBeenCalled();
  });

  it('waits twice as long after each failure, and no longer than so', async () => {
    const connect = vi.fn(async (): Promise<never> => {
      throw new Error('refused');
    });
    const { ear, messages, session } = sessionOf({ connect, minDelay: 100, maxDelay: 500 });
    await session.start();
    const at: number[] = [];
    const begun = Date.now();
    connect.mockImplementation(async () => {
      at.push(Date.now() - begun);
      throw new Error('refused again');
    });
    await vi.advanceTimersByTimeAsync(2000);
    expect(at).toEqual([100, 300, 700, 1200, 1700]);
    expect(messages().slice(0, 2)).toEqual(['refused', 'refused again']);
    expect(ear.onConnect).not.toHaveBeenCalled();
    expect(ear.onDisconnect).not.toHaveBeenCalled();
  });

  it('waits half as long at least', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const { clients, last, session } = sessionOf({ minDelay: 100 });
    await session.start();
    last().emit('end');
    await vi.advanceTimersByTimeAsync(49);
    expect(clients).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(clients).toHaveLength(2);
  });

  it('takes a connection that does not last for one that failed', async () => {
    const options = { minDelay: 100, maxDelay: 1000, checkInterval: Infinity };
    const { clients, last, session } = sessionOf(options);
    await session.start();
    last().emit('end');
    await vi.advanceTimersByTimeAsync(100);
    last().emit('end');
    await vi.advanceTimersByTimeAsync(100);
    expect(clients).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(clients).toHaveLength(3);
    // One that lasts makes good.
    await vi.advanceTimersByTimeAsync(1000);
    last().emit('end');
    await vi.advanceTimersByTimeAsync(100);
    expect(clients).toHaveLength(4);
  });

  it('gives up a connection that refuses to listen, or does not answer', async () => {
    const { clients, ear, last, messages, session } = sessionOf({ timeout: 500 }, (client) => {
      client.answer = async () => {
        throw new Error('not now');
      };
    });
    await session.start();
    expect(messages()).toEqual(['not now']);
    expect(ear.onConnect).not.toHaveBeenCalled();
    expect(ear.onDisconnect).not.toHaveBeenCalled();
    expect(last().isEnded).toBe(true);
    await vi.advanceTimersByTimeAsync(250);
    expect(clients).toHaveLength(2);

    const silent = sessionOf({ timeout: 500 }, (client) => {
      client.answer = never;
    });
    const started = silent.session.start();
    await vi.advanceTimersByTimeAsync(500);
    await started;
    expect(silent.messages()).toEqual(['no answer within 500 ms']);
  });

  it('ends a connection that comes too late', async () => {
    const late = Promise.withResolvers<FakeClient>();
    const connect = vi.fn(() => late.promise);
    const { messages, session } = sessionOf({ connect, timeout: 500, minDelay: 10_000 });
    const started = session.start();
    await vi.advanceTimersByTimeAsync(500);
    await started;
    expect(messages()).toEqual(['no connection within 500 ms']);
    const client = new FakeClient();
    late.resolve(client);
    await vi.advanceTimersByTimeAsync(0);
    expect(client.isEnded).toBe(true);
    expect(client.queries).toEqual([]);
  });

  it('notices that a connection is dead', async () => {
    const { clients, ear, last, messages, session } = sessionOf({
      checkInterval: 1000,
      timeout: 300,
    });
    await session.start();
    await vi.advanceTimersByTimeAsync(2000);
    expect(last().queries).toEqual([
      'LISTEN "news"',
      ...Array(2).fill('SELECT pg_listening_channels() AS channel'),
    ]);
    last().answer = never;
    last().ending = never;
    await vi.advanceTimersByTimeAsync(1300);
    expect(messages()).toEqual(['no answer within 300 ms']);
    expect(ear.onDisconnect).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(clients).toHaveLength(2);
    expect(ear.onConnect).toHaveBeenCalledTimes(2);
  });

  it('loses no other connection by what it asked the one before', async () => {
    const { clients, last, session } = sessionOf({ checkInterval: 1000, timeout: 500 });
    await session.start();
    last().answer = never;
    await vi.advanceTimersByTimeAsync(1000);
    last().emit('error', new Error('gone'));
    await vi.advanceTimersByTimeAsync(250);
    expect(clients).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(900);
    expect(last().isEnded).toBe(false);
    expect(clients).toHaveLength(2);
  });

  it('notices that it is not the one that listens any more', async () => {
    const { last, messages, session } = sessionOf({ checkInterval: 1000 });
    await session.start();
    last().listening = ['weather'];
    await vi.advanceTimersByTimeAsync(1000);
    expect(messages()).toEqual([expect.stringContaining('pooler')]);
  });

  it('is looked at never, if told so', async () => {
    const { last, session } = sessionOf({ checkInterval: Infinity });
    await session.start();
    await vi.advanceTimersByTimeAsync(10_000_000);
    expect(last().queries).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends its connection when it is stopped, once, and makes no other', async () => {
    const { clients, ear, last, onError, session } = sessionOf();
    await session.start();
    const ended = Promise.withResolvers<void>();
    last().ending = () => ended.promise;
    const stopped = session.stop();
    expect(session.stop()).toBe(stopped);
    expect(last().isEnded).toBe(true);
    last().emit('end');
    last().emit('error', new Error('late'));
    last().emit('notification', { channel: 'news', payload: 'late' });
    const onStop = vi.fn();
    void stopped.then(onStop);
    await vi.advanceTimersByTimeAsync(1000);
    expect(onStop).not.toHaveBeenCalled();
    ended.resolve();
    await stopped;
    await vi.advanceTimersByTimeAsync(100_000);
    expect(clients).toHaveLength(1);
    expect(ear.onPayload).not.toHaveBeenCalled();
    expect(onError).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may be stopped while it connects, listens, or waits to', async () => {
    const waiting = Promise.withResolvers<FakeClient>();
    const connecting = sessionOf({ connect: () => waiting.promise });
    void connecting.session.start();
    const stopped = connecting.session.stop();
    const client = new FakeClient();
    waiting.resolve(client);
    await stopped;
    expect(client).toMatchObject({ isEnded: true, queries: [] });

    const answered = Promise.withResolvers<void>();
    const listening = sessionOf({}, (fake) => {
      fake.answer = () => answered.promise;
    });
    const started = listening.session.start();
    await vi.advanceTimersByTimeAsync(0);
    const stop = listening.session.stop();
    answered.resolve();
    await Promise.all([started, stop]);
    expect(listening.ear.onConnect).not.toHaveBeenCalled();
    expect(listening.last().isEnded).toBe(true);

    const refused = Promise.withResolvers<FakeClient>();
    const failing = sessionOf({ connect: () => refused.promise });
    void failing.session.start();
    const end = failing.session.stop();
    refused.reject(new Error('refused'));
    await end;
    expect(failing.onError).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);

    const unheard = Promise.withResolvers<void>();
    const refusing = sessionOf({}, (fake) => {
      fake.answer = () => unheard.promise;
    });
    const begun = refusing.session.start();
    await vi.advanceTimersByTimeAsync(0);
    const ended = refusing.session.stop();
    unheard.reject(new Error('Connection terminated'));
    await Promise.all([begun, ended]);
    expect(refusing.onError).not.toHaveBeenCalled();

    const checked = sessionOf({ checkInterval: 1000 });
    await checked.session.start();
    const answer = Promise.withResolvers<void>();
    checked.last().answer = () => answer.promise;
    await vi.advanceTimersByTimeAsync(1000);
    await checked.session.stop();
    answer.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);

    const lost = sessionOf();
    await lost.session.start();
    lost.last().emit('end');
    await lost.session.stop();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(lost.clients).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is disturbed by nothing that onError throws, nor by a connection that does not end', async () => {
    const onError = () => {
      throw new Error('mine');
    };
    const { clients, last, session } = sessionOf({ onError, timeout: 500 });
    await session.start();
    last().ending = async () => {
      throw new Error('already ended');
    };
    last().emit('error', new Error('gone'));
    await vi.advanceTimersByTimeAsync(250);
    expect(clients).toHaveLength(2);
    last().ending = never;
    const stopped = session.stop();
    await vi.advanceTimersByTimeAsync(500);
    await stopped;
  });

  it('runs outside of requests', async () => {
    const requests = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const connect = vi.fn(async () => {
      seen.push(requests.getStore());
      throw new Error('refused');
    });
    const { session } = sessionOf({ connect });
    await requests.run('one', () => session.start());
    await vi.advanceTimersByTimeAsync(250);
    expect(seen).toEqual([undefined, undefined]);
  });

  it('checks what it is given', () => {
    const bad = (options: object) => () => sessionOf(options);
    expect(bad({ connect: undefined })).toThrow('`connect`');
    expect(bad({ minDelay: 0 })).toThrow('`minDelay`');
    expect(bad({ minDelay: 40_000 })).not.toThrow();
    expect(bad({ minDelay: 100, maxDelay: 99 })).toThrow('`maxDelay`');
    expect(bad({ checkInterval: 0 })).toThrow('`checkInterval`');
    expect(bad({ timeout: 0 })).toThrow('`timeout`');
    expect(bad({ onError: 'log' })).toThrow('`onError`');
  });
});
