import { beforeEach, describe, expect, it } from 'vitest';
import { Sight } from '../../src/fleet/sight.ts';
import type { FleetRecord } from '../../src/fleet/store.ts';

const epoch = 'one';

function record(told: Partial<FleetRecord>): FleetRecord {
  const none = { leaseLeft: 0, resting: '', entry: undefined };
  return { epoch, seq: 0, generation: 0, fence: 0, ...none, ...told };
}

let sight: Sight;

beforeEach(() => {
  sight = new Sight();
  sight.note(record({ seq: 5, generation: 2, fence: 3 }), sight.ask());
});

/** What the answer means to a question that is asked now. */
function answered(told: Partial<FleetRecord>): ReturnType<Sight['note']> {
  return sight.note(record({ seq: 5, generation: 2, fence: 3, ...told }), sight.ask());
}

describe('an answer', () => {
  it('tells how far the record has got', () => {
    expect(answered({ seq: 7, fence: 4 })).toEqual({ isLate: false, news: 'same' });
    expect(sight.known(9)).toEqual({ epoch, seq: 7, generation: 2, fence: 4, version: 9 });
  });

  it('tells of an invalidation, unless that is of this process', () => {
    expect(answered({ seq: 6, generation: 3 }).news).toBe('invalidated');
    expect(answered({ seq: 7, generation: 4 }).news).toBe('invalidated');
    expect(answered({ seq: 7, generation: 4 }).news).toBe('same');
    const own = sight.note(record({ seq: 8, generation: 5, fence: 3 }), sight.ask(), 1);
    expect(own.news).toBe('same');
    const both = sight.note(record({ seq: 10, generation: 7, fence: 3 }), sight.ask(), 1);
    expect(both.news).toBe('invalidated');
  });

  it.each([
    ['seq', { seq: 4 }],
    ['generation', { generation: 1 }],
    ['generation, with a larger seq', { seq: 9, generation: 1 }],
  ])('is late with a smaller %s', (_, told) => {
    expect(answered(told)).toEqual({ isLate: true, news: 'same' });
    expect(sight.generation).toBe(2);
  });

  it('is late where something was heard after the question that it may be from before of', () => {
    const question = sight.ask();
    expect(sight.hearGeneration(3)).toBe(true);
    const { isLate } = sight.note(record({ seq: 6, generation: 2, fence: 3 }), question);
    expect(isLate).toBe(true);
    expect(answered({ seq: 6, generation: 3 })).toEqual({ isLate: false, news: 'same' });
  });

  it('that is late says all the same how far it has come by now', () => {
    const question = sight.ask();
    sight.doubt();
    const late = sight.note(record({ seq: 8, generation: 4, fence: 6 }), question);
    expect(late).toEqual({ isLate: true, news: 'invalidated' });
    expect(sight.known(0)).toMatchObject({ seq: 8, generation: 4, fence: 6 });
  });

  it('of another epoch begins anew, and bars the answers to what was asked before', () => {
    const before = sight.ask();
    expect(answered({ epoch: 'two', seq: 1, generation: 0, fence: 1 })).toEqual({
      isLate: false,
      news: 'other',
    });
    expect(sight.known(0)).toEqual({ epoch: 'two', seq: 1, generation: 0, fence: 1, version: 0 });
    expect(sight.looked).toBe(0);
    expect(sight.note(record({ seq: 9, generation: 9 }), before)).toEqual({
      isLate: true,
      news: 'same',
    });
    expect(sight.epoch).toBe('two');
  });

  it('says that what was heard is not so: only to a question that came after it', () => {
    const before = sight.ask();
    sight.hear(epoch, 6);
    expect(sight.hearGeneration(7)).toBe(true);
    expect(sight.latest).toBe(7);
    expect(sight.note(record({ seq: 5, generation: 2, fence: 3 }), before).news).toBe('same');
    expect(sight.latest).toBe(7);
    expect(answered({}).news).toBe('unfounded');
    expect(sight.latest).toBe(2);
  });

  it('leaves alone what was heard since the question', () => {
    const question = sight.ask();
    sight.hear(epoch, 6);
    sight.note(record({ seq: 5, generation: 2, fence: 3 }), question);
    expect(sight.hear(epoch, 6)).toBe('old');
    expect(sight.hear(epoch, 7)).toBe('next');
  });

  it('has messages be numbered from where the record is', () => {
    sight.hear(epoch, 1000);
    answered({ seq: 8 });
    expect(sight.hear(epoch, 8)).toBe('old');
    expect(sight.hear(epoch, 9)).toBe('next');
  });
});

describe('a message', () => {
  it('is the next, or comes again, or shows that some were missed', () => {
    expect(sight.hear(epoch, 6)).toBe('next');
    expect(sight.hear(epoch, 6)).toBe('old');
    expect(sight.hear(epoch, 5)).toBe('old');
    expect(sight.hear(epoch, 8)).toBe('gap');
    expect(sight.hear(epoch, 9)).toBe('next');
  });

  it('of another epoch makes what is on its way worth nothing', () => {
    const question = sight.ask();
    expect(sight.hear('two', 1)).toBe('foreign');
    expect(sight.note(record({ seq: 6, generation: 2 }), question).isLate).toBe(true);
    expect(sight.epoch).toBe(epoch);
  });

  it('is never told to the store', () => {
    sight.hear(epoch, 1000);
    sight.hearGeneration(1000);
    expect(sight.known(0)).toMatchObject({ seq: 5, generation: 2 });
  });

  it('tells of an invalidation once', () => {
    expect(sight.hearGeneration(2)).toBe(false);
    expect(sight.hearGeneration(3)).toBe(true);
    expect(sight.hearGeneration(3)).toBe(false);
  });
});
