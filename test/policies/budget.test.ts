import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BudgetOptions, budget, slowestOf } from 'warm-cache/policies';
import { contextOf, DAY, HOUR, simulate } from '../support/simulated-loads.ts';

describe('budget()', () => {
  it('is the time of a load by the share of it', () => {
    expect(budget({ share: 0.1 })(contextOf({ lastDuration: 2400 }))).toEqual({
      interval: 24_000,
      why: 'a load takes 2.4 s, and may take 10 % of the time',
    });
    expect(budget({ share: 1 })(contextOf({ lastDuration: 7 })).interval).toBe(7);
  });

  it('is never 0, also where a load takes no time', () => {
    expect(budget({ share: 0.1 })(contextOf({ lastDuration: 0 }))).toEqual({
      interval: 1,
      why: 'a load takes 0 ms, and may take 10 % of the time',
    });
  });

  it('keeps a simulated day of loads within the share, however slow they get', () => {
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    const slowness = fc.array(fc.integer({ min: 100, max: 120_000 }), {
      minLength: 24,
      maxLength: 24,
    });
    fc.assert(
      fc.property(share, slowness, (share, hours) => {
        const duration = (start: number) => hours[Math.floor(start / HOUR) % 24] ?? 100;
        const policy = slowestOf(10_000, budget({ share }));
        for (const { start, interval } of simulate(policy, 0, DAY, { duration })) {
          expect(duration(start) / interval).toBeLessThanOrEqual(share * (1 + 1e-9));
          expect(interval).toBe(Math.max(10_000, duration(start) / share));
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each<[object | undefined, ErrorConstructor, string]>([
    [undefined, TypeError, '`options` to be of type object, got undefined'],
    [{}, TypeError, '`share` to be of type number, got undefined'],
    [{ share: 0 }, RangeError, '`share` to be from 0.001 to 1, got 0'],
    [{ share: 10 }, RangeError, '`share` to be from 0.001 to 1, got 10'],
    [{ share: Number.NaN }, RangeError, '`share` to be from 0.001 to 1, got NaN'],
  ])('of %o there is none', (options, kind, message) => {
    expect(() => budget(options as BudgetOptions)).toThrow(kind);
    expect(() => budget(options as BudgetOptions)).toThrow(message);
  });
});
