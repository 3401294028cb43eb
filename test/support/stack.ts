import { type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { FaultyHop } from './faulty-hop.ts';
import { openHandles } from './open-handles.ts';

/** PostgreSQL, PostgREST and a gateway, with a hop in front of them that can be told to fail. */
export interface Servers {
  readonly stack: SupabaseStack;
  readonly hop: FaultyHop;
}

/** Starts servers for the tests of a file, after which nothing may be open that was not before. */
export function servers(rows: number): Servers {
  const given = {} as { -readonly [K in keyof Servers]: Servers[K] };
  let before: string[];
  beforeAll(async () => {
    before = openHandles();
    given.stack = await startStack({ rows });
    given.hop = new FaultyHop(given.stack.url);
    await given.hop.listen();
  });
  afterAll(async () => {
    await given.hop?.close();
    await given.stack?.stop();
    // The client's ends of the connections hear of it by and by.
    await vi.waitFor(() => expect(openHandles()).toEqual(before), { timeout: 30_000 });
  });
  return given;
}
