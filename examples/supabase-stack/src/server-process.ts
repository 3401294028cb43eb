import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const READY_TIMEOUT = 30_000;
const POLL_INTERVAL = 20;
const END_TIMEOUT = 5000;
const LOG_LENGTH = 4000;

/** One program in a process of its own: its last words are kept, and its end is known. */
export class ServerProcess {
  readonly name: string;
  /** Resolves when the process has ended, or could not be started. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #log = '';
  #isRunning = true;

  constructor(name: string, command: string, args: readonly string[], options: SpawnOptions) {
    this.name = name;
    this.#child = spawn(command, args, {
      ...options,
      // In a session of its own: Ctrl-C in a terminal reaches whoever started it, and nobody else.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      this.#log = (this.#log + chunk).slice(-LOG_LENGTH);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => {
      const end = (cause: unknown): void => {
        if (cause instanceof Error) this.#log += cause.message;
        this.#isRunning = false;
        resolve();
      };
      this.#child.once('exit', end);
      this.#child.once('error', end);
    });
  }

  get pid(): number | undefined {
    return this.#isRunning ? this.#child.pid : undefined;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** An error that quotes what the process printed last. */
  failure(what: string): Error {
    return new Error(`${this.name} ${what}:\n${this.#log.trim() || '(it printed nothing)'}`);
  }

  /**
   * Resolves once `probe` answers yes.
   *
   * @throws {Error} The process ended first, or took too long.
   * @throws The reason of `signal`.
   */
  async untilReady(probe: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT;
    while (!(await probe())) {
      signal?.throwIfAborted();
      if (!this.#isRunning) throw this.failure('ended before it was ready');
      if (performance.now() > deadline) throw this.failure(`was not ready in ${READY_TIMEOUT} ms`);
      await delay(POLL_INTERVAL);
    }
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#isRunning) this.#child.kill(signal);
  }

  /** Sends the first signal; the next one only if the process has not ended some seconds later. */
  async end(...signals: readonly NodeJS.Signals[]): Promise<void> {
    for (const signal of signals) {
      if (!this.#isRunning) return;
      this.kill(signal);
      const timer = new AbortController();
      const timeout = delay(END_TIMEOUT, undefined, { signal: timer.signal }).catch(() => {});
      await Promise.race([this.ended, timeout]);
      timer.abort();
    }
  }
}
