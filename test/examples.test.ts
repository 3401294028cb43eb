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

it('await-using.ts', async () => {
  await import('../examples/await-using.ts');
  expect(printed).toEqual(['true', 'stopped', 'done']);
});
