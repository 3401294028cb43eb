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
  // However this process ends, it is not to outlive it.
  const endNow = (): void => postgres.endNow();
  process.once('exit', endNow);
  await postgres.init();
  await postgres.start();
  const redis = await Redis.start();
  return {
    redis,
    socket: join(folder, SOCKET),
    async fresh() {
      await redis.ask('FLUSHALL');
      return Database.create(postgres.url());
    },
    async stop() {
      await Promise.all([redis.stop(), postgres.stop()]);
      process.off('exit', endNow);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
