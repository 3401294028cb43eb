// Four processes that keep one leaderboard hot: each for itself, and then as a fleet that shares its loads by Redis;
// through a write, the death of the one who loads, and the loss of Redis. The database counts what it is asked.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createClient } from 'redis';
import { type SupabaseStack, startStack } from 'supabase-stack';
import { Database } from './database.ts';
import { leastSeconds, play, processNames } from './play.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { brokenPromises, textOf } from './report.ts';

const HELP = `npm run demo:fleet -- [options]

  --replicas N   processes, 2 to 16 (default 4)
  --interval N   seconds between two loads, at least 0.5 (default 2)
  --seconds N    about how long it takes, at least 15 intervals and 8 s (default 40)
  --rows N       player-races on the ladder, 10 to 1000000 (default 2000)
  --json         the result as JSON on stdout; progress goes to stderr
  --help         this text

Redis is the server that REDIS_URL names; else a redis-server or valkey-server on the PATH; else Valkey from npm.
`;

interface Flags {
  readonly replicas: number;
  readonly interval: number;
  readonly seconds: number;
  readonly rows: number;
  readonly json: boolean;
}

/** What was asked for; `undefined` where that is the help, or makes no sense. */
function flagsOf(args: readonly string[]): Flags | 'help' | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        replicas: { type: 'string', default: '4' },
        interval: { type: 'string', default: '2' },
        seconds: { type: 'string', default: '40' },
        rows: { type: 'string', default: '2000' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    const [replicas, interval] = [Number(values.replicas), Number(values.interval)];
    const [seconds, rows] = [Number(values.seconds), Number(values.rows)];
    const isRight =
      isWithin(replicas, 2, 16) &&
      isWithin(rows, 10, 1_000_000) &&
      interval >= 0.5 &&
      seconds >= leastSeconds(interval * 1000) &&
      seconds < Infinity;
    return isRight ? { replicas, interval, seconds, rows, json: values.json } : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(number: number, least: number, most: number): boolean {
  return Number.isInteger(number) && number >= least && number <= most;
}

/** Takes away what the fleet has left on a server that is not ours. */
async function forget({ url, key }: { readonly url: string; readonly key: string }): Promise<void> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.del([`warm-cache:{${key}}`, `warm-cache:{${key}}:lease`]);
  } catch {
    // What is left is forgotten there by itself.
  } finally {
    client.destroy();
  }
}

/** The exit code: 0 if all that was promised held. */
async function main(): Promise<number> {
  const flags = flagsOf(process.argv.slice(2));
  if (flags === undefined || flags === 'help') {
    (flags ? process.stdout : process.stderr).write(HELP);
    return flags ? 0 : 2;
  }
  const { replicas, seconds, rows, json } = flags;
  const interval = flags.interval * 1000;
  const progress = (text: string): void =>
    void (json ? process.stderr : process.stdout).write(text);
  const interrupted = new AbortController();
  const { signal } = interrupted;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interrupted.abort());
  }
  const { REDIS_URL } = process.env;
  let stack: SupabaseStack | undefined;
  let server: RedisServer | undefined;
  let foreign: { readonly url: string; readonly key: string } | undefined;
  try {
    progress(`0/6  PostgreSQL starts, with ${rows.toLocaleString('en')} player-races, and Redis: `);
    if (REDIS_URL) {
      // Nobody else's cache is to have this board.
      foreign = { url: REDIS_URL, key: `leaderboard-demo-${randomBytes(6).toString('hex')}` };
    } else server = await startRedis({ signal });
    progress(`${server?.program ?? 'REDIS_URL'}\n`);
    stack = await startStack({ rows, signal });
    const { before, after } = processNames(replicas);
    const database = await Database.of(stack, [...before, ...after]);
    const outcome = await play(database, {
      replicas,
      seconds,
      interval,
      redis: foreign ?? { url: server?.url ?? '', key: 'leaderboard' },
      redisServer: server,
      signal,
      progress,
    });
    const broken = brokenPromises(outcome);
    if (json) {
      const program = server?.program ?? 'REDIS_URL';
      process.stdout.write(
        `${JSON.stringify({ rows, interval, redis: program, ...outcome, broken })}\n`,
      );
    } else progress(textOf(outcome, interval));
    for (const sentence of broken) process.stderr.write(`Not as promised: ${sentence}.\n`);
    return broken.length === 0 ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    progress('\nInterrupted: everything is stopped.\n');
    return 0;
  } finally {
    await Promise.all([stack?.stop(), server?.stop(), foreign && forget(foreign)]);
  }
}

process.exitCode = await main();
