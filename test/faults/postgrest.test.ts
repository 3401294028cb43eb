import { describe, expect, it } from 'vitest';
import { ROWS, through } from '../support/outage.ts';
import { servers } from '../support/stack.ts';

const use = servers(ROWS);

describe('PostgREST, under a thousand readers', () => {
  it('is killed, and started again', async () => {
    const { stack } = use;
    const failed = await through({
      url: stack.url,
      key: stack.anonKey,
      begin: () => stack.stopApi(),
      end: () => stack.startApi(),
      failures: 5,
    });
    expect(failed.at(-1)).toMatchObject({
      code: 'ERR_LOAD_FAILED',
      cause: { name: 'SupabaseError', status: 502 },
    });
  });

  it('is frozen, and goes on', async () => {
    const { stack } = use;
    const failed = await through({
      url: stack.url,
      key: stack.anonKey,
      begin: () => stack.pauseApi(),
      end: () => stack.resumeApi(),
      failures: 2,
      loadTimeout: 2500,
    });
    expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(['ERR_LOAD_TIMEOUT']));
  });
});
