import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChangeRateOptions, changeRate } from 'warm-cache/policies';
import { contextOf, DAY, HOUR, MINUTE, SECOND, simulate } from '../support/simulated-loads.ts';

/** Whether a multiple of `every` lies after the one and not after the other. */
const evenly =
  (every: number) =>
  (after: number, until: number): boolean =>
    Math.floor(after / every) < Math.floor(until / every);

/** Independent changes, a mean time apart; the same each time. */
function atRandom(mean: number, end: number): (after: number, until: number) => boolean {
  const times: number[] = [];
  let seed = 1;
  for (let time = 0; time < end; ) {
    // Park and Miller's generator.
    seed = (seed * 48_271) % 2_147_483_647;
    time -= mean * Math.log(seed / 2_147_483_647);
    times.push(time);
  }
  let next = 0;
  return (after, until) => {
    while ((times[next] ?? Infinity) <= after) next += 1;
    return (times[next] ?? Infinity) <= until;
  };
}

describe('changeRate()', () => {
  const rate = changeRate({ min: 5000, max: 600_000 });

  it('makes the interval shorter by a third for a change, and longer by a half for none', () => {
    expect(rate(contextOf({ changed: true, interval: 60_000 }))).toEqual({
      interval: 40_000,
      why: 'changed, was 60 s',
    });
    expect(rate(contextOf({ changed: false, unchangedStreak: 3, interval: 40_000 }))).toEqual({
      interval: 60_000,
      why: 'unchanged for 3 loads, was 40 s',
    });
    const once = contextOf({ changed: false, unchangedStreak: 1, interval: 40_000 });
    expect(rate(once).why).toBe('unchanged, was 40 s');
  });

  it('stays within its bounds, wherever it comes from', () => {
    const interval = (changed: boolean, interval: number) =>
      rate(contextOf({ changed, interval })).interval;
    expect(interval(true, 6000)).toBe(5000);
    expect(interval(true, 1)).toBe(5000);
    expect(interval(false, 500_000)).toBe(600_000);
    expect(interval(false, Infinity)).toBe(600_000);
    expect(interval(true, Infinity)).toBe(400_000);
    expect(rate(contextOf({ changed: true, interval: 5000 })).why).toBe('changed, stays at 5 s');
  });

  it('takes a change and a load without one for each other’s opposite', () => {
    fc.assert(
      fc.property(fc.double({ min: 8000, max: 400_000, noNaN: true }), (interval) => {
        const faster = rate(contextOf({ changed: true, interval })).interval;
        expect(rate(contextOf({ changed: false, interval: faster })).interval).toBeCloseTo(
          interval,
        );
        const slower = rate(contextOf({ changed: false, interval })).interval;
        expect(rate(contextOf({ changed: true, interval: slower })).interval).toBeCloseTo(interval);
      }),
    );
  });

  /** What a week comes to, but for the first hours, in which it learns. */
  const settled = (changes: (after: number, until: number) => boolean) => {
    const wide = changeRate({ min: SECOND, max: DAY });
    const loads = simulate(wide, 0, 30 * DAY, { changes, ttl: MINUTE });
    const late = loads.filter(({ start }) => start > DAY);
    const changed = late.filter(({ why }) => why.startsWith('changed')).length;
    const mean = (29 * DAY) / late.length;
    return { share: changed / late.length, mean };
  };

  it.each([2, 10, 60])(
    'settles where half of the loads find a change: at random, each %i minutes',
    (each) => {
      const { share, mean } = settled(atRandom(each * MINUTE, 30 * DAY));
      expect(share).toBeGreaterThan(0.48);
      expect(share).toBeLessThan(0.52);
      // Around ln 2 of the mean time between changes.
      expect(mean / (each * MINUTE)).toBeGreaterThan(0.6);
      expect(mean / (each * MINUTE)).toBeLessThan(0.9);
    },
  );

  it.each([2, 10, 60])(
    'settles where half of the loads find a change: evenly, each %i minutes',
    (each) => {
      const { share, mean } = settled(evenly(each * MINUTE));
      expect(share).toBeGreaterThan(0.45);
      expect(share).toBeLessThan(0.55);
      expect(mean / (each * MINUTE)).toBeGreaterThan(0.4);
      expect(mean / (each * MINUTE)).toBeLessThan(0.6);
    },
  );

  it('learns anew, in eleven loads from ten seconds to ten minutes', () => {
    let interval = 10_000;
    let loads = 0;
    for (; interval < 10 * MINUTE; loads += 1) {
      interval = changeRate({ min: 1, max: HOUR })(
        contextOf({ changed: false, interval }),
      ).interval;
    }
    expect(loads).toBe(11);
  });

  it.each<[object | undefined, ErrorConstructor, string]>([
    [undefined, TypeError, '`options` to be of type object, got undefined'],
    [{ max: 1 }, TypeError, '`min` to be of type number, got undefined'],
    [{ min: 1, max: '2' }, TypeError, '`max` to be of type number, got string'],
    [{ min: 0, max: 1 }, RangeError, '`min` to be from 0.001'],
    [{ min: 2, max: 1 }, RangeError, '`max` to be from 2'],
    [{ min: 2, max: Infinity }, RangeError, 'got Infinity'],
  ])('of %o there is none', (options, kind, message) => {
    expect(() => changeRate(options as ChangeRateOptions)).toThrow(kind);
    expect(() => changeRate(options as ChangeRateOptions)).toThrow(message);
  });
});
