import { afterEach, beforeEach, expect, it, vi } from 'vitest';

let printed: string[] = [];

beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => {
    printed.push(
      words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' '),
    );
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

it('basic.ts', async () => {
  await import('../examples/basic.ts');
  expect(printed).toEqual(['version 1 is there', '1000 reads, the loader was asked 1 time']);
});

it('invalidate.ts', async () => {
  await import('../examples/invalidate.ts');
  expect(printed).toEqual(['at once, stale: [["ace",1500]]', 'after invalidate(): [["ace",1516]]']);
});

it('outage.ts', async () => {
  await import('../examples/outage.ts');
  expect(printed).toContain('NOT_READY -> READY');
  expect(printed).toContain('flags: load failed: no connection; serving: true');
  expect(printed).toContain('["dark-mode"]');
  expect(printed).toContain('again: 2');
});

it('not-modified.ts', async () => {
  await import('../examples/not-modified.ts');
  expect(printed).toEqual(['hello', '1 published, 1 unchanged']);
});

it('unchanged.ts', async () => {
  await import('../examples/unchanged.ts');
  expect(printed).toEqual([
    'undefined -> {"lobby":3}',
    'the same object: true',
    '{"lobby":3} -> {"lobby":4}',
    '2 published, 2 unchanged',
  ]);
});

it('views.ts', async () => {
  await import('../examples/views.ts');
  expect(printed).toEqual([
    '["ace","bolt"] sorted 1 time',
    'the same object: true',
    'leader: bolt since version 3',
  ]);
});

it('restart.ts', async () => {
  await import('../examples/restart.ts');
  expect(printed).toEqual(['store 1516 its age is true: true', 'loader 1532']);
});

it('peak-hours.ts', async () => {
  await import('../examples/peak-hours.ts');
  expect(printed).toEqual([
    '12:00: next in 600 s, outside peak hours',
    '17:55: next in 300 s, until peak hours 18:00–23:30 Europe/Warsaw',
    '18:00: next in 5 s, peak hours 18:00–23:30 Europe/Warsaw',
    '23:30: next in 600 s, outside peak hours',
    expect.stringMatching(/^now: .*peak hours/),
  ]);
});

it('demand.ts', async () => {
  await import('../examples/demand.ts');
  expect(printed).toEqual(['every 60000 ms: no reads', 'after a rush: every 1000 ms']);
});

it('await-using.ts', async () => {
  await import('../examples/await-using.ts');
  expect(printed).toEqual(['true', 'stopped', 'done']);
});

it('map.ts', async () => {
  await import('../examples/map.ts');
  expect(printed).toEqual([
    '2 keys are hot',
    'true not read yet',
    'false 3',
    '1 read of it had to wait',
  ]);
});

it('batch.ts', async () => {
  await import('../examples/batch.ts');
  expect(printed).toEqual([
    'one query for apple, plum, fig',
    '5',
    'prices[plum]: load failed: no such row',
    '3',
  ]);
});
