// A page on this machine: one leaderboard in two caches, with the same readers, live.
import { parseArgs } from 'node:util';
import { type SupabaseStack, startStack } from 'supabase-stack';
import { type LiveServer, serveLive } from './server.ts';

const HELP = `npm run demo:live -- [options]

  --port N   where the page is (default: any port that is free)
  --rows N   player-races on the ladder, 100 to 1000000 (default 20000)
  --help     this text
`;

interface Flags {
  readonly port: number;
  readonly rows: number;
}

/** What was asked for; `undefined` where that is the help, or makes no sense. */
function flagsOf(args: readonly string[]): Flags | 'help' | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '0' },
        rows: { type: 'string', default: '20000' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    const [port, rows] = [Number(values.port || Number.NaN), Number(values.rows)];
    const isPort = Number.isInteger(port) && port >= 0 && port < 65_536;
    const areRows = Number.isInteger(rows) && rows >= 100 && rows <= 1_000_000;
    return isPort && areRows ? { port, rows } : undefined;
  } catch {
    return undefined;
  }
}

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The exit code. */
async function main(): Promise<number> {
  const flags = flagsOf(process.argv.slice(2));
  if (flags === undefined || flags === 'help') {
    (flags ? process.stdout : process.stderr).write(HELP);
    return flags ? 0 : 2;
  }
  const interrupted = new AbortController();
  const { signal } = interrupted;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interrupted.abort());
  }
  let stack: SupabaseStack | undefined;
  let server: LiveServer | undefined;
  try {
    const rows = flags.rows.toLocaleString('en');
    process.stdout.write(`PostgreSQL and PostgREST start, with ${rows} player-races …\n`);
    stack = await startStack({ rows: flags.rows, signal });
    server = await serveLive(stack, { port: flags.port, signal });
    process.stdout.write(`\n  ${server.url}\n\nCtrl-C ends everything.\n`);
    await aborted(signal);
  } catch (error) {
    if (!signal.aborted) {
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${message}\n`);
      return 1;
    }
  } finally {
    await server?.stop();
    await stack?.stop();
  }
  process.stdout.write('\nEverything is stopped.\n');
  return 0;
}

process.exitCode = await main();
