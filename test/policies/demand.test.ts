import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DemandOptions, demand } from 'warm-cache/policies';
import { contextOf, DAY, HOUR, SECOND, simulate } from '../support/simulated-loads.ts';

describe('demand()', () => {
  const rate = demand({ min: 2000, max: 60_000 });

  it.each([
    [0, 60_000, 'no reads'],
    [0.01, 60_000, '0.01 reads/s'],
    [4.2, 23_809.52, '4.2 reads/s'],
    [10, 10_000, '10 reads/s'],
    [1234.5, 2000, '1230 reads/s'],
  ])('of %s reads a second is %i ms: %s', (readRate, interval, why) => {
    const choice = rate(contextOf({ readRate }));
    expect(choice.interval).toBeCloseTo(interval, 2);
    expect(choice.why).toBe(why);
  });

  it('loads once in as many reads as are told', () => {
    const often = demand({ min: 1, max: Infinity, readsPerLoad: 20 });
    expect(often(contextOf({ readRate: 4 })).interval).toBe(5000);
    expect(often(contextOf({ readRate: 0 })).interval).toBe(Infinity);
  });

  it('is never slower for more reads, nor out of its bounds', () => {
    const positive = fc.double({ min: 0.001, max: 1e9, noNaN: true });
    const reads = fc.double({ min: 0, noNaN: true });
    fc.assert(
      fc.property(positive, positive, positive, reads, reads, (a, b, readsPerLoad, less, more) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const policy = demand({ min, max, readsPerLoad });
        const [idle, busy] = [Math.min(less, more), Math.max(less, more)].map(
          (readRate) => policy(contextOf({ readRate })).interval,
        ) as [number, number];
        expect(busy).toBeLessThanOrEqual(idle);
        expect(busy).toBeGreaterThanOrEqual(min);
        expect(idle).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('follows a day: nobody at night, a rush in the evening', () => {
    const reads = (now: number): number => {
      const hour = Math.floor(now / HOUR) % 24;
      return hour < 8 ? 0 : hour < 18 ? 10 : 100;
    };
    const loads = simulate(rate, 0, DAY, { readRate: reads });
    const between = (from: number, to: number): number =>
      loads.filter(({ start }) => start >= from * HOUR && start < to * HOUR).length;
    expect(between(0, 8)).toBe(8 * 60);
    // Each change is noticed by the first load after it.
    expect(between(8, 18)).toBe((10 * HOUR) / (10 * SECOND));
    expect(between(18, 24)).toBe((6 * HOUR) / (2 * SECOND));
  });

  it.each<[object | undefined, ErrorConstructor, string]>([
    [undefined, TypeError, '`options` to be of type object, got undefined'],
    [{ max: 1 }, TypeError, '`min` to be of type number, got undefined'],
    [{ min: 1 }, TypeError, '`max` to be of type number, got undefined'],
    [{ min: 0, max: 1 }, RangeError, '`min` to be from 0.001'],
    [{ min: Infinity, max: Infinity }, RangeError, '`min` to be from 0.001'],
    [{ min: 2, max: 1 }, RangeError, '`max` to be from 2 to Infinity, got 1'],
    [{ min: 1, max: 2, readsPerLoad: 0 }, RangeError, '`readsPerLoad` to be from 0.001'],
    [{ min: 1, max: 2, readsPerLoad: Number.NaN }, RangeError, 'got NaN'],
    [{ min: 1, max: 2, readsPerLoad: '9' }, TypeError, '`readsPerLoad` to be of type number'],
  ])('of %o there is none', (options, kind, message) => {
    expect(() => demand(options as DemandOptions)).toThrow(kind);
    expect(() => demand(options as DemandOptions)).toThrow(message);
  });
});
