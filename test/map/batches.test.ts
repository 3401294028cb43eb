import { describe, expect, it, vi } from 'vitest';
import { type LoadManyContext, notModified, type WarmCacheMapOptions } from 'warm-cache';
import { settle, stateOf, t0 } from '../support/loads.ts';
import { eventsOf, fakeTime, names, payloadsOf } from './maps.ts';

const newMap = fakeTime();

interface Call {
  readonly keys: readonly string[];
  readonly at: number;
  readonly context: LoadManyContext<string, string>;
}

/** A loader of many that tells of its calls. */
function tracedMany(
  answer: (key: string, call: number) => unknown = (key, call) => `${key} ${call}`,
  duration = 0,
) {
  const calls: Call[] = [];
  const loadMany: NonNullable<WarmCacheMapOptions<string, string>['loadMany']> = async (
    keys,
    context,
  ) => {
    const number = calls.push({ keys, at: Date.now() - t0, context });
    if (duration > 0) await new Promise((resolve) => setTimeout(resolve, duration));
    return keys.map((key) => [key, answer(key, number) as string] as const);
  };
  return { calls, loadMany, asked: () => calls.map(({ keys }) => keys) };
}

describe('loadMany', () => {
  it('is asked at once for all keys that are due together', async () => {
    const { asked, loadMany } = tracedMany();
    const map = newMap({ loadMany, keys: names(5) }).start();
    await vi.advanceTimersByTimeAsync(1);
    await map.ready();
    expect(asked()).toEqual([names(5)]);
    expect(map.peek('k3')?.value).toBe('k3 1');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(
      asked()
        .slice(1)
        .map((keys) => keys.toSorted()),
    ).toEqual([names(5)]);
  });

  it('is asked for up to maxBatchSize keys', async () => {
    const { asked, loadMany } = tracedMany();
    const map = newMap({ loadMany, keys: names(7), maxBatchSize: 3 }).start();
    await vi.advanceTimersByTimeAsync(1);
    await map.ready();
    expect(asked().map(({ length }) => length)).toEqual([3, 3, 1]);
  });

  it('is asked for up to 100 by default', async () => {
    const { asked, loadMany } = tracedMany();
    newMap({ loadMany, keys: names(250) }).start();
    await vi.advanceTimersByTimeAsync(1);
    expect(asked().map(({ length }) => length)).toEqual([100, 100, 50]);
  });

  it('may be asked for one key at a time', async () => {
    const { asked, loadMany } = tracedMany();
    const map = newMap({ loadMany, maxBatchSize: 1 });
    expect(await Promise.all([map.get('a'), map.get('b')])).toEqual(['a 1', 'b 2']);
    expect(asked()).toEqual([['a'], ['b']]);
  });

  it('is asked for what is read within batchWindow, and at once when that is enough', async () => {
    const { calls, asked, loadMany } = tracedMany();
    const map = newMap({ loadMany, batchWindow: 20, maxBatchSize: 3 });
    const a = map.get('a');
    await vi.advanceTimersByTimeAsync(15);
    const b = map.get('b');
    await vi.advanceTimersByTimeAsync(4);
    expect(asked()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await Promise.all([a, b])).toEqual(['a 1', 'b 1']);
    await Promise.all(['c', 'd', 'e'].map((key) => map.get(key)));
    expect(asked()).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
    expect(calls.map(({ at }) => at)).toEqual([20, 20]);
  });

  it('is called so many times at once as concurrency says, readers first', async () => {
    const { calls, asked, loadMany } = tracedMany(undefined, 100);
    const map = newMap({ loadMany, keys: names(8), maxBatchSize: 2, concurrency: 2 }).start();
    void map.get('k6');
    void map.get('x');
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked()[0]).toEqual(['k6', 'x']);
    expect(calls.slice(0, 5).map(({ at }) => at)).toEqual([0, 0, 100, 100, 200]);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('is told what loader is told, key by key', async () => {
    const { calls, loadMany } = tracedMany();
    const map = newMap({ loadMany, keys: ['a'] }).start();
    await vi.advanceTimersByTimeAsync(1);
    await map.ready();
    void map.invalidate('a');
    void map.get('b');
    await vi.advanceTimersByTimeAsync(1);
    const { context, keys } = calls[1] as Call;
    expect([...keys].sort()).toEqual(['a', 'b']);
    expect(context.reason('a')).toBe('invalidate');
    expect(context.reason('b')).toBe('read');
    expect(context.reason('c')).toBeUndefined();
    expect(context.previous('a')).toMatchObject({ value: 'a 1' });
    expect(context.previous('b')).toBeUndefined();
    expect(context).toMatchObject({ attempt: 1, notModified });
    expect(context.signal.aborted).toBe(false);
  });

  it.each<[string, (keys: readonly string[]) => Iterable<readonly [string, string]>]>([
    ['a Map', (keys) => new Map(keys.map((key) => [key, key]))],
    ['pairs', (keys) => keys.map((key) => [key, key] as const)],
    [
      'a generator',
      function* (keys) {
        for (const key of keys) yield [key, key];
      },
    ],
    ['more than was asked for', (keys) => [...keys, 'other'].map((key) => [key, key] as const)],
    [
      'the same twice',
      (keys) => [...keys, ...keys].map((key, n) => [key, n < 2 ? key : 'no'] as const),
    ],
  ])('may answer with %s', async (_, loadMany) => {
    const map = newMap({ loadMany });
    const reads = Promise.all([map.get('a'), map.get('b')]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await reads).toEqual(['a', 'b']);
    expect(map.peek('other')).toBeUndefined();
  });

  it('leaves a key undefined that it does not answer', async () => {
    const map = newMap<string, string | undefined>({ loadMany: () => [['a', 'A']] });
    const reads = Promise.all([map.get('a'), map.get('b')]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await reads).toEqual(['A', undefined]);
    expect(map.peek('b')).toMatchObject({ version: 1 });
  });

  it('may keep the value of a key by notModified, and renew its age', async () => {
    const { loadMany } = tracedMany((key, call) =>
      call > 1 && key === 'a' ? notModified : `${key} ${call}`,
    );
    const map = newMap({ loadMany, keys: ['a', 'b'] }).start();
    await vi.advanceTimersByTimeAsync(1);
    await map.ready();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(map.peek('a')).toMatchObject({ value: 'a 1', version: 1 });
    expect(map.peek('a')?.loadedAt).toBeGreaterThan(t0 + 50_000);
    expect(map.peek('b')).toMatchObject({ value: 'b 2', version: 2 });
  });

  it('does not wait for a validator, and is spared a key by it', async () => {
    const { asked, loadMany } = tracedMany();
    const validator = async (key: string): Promise<string> => {
      if (key === 'slow') await new Promise((resolve) => setTimeout(resolve, 100));
      return key === 'new' ? `${Date.now()}` : 'same';
    };
    const map = newMap({ loadMany, validator, keys: ['new', 'same', 'slow'] }).start();
    await vi.advanceTimersByTimeAsync(150);
    await map.ready();
    expect(asked()).toEqual([['new', 'same'], ['slow']]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked().slice(2)).toEqual([['new']]);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0, skipped: 2 });
  });

  it('gives each key its own checks: accept, equals', async () => {
    const { loadMany } = tracedMany((key, call) => (key === 'same' ? 'S' : `${key} ${call}`));
    const map = newMap({
      loadMany,
      keys: ['a', 'no', 'same'],
      equals: Object.is,
      accept: (_next, previous, key) => key !== 'no' || previous === undefined,
    }).start();
    await vi.advanceTimersByTimeAsync(1);
    await map.ready();
    const all = map.invalidateAll();
    await vi.advanceTimersByTimeAsync(1);
    await expect(all).rejects.toMatchObject({ errors: [{ code: 'ERR_LOAD_REJECTED' }] });
    expect(map.health('a')?.loads.published).toBe(2);
    expect(map.health('same')?.loads.unchanged).toBe(1);
    expect(map.health('no')?.loads.rejected).toBe(1);
  });
});

const quick = { retries: 2, minTimeout: 100, factor: 1, randomize: false };
const down = new Error('down');

describe('a batch that fails', () => {
  it('fails for each of its keys where loadMany throws', async () => {
    const map = newMap<string, string>({
      loadMany: () => {
        throw down;
      },
    });
    const reads = ['a', 'b'].map((key) => map.get(key).catch(({ cause }) => cause));
    await vi.advanceTimersByTimeAsync(1);
    expect(await Promise.all(reads)).toEqual([down, down]);
    expect(map.health()).toMatchObject({ failing: 2, inFlight: 0, loads: { failed: 2 } });
  });

  it.each([
    ['nothing', undefined],
    ['a number', 42],
    ['no pairs', [1, 2]],
  ])('fails where it answers with %s', async (_, answer) => {
    const map = newMap<string, string>({ loadMany: () => answer as never });
    const read = map.get('a').catch(({ cause }) => cause);
    await vi.advanceTimersByTimeAsync(1);
    expect(await read).toBeInstanceOf(TypeError);
  });

  it('fails alone for a key with an Error as its answer', async () => {
    const { loadMany } = tracedMany((key) => (key === 'bad' ? down : key));
    const map = newMap({ loadMany });
    const bad = map.get('bad').catch(({ cause }) => cause);
    const good = map.get('good');
    await vi.advanceTimersByTimeAsync(1);
    expect(await good).toBe('good');
    expect(await bad).toBe(down);
    expect(map.health('bad')?.consecutiveFailures).toBe(1);
    expect(map.health('good')?.consecutiveFailures).toBe(0);
  });

  it('has one run of quick retries, with only those keys that failed', async () => {
    const { calls, loadMany } = tracedMany((key, call) =>
      (key === 'b' && call < 2) || (key === 'c' && call < 3) ? down : `${key} ${call}`,
    );
    const map = newMap({ loadMany, retry: quick });
    const errors = payloadsOf(map, 'error');
    const reads = Promise.all(['a', 'b', 'c'].map((key) => map.get(key)));
    await vi.advanceTimersByTimeAsync(1);
    expect(map.peek('a')?.value).toBe('a 1');
    await vi.advanceTimersByTimeAsync(200);
    expect(await reads).toEqual(['a 1', 'b 2', 'c 3']);
    expect(calls.map(({ keys, at, context }) => [keys, at, context.attempt])).toEqual([
      [['a', 'b', 'c'], 1, 1],
      [['b', 'c'], 101, 2],
      [['c'], 201, 3],
    ]);
    const told = errors.map(({ key, attempt, final, retryAt }) => [key, attempt, final, retryAt]);
    expect(told).toEqual([
      ['b', 1, false, t0 + 101],
      ['c', 1, false, t0 + 101],
      ['c', 2, false, t0 + 201],
    ]);
    expect(errors[0]).toMatchObject({ error: down, reason: 'read', serving: false });
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('tells which attempt was the last', async () => {
    const { loadMany } = tracedMany(() => down);
    const map = newMap({ loadMany, retry: quick, keys: ['a'] });
    const errors = payloadsOf(map, 'error');
    map.start();
    await vi.advanceTimersByTimeAsync(150);
    expect(map.health('a')?.load).toMatchObject({ attempt: 2 });
    await vi.advanceTimersByTimeAsync(100);
    expect(errors.map(({ attempt, final }) => [attempt, final])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  it('ends its attempts by AbortError for that key alone', async () => {
    const { AbortError } = await import('p-retry');
    const { asked, loadMany } = tracedMany((key, call) => {
      if (key === 'gone') return new AbortError(down);
      return key === 'flaky' && call === 1 ? new Error('once') : key;
    });
    const map = newMap({ loadMany, retry: quick });
    const gone = map.get('gone').catch(({ cause }) => cause);
    const flaky = map.get('flaky');
    await vi.advanceTimersByTimeAsync(1);
    expect(await gone).toBe(down);
    await vi.advanceTimersByTimeAsync(100);
    expect(await flaky).toBe('flaky');
    expect(asked()).toEqual([['gone', 'flaky'], ['flaky']]);
  });

  it('lets others load between two attempts', async () => {
    const { calls, loadMany } = tracedMany((key, call) => (key === 'a' && call < 2 ? down : key));
    const map = newMap({ loadMany, retry: quick, concurrency: 1 });
    const a = map.get('a');
    await vi.advanceTimersByTimeAsync(10);
    const b = map.get('b');
    await vi.advanceTimersByTimeAsync(1);
    expect(await b).toBe('b');
    await vi.advanceTimersByTimeAsync(100);
    expect(await a).toBe('a');
    expect(calls.map(({ keys, at }) => [...keys, at])).toEqual([
      ['a', 1],
      ['b', 11],
      ['a', 101],
    ]);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('goes on at its turn, in a call of its own: no window for it, nor for those before it', async () => {
    const calls: unknown[] = [];
    const map = newMap<string, string>({
      loadMany: async (keys, { attempt }) => {
        calls.push([...keys, Date.now() - t0]);
        if (keys.includes('c')) await new Promise((resolve) => setTimeout(resolve, 200));
        if (keys.includes('a') && attempt === 1) throw down;
        return keys.map((key) => [key, key] as const);
      },
      retry: quick,
      concurrency: 1,
      batchWindow: 30,
    });
    const reads = [map.get('a')];
    await vi.advanceTimersByTimeAsync(40);
    reads.push(map.get('c'));
    await vi.advanceTimersByTimeAsync(60);
    reads.push(map.get('d'));
    await vi.advanceTimersByTimeAsync(400);
    expect(await Promise.all(reads)).toEqual(['a', 'c', 'd']);
    expect(calls).toEqual([
      ['a', 30],
      ['c', 70],
      ['d', 270],
      ['a', 270],
    ]);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('goes on as soon as there is a place for it', async () => {
    const { calls, loadMany } = tracedMany((key, call) => (call === 1 ? down : key), 70);
    const map = newMap({ loadMany, retry: quick, concurrency: 1, batchWindow: 30 });
    const a = map.get('a');
    await vi.advanceTimersByTimeAsync(110);
    const c = map.get('c');
    await vi.advanceTimersByTimeAsync(250);
    expect(await Promise.all([a, c])).toEqual(['a', 'c']);
    expect(calls.map(({ keys, at }) => [...keys, at])).toEqual([
      ['a', 30],
      ['c', 140],
      ['a', 210],
    ]);
  });

  it('may be late in part, and fail in both: no place is lost', async () => {
    const { loadMany } = tracedMany(() => down, 30);
    const validator = async (key: string): Promise<string> => {
      if (key === 'slow') await new Promise((resolve) => setTimeout(resolve, 50));
      return `${Date.now()}`;
    };
    const map = newMap({ loadMany, validator, retry: { ...quick, retries: 1 }, concurrency: 1 });
    for (const key of ['a', 'slow']) map.get(key).catch(() => {});
    await vi.advanceTimersByTimeAsync(500);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0, loads: { failed: 2 } });
    const more = map.get('b').catch(({ cause }) => cause);
    await vi.advanceTimersByTimeAsync(500);
    expect(await more).toBe(down);
  });
});

describe('a batch that hangs', () => {
  const hanging = (isHung: (keys: readonly string[], attempt: number) => boolean) => {
    const signals: AbortSignal[] = [];
    const loadMany = (
      keys: readonly string[],
      { signal, attempt }: LoadManyContext<string, string>,
    ) => {
      signals.push(signal);
      if (isHung(keys, attempt)) return new Promise<never>(() => {});
      return keys.map((key) => [key, key === 'bad' && attempt === 1 ? down : key] as const);
    };
    return { signals, loadMany };
  };

  it('costs one deadline: its signal aborts, and others load', async () => {
    const { signals, loadMany } = hanging((keys) => keys.includes('hung'));
    const map = newMap<string, string>({ loadMany, loadTimeout: 1000, concurrency: 1 });
    const reads = ['hung', 'a'].map((key) => map.get(key).catch(({ code }) => code));
    await vi.advanceTimersByTimeAsync(10);
    const other = map.get('b');
    await vi.advanceTimersByTimeAsync(990);
    expect(signals[0]?.aborted).toBe(false);
    expect(await stateOf(other)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await Promise.all(reads)).toEqual(['ERR_LOAD_TIMEOUT', 'ERR_LOAD_TIMEOUT']);
    expect(signals[0]?.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(await other).toBe('b');
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0, abandoned: 2 });
  });

  it('in a retry costs one deadline too, where others of it have an answer', async () => {
    const { signals, loadMany } = hanging((_, attempt) => attempt === 2);
    const map = newMap<string, string>({
      loadMany,
      loadTimeout: 1000,
      concurrency: 1,
      retry: quick,
    });
    const bad = map.get('bad').catch(({ code }) => code);
    const good = map.get('good');
    await vi.advanceTimersByTimeAsync(1);
    expect(await good).toBe('good');
    await vi.advanceTimersByTimeAsync(1000);
    expect(await bad).toBe('ERR_LOAD_TIMEOUT');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    const other = map.get('b');
    await vi.advanceTimersByTimeAsync(1);
    expect(await other).toBe('b');
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('is told when the last of its keys is deleted, not before', async () => {
    const { signals, loadMany } = hanging(() => true);
    const map = newMap<string, string>({ loadMany, keys: ['a', 'b'] }).start();
    await vi.advanceTimersByTimeAsync(1);
    map.delete('a');
    expect(signals[0]?.aborted).toBe(false);
    map.delete('b');
    expect(signals[0]?.aborted).toBe(true);
  });

  it('is told by stop(), with its reason, and waited for', async () => {
    const { promise, resolve } = Promise.withResolvers<[string, string][]>();
    let signal: AbortSignal | undefined;
    const map = newMap<string, string>({
      loadMany: (_, context) => {
        signal = context.signal;
        return promise;
      },
      keys: ['a', 'b'],
    }).start();
    await vi.advanceTimersByTimeAsync(1);
    const stopped = map.stop();
    expect(signal?.reason).toMatchObject({ code: 'ERR_STOPPED' });
    expect(await stateOf(stopped)).toBe('pending');
    resolve([]);
    expect(await stateOf(stopped)).toBe('fulfilled');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a key of a batch', () => {
  it('that is deleted before the call is not asked for', async () => {
    const { asked, loadMany } = tracedMany();
    const map = newMap({ loadMany, keys: ['a', 'b'] }).start();
    map.delete('a');
    await vi.advanceTimersByTimeAsync(1);
    expect(asked()).toEqual([['b']]);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('that is deleted while others are gathered is not asked for', async () => {
    const { calls, loadMany } = tracedMany();
    const validator = async (key: string): Promise<string> => {
      if (key === 'slow') await new Promise((resolve) => setTimeout(resolve, 200));
      return key;
    };
    const map = newMap({ loadMany, validator, keys: ['a', 'b', 'slow'], batchWindow: 50 }).start();
    await vi.advanceTimersByTimeAsync(60);
    map.delete('a');
    await vi.advanceTimersByTimeAsync(300);
    expect(calls.map(({ keys, at }) => [...keys, at])).toEqual([
      ['b', 100],
      ['slow', 250],
    ]);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('that is stopped while it is gathered leaves no timer', async () => {
    const { asked, loadMany } = tracedMany();
    const map = newMap({ loadMany, keys: ['a', 'b'] }).start();
    await map.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(asked()).toEqual([]);
  });

  it('that is deleted between two attempts is not asked for again, and may be loaded anew at once', async () => {
    const { calls, loadMany } = tracedMany((key, call) => (call === 1 ? down : `${key} ${call}`));
    const map = newMap({ loadMany, keys: ['a', 'b'], retry: quick }).start();
    await vi.advanceTimersByTimeAsync(10);
    map.delete('a');
    const read = map.get('a');
    await vi.advanceTimersByTimeAsync(1);
    expect(await read).toBe('a 2');
    await vi.advanceTimersByTimeAsync(100);
    expect(calls.map(({ keys, at }) => [...keys, at])).toEqual([
      ['a', 'b', 1],
      ['a', 11],
      ['b', 101],
    ]);
  });

  it('that is deleted while it is loaded is loaded anew when that has ended', async () => {
    const { calls, loadMany } = tracedMany(undefined, 100);
    const map = newMap({ loadMany, keys: ['a', 'b'] }).start();
    await vi.advanceTimersByTimeAsync(50);
    map.delete('a');
    const read = map.get('a');
    await vi.advanceTimersByTimeAsync(250);
    expect(await read).toBe('a 2');
    expect(calls.map(({ keys, at }) => [...keys, at])).toEqual([
      ['a', 'b', 1],
      ['a', 102],
    ]);
  });

  it('that a listener of load stops or deletes is not loaded', async () => {
    const { asked, loadMany } = tracedMany();
    const map = newMap({ loadMany, keys: ['a', 'b', 'c'] });
    map.once('load', () => map.delete('b'));
    map.start();
    await vi.advanceTimersByTimeAsync(1);
    expect(asked()).toEqual([['a', 'c']]);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
    const events = eventsOf(map, 'load', 'stop');
    map.once('load', () => map.stop());
    void map.invalidateAll();
    await vi.advanceTimersByTimeAsync(10);
    expect(events).toEqual(['load a', 'stop']);
    expect(map.health()).toMatchObject({ inFlight: 0, queued: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may have a window that is longer than its deadline', async () => {
    const { asked, loadMany } = tracedMany();
    const validator = async (key: string): Promise<string> => {
      if (key === 'b') await new Promise((resolve) => setTimeout(resolve, 10_000));
      return '';
    };
    const map = newMap({
      loadMany,
      validator,
      keys: ['a', 'b'],
      batchWindow: 3000,
      loadTimeout: 100,
    });
    map.start();
    await vi.advanceTimersByTimeAsync(3050);
    const stopped = map.stop();
    await vi.advanceTimersByTimeAsync(100);
    await stopped;
    expect(asked()).toEqual([]);
    await settle();
    // The validator's own.
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
  });
});
