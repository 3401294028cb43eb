import { afterEach, beforeEach, expect, it, vi } from 'vitest';

let printed: string[] = [];

beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => {
    printed.push(words.join(' '));
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

it('health-fastify.ts', async () => {
  await import('../../examples/health-fastify.ts');
  expect(printed).toEqual(['before the first value: 503 200', 'with it: 200 200']);
});

it('health-express.ts', async () => {
  await import('../../examples/health-express.ts');
  expect(printed).toEqual([
    'not ready: flags: no value, boards: keys not known yet',
    '200 application/health+json no-store',
  ]);
});

it('health-hono.ts', async () => {
  await import('../../examples/health-hono.ts');
  expect(printed).toEqual(['flags is bad: failures', '200 warn flags: 1 load in a row failed']);
});
