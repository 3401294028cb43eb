import { AsyncLocalStorage } from 'node:async_hooks';
import diagnostics, {
  type TracingChannelSubscribers,
  tracingChannel,
} from 'node:diagnostics_channel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type LoadTrace, WarmCacheMap } from 'warm-cache';
import { fakeTime, manualLoader, settle, t0 } from './support/loads.ts';

const newCache = fakeTime();
const channel = tracingChannel<unknown, LoadTrace>('warm-cache:load');
const PARTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

let unsubscribe = (): void => {};
afterEach(() => unsubscribe());

/** What is told from now on: of each message its part and a copy of it as it was then. */
function told(): [part: string, trace: LoadTrace][] {
  const messages: [string, LoadTrace][] = [];
  const subscribers = Object.fromEntries(
    PARTS.map((part) => [part, (trace: LoadTrace) => messages.push([part, { ...trace }])]),
  ) as unknown as TracingChannelSubscribers<LoadTrace>;
  channel.subscribe(subscribers);
  unsubscribe = () => channel.unsubscribe(subscribers);
  return messages;
}

describe('the tracing channel warm-cache:load', () => {
  it('tells of a load as it begins, and as it ends', async () => {
    const messages = told();
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ name: 'board', loader });
    void cache.get();
    const begun = { name: 'board', reason: 'read', startedAt: t0 };
    expect(messages).toEqual([
      ['start', begun],
      ['end', begun],
    ]);
    await vi.advanceTimersByTimeAsync(40);
    calls[0]?.resolve('a');
    await settle();
    const ended = { ...begun, outcome: 'published', duration: 40 };
    expect(messages.slice(2)).toEqual([
      ['asyncStart', ended],
      ['asyncEnd', ended],
    ]);
  });

  it('is one object a load, from its start to its end', async () => {
    const seen = new Set<unknown>();
    const onMessage = (message: unknown): void => void seen.add(message);
    for (const part of ['start', 'asyncEnd']) {
      diagnostics.subscribe(`tracing:warm-cache:load:${part}`, onMessage);
    }
    unsubscribe = () => {
      for (const part of ['start', 'asyncEnd']) {
        diagnostics.unsubscribe(`tracing:warm-cache:load:${part}`, onMessage);
      }
    };
    const cache = newCache({ loader: () => 'a' });
    await cache.refresh();
    await cache.refresh();
    expect(seen.size).toBe(2);
  });

  it('tells the error of one that failed, before its end', async () => {
    const messages = told();
    const cache = newCache({
      loader: () => {
        throw new Error('down');
      },
      retry: { retries: 0 },
    });
    const error = await cache.refresh().catch((thrown: unknown) => thrown);
    expect(messages.map(([part]) => part)).toEqual([
      'start',
      'end',
      'error',
      'asyncStart',
      'asyncEnd',
    ]);
    expect(messages[2]?.[1].error).toBe(error);
    expect(messages[4]?.[1]).toMatchObject({ outcome: 'failed' });
  });

  it('tells of one that hangs as its deadline passes, and no more when it settles', async () => {
    const messages = told();
    const { calls, loader } = manualLoader<string>();
    const cache = newCache({ loader, loadTimeout: 1000 });
    void cache.get();
    await vi.advanceTimersByTimeAsync(1000);
    expect(messages.at(-1)).toMatchObject(['asyncEnd', { outcome: 'timeout', duration: 1000 }]);
    const { length } = messages;
    void cache.stop();
    calls[0]?.resolve('late');
    await settle();
    expect(messages).toHaveLength(length);
  });

  it('tells of one that is stopped', async () => {
    const messages = told();
    const { loader } = manualLoader<string>();
    const cache = newCache({ loader });
    void cache.get();
    void cache.stop();
    expect(messages.at(-1)).toMatchObject(['asyncEnd', { outcome: 'stopped' }]);
  });

  it('names the key of a map', async () => {
    const messages = told();
    const map = new WarmCacheMap({ name: 'boards', loader: (key: string) => key, ttl: 60_000 });
    await map.get('PL');
    expect(messages[0]).toMatchObject(['start', { name: 'boards', key: 'PL' }]);
    await map.stop();
  });

  it('has the stores that are bound to it seen by the loader, and no request’s', async () => {
    const spans = new AsyncLocalStorage<string>();
    const requests = new AsyncLocalStorage<string>();
    channel.start.bindStore(spans, ({ name }) => `span of ${name}`);
    unsubscribe = () => void channel.start.unbindStore(spans);
    const seen: unknown[] = [];
    const cache = newCache({
      name: 'board',
      loader: async () => {
        await Promise.resolve();
        seen.push(spans.getStore(), requests.getStore());
        return 'a';
      },
    });
    await requests.run('a request', () => cache.get());
    expect(seen).toEqual(['span of board', undefined]);
  });

  it('costs nothing where nobody listens: nothing is made', async () => {
    const publish = vi.spyOn(channel.start, 'runStores');
    await newCache({ loader: () => 'a' }).get();
    expect(publish).not.toHaveBeenCalled();
  });
});
