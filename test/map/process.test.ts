import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../support/scripts/exit-map.ts', import.meta.url));

async function run(what: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, what]);
  return stdout.trim();
}

describe('a map alone never keeps a process alive:', () => {
  it.each(['started', 'read, in vain', 'hung', 'hung keys', 'ready() that gave up', 'stopped'])(
    '%s',
    async (what) => {
      expect(await run(what)).toBe('');
    },
  );
});

describe('while somebody awaits it, the process lives on, through failures and their waits:', () => {
  it.each([
    ['ready', 'a 4, b 4, c 4'],
    ['ready, not started', 'a 4, b 4, c 4'],
    ['ready, keys that fail', '3 3'],
    ['ready, keys that hang', 'warm-cache-map: no keys within 50 ms'],
    ['many keys', '20000 19999'],
    ['get', 'rejected, rejected'],
    ['invalidate', 'a 4'],
    ['loadMany', 'x 4'],
  ])('%s', async (what, output) => {
    expect(await run(what)).toBe(output);
  });
});
