import { randomUUID } from 'node:crypto';
import type {
  FleetCall,
  FleetContent,
  FleetGrant,
  FleetRenewal,
  FleetStore,
} from '../../fleet/store.ts';
import type { RedisCommands, RedisConnection } from './client.ts';
import { hearingOf } from './hearing.ts';
import { Reply } from './reply.ts';
import { run } from './run.ts';
import { CLAIM, INVALIDATE, PUBLISH, PUT, READ, RELEASE, RENEW, type Script } from './scripts.ts';

/** The most characters of a payload that a message carries: others read a larger one where it stands. */
const MOST_IN_MESSAGE = 4096;

/**
 * The record of one cache on a Redis server.
 *
 * @param key - Of the cache.
 * @throws {TypeError} The key is none, or `client` can't hear and there is no `subscriber` that can.
 */
export function redisStore(
  client: RedisCommands,
  key: string,
  subscriber?: RedisConnection,
): FleetStore {
  // What stands within braces decides where a cluster keeps a key. With nothing there both would go their own ways.
  if (typeof key !== 'string' || key === '' || key.startsWith('}'))
    throw new TypeError(`key must be a string that is not empty and begins with no }, got ${key}`);
  const record = `warm-cache:{${key}}`;
  const keys = [record, `${record}:lease`];
  const channel = `${record}:messages`;
  const name = `Redis ${record}`;
  const hearing = hearingOf(client, subscriber);

  const ask = async (script: Script, call: FleetCall, ...args: string[]): Promise<Reply> => {
    const { source, keep, known } = call;
    const { epoch, seq, fence, version, generation } = known;
    const head = [channel, source, randomUUID(), wholeMs(keep), epoch];
    const seen = [seq, fence, version, generation].map(String);
    return new Reply(name, await run(client, script, keys, [...head, ...seen, ...args]));
  };

  return {
    name,

    async read(call) {
      const reply = await ask(READ, call);
      reply.word('read');
      return reply.record(call.known);
    },

    async claim(call, { holder, leaseTime, have, force }) {
      const args = [holder, wholeMs(leaseTime), `${have}`, flag(force)];
      const reply = await ask(CLAIM, call, ...args);
      const granted = reply.word('granted', 'refused') === 'granted';
      return { record: reply.record(call.known), granted };
    },

    async renew(call, { epoch, holder }, leaseTime) {
      const reply = await ask(RENEW, call, epoch, holder, wholeMs(leaseTime));
      return reply.word('renewed', 'gone') === 'renewed';
    },

    async publish(call, grant, what) {
      const reply = await ask(PUBLISH, call, ...granted(grant), ...published(what));
      const outcome = reply.word('published', 'unchanged', 'superseded', 'missing');
      const own = outcome === 'published' && 'payload' in what ? what.payload : undefined;
      return { record: reply.record(call.known, own), outcome };
    },

    async release(call, { epoch, holder }, rest, reason) {
      const reply = await ask(RELEASE, call, epoch, holder, rest > 0 ? wholeMs(rest) : '', reason);
      reply.word('released', 'gone');
    },

    async invalidate(call, purge) {
      const reply = await ask(INVALIDATE, call, purge ? 'purge' : 'invalidate');
      reply.word('invalidated');
      return reply.record(call.known);
    },

    async put(call, content) {
      const reply = await ask(PUT, call, ...contentOf(content));
      const outcome = reply.word('published', 'unchanged', 'superseded');
      const own = outcome === 'published' ? content.payload : undefined;
      return { record: reply.record(call.known, own), outcome };
    },

    hear: (ear) => hearing.hear(channel, ear),
    // Messages are heard.
    pollInterval: 1_000,
  };
}

function granted({ epoch, generation, fence, holder }: FleetGrant): string[] {
  return [epoch, `${generation}`, `${fence}`, holder];
}

function published(what: FleetContent | FleetRenewal): string[] {
  if ('version' in what) return [`${what.version}`, '', what.token, ttlOf(what), '0', ''];
  return ['', ...contentOf(what)];
}

function contentOf(content: FleetContent): string[] {
  const { payload, hash, token } = content;
  return [hash, token, ttlOf(content), flag(payload.length <= MOST_IN_MESSAGE), payload];
}

/** `''` stands for: for ever. */
function ttlOf({ ttl }: { readonly ttl: number }): string {
  return ttl > 0 ? wholeMs(ttl) : '0';
}

/** Servers take whole ms, and none is no time to them. `''` stands for: for ever. */
function wholeMs(ms: number): string {
  return ms < Number.MAX_SAFE_INTEGER ? `${Math.max(1, Math.round(ms))}` : '';
}

function flag(is: boolean): string {
  return is ? '1' : '0';
}
