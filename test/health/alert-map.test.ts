import { describe, expect, it, vi } from 'vitest';
import { type AlertOptions, alertOn } from 'warm-cache/health';
import { fakeTime } from '../map/maps.ts';
import { settle } from '../support/loads.ts';

const makeMap = fakeTime();

async function watched(options: Partial<AlertOptions> = {}, keys = ['KR', 'PL', 'DE']) {
  const down = new Set<string>();
  const map = makeMap({
    name: 'boards',
    ttl: 10_000,
    maxStale: Infinity,
    keys,
    loader: (key: string) => {
      if (down.has(key)) throw new Error('no connection');
      return key;
    },
  });
  const onAlert = vi.fn();
  const onRecovery = vi.fn();
  const silence = alertOn(map, { onAlert, onRecovery, ...options });
  map.start();
  await map.ready();
  return { down, map, onAlert, onRecovery, silence };
}

describe('a map', () => {
  it('turns bad by one key, which is named, and is told once though others follow', async () => {
    const { down, onAlert, onRecovery } = await watched();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onAlert).not.toHaveBeenCalled();
    down.add('PL');
    await vi.advanceTimersByTimeAsync(30_000);
    down.add('KR');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onAlert.mock.calls).toMatchObject([
      [{ name: 'boards', reasons: ['failures'], keys: ['PL'], health: { failing: 1, size: 3 } }],
    ]);
    expect(onRecovery).not.toHaveBeenCalled();
  });

  it('is well once all of its keys are', async () => {
    const { down, map, onRecovery } = await watched({ failures: 1 });
    down.add('PL').add('KR');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(map.health().failing).toBe(2);
    down.delete('PL');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onRecovery).not.toHaveBeenCalled();
    down.clear();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onRecovery.mock.calls).toMatchObject([
      [{ reasons: ['failures'], health: { failing: 0 } }],
    ]);
  });

  it('is well once the key that is bad is deleted', async () => {
    const { down, map, onRecovery } = await watched({ failures: 1 });
    down.add('PL');
    await vi.advanceTimersByTimeAsync(20_000);
    map.delete('PL');
    await vi.advanceTimersByTimeAsync(1000);
    expect(onRecovery).toHaveBeenCalledOnce();
  });

  it('turns bad by the oldest value of its keys, and is well once that is loaded', async () => {
    const { down, onAlert, onRecovery } = await watched({ failures: 1000, maxAge: 60_000 });
    down.add('PL');
    await vi.advanceTimersByTimeAsync(55_000);
    expect(onAlert).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onAlert.mock.calls).toMatchObject([[{ reasons: ['age'], keys: [] }]]);
    // The other two are loaded all the time.
    expect(onRecovery).not.toHaveBeenCalled();
    down.clear();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onRecovery).toHaveBeenCalledOnce();
  });

  it('turns bad by a key that never had a value', async () => {
    const { down, map, onAlert } = await watched({ failures: 1000, maxAge: 60_000 }, []);
    const late = makeMap({
      name: 'late',
      ttl: 10_000,
      keys: ['PL'],
      loader: () => new Promise<string>(() => {}),
    });
    alertOn(late, { onAlert, maxAge: 60_000, failures: 1000 });
    late.start();
    await vi.advanceTimersByTimeAsync(59_000);
    expect(onAlert).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(3000);
    expect(onAlert.mock.calls).toMatchObject([[{ name: 'late', reasons: ['age'] }]]);
    expect([down.size, map.size]).toEqual([0, 0]);
  });

  it('has its keys looked at once a second at most', async () => {
    // With as many there is always one that is nearly too old.
    const keys = Array.from({ length: 500 }, (_, i) => `k${i}`);
    const { map } = await watched({ maxAge: 9600 }, keys);
    const health = vi.spyOn(map, 'health');
    await vi.advanceTimersByTimeAsync(60_000);
    const looks = health.mock.calls.filter((args: readonly unknown[]) => args.length === 0);
    expect(looks.length).toBeGreaterThan(10);
    expect(looks.length).toBeLessThan(80);
  });

  it('leaves no timer once it is taken off, or stopped', async () => {
    const { down, map, silence } = await watched({ maxAge: 60_000, failures: 1 });
    down.add('PL');
    await vi.advanceTimersByTimeAsync(20_000);
    const before = vi.getTimerCount();
    silence();
    expect(vi.getTimerCount()).toBe(before - 1);
    alertOn(map, { onAlert: () => {}, maxAge: 60_000 });
    await map.stop();
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });
});
