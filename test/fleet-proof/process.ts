import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { now } from './clock.ts';
import type { Life } from './history.ts';
import { recorded } from './recorder.ts';
import type { Command, Told, WorkerOptions } from './worker-words.ts';

const SCRIPT = fileURLToPath(new URL('worker.ts', import.meta.url));
/** Ms that a process may take to end once it is asked to, on any machine. */
const PATIENCE = 20_000;

/** One process of the fleet, from its start to its end. */
export class WorkerProcess {
  readonly #options: WorkerOptions;
  readonly #child: ChildProcess;
  readonly #from = now();
  readonly #exited: Promise<unknown>;
  #printed = '';
  #end: Life['end'] = 'crashed';
  #to: number | undefined;
  /** What it serves now. */
  value: number | null = null;
  isFresh = false;
  #onTold: ((told: Told) => void)[] = [];

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#child = fork(SCRIPT, [JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
      // Node 22 has something to say about types.
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    const print = (chunk: Buffer): void => {
      this.#printed += chunk;
    };
    this.#child.stdout?.on('data', print);
    this.#child.stderr?.on('data', print);
    // A command may find it dead already: that is told by its end.
    this.#child.on('error', () => {});
    this.#exited = once(this.#child, 'close').then(() => {
      this.#to = now();
    });
    this.#child.on('message', (told: Told) => {
      if (told.tell === 'serves') {
        this.value = told.value;
        this.isFresh = told.fresh;
      }
      for (const listener of [...this.#onTold]) listener(told);
    });
  }

  get isAlive(): boolean {
    return this.#to === undefined && this.#child.exitCode === null;
  }

  send(command: Command): void {
    if (this.#child.connected) this.#child.send(command, () => {});
  }

  /** Resolves as it tells something that is wanted, or has ended. */
  async until(isIt: (told: Told) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const listener = (told: Told): void => {
      if (isIt(told)) resolve();
    };
    this.#onTold.push(listener);
    await Promise.race([promise, this.#exited]);
    this.#onTold = this.#onTold.filter((one) => one !== listener);
  }

  /** Resolves once it serves a value that is wanted, or has ended. */
  async untilServes(isIt: (value: number | null, isFresh: boolean) => boolean): Promise<void> {
    if (isIt(this.value, this.isFresh)) return;
    await this.until((told) => told.tell === 'serves' && isIt(told.value, told.fresh));
  }

  signal(signal: 'SIGCONT' | 'SIGSTOP'): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.isAlive) this.#end = 'killed';
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Ends it as it should be; one that then doesn't has crashed, in a way. */
  async stop(): Promise<void> {
    this.send({ do: 'stop' });
    const impatience = setTimeout(() => {
      this.#printed += `it did not end within ${PATIENCE} ms`;
      this.#child.kill('SIGKILL');
    }, PATIENCE);
    await this.#exited;
    clearTimeout(impatience);
    if (this.#child.exitCode === 0) this.#end = 'stopped';
    else this.#printed += `exit ${this.#child.exitCode ?? this.#child.signalCode}`;
  }

  /** What it has left behind. */
  life(): Life {
    const { worker, kind, path } = this.#options;
    return {
      worker,
      client: kind,
      from: this.#from,
      to: this.#to ?? now(),
      end: this.#end,
      printed: this.#printed,
      items: existsSync(path) ? recorded(path) : [],
    };
  }
}
