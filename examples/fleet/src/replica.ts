// One process of the service: keeps the leaderboard hot, answers readers all the time, and tells whoever started it.
import { setTimeout as delay } from 'node:timers/promises';
import { measured, queryOf } from 'leaderboard-demo';
import pg from 'pg';
import { createClient } from 'redis';
import { WarmCache } from 'warm-cache';
import { Leaderboard, type LeaderboardEntry, leaderboardCodec } from 'warm-cache/leaderboard';
import { redisTier } from 'warm-cache/redis';
import type { News, Order, Rated, ReplicaConfig } from './protocol.ts';

/** Ms between two readers. */
const READ_INTERVAL = 10;
/** How many of them are told of at once. */
const TOLD_AT_ONCE = 10;

const config = JSON.parse(process.argv[2] ?? '') as ReplicaConfig;
const pool = new pg.Pool({
  connectionString: config.database,
  application_name: config.name,
  statement_timeout: config.loadTimeout,
  max: 2,
});
// A connection that breaks fails the query on it; nothing else is to come of it.
pool.on('error', () => {});
const redis = config.redis && (await connected(config.redis.url));

const cache = new WarmCache({
  name: 'leaderboard',
  // One query a load, whatever it brings: the database counts them.
  loader: async ({ signal }) => {
    const sql = 'select list from fleet_demo.board($1) as list';
    const { rows } = await pool.query<{ list: LeaderboardEntry[] }>(sql, [config.name]);
    return Leaderboard.from(
      rows.flatMap(({ list }) => list),
      { signal },
    );
  },
  // Fresh for longer than until the next load, which one process makes for all: it may be late where one is killed.
  ttl: 3 * config.interval,
  maxStale: 600_000,
  refreshInterval: config.interval,
  // Not a little shorter each time, for what is counted here is loads an interval.
  jitter: 0,
  loadTimeout: config.loadTimeout,
  codec: leaderboardCodec(),
  ...(redis && config.redis ? { shared: redisTier(redis, { key: config.redis.key }) } : {}),
});

let watched: Omit<Rated, 'score'> | undefined;
let isOn = true;
let times: number[] = [];
let [waited, failed] = [0, 0];

/** A client that fails at once while the server is gone, and is back soon after it is. */
async function connected(url: string): Promise<ReturnType<typeof clientOf>> {
  const client = clientOf(url);
  // The cache tells of it.
  client.on('error', () => {});
  return client.connect();
}

function clientOf(url: string) {
  return createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 200 } });
}

function tell(news: News): void {
  if (process.connected) process.send?.(news, undefined, undefined, () => {});
}

function scoreIn(board: Leaderboard | undefined): number | null {
  if (!watched) return null;
  const [row] = board?.around(watched.player, 0, { race: watched.race }) ?? [];
  return row?.key === watched.key ? row.score : null;
}

/** Readers who come at a steady rate, each in a turn of the event loop of its own. */
async function answer(): Promise<void> {
  for (let n = 0; isOn; n += 1) {
    const reading = await measured(async () => (await cache.get()).page(queryOf(n)));
    times.push(Math.round(reading.ms * 1000) / 1000);
    if (reading.waited) waited += 1;
    if (reading.failed) failed += 1;
    if (times.length >= TOLD_AT_ONCE) tellReads();
    await delay(READ_INTERVAL);
  }
}

function tellReads(): void {
  tell({ kind: 'reads', times, waited, failed, shared: cache.health().shared });
  times = [];
  [waited, failed] = [0, 0];
}

async function write(winner: string, loser: string): Promise<void> {
  const sql = `
    select id::text as key, player_id::text as player, race, rating as score
    from report_match($1, $2) where id = $1`;
  const { rows } = await pool.query<Rated>(sql, [winner, loser]);
  const [rated] = rows as [Rated];
  tell({ kind: 'written', rated });
  await cache.invalidate();
  tell({ kind: 'told', isSeen: scoreIn(await cache.get()) === rated.score });
}

async function stop(): Promise<void> {
  if (!isOn) return;
  isOn = false;
  tellReads();
  await cache.stop();
  redis?.destroy();
  await pool.end();
  if (process.connected) process.disconnect();
}

process.on('message', (order: Order) => {
  if (order.kind === 'watch') watched = order.rated;
  else if (order.kind === 'write') void write(order.winner, order.loser);
  else void stop();
});
// Whoever started it is gone.
process.on('disconnect', () => void stop());

cache.on('load', ({ reason }) => tell({ kind: 'load', reason }));
cache.on('loadEnd', ({ outcome }) => tell({ kind: 'loadEnd', outcome }));
cache.on('refresh', ({ snapshot }) => tell({ kind: 'value', score: scoreIn(snapshot.value) }));
cache.once('refresh', ({ reason }) => {
  tell({ kind: 'warm', ms: Math.round(performance.now() - began), isShared: reason === 'shared' });
});
const began = performance.now();
cache.start();
await cache.ready();
if (process.connected) void answer();
else await stop();
