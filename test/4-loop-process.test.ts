import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { WarmCache } from 'warm-cache';

const run = async (script: string, ...args: string[]): Promise<string> => {
  const path = fileURLToPath(new URL(`support/scripts/${script}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...args.slice(1),
    path,
    ...args.slice(0, 1),
  ]);
  return stdout.trim();
};

describe('the library alone never keeps a process alive:', () => {
  it.each(['started', 'hung', 'stopped'])('%s', async (state) => {
    expect(await run('exit.ts', state)).toBe('');
  });
});

describe('while somebody awaits it, the process lives on, through failures and their waits:', () => {
  it.each([
    ['ready', 'value 4'],
    ['ready, not started', 'value 4'],
    ['get', 'value warm-cache: load failed: not yet'],
    ['invalidate', 'value 4'],
  ])('%s', async (call, output) => {
    expect(await run('exit.ts', call)).toBe(output);
  });
});

describe("a request's async context", () => {
  const als = new AsyncLocalStorage<string>();
  const quick = { retries: 1, minTimeout: 1 };

  it('is not seen by the loader and the validator, whoever asks and wherever the cache was made', async () => {
    const seen: unknown[] = [];
    const make = (): WarmCache<number> =>
      new WarmCache({
        loader: ({ attempt }) => {
          seen.push(als.getStore());
          if (attempt === 1) throw new Error('once more');
          return 1;
        },
        validator: () => {
          seen.push(als.getStore());
          return seen.length;
        },
        ttl: 60_000,
        retry: quick,
      });
    const outside = make();
    await als.run('request', async () => {
      const inside = make();
      for (const cache of [outside, inside]) {
        await cache.get();
        await cache.get({ maxAge: 0 });
        await cache.refresh();
        await cache.invalidate();
        cache.start();
        await cache.ready();
        expect(als.getStore()).toBe('request');
        await cache.stop();
      }
    });
    expect(seen.length).toBeGreaterThan(20);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it('is not kept alive by a timer', async () => {
    expect(await run('context.ts', '', '--expose-gc')).toBe('collected 5 of 5');
  });
});
