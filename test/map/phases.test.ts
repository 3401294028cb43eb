import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { phasedTick, phaseOf, steadyPeriod } from '../../src/map/phases.ts';
import { settle, t0 } from '../support/loads.ts';
import { fakeTime, names, tracedLoader, unevenness } from './maps.ts';

const newMap = fakeTime();
const MINUTE = 60_000;

const phase = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const period = fc.double({ min: 10, max: 1e7, noNaN: true });

describe('the moment of a phase', () => {
  it('comes after the last load, and at most a period after', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), period, phase, (last, ms, at) => {
        const tick = phasedTick(last, ms, at);
        expect(tick).toBeGreaterThan(last - ms / 1e5);
        expect(tick).toBeLessThanOrEqual(last + ms * (1 + 1e-5) + 1e-6);
      }),
    );
  });

  it('comes again each period: neither twice nor never', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), period, phase, (last, ms, at) => {
        let tick = phasedTick(last, ms, at);
        for (let n = 0; n < 50; n++) {
          const next = phasedTick(tick, ms, at);
          expect(next - tick).toBeGreaterThan(ms - 1e-3);
          expect(next - tick).toBeLessThanOrEqual(ms + 1e-3);
          tick = next;
        }
      }),
    );
  });

  it('stays where it was when a load is late', () => {
    const first = phasedTick(0, 1000, 0.5);
    const second = phasedTick(first + 300, 1000, 0.5);
    const third = phasedTick(second, 1000, 0.5);
    expect(second - first).toBeCloseTo(third - second, 6);
  });

  it('of an infinite period never comes', () => {
    expect(phasedTick(5, Infinity, 0.5)).toBe(Infinity);
  });
});

describe('the period of the phases', () => {
  it('is never longer than what is asked for, and at most a seventh shorter', () => {
    fc.assert(
      fc.property(period, fc.double({ min: 0, max: 1e7, noNaN: true }), (ms, former) => {
        const steady = steadyPeriod(ms, former);
        expect(steady).toBeLessThanOrEqual(ms);
        expect(steady).toBeGreaterThan(0.86 * ms);
      }),
    );
  });

  it('settles while what is asked for varies by a tenth', () => {
    fc.assert(
      fc.property(
        period,
        fc.array(fc.double({ min: 0.91, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 }),
        (ms, variations) => {
          const least = ms * Math.min(...variations);
          let steady = steadyPeriod(least, 0);
          const settled = steady;
          for (const variation of variations) steady = steadyPeriod(ms * variation, steady);
          expect(steady).toBe(settled);
        },
      ),
    );
  });

  it('follows what is asked for where that is another one', () => {
    expect(steadyPeriod(60_000, 1000)).toBeGreaterThan(57_000);
    expect(steadyPeriod(1000, 60_000)).toBeLessThanOrEqual(1000);
    expect(steadyPeriod(Infinity, 1000)).toBe(Infinity);
    expect(steadyPeriod(1000, Infinity)).toBeLessThanOrEqual(1000);
  });
});

describe('phases', () => {
  it.each([10, 37, 100, 1000, 5000])('of %i keys are spread evenly', (count) => {
    const phases = Array.from({ length: count }, (_, n) => phaseOf(n, 0.37));
    expect(phases.every((at) => at >= 0 && at < 1)).toBe(true);
    expect(unevenness(phases, 0, 1)).toBeLessThanOrEqual(count < 50 ? 2 : 1.5);
  });

  it('are shared by those of one group', () => {
    const phases = Array.from({ length: 1000 }, (_, n) => phaseOf(n, 0.37, 16));
    const sizes = Object.values(Object.groupBy(phases, String)).map((group) => group?.length ?? 0);
    expect(sizes).toHaveLength(16);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(3);
  });
});

describe('1,000 keys of one interval', () => {
  const times = (loads: readonly { at: number }[]): number[] => loads.map(({ at }) => at);

  it('give a level load', async () => {
    const { loader, loads } = tracedLoader(20);
    newMap({ loader, keys: names(1000), concurrency: 50 }).start();
    await vi.advanceTimersByTimeAsync(4 * MINUTE);
    for (const from of [MINUTE, 2 * MINUTE, 3 * MINUTE]) {
      expect(unevenness(times(loads), from, MINUTE)).toBeLessThanOrEqual(1.5);
    }
    const inOne = loads.filter(({ at }) => at >= MINUTE && at < 2 * MINUTE);
    expect(inOne.length).toBeGreaterThanOrEqual(1000);
    expect(inOne.length).toBeLessThan(1150);
  });

  it('and of jitter give a level load', async () => {
    const { loader, loads } = tracedLoader();
    newMap({ loader, keys: names(1000), jitter: 0.1 }).start();
    await vi.advanceTimersByTimeAsync(3 * MINUTE);
    expect(unevenness(times(loads), 1.5 * MINUTE, MINUTE)).toBeLessThanOrEqual(1.5);
  });

  it('give a level load also after invalidateAll()', async () => {
    const { loader, loads } = tracedLoader(20);
    const map = newMap({ loader, keys: names(1000), concurrency: 1000 }).start();
    await vi.advanceTimersByTimeAsync(1.3 * MINUTE);
    const before = loads.length;
    void map.invalidateAll();
    await settle();
    expect(loads.length - before).toBeGreaterThan(950);
    await vi.advanceTimersByTimeAsync(1000);
    const after = Date.now() - t0;
    await vi.advanceTimersByTimeAsync(3 * MINUTE);
    expect(unevenness(times(loads), after, 0.9 * MINUTE)).toBeLessThanOrEqual(1.5);
    expect(unevenness(times(loads), after + MINUTE, MINUTE)).toBeLessThanOrEqual(1.5);
  });

  it('give a level load also after a restart', async () => {
    const { loader, loads } = tracedLoader(20);
    const map = newMap({ loader, keys: names(1000), concurrency: 1000 }).start();
    await vi.advanceTimersByTimeAsync(1.3 * MINUTE);
    await map.stop();
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    map.start();
    await vi.advanceTimersByTimeAsync(1000);
    const after = Date.now() - t0;
    await vi.advanceTimersByTimeAsync(3 * MINUTE);
    expect(unevenness(times(loads), after, 0.9 * MINUTE)).toBeLessThanOrEqual(1.5);
    expect(unevenness(times(loads), after + MINUTE, MINUTE)).toBeLessThanOrEqual(1.5);
  });

  it('give a level load also where loadMany loads them: by its calls', async () => {
    const calls: { at: number; size: number }[] = [];
    const map = newMap<string, number>({
      loadMany: (keys) => {
        calls.push({ at: Date.now() - t0, size: keys.length });
        return keys.map((key) => [key, 1] as const);
      },
      keys: names(1000),
      maxBatchSize: 25,
    }).start();
    await vi.advanceTimersByTimeAsync(MINUTE);
    void map.invalidateAll();
    await vi.advanceTimersByTimeAsync(4 * MINUTE);
    const later = calls.filter(({ at }) => at >= 2.5 * MINUTE && at < 3.5 * MINUTE);
    expect(unevenness(times(calls), 2.5 * MINUTE, MINUTE)).toBeLessThanOrEqual(1.5);
    // Each key once, and not in a call of its own.
    expect(later.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(1150);
    expect(later.length).toBeLessThan(100);
  });
});
