// The bot at work. With DISCORD_TOKEN and SUPABASE_URL it is the real thing; without them a stand-in plays Discord and
// the people there, before a real Supabase stack, and it ends by itself.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startStack } from 'supabase-stack';
import { main as register } from '../../src/register.ts';
import { DiscordStandIn } from '../discord/stand-in.ts';
import { play } from './play.ts';

const HELP = `npm run demo:bot -- [options]

  --rows N   player-races on the ladder, at least 100 (default 30000)
  --help     this text

With DISCORD_TOKEN, SUPABASE_URL and SUPABASE_KEY (or a file .env that has them, in examples/discord-bot), the commands
are registered and the bot runs for real, until Ctrl-C.
`;

class Interrupted extends Error {}

/** Rejects at the first signal. */
function interruption(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => reject(new Interrupted(signal)));
  }
  promise.catch(() => {});
  return promise;
}

async function demonstrate(rows: number): Promise<void> {
  const interrupted = interruption();
  const giveUp = new AbortController();
  interrupted.catch(() => giveUp.abort());
  console.log(`PostgreSQL and PostgREST start, with ${rows.toLocaleString('en')} player-races …`);
  try {
    await using stack = await startStack({ rows, signal: giveUp.signal });
    await using discord = await new DiscordStandIn().start();
    await play(stack, discord, interrupted);
  } catch (error) {
    if (!giveUp.signal.aborted) throw error;
    console.log('\nInterrupted: everything is stopped.');
  }
}

async function forReal(): Promise<void> {
  const code = await register();
  // It runs as it is imported.
  if (code === 0) await import('../../src/main.ts');
  else process.exitCode = code;
}

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '30000' },
    help: { type: 'boolean', default: false },
  },
});
const rows = Number(flags.rows);
const envFile = fileURLToPath(new URL('../../.env', import.meta.url));
if (existsSync(envFile)) process.loadEnvFile(envFile);
const { DISCORD_TOKEN, SUPABASE_URL } = process.env;
if (flags.help) console.log(HELP);
else if (!Number.isSafeInteger(rows) || rows < 100) {
  console.error(HELP);
  process.exitCode = 2;
} else if (DISCORD_TOKEN || SUPABASE_URL) await forReal();
else await demonstrate(rows);
