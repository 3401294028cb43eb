import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SharedHealth } from 'warm-cache';
import type { News, Order, ReplicaConfig } from './protocol.ts';

const SCRIPT = fileURLToPath(new URL('replica.ts', import.meta.url));
/** Ms that a process may take to stop. */
const STOP_TIMEOUT = 5000;

/** Of its readers. */
export interface Reads {
  /** Ms each. */
  readonly times: number[];
  waited: number;
  failed: number;
}

/** One process, as seen by whoever started it. */
export class ReplicaProcess {
  readonly name: string;
  readonly startedTick: number = performance.now();
  readonly reads: Reads = { times: [], waited: 0, failed: 0 };
  /** How its part in the fleet does, as it told last. */
  shared: SharedHealth | null = null;
  isRunning = true;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #kill = (): void => void this.#child.kill('SIGKILL');

  /** @param onNews - Told of each thing that it tells, and of its end as `undefined`. */
  constructor(config: ReplicaConfig, onNews: (news: News | undefined) => void) {
    this.name = config.name;
    this.#child = fork(SCRIPT, [JSON.stringify(config)], {
      // In a session of its own: Ctrl-C in a terminal reaches whoever started it, and nobody else.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (news: News) => {
      if (news.kind === 'reads') this.#count(news);
      onNews(news);
    });
    this.#exited = once(this.#child, 'exit').then(() => {
      this.isRunning = false;
      process.off('exit', this.#kill);
      onNews(undefined);
    });
    process.once('exit', this.#kill);
  }

  tell(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    this.#kill();
    await this.#exited;
  }

  async stop(): Promise<void> {
    this.tell({ kind: 'stop' });
    const timer = setTimeout(this.#kill, STOP_TIMEOUT);
    await this.#exited;
    clearTimeout(timer);
  }

  #count({ times, waited, failed, shared }: News & { readonly kind: 'reads' }): void {
    this.reads.times.push(...times);
    this.reads.waited += waited;
    this.reads.failed += failed;
    this.shared = shared;
  }
}
