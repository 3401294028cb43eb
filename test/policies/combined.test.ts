import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RefreshPolicy } from 'warm-cache';
import { fastestOf, slowestOf } from 'warm-cache/policies';
import { contextOf } from '../support/simulated-loads.ts';

const saying =
  (interval: number, why: string): RefreshPolicy =>
  () => ({ interval, why });

describe.each([
  ['slowestOf', slowestOf, Math.max, 3],
  ['fastestOf', fastestOf, Math.min, 1],
] as const)('%s()', (name, combine, limit, third) => {
  it('answers as the one that counts, with its reason', () => {
    const context = contextOf();
    expect(combine(saying(1, 'a 1'), saying(2, 'a 2'), saying(3, 'a 3'))(context)).toEqual({
      interval: third,
      why: `a ${third}`,
    });
    expect(combine(saying(5, 'this'), saying(5, 'that'), 5)(context).why).toBe('this');
    expect(combine(20_000)(context)).toEqual({ interval: 20_000, why: '20 s, fixed' });
    expect(combine(250, 250)(context).why).toBe('250 ms, fixed');
    expect(combine(({ age }) => 10 + age)(contextOf({ age: 1 }))).toEqual({
      interval: 11,
      why: `${name}()[0]()`,
    });
    expect(combine(combine(4, 4), saying(4, 'outer'))(context).why).toBe('4 ms, fixed');
  });

  it('is the limit of any numbers, in any order', () => {
    const interval = fc.oneof(fc.double({ min: 0.001, noNaN: true }), fc.constant(Infinity));
    const part = fc.record({ interval, fixed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), (parts) => {
        const policies = parts.map(({ interval, fixed }) =>
          fixed ? interval : saying(interval, `${interval}`),
        );
        const choice = combine(...policies)(contextOf());
        expect(choice.interval).toBe(limit(...parts.map(({ interval }) => interval)));
      }),
    );
  });

  it('gives each the context that it was given', () => {
    const context = contextOf({ readRate: 3 });
    const given: unknown[] = [];
    const listening: RefreshPolicy = (context) => given.push(context);
    combine(listening, 1, listening)(context);
    expect(given).toEqual([context, context]);
  });

  it.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['0', 0],
    ['a negative number', -5],
    ['nothing', undefined],
    ['null', null],
    ['text', '5'],
    ['a choice of NaN', { interval: Number.NaN, why: 'odd' }],
    ['a choice of nothing', { why: 'odd' }],
  ])('throws where one answers %s, wherever it stands', (_, answer) => {
    const wrong = (() => answer) as RefreshPolicy;
    const message = (place: number) => `Expected \`${name}()[${place}]()\` to be `;
    expect(() => combine(wrong, 1, 1e6)(contextOf())).toThrow(message(0));
    expect(() => combine(1, wrong, 1e6)(contextOf())).toThrow(message(1));
    expect(() => combine(1e6, 1, wrong)(contextOf())).toThrow(message(2));
    expect(() => combine(1, combine(1e6, wrong))(contextOf())).toThrow(message(1));
  });

  it('throws what one of them throws', () => {
    const failure = new Error('no rate today');
    const failing = () => {
      throw failure;
    };
    expect(() => combine(1, failing, 1e6)(contextOf())).toThrow(failure);
  });

  it.each<[readonly unknown[], ErrorConstructor, string]>([
    [[], RangeError, `\`${name}()\` to be given a policy, got none`],
    [[undefined], TypeError, `\`${name}()[0]\` to be of type number, got undefined`],
    [[1, 'often'], TypeError, `\`${name}()[1]\` to be of type number, got string`],
    [[1, 0], RangeError, `\`${name}()[1]\` to be from 0.001 to Infinity, got 0`],
    [[Number.NaN], RangeError, `\`${name}()[0]\` to be from 0.001 to Infinity, got NaN`],
  ])('of %o there is none', (parts, kind, message) => {
    expect(() => combine(...(parts as number[]))).toThrow(kind);
    expect(() => combine(...(parts as number[]))).toThrow(message);
  });
});
