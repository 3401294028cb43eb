import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Postgres } from '../../examples/supabase-stack/src/postgres.ts';
import { Database } from './database.ts';
import { Redis } from './redis.ts';

/** PostgreSQL's name for its socket in a folder. */
const SOCKET = '.s.PGSQL.5432';

/** The servers that fleets are held to, one after another. */
export interface Servers {
  readonly redis: Redis;
  /** Of the PostgreSQL. */
  readonly socket: string;
  /** Empty, as if nobody had ever been there. */
  fresh(): Promise<Database>;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), 'warm-cache-proof-'));
  const postgres = new Postgres(folder);
  // However this process ends, none of them is to outlive it.
  let redis: Redis | undefined;
  const endNow = (): void => {
    redis?.endNow();
    postgres.endNow();
  };
  process.once('exit', endNow);
  await postgres.init();
  await postgres.start();
  const started = await Redis.start();
  redis = started;
  return {
    redis: started,
    socket: join(folder, SOCKET),
    async fresh() {
      await started.ask('FLUSHALL');
      return Database.create(postgres.url());
    },
    async stop() {
      await Promise.all([started.end(), postgres.stop()]);
      process.off('exit', endNow);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
