// A leaderboard out of a real Supabase data plane: cached lazily, as the Discord bot had it, and kept hot, side by
// side under the same traffic; through a write and an outage. With `--filters`, the pages of all its filters: reloaded by
// one interval, and kept hot by a map.
import { parseArgs } from 'node:util';
import { type SupabaseStack, startStack } from 'supabase-stack';
import { brokenFilterPromises, filtersTextOf } from './filters-report.ts';
import { playFilters } from './filters-scenario.ts';
import { Instruments, type Seen } from './instruments.ts';
import { brokenPromises, textOf } from './report.ts';
import { play, type ScenarioOptions } from './scenario.ts';

const HELP = `npm run demo -- [options]

  --rows N      player-races on the ladder, at least 10 (default 30000)
  --seconds N   how long the traffic runs, at least 12 (default 40; with --filters 20, each way)
  --filters     the pages of all filters: in a map, and by hand with one interval for all
  --metrics     serve /metrics, /readyz and /healthz of the cache meanwhile
  --port N      where, on 127.0.0.1 (default 9464)
  --json        the result as JSON on stdout; progress goes to stderr
  --help        this text
`;

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '30000' },
    seconds: { type: 'string' },
    filters: { type: 'boolean', default: false },
    metrics: { type: 'boolean', default: false },
    port: { type: 'string', default: '9464' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function progress(text: string): void {
  (flags.json ? process.stderr : process.stdout).write(text);
}

/** What there is to show: the outcome as it is and for people, and what did not hold. */
interface Shown {
  readonly outcome: object;
  readonly text: string;
  readonly broken: readonly string[];
}

async function showBoard(
  stack: SupabaseStack,
  rows: number,
  options: ScenarioOptions,
): Promise<Shown> {
  const outcome = await play(stack, options);
  return { outcome, text: textOf(outcome, rows), broken: brokenPromises(outcome) };
}

async function showFilters(stack: SupabaseStack, options: ScenarioOptions): Promise<Shown> {
  const outcome = await playFilters(stack, options);
  return { outcome, text: filtersTextOf(outcome), broken: brokenFilterPromises(outcome) };
}

/** The exit code: 0 if all that was promised held. */
async function main(): Promise<number> {
  const rows = Number(flags.rows);
  const seconds = Number(flags.seconds ?? (flags.filters ? 20 : 40));
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const port = Number(flags.port);
  const isRight =
    Number.isSafeInteger(rows) &&
    rows >= 10 &&
    seconds >= 12 &&
    seconds < Infinity &&
    Number.isInteger(port) &&
    port >= 0 &&
    port < 65_536;
  if (!isRight) {
    process.stderr.write(HELP);
    return 2;
  }

  const interrupted = new AbortController();
  const { signal } = interrupted;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interrupted.abort());
  }
  let stack: SupabaseStack | undefined;
  const instruments = flags.metrics ? new Instruments() : undefined;
  try {
    const address = await instruments?.listen(port);
    if (address) progress(`${address}/metrics, /readyz and /healthz tell of the cache\n`);
    progress(
      `0/4  PostgreSQL and PostgREST start, with ${rows.toLocaleString('en')} player-races\n`,
    );
    stack = await startStack({ rows, signal });
    const onCache = (cache: Seen): void => instruments?.see(cache);
    const options = { seconds, signal, progress, onCache };
    const { outcome, text, broken } = flags.filters
      ? await showFilters(stack, options)
      : await showBoard(stack, rows, options);
    if (flags.json) process.stdout.write(`${JSON.stringify({ rows, ...outcome, broken })}\n`);
    else progress(text);
    for (const sentence of broken) process.stderr.write(`Not as promised: ${sentence}.\n`);
    return broken.length === 0 ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    progress('\nInterrupted: everything is stopped.\n');
    return 0;
  } finally {
    await Promise.all([stack?.stop(), instruments?.stop()]);
  }
}

process.exitCode = await main();
