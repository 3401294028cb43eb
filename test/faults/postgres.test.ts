import { describe, expect, it } from 'vitest';
import { type Failure, ROWS, through } from '../support/outage.ts';
import { servers } from '../support/stack.ts';

const use = servers(ROWS);

/**
 * PostgREST says that it has no database, and when to come again: at once in the first second, then in more and more
 * seconds. A load that heeds that may be ended by its deadline.
 */
function isOfDatabase({ code, cause }: Failure): boolean {
  return cause?.name === 'SupabaseError' || code === 'ERR_LOAD_TIMEOUT';
}

describe('PostgreSQL, under a thousand readers', () => {
  it('is shut down, and started again', async () => {
    const { stack } = use;
    const failed = await through({
      url: stack.url,
      key: stack.anonKey,
      begin: () => stack.stopDatabase(),
      end: () => stack.startDatabase(),
      failures: 2,
      loadTimeout: 4000,
    });
    for (const failure of failed) expect(failure).toSatisfy(isOfDatabase);
  });

  it('crashes, and recovers', async () => {
    const { stack } = use;
    const failed = await through({
      url: stack.url,
      key: stack.anonKey,
      begin: async () => {
        process.kill(stack.pids.postgres as number, 'SIGQUIT');
        await stack.stopDatabase();
      },
      end: () => stack.startDatabase(),
      failures: 1,
      loadTimeout: 4000,
    });
    for (const failure of failed) expect(failure).toSatisfy(isOfDatabase);
  });
});
