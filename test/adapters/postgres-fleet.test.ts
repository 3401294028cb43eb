import { afterEach, describe, expect, it, vi } from 'vitest';
import { WarmCache } from 'warm-cache';
import { fleetSql, type PostgresTierOptions, postgresTier } from 'warm-cache/postgres';
import { postgresServer } from './postgres-server.ts';

const server = postgresServer();
const caches: WarmCache<string>[] = [];
let made: Promise<unknown> | undefined;
let count = 0;

afterEach(async () => {
  await Promise.all(caches.splice(0).map((cache) => cache.stop()));
});

/** Caches as processes have them, each with a tier of its own. */
async function fleetOf(size: number, options: Partial<PostgresTierOptions> = {}) {
  made ??= server.pool.query(fleetSql());
  await made;
  const key = `fleet ${count++}`;
  const load = vi.fn(async () => `value ${load.mock.calls.length}`);
  const fleet = Array.from({ length: size }, () => {
    const shared = postgresTier(server.pool, { key, timeout: 5000, ...options });
    const cache = new WarmCache({ name: key, loader: load, ttl: 600_000, shared });
    caches.push(cache);
    return cache;
  });
  return { fleet, load };
}

describe.each([
  ['by messages', { connect: () => server.connect() }],
  ['by polling', { pollInterval: 20 }],
])('caches that share a row, %s', (_how, options) => {
  it('have one load among them', async () => {
    const { fleet, load } = await fleetOf(5, options);
    const values = await Promise.all(fleet.map((cache) => cache.start().ready()));
    expect(new Set(values.map(({ value }) => value))).toEqual(new Set(['value 1']));
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('hear that the value is out of date, and have the next one', async () => {
    const { fleet, load } = await fleetOf(3, options);
    await Promise.all(fleet.map((cache) => cache.start().ready()));
    const { value } = await (fleet[0] as WarmCache<string>).invalidate();
    expect(value).toBe('value 2');
    await vi.waitFor(() => {
      expect(fleet.map((cache) => cache.peek()?.value)).toEqual(Array(3).fill('value 2'));
    });
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('have a value that is set by hand', async () => {
    const { fleet } = await fleetOf(2, options);
    await Promise.all(fleet.map((cache) => cache.start().ready()));
    (fleet[0] as WarmCache<string>).set('by hand');
    await vi.waitFor(() => expect(fleet[1]?.peek()?.value).toBe('by hand'));
  });
});

it('a cache loads for itself where the database can’t be asked', async () => {
  const cache = new WarmCache({
    loader: () => 'own',
    ttl: 60_000,
    shared: postgresTier(server.pool, { key: 'k', table: 'none_such' }),
  });
  caches.push(cache);
  expect((await cache.start().ready()).value).toBe('own');
});
