import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateway } from './gateway.ts';
import { makeKeys } from './keys.ts';
import { runSql, startPostgres } from './postgres.ts';
import { Postgrest } from './postgrest.ts';

export { LANE_HEADER } from './gateway.ts';

export interface StackOptions {
  /**
   * Player-races on the ladder.
   * @default 30_000
   */
  readonly rows?: number;
  /**
   * The same seed gives the same ladder.
   * @default 1
   */
  readonly seed?: number;
  /**
   * Rows at most in one answer, as Supabase caps them.
   * @default 1000
   */
  readonly maxRows?: number;
}

/** A Supabase data plane of one's own: PostgreSQL, PostgREST, and the hop in front of it. */
export interface SupabaseStack extends AsyncDisposable {
  /** For `createClient`. */
  readonly url: string;
  /** For `createClient`: reads the board and reports matches. */
  readonly anonKey: string;
  /** For `createClient`: may do everything. */
  readonly serviceKey: string;
  /** For `pg`: the superuser. */
  readonly connectionString: string;
  /** Requests so far of the clients that send this `x-lane` header. */
  requests(lane?: string): number;
  /** Kills PostgREST, without a word. */
  killApi(): Promise<void>;
  startApi(): Promise<void>;
  /** Freezes PostgREST: connections are accepted, and nothing is answered. */
  pauseApi(): void;
  resumeApi(): void;
  stopDatabase(): Promise<void>;
  startDatabase(): Promise<void>;
  /** Ends every process, and removes the folder. */
  stop(): Promise<void>;
}

/** Starts it all; what was started is ended again should any of it fail. */
export async function startStack(options: StackOptions = {}): Promise<SupabaseStack> {
  const { rows = 30_000, seed = 1, maxRows = 1000 } = options;
  const endings: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    // The last one started is the first to end, and each is ended though another failed to.
    const results: PromiseSettledResult<unknown>[] = [];
    for (let end = endings.pop(); end; end = endings.pop()) {
      results.push(...(await Promise.allSettled([end()])));
    }
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  };
  try {
    return await start({ rows, seed, maxRows }, endings, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  { rows, seed, maxRows }: Required<StackOptions>,
  endings: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<SupabaseStack> {
  const folder = await mkdtemp(join(tmpdir(), 'supabase-stack-'));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  // Run by root, the server belongs to another user, who must get to it.
  await chmod(folder, 0o755);
  const postgres = await startPostgres(folder);
  endings.push(() => postgres.stop());
  await runSql(postgres, await sql('schema'), fill(await sql('seed'), { rows, seed }));
  const { secret, anonKey, serviceKey } = await makeKeys();
  const postgrest = await Postgrest.start(postgres.authenticatorUrl, secret, maxRows);
  endings.push(() => postgrest.kill());
  const gateway = await Gateway.start(postgrest.port);
  endings.push(() => gateway.stop());
  return {
    url: `http://127.0.0.1:${gateway.port}`,
    anonKey,
    serviceKey,
    connectionString: postgres.connectionString,
    requests: (lane = '') => gateway.requests.get(lane) ?? 0,
    killApi: () => postgrest.kill(),
    startApi: () => postgrest.start(),
    pauseApi: () => postgrest.pause(),
    resumeApi: () => postgrest.resume(),
    stopDatabase: () => postgres.stop(),
    startDatabase: () => postgres.start(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function sql(name: string): Promise<string> {
  return readFile(new URL(`${name}.sql`, import.meta.url), 'utf8');
}

/** Puts numbers in for their `:name`s. */
function fill(script: string, numbers: Readonly<Record<string, number>>): string {
  return script.replace(/:([a-z]+)\b/g, (whole, name: string) => String(numbers[name] ?? whole));
}
