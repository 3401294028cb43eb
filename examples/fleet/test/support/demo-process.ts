import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOOK = new URL('../../../../test/support/scripts/from-source.ts', import.meta.url);
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The demo in a process of its own, with a folder for all that it puts into the temporary one. */
export class DemoProcess implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<number | string | null>;

  private constructor(args: readonly string[], folder: string) {
    this.#folder = folder;
    this.#child = spawn(process.execPath, ['--import', HOOK.href, MAIN, ...args], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // Nobody is left who could write into its output: each of its processes has ended by then.
    this.#ended = once(this.#child, 'close').then(([code, signal]) => code ?? signal);
  }

  static async start(...args: string[]): Promise<DemoProcess> {
    // Short: a Unix socket is to stand in it.
    const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
    // Where it is started by root, PostgreSQL runs as somebody else.
    await chmod(folder, 0o755);
    return new DemoProcess(args, folder);
  }

  /** The exit code, or the signal that ended it. */
  get ended(): Promise<number | string | null> {
    return this.#ended;
  }

  /** Resolves when it has said such a thing on the way. */
  async said(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout + this.stderr)) {
      const { exitCode, stdout, stderr } = this.#child;
      if (exitCode !== null || !stdout || !stderr) throw new Error(`only:\n${this.stderr}`);
      await Promise.race([once(stdout, 'data'), once(stderr, 'data'), this.#ended]);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What it has in the temporary folder. */
  files(): Promise<string[]> {
    return readdir(this.#folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Not by force: what it has started is to end as well.
    this.kill('SIGTERM');
    await this.#ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
