import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Postgres } from '../../examples/supabase-stack/src/postgres.ts';
import { sharedRedis } from '../../test/support/fleet/redis-server.ts';

/** Where the servers are that processes share. */
export interface Servers {
  /** Connection string. */
  readonly postgres: string;
  readonly redis: string;
}

/** Starts a PostgreSQL and, unless there is one, a Redis, in processes of their own. */
export async function startServers(): Promise<Servers & { stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'warm-cache-postgres-'));
  const postgres = new Postgres(folder);
  // However this process ends, it is not to outlive it.
  const endNow = (): void => postgres.endNow();
  process.once('exit', endNow);
  const [redis] = await Promise.all([sharedRedis(), postgres.init().then(() => postgres.start())]);
  return {
    postgres: postgres.url(),
    redis: redis.url,
    async stop() {
      await Promise.all([redis.stop(), postgres.stop()]);
      process.off('exit', endNow);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
