import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, type Ranked } from '../../src/map/heap.ts';

type Step =
  | { readonly do: 'push'; readonly rank: number }
  | { readonly do: 'pop' }
  | { readonly do: 'remove'; readonly which: number };

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('push' as const), rank: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pop' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat() }) },
  ),
  { maxLength: 200 },
);

function lived(all: readonly Step[]): void {
  const heap = new Heap<Ranked>();
  const model: Ranked[] = [];
  const gone: Ranked[] = [];
  const leave = (item: Ranked): void => {
    gone.push(item);
    model.splice(model.indexOf(item), 1);
  };
  for (const step of all) {
    if (step.do === 'push') {
      const item = { rank: step.rank, place: -1 };
      model.push(item);
      heap.push(item);
    } else if (step.do === 'pop') {
      const item = heap.pop();
      expect(item?.rank).toBe(model.length > 0 ? Math.min(...ranksOf(model)) : undefined);
      if (item) leave(item);
    } else if (model.length > 0) {
      const item = model[step.which % model.length] as Ranked;
      heap.remove(item);
      leave(item);
    }
    expect(heap.size).toBe(model.length);
    expect(heap.peek()?.rank).toBe(model.length > 0 ? Math.min(...ranksOf(model)) : undefined);
    expect(new Set(model.map(({ place }) => place)).size).toBe(model.length);
    expect(gone.every(({ place }) => place === -1)).toBe(true);
  }
  const rest = Array.from({ length: model.length }, () => heap.pop()?.rank);
  expect(rest).toEqual(ranksOf(model).toSorted((a, b) => a - b));
}

function ranksOf(items: readonly Ranked[]): number[] {
  return items.map(({ rank }) => rank);
}

describe('a heap', () => {
  it('gives the least first, whatever is put in and taken out', () => {
    fc.assert(fc.property(steps, lived), { numRuns: 500 });
  });

  it('of nothing has nothing to give', () => {
    expect(new Heap().pop()).toBeUndefined();
    expect(new Heap().peek()).toBeUndefined();
  });
});
