import { fleetSql, postgresStore } from 'warm-cache/postgres';
import type { FleetStore } from '../../src/fleet/store.ts';
import { describeStore } from '../support/fleet/conformance.ts';
import { PostgresServer } from './postgres-server.ts';

/** Hashes are short. Here some are as long as their payloads, and a message is at most 8,000 bytes. */
function withShortHashes(store: FleetStore): FleetStore {
  const short = (hash: string): string => (hash.length > 1000 ? `#${hash.length}` : hash);
  return {
    ...store,
    put: (call, content) => store.put(call, { ...content, hash: short(content.hash) }),
  };
}

describeStore('PostgreSQL', async () => {
  const server = new PostgresServer();
  await server.start();
  await server.pool.query(fleetSql());
  const connect = () => server.connect();
  return {
    store: (key) => withShortHashes(postgresStore(server.pool, { key, connect })),
    forget: async (key) => {
      await server.pool.query('delete from warm_cache_fleet where key = $1', [key]);
    },
    close: () => server.stop(),
  };
});
