import { describe, expect, it, vi } from 'vitest';
import { fakeTime } from '../map/maps.ts';
import { settle } from '../support/loads.ts';
import { answer } from './answer.ts';

const makeMap = fakeTime();

describe('a map is', () => {
  it('not ready before its keys are known', async () => {
    const keys = Promise.withResolvers<string[]>();
    const map = makeMap({ name: 'boards', loader: (key: string) => key, keys: () => keys.promise });
    map.start();
    await map.get('US');
    expect(await answer(map)).toMatchObject({
      status: 503,
      body: { notes: ['boards: keys not known yet'] },
    });
    keys.resolve(['PL']);
    await settle();
    expect((await answer(map)).status).toBe(200);
  });

  it('not ready before each of them has a value, whatever the others have', async () => {
    const pl = Promise.withResolvers<string>();
    const map = makeMap({
      name: 'boards',
      loader: (key: string) => (key === 'PL' ? pl.promise : key),
      keys: ['KR', 'PL'],
    });
    map.start();
    await map.get('US');
    expect(await answer(map)).toMatchObject({
      status: 503,
      body: {
        notes: ['boards: 1 of 2 keys without a value'],
        checks: { 'boards:age': [{ pinned: 2, cold: 1, size: 3, keysKnown: true }] },
      },
    });
    pl.resolve('PL');
    await settle();
    expect((await answer(map)).body.status).toBe('pass');
  });

  it('ready though a key that isn’t among them fails, and says so without naming it', async () => {
    const map = makeMap({
      name: 'boards',
      loader: (key: string) => {
        if (key === 'secret') throw new Error('down');
        return key;
      },
      keys: ['KR'],
    });
    map.start();
    await map.get('secret').catch(() => {});
    const { body, status } = await answer(map);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'warn', notes: ['boards: 1 of 2 failing'] });
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('not ready once a value of it is older than `maxAge`', async () => {
    let down = false;
    const map = makeMap({
      name: 'boards',
      loader: (key: string) => {
        if (down) throw new Error('down');
        return key;
      },
      keys: ['KR'],
      maxStale: Infinity,
    });
    map.start();
    await map.ready();
    down = true;
    await vi.advanceTimersByTimeAsync(90_000);
    const { body, status } = await answer(map, { maxAge: 80_000 });
    expect(status).toBe(503);
    expect(body.notes).toEqual([
      expect.stringMatching(/^boards: 1 min .* old, and may be 1 min 20 s$/),
      'boards: 1 of 1 stale',
      'boards: 1 of 1 failing',
    ]);
    expect((await answer(map)).status).toBe(200);
  });

  it('alive, always', async () => {
    const map = makeMap({ loader: () => new Promise<string>(() => {}), keys: ['KR'] });
    map.start();
    await settle();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect((await answer(map, { probe: 'liveness', stuckAfter: 1 })).status).toBe(200);
  });
});
