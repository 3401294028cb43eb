import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Linked, Recency } from '../../src/map/recency.ts';

interface Item extends Linked<Item> {
  readonly id: number;
}

const step = fc.record({ do: fc.constantFrom('touch', 'touch', 'remove'), id: fc.nat(7) });

describe('the order of reading', () => {
  it('is that of a list in which what is touched goes to the end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const items = Array.from(
          { length: 8 },
          (_, id): Item => ({ id, older: undefined, newer: undefined, isListed: false }),
        );
        const recency = new Recency<Item>();
        let model: number[] = [];
        for (const { do: what, id } of steps) {
          model = model.filter((other) => other !== id);
          if (what === 'touch') model.push(id);
          recency[what as 'remove' | 'touch'](items[id] as Item);
          expect(recency.size).toBe(model.length);
          const forwards: number[] = [];
          for (let at = recency.oldest; at; at = at.newer) forwards.push(at.id);
          expect(forwards).toEqual(model);
          const newest = items[model.at(-1) ?? -1];
          const backwards: number[] = [];
          for (let at = newest; at; at = at.older) backwards.push(at.id);
          expect(backwards).toEqual(model.toReversed());
          expect(items.filter(({ isListed }) => isListed)).toHaveLength(model.length);
        }
      }),
      { numRuns: 500 },
    );
  });
});
