import { describe, expect, it, vi } from 'vitest';
import type { HealthReport } from 'warm-cache';
import { healthResponse } from 'warm-cache/health';
import { fakeTime, t0 } from '../support/loads.ts';

const makeCache = fakeTime();

async function live(cache: { health(): HealthReport }) {
  const response = healthResponse(cache, { probe: 'liveness' });
  const { notes } = (await response.json()) as { notes?: string[] };
  return [response.status, ...(notes ?? [])];
}

describe('no restart helps where', () => {
  it('there is no value yet', async () => {
    expect(await live(makeCache({ loader: () => 'a' }))).toEqual([200]);
  });

  it('the database has been down for an hour', async () => {
    const cache = makeCache({
      loader: () => {
        throw new Error('down');
      },
    });
    cache.start();
    for (let minute = 0; minute < 60; minute += 1) {
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await live(cache)).toEqual([200]);
    }
  });

  it('loads hang, each until its deadline', async () => {
    const cache = makeCache({ loader: () => new Promise<string>(() => {}), loadTimeout: 5000 });
    cache.start();
    for (let minute = 0; minute < 60; minute += 1) {
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await live(cache)).toEqual([200]);
    }
    expect(cache.health().abandoned).toBeGreaterThan(10);
  });

  it('there is no loop, or an endless interval, however old the value', async () => {
    const lazy = makeCache({ loader: () => 'a' });
    await lazy.get();
    const endless = makeCache({ loader: () => 'a', refreshInterval: Infinity }).start();
    await endless.ready();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await live(lazy)).toEqual([200]);
    expect(await live(endless)).toEqual([200]);
  });

  it('the cache is stopped', async () => {
    const cache = makeCache({ loader: () => 'a' }).start();
    await cache.ready();
    await cache.stop();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await live(cache)).toEqual([200]);
  });
});

/** What no cache should ever report. */
function broken(wrong: Partial<HealthReport>): { health(): HealthReport } {
  const report = makeCache({ name: 'board', loader: () => 'a' }).health();
  return { health: () => ({ ...report, running: true, ...wrong }) };
}

describe('a restart is called for by', () => {
  it('a load that is in flight long after any deadline', async () => {
    const cache = broken({ load: { reason: 'interval', attempt: 1, startedAt: t0 } });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await live(cache)).toEqual([200]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await live(cache)).toEqual([503, 'board: a load that never ends']);
  });

  it('a load that was due long ago', async () => {
    const cache = broken({ nextLoadAt: t0 });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await live(cache)).toEqual([200]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await live(cache)).toEqual([503, 'board: a load that is due never starts']);
  });

  it.each([
    ['success', { lastContactAt: t0 }],
    ['failure', { lastError: { message: 'm', at: t0 } }],
  ])('a loop that has nothing due long after its last %s', async (_name, last) => {
    const cache = broken(last);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await live(cache)).toEqual([200]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await live(cache)).toEqual([503, 'board: started, and no load is due']);
  });

  it('none of them in a cache that isn’t started, but a load that never ends', async () => {
    await vi.advanceTimersByTimeAsync(400_000);
    expect(await live(broken({ running: false, nextLoadAt: t0, lastContactAt: t0 }))).toEqual([
      200,
    ]);
    const load = { reason: 'read', attempt: 1, startedAt: t0 } as const;
    expect(await live(broken({ running: false, load }))).toHaveLength(2);
  });

  it('each after `stuckAfter`', async () => {
    const cache = broken({ nextLoadAt: t0 });
    await vi.advanceTimersByTimeAsync(11);
    expect(healthResponse(cache, { probe: 'liveness', stuckAfter: 10 }).status).toBe(503);
  });
});
