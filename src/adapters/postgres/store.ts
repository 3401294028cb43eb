import { createHash } from 'node:crypto';
import type {
  FleetCall,
  FleetContent,
  FleetEntry,
  FleetOutcome,
  FleetRecord,
  FleetStore,
} from '../../fleet/store.ts';
import { expect, MORE_THAN_0 } from '../../options.ts';
import type { PostgresPool } from './client.ts';
import { DEFAULT_TABLE, FUNCTION_SUFFIX } from './fleet-sql.ts';
import { nameOf, sqlOf } from './names.ts';
import { Session, type SessionOptions } from './session.ts';

/**
 * Where a record stands in PostgreSQL, and how others are heard.
 *
 * @example
 * ```ts
 * import type { PostgresStoreOptions } from 'warm-cache/postgres';
 *
 * const options: PostgresStoreOptions = { key: 'leaderboard', table: 'warm_cache.fleet', pollInterval: 5000 };
 * ```
 */
export interface PostgresStoreOptions extends Partial<Omit<SessionOptions, 'timeout'>> {
  /** Of the row: what processes with the same one share. */
  readonly key: string;
  /**
   * The table that {@link fleetSql} has made.
   * @default 'public.warm_cache_fleet'
   */
  readonly table?: string | undefined;
  /**
   * Ms from one look at the record to the next, where no messages are heard.
   * @default 1000
   */
  readonly pollInterval?: number | undefined;
  /**
   * Whether changes are told to those that listen (`connect`). The same for all of a fleet: one that doesn't tell isn't
   * heard.
   * @default whether there is `connect`
   */
  readonly notify?: boolean | undefined;
}

interface Answer extends Omit<FleetRecord, 'entry'> {
  readonly outcome: FleetOutcome | 'granted' | 'renewed' | null;
  readonly entry: Omit<FleetEntry, 'payload'> | null;
}

/** Ms beyond which a time is for ever: more than three thousand years, which the server can add to its own. */
const FOREVER = 1e14;

/**
 * The server that a fleet shares, in PostgreSQL: a row a cache.
 *
 * @throws {TypeError} An option is missing or of the wrong type.
 * @throws {RangeError} A number or a name is out of range.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { postgresStore } from 'warm-cache/postgres';
 *
 * const store = postgresStore(new pg.Pool(), { key: 'leaderboard' });
 * console.log(store.name);
 * ```
 */
export function postgresStore(pool: PostgresPool, options: PostgresStoreOptions): FleetStore {
  expect('pool.query', Object(pool).query, 'function');
  expect('options', options, 'object');
  const { key, connect, pollInterval = 1000, notify = connect !== undefined } = options;
  expect('key', key, 'string');
  const name = nameOf('table', options.table ?? DEFAULT_TABLE, FUNCTION_SUFFIX);
  if (connect !== undefined) expect('connect', connect, 'function');
  expect('pollInterval', pollInterval, [MORE_THAN_0, Number.MAX_VALUE]);
  expect('notify', notify, 'boolean');
  const channel = channelOf(sqlOf(name), key);
  const text = `SELECT o_answer, o_payload FROM ${sqlOf(name, FUNCTION_SUFFIX)}($1, $2, $3, $4)`;

  const ask = async (
    op: string,
    { source, keep, known }: FleetCall,
    about: object,
    content?: FleetContent,
  ): Promise<{ readonly outcome: Answer['outcome']; readonly record: FleetRecord }> => {
    const call = {
      ...about,
      source,
      known,
      keep: orForever(keep),
      channel: notify ? channel : null,
    };
    const values = [op, key, JSON.stringify(call), content?.payload ?? null];
    const [row] = (await pool.query(text, values)).rows;
    const { outcome, entry, ...record } = JSON.parse(String(row?.['o_answer'])) as Answer;
    // What was published just now isn't sent back.
    const payload =
      outcome === 'published' ? content?.payload : ((row?.['o_payload'] ?? undefined) as string);
    return { outcome, record: { ...record, entry: entry ? { ...entry, payload } : undefined } };
  };

  return {
    name: `${sqlOf(name)} ${key}`,
    pollInterval,
    read: async (call) => (await ask('read', call, {})).record,
    claim: async (call, { leaseTime, ...claim }) => {
      const { outcome, record } = await ask('claim', call, {
        ...claim,
        leaseTime: finite(leaseTime),
      });
      return { record, granted: outcome === 'granted' };
    },
    renew: async (call, grant, leaseTime) => {
      const { outcome } = await ask('renew', call, { ...grant, leaseTime: finite(leaseTime) });
      return outcome === 'renewed';
    },
    publish: async (call, grant, what) => {
      const content = 'payload' in what ? what : undefined;
      const { payload: _, ttl, ...rest } = { payload: '', ...what };
      const about = { ...grant, ...rest, ttl: orForever(ttl) };
      const { outcome, record } = await ask('publish', call, about, content);
      return { record, outcome: outcome as FleetOutcome };
    },
    release: async (call, grant, rest, reason) => {
      await ask('release', call, { ...grant, rest: finite(rest), reason: storable(reason) });
    },
    invalidate: async (call, purge) => (await ask('invalidate', call, { purge })).record,
    put: async (call, content) => {
      const { hash, token, ttl } = content;
      const about = { hash, token, ttl: orForever(ttl) };
      const { outcome, record } = await ask('put', call, about, content);
      return { record, outcome: outcome as 'published' | 'superseded' | 'unchanged' };
    },
    hear:
      connect &&
      (async (ear) => {
        const session = new Session(
          channel,
          { ...options, connect, timeout: undefined },
          {
            onPayload: (message) => ear.onMessage(message),
            onConnect: () => ear.onConnect(),
            onDisconnect: () => ear.onDisconnect(),
          },
        );
        await session.start();
        return () => session.stop();
      }),
  };
}

/** Names of channels are short, and keys needn't be. */
function channelOf(table: string, key: string): string {
  const digest = createHash('sha256').update(`${table}\n${key}`).digest('hex');
  return `warm_cache_${digest.slice(0, 40)}`;
}

/** `null`: for ever. JSON has no `Infinity`. */
function orForever(ms: number): number | null {
  return ms < FOREVER ? ms : null;
}

function finite(ms: number): number {
  return Math.min(ms, FOREVER);
}

/** What somebody else has said, without what no text of PostgreSQL holds. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}
