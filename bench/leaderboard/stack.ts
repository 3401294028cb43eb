import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Source } from './source.ts';

/**
 * Starts PostgreSQL, PostgREST and the gateway with a ladder of so many rows, apart from this process.
 *
 * @param nice - How far their processes stand back, from -20 to 19.
 */
export async function startStackApart(
  rows: number,
  nice: number,
): Promise<Source & { [Symbol.asyncDispose](): Promise<void> }> {
  // In a session of its own, since cores are shared among sessions first.
  const child = fork(join(import.meta.dirname, 'stack-process.ts'), [String(rows), String(nice)], {
    detached: true,
  });
  const ended = once(child, 'exit');
  const source = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
  if (!source) throw new Error('the stack did not start');
  return {
    ...(source[0] as Source),
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await ended;
    },
  };
}
