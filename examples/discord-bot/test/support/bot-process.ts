import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config.ts';

const HOOK = new URL('../../../../test/support/scripts/from-source.ts', import.meta.url);

export interface BotProcessOptions {
  /** A script, by its path from the example's folder. */
  readonly script: string;
  readonly env: NodeJS.ProcessEnv;
  /** Whether the library comes from its source, as in tests, or as it was built. */
  readonly fromSource?: boolean;
  /** Told of each line that it prints. */
  readonly onLine?: (line: string) => void;
}

/** A script of the bot in a process of its own, and what it prints. */
export class BotProcess implements AsyncDisposable {
  output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string | null>;

  constructor({ script, env, fromSource = true, onLine }: BotProcessOptions) {
    const { PATH, HOME } = process.env;
    this.#child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        ...(fromSource ? ['--import', HOOK.href] : []),
        pathOf(script),
      ],
      { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream && onLine) createInterface({ input: stream }).on('line', onLine);
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    // Its output has ended by then, too.
    this.#ended = once(this.#child, 'close').then(([code, signal]) => code ?? signal);
  }

  /** The exit code, or the signal that ended it. */
  get ended(): Promise<number | string | null> {
    return this.#ended;
  }

  /** Resolves when it has printed such a thing. */
  async printed(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output)) {
      const { exitCode, stdout, stderr } = this.#child;
      if (exitCode !== null || !stdout || !stderr) throw new Error(`only:\n${this.output}`);
      await Promise.race([once(stdout, 'data'), once(stderr, 'data'), this.#ended]);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** The environment of a bot that is configured so. */
export function envOf(config: Config): NodeJS.ProcessEnv {
  return {
    DISCORD_TOKEN: config.token,
    DISCORD_API: config.discordApi,
    DISCORD_GUILD_ID: config.guildId,
    REFRESH_SECONDS: String(config.refreshInterval / 1000),
    SUPABASE_URL: config.supabaseUrl,
    SUPABASE_KEY: config.supabaseKey,
  };
}

function pathOf(script: string): string {
  return fileURLToPath(new URL(`../../${script}`, import.meta.url));
}
