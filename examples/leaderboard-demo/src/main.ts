// A leaderboard out of a real Supabase data plane: cached lazily, as the Discord bot had it, and kept hot, side by
// side under the same traffic; through a write and an outage.
import { parseArgs } from 'node:util';
import { type SupabaseStack, startStack } from 'supabase-stack';
import { brokenPromises, textOf } from './report.ts';
import { play } from './scenario.ts';

const HELP = `npm run demo -- [options]

  --rows N      player-races on the ladder, at least 10 (default 30000)
  --seconds N   how long the traffic runs, at least 12 (default 40)
  --json        the result as JSON on stdout; progress goes to stderr
  --help        this text
`;

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '30000' },
    seconds: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function progress(text: string): void {
  (flags.json ? process.stderr : process.stdout).write(text);
}

/** The exit code: 0 if all that was promised held. */
async function main(): Promise<number> {
  const rows = Number(flags.rows);
  const seconds = Number(flags.seconds);
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!Number.isSafeInteger(rows) || rows < 10 || !(seconds >= 12 && seconds < Infinity)) {
    process.stderr.write(HELP);
    return 2;
  }

  const interrupted = new AbortController();
  const { signal } = interrupted;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interrupted.abort());
  }
  let stack: SupabaseStack | undefined;
  try {
    progress(
      `0/4  PostgreSQL and PostgREST start, with ${rows.toLocaleString('en')} player-races\n`,
    );
    stack = await startStack({ rows, signal });
    const outcome = await play(stack, { seconds, signal, progress });
    const broken = brokenPromises(outcome);
    if (flags.json) process.stdout.write(`${JSON.stringify({ rows, ...outcome, broken })}\n`);
    else progress(textOf(outcome, rows));
    for (const sentence of broken) process.stderr.write(`Not as promised: ${sentence}.\n`);
    return broken.length === 0 ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    progress('\nInterrupted: everything is stopped.\n');
    return 0;
  } finally {
    await stack?.stop();
  }
}

process.exitCode = await main();
