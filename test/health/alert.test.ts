import { describe, expect, it, vi } from 'vitest';
import { type AlertOptions, alertOn } from 'warm-cache/health';
import { fakeTime, settle, t0 } from '../support/loads.ts';

const makeCache = fakeTime();

interface World {
  up: boolean;
  /** Ms that a load takes. */
  takes: number;
}

/** A cache that is asked for loads by the test, and the hooks as they were called. */
function watched(
  options: Partial<AlertOptions> = {},
  own: Partial<Parameters<typeof makeCache<string>>[0]> = {},
) {
  const world: World = { up: true, takes: 0 };
  const cache = makeCache<string>({
    name: 'board',
    ttl: 10_000,
    maxStale: Infinity,
    refreshInterval: Infinity,
    backoff: { minDelay: 3_600_000, maxDelay: 3_600_000 },
    loader: async () => {
      if (world.takes === Infinity) await new Promise(() => {});
      if (world.takes > 0) await new Promise((resolve) => setTimeout(resolve, world.takes));
      if (!world.up) throw new Error('no connection');
      return 'a';
    },
    ...own,
  });
  const onAlert = vi.fn();
  const onRecovery = vi.fn();
  const silence = alertOn(cache, { onAlert, onRecovery, ...options });
  /** One load that fails, or answers after a time. */
  const load = async (up: boolean, takes = 0) => {
    Object.assign(world, { up, takes });
    void cache.invalidate().catch(() => {});
    // Of those asked for in vain, one may start an hour.
    await vi.advanceTimersByTimeAsync(takes);
    if (cache.health().load === null && !up) await settle();
  };
  return { cache, load, onAlert, onRecovery, silence, world };
}

describe('a cache turns bad', () => {
  it('by three loads in a row that fail, and is told once', async () => {
    const { cache, onAlert, onRecovery, world } = watched(
      {},
      { backoff: { minDelay: 1000, factor: 1 }, refreshInterval: 10_000 },
    );
    await cache.start().ready();
    world.up = false;
    while (cache.health().consecutiveFailures < 2) await vi.advanceTimersByTimeAsync(500);
    expect(onAlert).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    const health = cache.health();
    expect(onAlert.mock.calls).toEqual([
      [
        {
          name: 'board',
          reasons: ['failures'],
          keys: [],
          since: health.lastError?.at,
          health: expect.anything(),
        },
      ],
    ]);
    expect(onAlert.mock.calls[0]?.[0].health).toMatchObject({
      name: 'board',
      consecutiveFailures: 3,
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onAlert).toHaveBeenCalledOnce();
    expect(onRecovery).not.toHaveBeenCalled();
  });

  it('not by fewer, and a good load begins the count anew', async () => {
    const { load, onAlert } = watched({ failures: 2 }, { backoff: { minDelay: 10 } });
    for (const _ of [1, 2, 3]) {
      await load(false);
      await load(true);
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(onAlert).not.toHaveBeenCalled();
  });

  it('by its age, with nobody asking', async () => {
    const { cache, onAlert, world } = watched(
      { maxAge: 30_000, failures: 1000 },
      { refreshInterval: 10_000 },
    );
    await cache.start().ready();
    const { loadedAt } = cache.health();
    world.takes = Infinity;
    await vi.advanceTimersByTimeAsync(10_000);
    const last = cache.health().loadedAt ?? 0;
    expect(last).toBeGreaterThanOrEqual(loadedAt ?? 0);
    await vi.advanceTimersByTimeAsync(last + 30_000 - Date.now());
    expect(onAlert).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(onAlert).toHaveBeenCalledOnce();
    expect(onAlert.mock.calls[0]?.[0]).toMatchObject({ reasons: ['age'], health: { age: 30_001 } });
  });

  it('by having had no value for as long', async () => {
    const { cache, onAlert } = watched(
      { maxAge: 20_000, failures: 1000 },
      { loader: () => new Promise<string>(() => {}), refreshInterval: 10_000 },
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onAlert).not.toHaveBeenCalled();
    cache.start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(onAlert).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(onAlert.mock.calls).toMatchObject([[{ reasons: ['age'], health: { age: null } }]]);
  });

  it('not by its age where no loop runs', async () => {
    const { cache, onAlert } = watched({ maxAge: 20_000 });
    await cache.get();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(onAlert).not.toHaveBeenCalled();
  });

  it('by several slow loads in a row', async () => {
    const { load, onAlert } = watched({ slow: 1000, failures: 2 });
    await load(true, 1001);
    await load(true, 1000);
    await load(true, 1001);
    expect(onAlert).not.toHaveBeenCalled();
    await load(true, 1001);
    expect(onAlert.mock.calls).toMatchObject([[{ reasons: ['slow'] }]]);
  });

  it('by slow loads and such that fail, in a row', async () => {
    const { load, onAlert } = watched({ slow: 1000, failures: 2 });
    await load(true, 1001);
    await load(false);
    expect(onAlert.mock.calls).toMatchObject([[{ reasons: ['failures', 'slow'] }]]);
  });
});

describe('a cache is well again', () => {
  const bad = async (options: Partial<AlertOptions> = {}) => {
    const all = watched({ failures: 1, ...options });
    await all.load(false);
    expect(all.onAlert).toHaveBeenCalledOnce();
    return all;
  };

  it('after two good loads in a row, and is told once', async () => {
    const { load, onAlert, onRecovery } = await bad();
    await vi.advanceTimersByTimeAsync(5000);
    await load(true);
    expect(onRecovery).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(7000);
    await load(true);
    await load(true);
    expect(onRecovery.mock.calls).toMatchObject([
      [
        {
          name: 'board',
          reasons: ['failures'],
          since: t0,
          duration: 12_000,
          health: { status: 'READY' },
        },
      ],
    ]);
    expect(onAlert).toHaveBeenCalledOnce();
  });

  it('not after good loads with bad ones in between', async () => {
    const { load, onAlert, onRecovery } = await bad();
    for (const _ of [1, 2, 3]) {
      await load(true);
      await load(false);
      await vi.advanceTimersByTimeAsync(3_600_000);
    }
    expect([onAlert.mock.calls.length, onRecovery.mock.calls.length]).toEqual([1, 0]);
  });

  it('not by values that are set', async () => {
    const { cache, onRecovery } = await bad();
    for (const value of ['b', 'c', 'd']) cache.set(value);
    expect(onRecovery).not.toHaveBeenCalled();
  });

  it('and tells no more reasons than there were', async () => {
    const { load, onAlert, onRecovery } = watched({ failures: 2, slow: 1000 });
    await load(false);
    await vi.advanceTimersByTimeAsync(3_600_000);
    await load(false);
    expect(onAlert).toHaveBeenCalledOnce();
    await load(true);
    // One alone is none too many.
    await load(true, 2000);
    await load(true);
    await load(true);
    expect(onRecovery.mock.calls).toMatchObject([[{ reasons: ['failures'] }]]);
  });

  it('not by a time of which a part was too old again', async () => {
    const { cache, onAlert, onRecovery, world } = watched(
      { maxAge: 20_000, failures: 1000, recoverAfter: { loads: 1000, time: 60_000 } },
      { refreshInterval: 10_000, backoff: { minDelay: 1000, factor: 1 } },
    );
    await cache.start().ready();
    world.up = false;
    await vi.advanceTimersByTimeAsync(40_000);
    world.up = true;
    await vi.advanceTimersByTimeAsync(2000);
    world.up = false;
    await vi.advanceTimersByTimeAsync(40_000);
    world.up = true;
    await vi.advanceTimersByTimeAsync(50_000);
    expect([onAlert.mock.calls.length, onRecovery.mock.calls.length]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(onRecovery).toHaveBeenCalledOnce();
  });

  it('after as many as asked for', async () => {
    const { load, onRecovery } = await bad({ recoverAfter: { loads: 4 } });
    for (const _ of [1, 2, 3]) await load(true);
    expect(onRecovery).not.toHaveBeenCalled();
    await load(true);
    expect(onRecovery).toHaveBeenCalledOnce();
  });

  it('once it has been good for a time, without another load', async () => {
    const { load, onRecovery } = await bad({ recoverAfter: { loads: 100, time: 60_000 } });
    await load(true);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(onRecovery).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(onRecovery).toHaveBeenCalledOnce();
  });

  it('not while its loads are slow, though they answer', async () => {
    const { load, onRecovery } = await bad({ slow: 1000 });
    for (const _ of [1, 2, 3]) await load(true, 2000);
    expect(onRecovery).not.toHaveBeenCalled();
    await load(true, 10);
    await load(true, 10);
    expect(onRecovery.mock.calls).toMatchObject([[{ reasons: ['failures', 'slow'] }]]);
  });

  it('after its age, by loads as well', async () => {
    const { cache, onAlert, onRecovery, world } = watched(
      { maxAge: 30_000, failures: 1000 },
      { refreshInterval: 10_000, backoff: { minDelay: 1000, maxDelay: 10_000 } },
    );
    await cache.start().ready();
    world.up = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onAlert).toHaveBeenCalledOnce();
    world.up = true;
    const { nextLoadAt } = cache.health();
    await vi.advanceTimersByTimeAsync((nextLoadAt ?? 0) - Date.now());
    expect([cache.health().age, onRecovery.mock.calls.length]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(onRecovery.mock.calls).toMatchObject([[{ reasons: ['age'] }]]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onAlert).toHaveBeenCalledOnce();
  });

  it('and may turn bad anew', async () => {
    const { load, onAlert, onRecovery } = await bad();
    await load(true);
    await load(true);
    await vi.advanceTimersByTimeAsync(3_600_000);
    await load(false);
    expect([onAlert.mock.calls.length, onRecovery.mock.calls.length]).toEqual([2, 1]);
  });
});

it('a hook that throws, or rejects, disturbs nobody', async () => {
  const seen = vi.fn();
  const onAlert = vi.fn(() => {
    throw new Error('no pager');
  });
  const onRecovery = vi.fn(() => Promise.reject(new Error('no pager')));
  const { cache, load } = watched({ failures: 1, recoverAfter: { loads: 1 }, onAlert, onRecovery });
  cache.on('refresh', seen);
  await load(false);
  await load(true);
  await load(true);
  expect([onAlert.mock.calls.length, onRecovery.mock.calls.length]).toEqual([1, 1]);
  expect(seen).toHaveBeenCalledTimes(2);
});

it('a hook that throws as a timer calls it disturbs nobody either', async () => {
  const onAlert = vi.fn(() => {
    throw new Error('no pager');
  });
  const { cache, world } = watched(
    { maxAge: 20_000, failures: 1000, onAlert },
    { refreshInterval: 10_000 },
  );
  await cache.start().ready();
  world.takes = Infinity;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(onAlert).toHaveBeenCalledOnce();
});

describe('no timer is left', () => {
  const timers = (cache: { stop(): Promise<void> }) => cache.stop().then(() => vi.getTimerCount());

  it('by a stop, and none keeps the process', async () => {
    const { cache, load } = watched({ failures: 1, recoverAfter: { loads: 9, time: 1000 } });
    cache.start();
    await settle();
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    alertOn(cache, { maxAge: 60_000, onAlert: () => {} });
    expect(setTimer.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([
      false,
    ]);
    await load(false);
    await load(true);
    expect(await timers(cache)).toBe(0);
  });

  it('by taking it off, and no hook is called after that', async () => {
    const { cache, load, onAlert, silence } = watched({ maxAge: 60_000, failures: 1 });
    await cache.start().ready();
    const before = vi.getTimerCount();
    silence();
    expect(vi.getTimerCount()).toBe(before - 1);
    await load(false);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(onAlert).not.toHaveBeenCalled();
  });

  it('by a hook that stops the cache, or takes the hooks off', async () => {
    const onAlert = vi.fn();
    const { cache, load, silence } = watched({ maxAge: 60_000, failures: 1, onAlert });
    onAlert.mockImplementation(() => void cache.stop());
    cache.start();
    await load(false);
    expect(onAlert).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
    cache.start();
    onAlert.mockImplementation(silence);
    await load(false);
    expect(onAlert).toHaveBeenCalledTimes(2);
    expect(await timers(cache)).toBe(0);
  });
});

it('a cache that is stopped is neither, and begins anew', async () => {
  const { cache, load, onAlert, onRecovery } = watched({ failures: 2 });
  cache.start();
  await settle();
  await load(false);
  await cache.stop();
  cache.start();
  await settle();
  expect(onAlert).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(onAlert).toHaveBeenCalledOnce();
  await cache.stop();
  expect(onRecovery).not.toHaveBeenCalled();
});

it.each([
  ['onAlert', { onAlert: undefined }, TypeError],
  ['onRecovery', { onRecovery: 1 }, TypeError],
  ['failures', { failures: 0 }, RangeError],
  ['failures', { failures: 1.5 }, RangeError],
  ['maxAge', { maxAge: 0 }, RangeError],
  ['slow', { slow: '1 s' }, TypeError],
  ['recoverAfter.loads', { recoverAfter: { loads: 0.5 } }, RangeError],
  ['recoverAfter.time', { recoverAfter: { time: -1 } }, RangeError],
])('a wrong `%s` is told at once: %o', (name, options, type) => {
  const cache = makeCache({ loader: () => 1 });
  const act = () => alertOn(cache, { onAlert: () => {}, ...options } as never);
  expect(act).toThrow(type);
  expect(act).toThrow(name);
});
