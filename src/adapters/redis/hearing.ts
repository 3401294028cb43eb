import type { FleetEar } from '../../fleet/store.ts';
import { isConnection, type RedisCommands, type RedisConnection } from './client.ts';
import { duplicate, type Line, lineBy } from './line.ts';

/** Ms after which a connection of ours that has given up is made anew. */
const REOPEN_AFTER = 1_000;

/** Who listens. */
interface Listener {
  readonly ear: FleetEar;
  hears: boolean;
  /** Settles `hear`, while it is under way. */
  settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | undefined;
}

interface Channel {
  readonly listeners: Set<Listener>;
  /** Whether the server has confirmed, by the connection there is, that its messages come. */
  isHeard: boolean;
}

/** By what they hear: a duplicate of a client, or one that was given for it. */
const byDuplicate = new WeakMap<object, Hearing>();
const bySubscriber = new WeakMap<object, Hearing>();

/**
 * What hears for all caches of one client.
 *
 * @throws {TypeError} There is nothing to hear by.
 */
export function hearingOf(client: RedisCommands, subscriber: RedisConnection | undefined): Hearing {
  const connection = subscriber ?? client;
  if (!isConnection(connection))
    throw new TypeError(
      'a cluster or a pool does not tell from when on it hears: subscriber must be a client of one server',
    );
  const place = subscriber ? bySubscriber : byDuplicate;
  let hearing = place.get(connection);
  if (!hearing) {
    hearing = new Hearing(connection, !subscriber);
    place.set(connection, hearing);
  }
  return hearing;
}

/** Hears messages by one connection, which is there while somebody listens. */
export class Hearing {
  readonly #connection: RedisConnection;
  readonly #own: boolean;
  readonly #channels = new Map<string, Channel>();
  #line: Line | undefined;
  /** How often it was connected or lost: what was confirmed before doesn't hold any more. */
  #changes = 0;
  #reopening: NodeJS.Timeout | undefined;

  /** @param own - Whether it is a duplicate of the connection that hears, opened and closed here. */
  constructor(connection: RedisConnection, own: boolean) {
    this.#connection = connection;
    this.#own = own;
  }

  /**
   * @returns Resolves when the channel is heard, or can't be yet.
   * @throws What the server said, where it doesn't allow to subscribe to it.
   */
  async hear(name: string, ear: FleetEar): Promise<() => Promise<void>> {
    const channel = this.#channels.get(name) ?? { listeners: new Set(), isHeard: false };
    this.#channels.set(name, channel);
    const listener: Listener = { ear, hears: false, settle: undefined };
    channel.listeners.add(listener);
    await new Promise<void>((resolve, reject) => {
      listener.settle = { resolve, reject };
      if (channel.isHeard) return tellHeard(channel);
      const isNew = this.#line === undefined;
      if (isNew) this.#open();
      if (this.#line?.isUp) this.#subscribe(name, channel);
      // It tells itself how its opening went, where it is being opened.
      else if (!isNew || !this.#own) resolve();
    });
    return () => this.#end(name, channel, listener);
  }

  #open(): void {
    clearTimeout(this.#reopening);
    const connection = this.#own ? duplicate(this.#connection) : this.#connection;
    this.#line = lineBy(connection, this.#own, {
      onMessage: (name, message) => {
        const listeners = this.#channels.get(name)?.listeners ?? [];
        for (const { ear } of [...listeners]) ear.onMessage(message);
      },
      onUp: () => {
        this.#lose();
        for (const [name, channel] of this.#channels) this.#subscribe(name, channel);
      },
      onDown: () => {
        this.#lose();
        for (const { listeners } of this.#channels.values()) listeners.forEach(settle);
      },
      onGone: () => this.#gone(),
    });
  }

  #lose(): void {
    this.#changes++;
    for (const channel of this.#channels.values()) tellLost(channel);
  }

  /** One that was given to us its owner may connect again. Ours is made anew, whatever made it give up. */
  #gone(): void {
    if (!this.#own) return;
    this.#line?.close();
    this.#reopening = setTimeout(() => this.#open(), REOPEN_AFTER).unref();
  }

  async #subscribe(name: string, channel: Channel): Promise<void> {
    const changes = this.#changes;
    try {
      await this.#line?.subscribe(name);
    } catch (error) {
      // Where the connection was lost, that was told. Else the server refused.
      if (changes === this.#changes) this.#refuse(name, channel, error);
      return;
    }
    if (changes !== this.#changes) return;
    channel.isHeard = true;
    tellHeard(channel);
  }

  #refuse(name: string, channel: Channel, error: unknown): void {
    for (const listener of [...channel.listeners]) {
      if (!listener.settle) continue;
      listener.settle.reject(error);
      this.#end(name, channel, listener);
    }
  }

  async #end(name: string, channel: Channel, listener: Listener): Promise<void> {
    channel.listeners.delete(listener);
    if (channel.listeners.size > 0 || this.#channels.get(name) !== channel) return;
    this.#channels.delete(name);
    const line = this.#line;
    if (this.#channels.size > 0 || !this.#own) {
      // Where it is lost the answer would come at the next connection, if ever.
      const unsubscribed = line?.unsubscribe(name).catch(() => {});
      if (line?.isUp) await unsubscribed;
    }
    if (this.#channels.size === 0) this.#close();
  }

  #close(): void {
    clearTimeout(this.#reopening);
    this.#line?.close();
    this.#line = undefined;
  }
}

function tellHeard({ listeners }: Channel): void {
  for (const listener of [...listeners]) {
    if (listener.hears) continue;
    listener.hears = true;
    listener.ear.onConnect();
    settle(listener);
  }
}

function tellLost(channel: Channel): void {
  channel.isHeard = false;
  for (const listener of [...channel.listeners]) {
    if (listener.hears) listener.ear.onDisconnect();
    listener.hears = false;
  }
}

function settle(listener: Listener): void {
  listener.settle?.resolve();
  listener.settle = undefined;
}
