import { type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { codeBlocks } from './support/docs.ts';
import { isRunnable, run } from './support/docs-run.ts';

const blocks = codeBlocks.filter(isRunnable);
let stack: SupabaseStack;
let env: Record<string, string>;

// Each is a process of its own.
vi.setConfig({ maxConcurrency: 2 });

beforeAll(async () => {
  stack = await startStack({ rows: 2000 });
  const { pathname, searchParams } = new URL(stack.pg);
  env = {
    SUPABASE_URL: stack.url,
    SUPABASE_KEY: stack.anonKey,
    PGHOST: `${searchParams.get('host')}`,
    PGUSER: `${searchParams.get('user')}`,
    PGDATABASE: pathname.slice(1),
  };
}, 60_000);
afterAll(async () => {
  await stack?.stop();
}, 60_000);

describe.concurrent('the code in the documents runs', () => {
  it.each(blocks.map((block) => [`${block.file}:${block.line}`, block] as const))(
    '%s',
    { timeout: 60_000 },
    async (_name, block) => {
      const { exitCode, output, errors } = await run(block, env);
      expect(exitCode, output + errors).toBe(0);
      if (block.output !== undefined) expect(output.trimEnd()).toBe(block.output);
    },
  );
});

it('all of it but what declares something of the reader’s own', () => {
  expect(blocks.length).toBeGreaterThan(20);
});
