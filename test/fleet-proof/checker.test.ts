import { describe, expect, it } from 'vitest';
import { check, type Violation } from './checker.ts';
import type {
  CountedLoad,
  Event,
  Fault,
  History,
  Invalidation,
  Item,
  Life,
  Reads,
} from './history.ts';

// Histories made by hand: good ones, and for each rule one that breaks it, which has to be found.

const TIMING = { ttl: 4000, refreshInterval: 1000, loadTimeout: 500, lease: 1100, slack: 500 };
/** Ms an old value may live on, without a message. */
const BOUND = 2000;

const read = (value: number | null, from: number, to: number, more?: Partial<Reads>): Reads => ({
  kind: 'reads',
  how: 'peek',
  from,
  to,
  count: 10,
  value,
  fresh: value !== null,
  ...more,
});

const shared = (generation: number): { epoch: string; generation: number } => ({
  epoch: 'e',
  generation,
});

/** Writes `wrote` and invalidates, for which the generation grows to `generation`. */
const invalidated = (wrote: number, at: number, end: number, generation = 1): Item[] => [
  { kind: 'invalidate', id: wrote, at, wrote, shared: shared(generation - 1) },
  {
    kind: 'settled',
    id: wrote,
    at: end,
    value: wrote,
    error: undefined,
    shared: shared(generation),
  },
];

const heard = (at: number, generation = 1, epoch = 'e', known = 'e'): Item => ({
  kind: 'message',
  at,
  act: 'invalidate',
  epoch,
  known,
  seq: 1,
  generation,
});

const life = (worker: string, items: readonly Item[], more?: Partial<Life>): Life => ({
  worker,
  client: 'redis',
  from: 0,
  to: 60_000,
  end: 'stopped',
  printed: '',
  items,
  ...more,
});

const fault = (
  kind: Fault['kind'],
  worker: string | undefined,
  from: number,
  to: number,
): Fault => ({
  kind,
  worker,
  from,
  to,
});

const loads = (...starts: readonly number[]): CountedLoad[] =>
  starts.map((from) => ({ worker: 'a', alone: false, from, to: from + 50 }));

const history = (lives: readonly Life[], more?: Partial<History>): History => ({
  timing: TIMING,
  from: 0,
  to: 60_000,
  lives,
  faults: [],
  loads: [],
  last: undefined,
  ...more,
});

const broken = (of: History): Violation['rule'][] => check(of).violations.map(({ rule }) => rule);

describe('reads of the process that invalidated', () => {
  it('give nothing older as fresh from the call on, and count for nothing else', () => {
    const items = [
      read(1, 0, 100),
      ...invalidated(2, 100, 150),
      read(1, 101, 140, { fresh: false }),
      read(2, 150, 200),
    ];
    const verdict = check(history([life('a', items)]));
    expect(verdict).toMatchObject({ violations: [], reads: 30, freshReads: 20, invalidations: 1 });
    expect(verdict.judged).toEqual({ call: 1, interval: 0, message: 0 });
  });

  it('are found where one does, even while it is cut off', () => {
    const items = [...invalidated(2, 100, 150), read(1, 101, 140), read(2, 150, 200)];
    const more = { faults: [fault('redis', 'a', 0, 1000)] };
    expect(broken(history([life('a', items)], more))).toEqual(['stale-after-call']);
  });
});

describe('reads of a process that got the message', () => {
  const a = life('a', [...invalidated(2, 100, 150), read(2, 150, 300)]);

  it('give nothing older as fresh from then on', () => {
    const items = [
      read(1, 0, 119),
      heard(120),
      read(1, 121, 160, { fresh: false }),
      read(2, 170, 200),
    ];
    const verdict = check(history([a, life('b', items)]));
    expect(verdict.violations).toEqual([]);
    expect(verdict.judged.message).toBe(1);
    expect(verdict.messages).toBe(1);
  });

  it('are found where one does', () => {
    const items = [read(1, 0, 119), heard(120), read(1, 121, 160), read(2, 170, 200)];
    expect(broken(history([a, life('b', items)]))).toEqual(['stale-after-message']);
    const unknown = [read(1, 0, 119), heard(120, 1, 'e', 'another'), read(1, 121, 160)];
    expect(broken(history([a, life('b', unknown)]))).toEqual(['stale-after-message']);
    const frozen = { faults: [fault('freeze', 'b', 110, 5000)] };
    expect(broken(history([a, life('b', items)], frozen))).toEqual(['stale-after-message']);
  });

  it.each<readonly [string, Partial<Invalidation>, Partial<History>]>([
    ['knew nothing more in the end', { shared: shared(1) }, {}],
    ['knew another record before', { shared: { epoch: 'another', generation: 0 } }, {}],
    ['may have told it in another record', {}, { faults: [fault('flush', undefined, 120, 121)] }],
  ])('are held to nothing where the one who invalidated %s', (_, call, more) => {
    const [given, end] = invalidated(2, 100, 150) as [Invalidation, Item];
    const items = [heard(130), read(1, 131, 160), read(2, 170, 200)];
    const lives = [life('a', [{ ...given, ...call }, end]), life('b', items)];
    expect(broken(history(lives, more))).toEqual([]);
  });

  it('give nothing older than any that it tells of', () => {
    const two = [...invalidated(2, 100, 150, 2), ...invalidated(3, 101, 150, 2)];
    const items = [read(1, 0, 119), heard(120, 2), read(2, 121, 160), read(3, 170, 200)];
    const all = history([life('a', [...two, read(3, 150, 300)]), life('b', items)]);
    expect(broken(all)).toEqual(['stale-after-message']);
  });

  it.each([
    ['of an invalidation before', heard(120, 1)],
    ['of another epoch', heard(120, 9, 'another')],
    ['that tells of a value', { ...heard(120, 9), act: 'publish' } as Item],
  ])('are held to nothing by a message %s', (_, message) => {
    const later = life('a', [...invalidated(2, 100, 150, 2), read(2, 150, 300)]);
    const items = [read(1, 0, 119), message, read(1, 121, 160), read(2, 170, 200)];
    expect(broken(history([later, life('b', items)]))).toEqual([]);
  });

  it('are held to nothing where the one who invalidated could not tell', () => {
    const [call, end] = invalidated(2, 100, 150) as [Item, Item];
    const rejected = { ...end, value: undefined, error: 'no' } as Item;
    const items = [heard(120), read(1, 121, 160), read(2, 170, 200)];
    const more = { faults: [fault('redis', 'a', 90, 5000)] };
    expect(broken(history([life('a', [call, rejected]), life('b', items)], more))).toEqual([]);
    const resolved = history([life('a', [call, end]), life('b', items)], more);
    expect(broken(resolved)).toEqual(['stale-after-message']);
  });
});

describe('reads of a process that gets no message', () => {
  const a = life('a', [...invalidated(2, 10_000, 10_100), read(2, 10_100, 20_000)]);
  const until = (to: number): Life => life('b', [read(1, 5000, to), read(2, to + 10, 20_000)]);

  it('give nothing older as fresh after an interval', () => {
    const verdict = check(history([a, until(10_100 + BOUND)]));
    expect(verdict.violations).toEqual([]);
    expect(verdict.judged.interval).toBe(2);
    expect(broken(history([a, until(10_101 + BOUND)]))).toEqual(['stale-after-interval']);
  });

  it.each(['redis', 'freeze'] as const)('are excused while it is cut off: %s', (kind) => {
    const more = { faults: [fault(kind, 'b', 11_000, 14_000)] };
    const back = 14_000 + 1500;
    expect(broken(history([a, until(back + BOUND)], more))).toEqual([]);
    expect(broken(history([a, until(back + BOUND + 1)], more))).toEqual(['stale-after-interval']);
  });

  it.each([
    ['another one is', fault('redis', 'c', 11_000, 14_000)],
    ['it gets no messages', fault('subscriber', 'b', 11_000, 14_000)],
    ['it can not load', fault('postgres', 'b', 11_000, 14_000)],
    ['it was before', fault('redis', 'b', 5000, 6000)],
  ])('are not excused while %s', (_, other) => {
    const late = history([a, until(10_101 + BOUND)], { faults: [other] });
    expect(broken(late)).toEqual(['stale-after-interval']);
  });

  it('are excused while all are', () => {
    const more = { faults: [fault('restart', undefined, 11_000, 14_000)] };
    expect(broken(history([a, until(14_000)], more))).toEqual([]);
  });
});

describe('reads of any process', () => {
  it('never go back, be they fresh or not', () => {
    const items = [read(1, 0, 100), read(2, 110, 200), read(1, 210, 220, { fresh: false })];
    expect(broken(history([life('a', items)]))).toEqual(['back']);
    const gone = [read(2, 0, 100), read(null, 110, 200), read(1, 210, 220, { how: 'get' })];
    expect(broken(history([life('a', gone)]))).toEqual(['back']);
  });

  it('may do so in another life, or process', () => {
    const first = life('a', [read(2, 0, 100)], { end: 'killed', to: 100 });
    expect(broken(history([first, life('a', [read(1, 200, 300)])]))).toEqual([]);
  });
});

describe('invalidate()', () => {
  const [call, settled] = invalidated(2, 10_000, 10_100) as [Item, Item];
  const rejected = { ...settled, value: undefined, error: 'no' } as Item;

  it('resolves with nothing from before the write', () => {
    const items = [call, { ...settled, value: 1 } as Item];
    expect(broken(history([life('a', items)]))).toEqual(['barrier']);
  });

  it('settles, unless the process is killed', () => {
    expect(broken(history([life('a', [call])]))).toEqual(['settles']);
    expect(broken(history([life('a', [call], { end: 'killed' })]))).toEqual([]);
  });

  it('rejects only if something is wrong', () => {
    expect(broken(history([life('a', [call, rejected])]))).toEqual(['settles']);
    const wrong = { faults: [fault('postgres', 'b', 9000, 9500)] };
    expect(broken(history([life('a', [call, rejected])], wrong))).toEqual([]);
    const long = { faults: [fault('postgres', 'b', 1000, 2000)] };
    expect(broken(history([life('a', [call, rejected])], long))).toEqual(['settles']);
  });
});

describe('loads', () => {
  const every = (ms: number, from = 0, to = 60_000): number[] =>
    Array.from({ length: Math.floor((to - from) / ms) + 1 }, (_, i) => from + i * ms);

  it('are one an interval', () => {
    const verdict = check(history([], { loads: loads(...every(900)) }));
    expect(verdict).toMatchObject({ violations: [], loads: { counted: 67, promised: 71 } });
    expect(verdict.loads.inQuiet).toBeGreaterThan(50);
    expect(broken(history([], { loads: loads(...every(800)) }))).toContain('loads');
  });

  it('are not two at once while all is quiet, though in all there are few', () => {
    expect(broken(history([], { loads: loads(20_000, 20_100) }))).toEqual(['loads-in-quiet']);
    expect(broken(history([], { loads: loads(20_000, 20_650) }))).toEqual([]);
    expect(broken(history([], { loads: loads(20_000, 20_550) }))).toEqual(['loads-in-quiet']);
    expect(broken(history([], { loads: loads(20_000, 20_800, 21_400) }))).toEqual([
      'loads-in-quiet',
    ]);
  });

  it.each<readonly [string, Partial<History>]>([
    ['the start', { from: 19_000 }],
    ['a fault', { faults: [fault('kill', 'a', 19_000, 19_500)] }],
    ['an invalidation', { lives: [life('a', invalidated(2, 19_900, 20_150))] }],
  ])('may be two at once after %s', (_, more) => {
    expect(broken(history([], { loads: loads(20_000, 20_100), ...more }))).toEqual([]);
    expect(broken(history([], { loads: loads(30_000, 30_100), ...more }))).toEqual([
      'loads-in-quiet',
    ]);
  });

  it('may be as many more as faults and invalidations cost', () => {
    const promised = (more: Partial<History>): number =>
      check(history([life('a', []), life('b', [])], more)).loads.promised - 71;
    expect(promised({ lives: [life('a', invalidated(2, 100, 150))] })).toBe(1);
    expect(promised({ faults: [fault('kill', 'a', 0, 1000)] })).toBe(1);
    expect(promised({ faults: [fault('freeze', 'a', 0, 1000)] })).toBe(2);
    expect(promised({ faults: [fault('flush', undefined, 0, 0)] })).toBe(2);
    expect(promised({ faults: [fault('subscriber', 'a', 0, 9000)] })).toBe(0);
    const both = {
      lives: [life('a', invalidated(2, 100, 150)), life('b', [])],
      faults: [fault('redis', 'a', 0, 3000)],
    };
    expect(promised(both)).toBe(2 + 1);
  });

  it('of who is cut off are one an interval more, as far as they are made', () => {
    const alone = (worker: string, ...starts: readonly number[]): CountedLoad[] =>
      starts.map((from) => ({ worker, alone: true, from, to: from }));
    const promised = (kind: Fault['kind'], whom: string | undefined, made: CountedLoad[]): number =>
      check(
        history([life('a', []), life('b', [])], {
          faults: [fault(kind, whom, 10_000, 13_000), fault(kind, whom, 14_000, 15_000)],
          loads: made,
        }),
      ).loads.promised - 71;
    const three = alone('a', 10_500, 11_500, 12_500);
    expect(promised('redis', 'a', [])).toBe(2);
    expect(promised('redis', 'a', three)).toBe(2 + 3);
    // Of what both last, together, until it is surely back.
    expect(promised('redis', 'a', alone('a', ...every(100, 0, 60_000)))).toBe(2 + 9);
    const long = {
      faults: [fault('redis', 'a', 10_000, 13_000)],
      loads: alone('a', ...every(100)),
    };
    expect(check(history([life('a', [])], long)).loads.promised - 71).toBe(1 + 9);
    expect(promised('redis', 'a', alone('b', 11_000))).toBe(2);
    expect(promised('redis', 'a', loads(10_500, 11_500))).toBe(2);
    expect(promised('redis', 'a', alone('a', 5000, 40_000))).toBe(2);
    expect(promised('restart', undefined, [...three, ...alone('b', 11_000)])).toBe(4 + 4);
    expect(promised('postgres', 'a', three)).toBe(4);
  });
});

describe('a process that did not even read', () => {
  const a = life('a', [...invalidated(2, 10_000, 10_100), read(2, 10_100, 20_000)]);
  const late = (gap: number): Life =>
    life('b', [read(1, 5000, 11_000), read(1, 11_000 + gap, 13_000), read(2, 13_010, 20_000)]);

  it('was as good as frozen', () => {
    expect(broken(history([a, late(100)]))).toEqual(['stale-after-interval']);
    expect(broken(history([a, late(151)]))).toEqual([]);
  });
});

describe('recovery', () => {
  const last = { value: 5, at: 30_000 };
  const fresh = (from: number): Life => life('a', [read(4, 0, from - 1), read(5, from, 60_000)]);

  it('takes no longer than the protocol does', () => {
    expect(check(history([fresh(33_000)], { last }))).toMatchObject({
      violations: [],
      recovery: 3000,
    });
    expect(broken(history([fresh(39_700)], { last }))).toEqual([]);
    expect(broken(history([fresh(39_701)], { last }))).toEqual(['recovery']);
  });

  it('is that of all who are alive in the end', () => {
    const never = life('b', [read(4, 0, 60_000), read(5, 59_000, 60_000, { fresh: false })]);
    const verdict = check(history([fresh(33_000), never], { last }));
    expect(verdict.recovery).toBeUndefined();
    expect(verdict.violations).toMatchObject([{ rule: 'recovery', worker: 'b' }]);
    const killed = { ...never, end: 'killed' } as const;
    expect(broken(history([fresh(33_000), killed], { last }))).toEqual([]);
  });
});

describe('processes', () => {
  const event: Event = { kind: 'event', at: 0, name: 'start' };

  it('do not die by themselves, and print nothing', () => {
    expect(broken(history([life('a', [event])]))).toEqual([]);
    expect(broken(history([life('a', [], { end: 'crashed' })]))).toEqual(['crash']);
    expect(broken(history([life('a', [], { printed: 'oh' })]))).toEqual(['crash']);
  });
});
