import { describe, expect, it, vi } from 'vitest';
import { healthResponse } from 'warm-cache/health';
import { fakeTime, manualLoader, settle, t0 } from '../support/loads.ts';
import { answer } from './answer.ts';

const makeCache = fakeTime();

/** A cache with a value, whose next loads are settled by the test. */
async function warm(name = 'board') {
  const { calls, loader } = manualLoader<string>();
  const cache = makeCache({ name, loader, maxStale: 120_000 });
  void cache.get();
  calls[0]?.resolve('a');
  await settle();
  return { cache, calls };
}

describe('a cache is', () => {
  it('not ready before its first value', async () => {
    const cache = makeCache({ name: 'board', loader: () => new Promise<string>(() => {}) });
    expect(await answer(cache)).toMatchObject({
      status: 503,
      body: { status: 'fail', notes: ['board: no value'] },
    });
  });

  it('ready with a value, and has no notes then', async () => {
    const { cache } = await warm();
    const { body, status } = await answer([cache]);
    expect(status).toBe(200);
    expect(body.status).toBe('pass');
    expect(body).not.toHaveProperty('notes');
    expect(body.checks['board:age']?.[0]).not.toHaveProperty('output');
  });

  it('ready with a stale value, and says so', async () => {
    const { cache } = await warm();
    await vi.advanceTimersByTimeAsync(70_000);
    expect(await answer(cache)).toMatchObject({
      status: 200,
      body: { status: 'warn', notes: ['board: stale'] },
    });
  });

  it('ready while loads fail, and not any more once the value has expired', async () => {
    const { cache, calls } = await warm();
    const failing = cache.refresh();
    calls[1]?.reject(new Error('down'));
    await expect(failing).rejects.toThrow();
    expect(await answer(cache)).toMatchObject({
      status: 200,
      body: { status: 'warn', notes: ['board: 1 load in a row failed'] },
    });
    await vi.advanceTimersByTimeAsync(180_000);
    expect((await answer(cache)).status).toBe(503);
  });

  it('not ready with a value older than `maxAge`', async () => {
    const { cache } = await warm();
    await vi.advanceTimersByTimeAsync(65_000);
    expect((await answer(cache, { maxAge: 65_000 })).status).toBe(200);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await answer(cache, { maxAge: 65_000 })).toMatchObject({
      status: 503,
      body: {
        status: 'fail',
        notes: ['board: 1 min 6 s old, and may be 1 min 5 s', 'board: stale'],
      },
    });
  });

  it('told of by a loader that was given up and runs still', async () => {
    const { cache } = await warm();
    const hung = cache.refresh();
    hung.catch(() => {});
    await vi.advanceTimersByTimeAsync(30_000);
    expect((await answer(cache)).body.notes).toContain('board: 1 loader past the deadline');
  });
});

it('all caches have to be ready', async () => {
  const { cache } = await warm('flags');
  const cold = makeCache({ name: 'board', loader: () => 'a' });
  const { body, status } = await answer([cold, cache]);
  expect(status).toBe(503);
  expect(body.checks).toMatchObject({
    'flags:age': [{ status: 'pass' }],
    'board:age': [{ status: 'fail', output: 'no value' }],
  });
  expect(body.notes).toEqual(['board: no value']);
});

it('one that is well after one that isn’t changes nothing', async () => {
  const { cache } = await warm();
  await vi.advanceTimersByTimeAsync(70_000);
  const cold = makeCache({ name: 'cold', loader: () => 'a' });
  expect(await answer([cold, cache])).toMatchObject({ status: 503, body: { status: 'fail' } });
});

it('caches of one name are two checks, and a colon in a name doesn’t part it', async () => {
  const [a, b] = [await warm('a:b'), await warm('a:b')];
  const { body } = await answer([a.cache, b.cache]);
  expect(Object.entries(body.checks).map(([name, checks]) => [name, checks.length])).toEqual([
    ['a_b:age', 2],
  ]);
});

describe('the answer', () => {
  it('is of the type and the members of the draft, and isn’t to be kept', async () => {
    const { cache } = await warm();
    await vi.advanceTimersByTimeAsync(1500);
    const { body, response } = await answer(cache);
    expect(response.headers.get('content-type')).toBe('application/health+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      status: 'pass',
      checks: {
        'board:age': [
          {
            componentType: 'component',
            status: 'pass',
            observedValue: 1500,
            observedUnit: 'ms',
            time: new Date(t0 + 1500).toISOString(),
            running: false,
            cacheStatus: 'READY',
            version: 1,
            consecutiveFailures: 0,
            lastContactAt: t0,
            nextLoadAt: null,
            loadSince: null,
            lastError: null,
            abandoned: 0,
            loads: cache.health().loads,
          },
        ],
      },
    });
  });

  it('to HEAD has no body', async () => {
    const { cache } = await warm();
    const response = healthResponse(cache, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/health+json');
    expect(response.body).toBeNull();
  });

  const SECRET = 'postgres://admin:hunter2@db: load timeout: x';
  async function failed() {
    const { cache, calls } = await warm();
    const failing = cache.refresh();
    calls[1]?.reject(new Error(SECRET));
    await expect(failing).rejects.toThrow();
    return cache;
  }

  it('tells nothing of an error but its code', async () => {
    const { body } = await answer(await failed());
    expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(body.checks['board:age']?.[0]?.['lastError']).toEqual({
      code: 'ERR_LOAD_FAILED',
      at: t0,
    });
  });

  it('tells its text where that is asked for', async () => {
    const { body } = await answer(await failed(), { errors: 'message' });
    expect(body.checks['board:age']?.[0]?.['lastError']).toMatchObject({
      message: expect.stringContaining(SECRET),
    });
  });

  it('has the whole report where that is asked for', async () => {
    const cache = await failed();
    const { body } = await answer(cache, { details: true });
    expect(body.checks['board:age']?.[0]?.['details']).toEqual(cache.health());
  });

  it('tells a timeout by its code', async () => {
    const cache = makeCache({ loader: () => new Promise<string>(() => {}), loadTimeout: 1000 });
    cache.refresh().catch(() => {});
    await vi.advanceTimersByTimeAsync(1000);
    const { body } = await answer(cache);
    expect(body.checks['warm-cache:age']?.[0]?.['lastError']).toMatchObject({
      code: 'ERR_LOAD_TIMEOUT',
    });
  });
});

it.each([
  [{ maxAge: -1 }, RangeError],
  [{ maxAge: '5 min' }, TypeError],
  [{ stuckAfter: Number.NaN }, RangeError],
  [{ probe: 'startup' }, RangeError],
  [{ errors: 'all' }, RangeError],
  [{ details: 1 }, TypeError],
  [{ method: 1 }, TypeError],
])('%o is refused', (options, type) => {
  expect(() => healthResponse([], options as never)).toThrow(type);
});
