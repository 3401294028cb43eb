import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fleetSql, type PostgresPool, postgresStore } from 'warm-cache/postgres';
import { messageIn } from '../../src/fleet/message.ts';
import type { FleetCall, FleetContent, FleetGrant, FleetStore } from '../../src/fleet/store.ts';
import { openHandles } from '../support/open-handles.ts';
import { postgresServer } from './postgres-server.ts';

const server = postgresServer();
const TABLE = 'fleets."Of caches"';
const nothing = { epoch: '', seq: 0, generation: 0, fence: 0, version: 0 };
const call: FleetCall = { source: 'me', keep: 3_600_000, known: nothing };

let made: Promise<unknown> | undefined;
let count = 0;

/** A store of a key of its own. */
async function storeOf(options: object = {}, pool: PostgresPool = server.pool) {
  made ??= server.pool.query(`create schema fleets; ${fleetSql({ table: TABLE })}`);
  await made;
  const key = `key ${count++}`;
  return { key, store: postgresStore(pool, { key, table: TABLE, ...options }) };
}

const content = (payload: string, more: Partial<FleetContent> = {}): FleetContent => ({
  payload,
  hash: `hash of ${payload.slice(0, 10)}`,
  token: '',
  ttl: 60_000,
  ...more,
});

async function granted(store: FleetStore, holder = 'h1', have = 0): Promise<FleetGrant> {
  const claim = { holder, leaseTime: 30_000, have, force: false };
  const { record, granted } = await store.claim(call, claim);
  expect(granted).toBe(true);
  return { epoch: record.epoch, generation: record.generation, fence: record.fence, holder };
}

/** Sets a value by hand, knowing all that there is. */
async function put(store: FleetStore, what: FleetContent) {
  const { epoch, seq, generation, fence } = await store.read(call);
  return store.put({ ...call, known: { epoch, seq, generation, fence, version: 0 } }, what);
}

/** Which version of its row stands there: another one, and it was written or locked. */
async function rowOf(key: string): Promise<unknown> {
  const text = `select xmin::text, xmax::text, ctid::text, expires_at from ${TABLE} where key = $1`;
  return (await server.pool.query(text, [key])).rows[0];
}

const connect = () => server.connect();
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('a record in PostgreSQL', () => {
  it('is made once, by however many ask for it at once', async () => {
    const { store } = await storeOf();
    const claims = Array.from({ length: 20 }, (_, i) =>
      store.claim(call, { holder: `h${i}`, leaseTime: 30_000, have: 0, force: false }),
    );
    const answers = await Promise.all(claims);
    expect(answers.filter(({ granted }) => granted)).toHaveLength(1);
    expect(new Set(answers.map(({ record }) => record.epoch)).size).toBe(1);
    expect(new Set(answers.map(({ record }) => record.fence))).toEqual(new Set([1]));
  });

  it('takes neither a lock nor a write where it is looked at alone', async () => {
    const { key, store } = await storeOf();
    await store.publish(call, await granted(store), content('a'));
    await granted(store, 'h2', 1);
    const before = await rowOf(key);
    const holder = await server.connect();
    await holder.query('begin');
    await holder.query(`select from ${TABLE} where key = $1 for update`, [key]);
    const { record, granted: isIn } = await store.claim(call, {
      holder: 'h3',
      leaseTime: 30_000,
      have: 1,
      force: false,
    });
    expect(isIn).toBe(false);
    expect(await store.read(call)).toMatchObject({ epoch: record.epoch, fence: 2 });
    await holder.query('rollback');
    await holder.end();
    expect(await rowOf(key)).toMatchObject({ ctid: (before as { ctid: string }).ctid });
  });

  it('goes by the time at which it has the lock, not by that at which it asked', async () => {
    const { key, store } = await storeOf();
    const grant = await granted(store);
    const other = await server.connect();
    await other.query('begin');
    await other.query(`select from ${TABLE} where key = $1 for update`, [key]);
    // A look takes no lock.
    const asked = { holder: 'h2', leaseTime: 20_000, have: 0, force: false };
    expect((await store.claim(call, asked)).granted).toBe(false);
    const renewed = store.renew(call, grant, 30_000);
    const WAITING = `select from pg_stat_activity
      where wait_event_type = 'Lock' and query like '%Of caches%'`;
    await vi.waitFor(async () => {
      expect((await server.pool.query(WAITING)).rows).toHaveLength(1);
    });
    // The lease falls while it waits for the row.
    await other.query(`update ${TABLE} set lease_until = clock_timestamp() where key = $1`, [key]);
    await other.query('commit');
    await other.end();
    expect(await renewed).toBe(false);
    const next = await store.claim(call, {
      holder: 'h3',
      leaseTime: 20_000,
      have: 0,
      force: false,
    });
    expect(next.granted).toBe(true);
    expect(next.record.leaseLeft).toBeGreaterThan(19_000);
  });

  it('lives a little longer than asked, so that it need not be written at each look', async () => {
    const { key, store } = await storeOf();
    await store.read(call);
    const before = await rowOf(key);
    await store.read(call);
    expect(await rowOf(key)).toEqual(before);
    const left = async (): Promise<number> => {
      const text = `select extract(epoch from expires_at - now())::float8 as left from ${TABLE} where key = $1`;
      return (await server.pool.query(text, [key])).rows[0].left;
    };
    expect(await left()).toBeGreaterThan(3600);
    expect(await left()).toBeLessThan(3600 + 61);
    // Others keep it for less, or for ever.
    await store.read({ ...call, keep: 1000 });
    expect(await left()).toBeLessThan(1.3);
    await store.read({ ...call, keep: Infinity });
    expect(await left()).toBe(Infinity);
  });

  it('is another one once nobody has asked for it for that long', async () => {
    const { key, store } = await storeOf();
    await store.publish(call, await granted(store), content('a'));
    const { epoch } = await store.read(call);
    await server.pool.query(`update ${TABLE} set expires_at = now() where key = $1`, [key]);
    const record = await store.read(call);
    expect(record).toMatchObject({ seq: 0, fence: 0, generation: 0, entry: undefined });
    expect(record.epoch).not.toBe(epoch);
    const { rows } = await server.pool.query(`select payload from ${TABLE} where key = $1`, [key]);
    expect(rows).toEqual([{ payload: null }]);
    // Nothing of the one before is left in it.
    await store.invalidate(call, false);
    await store.publish(call, await granted(store), content('b'));
    await server.pool.query(`update ${TABLE} set expires_at = now() where key = $1`, [key]);
    expect((await store.put(call, content('c'))).record.entry).toMatchObject({
      version: 1,
      generation: 0,
      fence: 1,
    });
  });

  it('counts what is longer than the server’s own time as for ever', async () => {
    const { key, store } = await storeOf({ connect });
    const long = { holder: 'h1', leaseTime: Number.MAX_VALUE, have: 0, force: false };
    const { record, granted } = await store.claim({ ...call, keep: Number.MAX_VALUE }, long);
    expect(granted).toBe(true);
    expect(record.leaseLeft).toBeGreaterThan(1e13);
    const { rows } = await server.pool.query(
      `select expires_at = 'infinity' as is_for_ever from ${TABLE} where key = $1`,
      [key],
    );
    expect(rows).toEqual([{ is_for_ever: true }]);
    const { promise, resolve } = Promise.withResolvers<string>();
    const stop = await store.hear?.({ onMessage: resolve, onConnect() {}, onDisconnect() {} });
    if (stop) stops.push(stop);
    await put(store, content('a', { ttl: Number.MAX_VALUE }));
    expect(messageIn(await promise)?.ttlLeft).toBe(null);
  });

  it('has what is set by hand where the caller has seen all, and is invalidated else', async () => {
    const { store } = await storeOf();
    const { record } = await store.put(call, content('a'));
    const { epoch } = record;
    await store.invalidate(call, false);
    const outcome = async (known: object): Promise<unknown> => {
      const answer = await store.put({ ...call, known: { ...nothing, ...known } }, content('b'));
      const { generation, entry } = answer.record;
      return [answer.outcome, generation, entry?.payload];
    };
    expect(await outcome({})).toEqual(['superseded', 2, 'a']);
    expect(await outcome({ epoch, generation: 2 })).toEqual(['superseded', 3, 'a']);
    expect(await outcome({ epoch, generation: 2, fence: 1 })).toEqual(['superseded', 4, 'a']);
    expect(await outcome({ epoch: 'b', generation: 4, fence: 1 })).toEqual(['superseded', 5, 'a']);
    expect(await outcome({ epoch, generation: 5, fence: 1 })).toEqual(['published', 5, 'b']);
  });

  it('is there however the pool hands out its connections, and whatever their search path is', async () => {
    const client = await server.connect();
    await client.query(
      `set search_path = ''; set timezone = 'Asia/Kathmandu'; set datestyle = 'SQL, DMY'`,
    );
    const { key, store } = await storeOf({}, client);
    await put(store, content('a'));
    const { store: other } = { store: postgresStore(server.pool, { key, table: TABLE }) };
    expect((await other.read(call)).entry).toMatchObject({ payload: 'a', version: 1 });
    await client.end();
  });

  it('holds any text, and says of a failure what can be stored of it', async () => {
    const { store } = await storeOf();
    const payload = `"\\u0000' $1 %s \\ é 😀 ${'x'.repeat(100_000)}`;
    await store.publish(call, await granted(store), content(payload, { token: '"\\u0000"' }));
    expect((await store.read(call)).entry).toMatchObject({ payload, token: '"\\u0000"' });
    const grant = await granted(store, 'h2', 1);
    await store.release(call, grant, 30_000, 'a\0b\ud800');
    expect((await store.read(call)).resting).toBe('ab\ufffd');
  });

  it('asks with no more than one statement, that is not prepared by name', async () => {
    const query = vi.fn((text: string, values: unknown[]) => server.pool.query(text, values));
    const { store } = await storeOf({}, { query });
    const grant = await granted(store);
    await store.renew(call, grant, 30_000);
    await store.publish(call, grant, content('a'));
    await store.release(call, grant, 0, '');
    await store.invalidate(call, false);
    await store.put(call, content('b'));
    await store.read(call);
    expect(query).toHaveBeenCalledTimes(7);
    for (const given of query.mock.calls) {
      expect(given).toEqual([expect.stringMatching(/^SELECT [^;]*$/), expect.any(Array)]);
    }
  });

  it('is sent no value that it has just sent, or has', async () => {
    const sent: unknown[] = [];
    const query = async (text: string, values: unknown[]) => {
      const { rows } = await server.pool.query(text, values);
      sent.push(rows[0].o_payload);
      return { rows };
    };
    const { store } = await storeOf({}, { query });
    const { record } = await store.publish(call, await granted(store), content('a'));
    expect(record.entry?.payload).toBe('a');
    const next = await store.publish(call, await granted(store, 'h2', 1), content('b'));
    expect(next.record.entry?.payload).toBe('b');
    const known = { ...nothing, epoch: record.epoch, version: 2 };
    expect((await store.read({ ...call, known })).entry?.payload).toBeUndefined();
    // The second claim was told of the first value.
    expect(sent).toEqual([null, null, 'a', null, null]);
  });

  it('rejects with what the server says', async () => {
    const store = postgresStore(server.pool, { key: 'k', table: 'fleets.none' });
    await expect(store.read(call)).rejects.toThrow('"fleets.none_v1"'.replaceAll('"', ''));
  });
});

describe('its table and function', () => {
  it('need no more rights than are granted, and nobody else has any', async () => {
    await server.pool.query(`
      create role app login; create role stranger login; create schema apart;
      ${fleetSql({ table: 'apart.fleet', role: 'app' })}`);
    const options = { key: 'k', table: 'apart.fleet' };
    const app = await server.connect('app');
    const store = postgresStore(app, { ...options, notify: true });
    const grant = await granted(store);
    expect(await store.renew(call, grant, 30_000)).toBe(true);
    expect(await store.publish(call, grant, content('a'))).toMatchObject({ outcome: 'published' });
    await store.release(call, await granted(store, 'h2', 1), 10, 'why');
    await store.invalidate(call, true);
    await put(store, content('b'));
    await store.read(call);
    await expect(app.query('delete from apart.fleet')).rejects.toThrow('permission denied');
    await expect(app.query('truncate apart.fleet')).rejects.toThrow('permission denied');
    const stranger = await server.connect('stranger');
    await expect(postgresStore(stranger, options).read(call)).rejects.toThrow('permission denied');
    await server.pool.query('grant usage on schema apart to stranger');
    await expect(postgresStore(stranger, options).read(call)).rejects.toThrow(
      'permission denied for function fleet_v1',
    );
    // Who may call it has the rights of a caller alone.
    await server.pool.query('grant execute on function apart.fleet_v1 to stranger');
    await expect(postgresStore(stranger, options).read(call)).rejects.toThrow(
      'permission denied for table fleet',
    );
    await Promise.all([app.end(), stranger.end()]);
    const { rows } = await server.pool.query(
      `select prosecdef, proconfig from pg_proc where proname = 'fleet_v1'`,
    );
    expect(rows).toEqual([{ prosecdef: false, proconfig: ['search_path=pg_catalog, pg_temp'] }]);
  });

  it('are brought up to date by the same SQL, and keep what is there', async () => {
    const { key, store } = await storeOf();
    await put(store, content('a'));
    await server.pool.query(fleetSql({ table: TABLE }));
    const again = postgresStore(server.pool, { key, table: TABLE });
    expect((await again.read(call)).entry).toMatchObject({ payload: 'a' });
  });

  it.each([
    ['"x""; drop schema fleets; --"', '"public"."x""; drop schema fleets; --"'],
    [`o'hara`, `"public"."o'hara"`],
    ['public."a.b"', '"public"."a.b"'],
    ['$warm_cache$', '"public"."$warm_cache$"'],
    ['back\\slash', '"public"."back\\slash"'],
    ['Groß', '"public"."Groß"'],
  ])('may be called %s', async (table, name) => {
    await server.pool.query(fleetSql({ table }));
    const store = postgresStore(server.pool, { key: 'k', table });
    await put(store, content('a'));
    expect((await store.read(call)).entry?.payload).toBe('a');
    expect(store.name).toBe(`${name} k`);
  });

  it('are in the schema public by default', async () => {
    await server.pool.query(fleetSql());
    const store = postgresStore(server.pool, { key: 'k' });
    expect(store.name).toBe('"public"."warm_cache_fleet" k');
    expect((await store.read(call)).seq).toBe(0);
  });

  it.each([
    ['', TypeError],
    ['a.b.c', TypeError],
    ['a.', TypeError],
    ['"a', TypeError],
    ['a\0', TypeError],
    [7, TypeError],
    ['a'.repeat(61), RangeError],
    [`${'é'.repeat(32)}.a`, RangeError],
  ])('are not called %j', (table, error) => {
    expect(() => fleetSql({ table: table as string })).toThrow(error);
    expect(() => postgresStore(server.pool, { key: 'k', table: table as string })).toThrow(error);
  });
});

describe('messages', () => {
  /** What comes on the channel of a store. */
  async function heard(store: FleetStore) {
    const onMessage = vi.fn<(message: string) => void>();
    const onConnect = vi.fn();
    const onDisconnect = vi.fn();
    const stop = await store.hear?.({ onMessage, onConnect, onDisconnect });
    if (stop) stops.push(stop);
    const messages = () => onMessage.mock.calls.map(([text]) => messageIn(text));
    return { messages, onConnect, onDisconnect, onMessage, stop };
  }

  it('are heard by those that share the key, and by no others', async () => {
    const { key, store } = await storeOf({ connect });
    const { store: stranger } = await storeOf({ connect });
    const [mine, theirs] = [await heard(store), await heard(stranger)];
    expect(mine.onConnect).toHaveBeenCalledTimes(1);
    const other = postgresStore(server.pool, { key, table: TABLE, notify: true });
    const grant = await granted(other);
    await other.publish(call, grant, content('a'));
    await other.invalidate(call, false);
    await stranger.invalidate(call, true);
    await vi.waitFor(() => expect(mine.messages()).toHaveLength(2));
    await vi.waitFor(() => expect(theirs.messages()).toMatchObject([{ act: 'purge' }]));
    const { epoch } = grant;
    expect(mine.messages()).toMatchObject([
      { epoch, seq: 1, src: 'me', act: 'publish', version: 1, fence: 1, value: 'a' },
      { epoch, seq: 2, act: 'invalidate', generation: 1, version: 1 },
    ]);
  });

  it('of values that are fresh for ever have no end', async () => {
    const { store } = await storeOf({ connect });
    const { messages } = await heard(store);
    await put(store, content('a', { ttl: Infinity }));
    await put(store, content('b', { ttl: 5000 }));
    await vi.waitFor(() => expect(messages()).toHaveLength(2));
    expect(messages()).toMatchObject([{ ttlLeft: null }, { ttlLeft: 5000 }]);
  });

  it('carry a value up to 4,096 characters, and never more than the server takes', async () => {
    const { store } = await storeOf({ connect });
    const { messages } = await heard(store);
    const values = [
      'x'.repeat(4096),
      'x'.repeat(4097),
      'é'.repeat(4000),
      '"'.repeat(3999),
      'é'.repeat(3000),
    ];
    for (const [i, value] of values.entries()) {
      await put(store, content(value, { hash: `${i}` }));
    }
    await vi.waitFor(() => expect(messages()).toHaveLength(5));
    expect(messages().map((message) => message?.value?.length)).toEqual([
      4096,
      undefined,
      undefined,
      undefined,
      3000,
    ]);
  });

  it('are not sent where nobody is to hear them', async () => {
    const { key, store } = await storeOf({ connect });
    const { onMessage } = await heard(store);
    const silent = postgresStore(server.pool, { key, table: TABLE });
    expect(silent.hear).toBeUndefined();
    expect((await silent.invalidate(call, false)).seq).toBe(1);
    await store.invalidate(call, false);
    await vi.waitFor(() => expect(onMessage).toHaveBeenCalled());
    expect(onMessage.mock.calls.map(([text]) => messageIn(text)?.seq)).toEqual([2]);
  });

  it('are heard again on another connection after theirs was lost', async () => {
    const { store } = await storeOf({ connect, minDelay: 1 });
    const { messages, onConnect, onDisconnect } = await heard(store);
    await server.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%'`,
    );
    await vi.waitFor(() => expect(onConnect).toHaveBeenCalledTimes(2));
    expect(onDisconnect).toHaveBeenCalledTimes(1);
    await store.invalidate(call, false);
    await vi.waitFor(() => expect(messages()).toHaveLength(1));
  });

  it('leave nothing open once nobody hears them any more', async () => {
    const { store } = await storeOf({ connect });
    await store.read(call);
    const before = openHandles();
    const { stop } = await heard(store);
    expect(openHandles()).not.toEqual(before);
    await stop?.();
    await vi.waitFor(() => expect(openHandles()).toEqual(before));
  });
});

describe('what it is given', () => {
  it('is checked', () => {
    const pool = { query: async () => ({ rows: [] }) };
    const bad = (options: object) => () => postgresStore(pool, { key: 'k', ...options });
    expect(() => postgresStore({} as never, { key: 'k' })).toThrow(TypeError);
    expect(() => postgresStore(pool, undefined as never)).toThrow('`options`');
    expect(bad({ key: 7 })).toThrow('`key`');
    expect(bad({ connect: {} })).toThrow('`connect`');
    expect(bad({ pollInterval: 0 })).toThrow(RangeError);
    expect(bad({ pollInterval: Infinity })).toThrow(RangeError);
    expect(bad({ notify: 1 })).toThrow('`notify`');
    expect(bad({ connect, minDelay: 0 })).not.toThrow();
  });

  it('may be a pool or a client of pg', () => {
    const pools: PostgresPool[] = [new pg.Pool(), new pg.Client()];
    expect(pools.map((pool) => postgresStore(pool, { key: 'k' }).pollInterval)).toEqual([
      1000, 1000,
    ]);
  });
});
