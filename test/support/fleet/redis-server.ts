import { randomBytes } from 'node:crypto';
import { startRedis } from '../../../examples/fleet/src/redis-server.ts';

export {
  type RedisServer,
  redisBinary,
  startRedis,
} from '../../../examples/fleet/src/redis-server.ts';

/** A server to test against, whoever's it is. */
export interface SharedRedis {
  readonly url: string;
  /** For the keys of caches: others may have theirs on the same server. */
  readonly prefix: string;
  /** Whether all of it may be deleted. */
  readonly isOwn: boolean;
  stop(): Promise<void>;
}

/** The server that `REDIS_URL` names, or one of one's own. */
export async function sharedRedis(): Promise<SharedRedis> {
  const prefix = `test-${randomBytes(6).toString('hex')}-`;
  const url = process.env['REDIS_URL'];
  if (url) return { url, prefix, isOwn: false, stop: async () => {} };
  const server = await startRedis();
  return { url: server.url, prefix, isOwn: true, stop: () => server.stop() };
}
