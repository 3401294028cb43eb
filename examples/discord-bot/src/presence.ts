import { ActivityType, type Client, Events, Status } from 'discord.js';
import type { BoardCache } from './board.ts';
import { duration, number } from './text.ts';

export interface PresenceOptions {
  /** Ms from one update to the next, while nothing happens. */
  readonly interval: number;
  /** Ms that lie between two updates, whatever happens: Discord takes five in 20 s. */
  readonly gap: number;
}

/** After these, what was shown may be out of date. */
const CHANGES = ['refresh', 'unchanged', 'status', 'error'] as const;

/** After these, nothing is shown: a connection that identifies anew has the presence of a start. */
const CONNECTIONS = [Events.ShardReady, Events.ShardResume] as const;

/** What stands beside the bot's name: how many entries the board has, and how old they are. */
export class Presence {
  readonly #client: Client;
  readonly #cache: BoardCache;
  readonly #options: PresenceOptions;
  #timer: NodeJS.Timeout | undefined;
  #shownAt = -Infinity;
  #shown = '';
  readonly #onConnected = (): void => {
    this.#shown = '';
    this.#show();
  };
  readonly #onChange = (): void =>
    this.#showIn(this.#shownAt + this.#options.gap - performance.now());

  constructor(client: Client, cache: BoardCache, options: PresenceOptions) {
    this.#client = client;
    this.#cache = cache;
    this.#options = options;
  }

  start(): void {
    for (const event of CONNECTIONS) {
      this.#client.on(event, this.#onConnected);
    }
    for (const event of CHANGES) {
      this.#cache.on(event, this.#onChange);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const event of CONNECTIONS) {
      this.#client.off(event, this.#onConnected);
    }
    for (const event of CHANGES) {
      this.#cache.off(event, this.#onChange);
    }
  }

  #showIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(), Math.max(0, ms)).unref();
  }

  #show(): void {
    this.#showIn(this.#options.interval);
    // discord.js would keep what is said between two connections, and say all of it later.
    if (!this.#client.ws.shards.every(({ status }) => status === Status.Ready)) return;
    const { text, status } = wordsOf(this.#cache);
    if (this.#shown === text + status) return;
    this.#shown = text + status;
    this.#shownAt = performance.now();
    this.#client.user?.setPresence({
      activities: [{ name: text, type: ActivityType.Custom }],
      status,
    });
  }
}

function wordsOf(cache: BoardCache): { text: string; status: 'dnd' | 'idle' | 'online' } {
  const snapshot = cache.peek();
  const { consecutiveFailures } = cache.health();
  if (!snapshot) {
    return consecutiveFailures > 0
      ? { text: 'No database', status: 'dnd' }
      : { text: 'Warming up', status: 'idle' };
  }
  const age = duration(Date.now() - snapshot.loadedAt);
  const entries = `${number(snapshot.value.size)} entries, ${age} old`;
  return consecutiveFailures > 0
    ? { text: `Not renewed · ${entries}`, status: 'idle' }
    : { text: entries, status: 'online' };
}
