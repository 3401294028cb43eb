import { outsideRequests } from '../../context.ts';
import { expect, MORE_THAN_0 } from '../../options.ts';
import { backoffDelay, jittered, Timer } from '../../scheduler.ts';
import type { PostgresNotification, PostgresSession } from './client.ts';
import { quoted } from './names.ts';

/**
 * How a connection that listens is kept.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import type { SessionOptions } from 'warm-cache/postgres';
 *
 * const options: SessionOptions = {
 *   connect: async () => {
 *     const client = new pg.Client({ connectionTimeoutMillis: 5000 });
 *     await client.connect();
 *     return client;
 *   },
 *   checkInterval: 10_000,
 *   onError: (error) => console.warn('not listening', error),
 * };
 * ```
 */
export interface SessionOptions {
  /**
   * Opens a connection that is used for nothing else, and ended when it isn't needed any more: `new pg.Client()`,
   * connected. It has to be a session: PostgreSQL itself, or a pooler in session mode. It keeps the process alive.
   */
  readonly connect: () => Promise<PostgresSession>;
  /**
   * Ms, shortened at random by up to a half, before it connects again after the connection was lost; twice as long after
   * each further one that fails, or that doesn't last for `maxDelay`.
   * @default 250
   */
  readonly minDelay?: number | undefined;
  /**
   * Ms that no such wait exceeds.
   * @default 30_000
   */
  readonly maxDelay?: number | undefined;
  /**
   * Ms between two looks whether it listens still: a connection may be dead without anybody being told, or a pooler may
   * have given it to somebody else. `Infinity`: never.
   * @default 30_000
   */
  readonly checkInterval?: number | undefined;
  /**
   * Ms that connecting may take, or any answer.
   * @default 10_000
   */
  readonly timeout?: number | undefined;
  /** Told why the connection was lost, or couldn't be made. What it throws disturbs nobody. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** What a session tells. */
export interface SessionEar {
  onPayload(payload: string): void;
  /** It listens from now on. */
  onConnect(): void;
  /** It doesn't any more, until `onConnect`. */
  onDisconnect(): void;
}

/**
 * A connection that listens on a channel, and another one when that is lost.
 *
 * At any time it has a client, or waits for one, or for the time to ask for one; once stopped, none of these.
 */
export class Session {
  readonly #channel: string;
  readonly #ear: SessionEar;
  readonly #connect: () => Promise<PostgresSession>;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #delays: { readonly minDelay: number; readonly maxDelay: number; readonly factor: 2 };
  readonly #checkInterval: number;
  readonly #timeout: number;
  readonly #retry: Timer = new Timer(() => this.#begin());
  readonly #check: Timer = new Timer(() => void this.#look());
  #client: PostgresSession | undefined;
  /** Since when it listens, by `performance.now()`. */
  #since: number | undefined;
  #failures = 0;
  #opening: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  /**
   * @throws {TypeError} An option is missing or of the wrong type.
   * @throws {RangeError} A number is out of range.
   */
  constructor(channel: string, options: SessionOptions, ear: SessionEar) {
    const { connect, minDelay = 250, maxDelay = Math.max(30_000, minDelay), onError } = options;
    const { checkInterval = 30_000, timeout = 10_000 } = options;
    expect('connect', connect, 'function');
    expect('minDelay', minDelay, [MORE_THAN_0, Number.MAX_VALUE]);
    expect('maxDelay', maxDelay, [minDelay, Number.MAX_VALUE]);
    expect('checkInterval', checkInterval, [MORE_THAN_0]);
    expect('timeout', timeout, [MORE_THAN_0]);
    if (onError !== undefined) expect('onError', onError, 'function');
    this.#channel = channel;
    this.#ear = ear;
    this.#connect = connect;
    this.#onError = onError;
    this.#delays = { minDelay, maxDelay, factor: 2 };
    this.#checkInterval = checkInterval;
    this.#timeout = timeout;
  }

  /** @returns Resolves when it listens, or the first try has failed. */
  start(): Promise<void> {
    this.#begin();
    return this.#opening;
  }

  /** @returns Resolves when the connection has ended. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#retry.cancel();
    this.#check.cancel();
    const client = this.#client;
    this.#client = undefined;
    if (client) await this.#end(client);
    await this.#opening;
  }

  #begin(): void {
    this.#opening = outsideRequests(() => this.#open());
  }

  /** Never rejects. */
  async #open(): Promise<void> {
    let client: PostgresSession | undefined;
    try {
      client = await this.#within(
        (async () => this.#connect())(),
        'no connection',
        (late) => void this.#end(late),
      );
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#isStopped) {
      await this.#end(client);
      return;
    }
    this.#client = client;
    client.on('notification', this.#onNotification);
    client.on('error', this.#onLost);
    client.on('end', this.#onEnd);
    try {
      await this.#ask(client, `LISTEN ${quoted(this.#channel)}`);
    } catch (error) {
      this.#lose(client, error);
    }
    if (this.#client !== client) return;
    this.#since = performance.now();
    this.#check.arm(this.#checkInterval);
    this.#ear.onConnect();
  }

  get #isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  readonly #onNotification = ({ channel, payload = '' }: PostgresNotification): void => {
    if (channel === this.#channel) this.#ear.onPayload(payload);
  };

  readonly #onLost = (error: Error): void => this.#lose(this.#client, error);

  readonly #onEnd = (): void => this.#lose(this.#client, new Error('The connection has ended'));

  /** Whether the session is there, and ours still. */
  async #look(): Promise<void> {
    const client = this.#client as PostgresSession;
    try {
      const { rows } = await this.#ask(client, 'SELECT pg_listening_channels() AS channel');
      if (!rows.some(({ channel }) => channel === this.#channel)) {
        throw new Error(
          'The session does not listen any more: a pooler in transaction mode stands in between',
        );
      }
    } catch (error) {
      this.#lose(client, error);
    }
    if (this.#client === client) this.#check.arm(this.#checkInterval);
  }

  /** Of several reasons to give a client up, the first one counts. */
  #lose(client: PostgresSession | undefined, error: unknown): void {
    if (!client || this.#client !== client) return;
    this.#client = undefined;
    this.#check.cancel();
    const since = this.#since;
    this.#since = undefined;
    if (since !== undefined) {
      if (performance.now() - since >= this.#delays.maxDelay) this.#failures = 0;
      this.#ear.onDisconnect();
    }
    void this.#end(client);
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    this.#failures += 1;
    this.#retry.arm(jittered(backoffDelay(this.#failures, this.#delays), 0.5));
    try {
      this.#onError?.(error);
    } catch {}
  }

  /** Never rejects. */
  async #end(client: PostgresSession): Promise<void> {
    // What an emitter says of an error that nobody listens to would end the process.
    client.on('error', () => {});
    client.off('notification', this.#onNotification);
    client.off('error', this.#onLost);
    client.off('end', this.#onEnd);
    await this.#within((async () => client.end())(), 'no end').catch(() => {});
  }

  #ask(client: PostgresSession, text: string): ReturnType<PostgresSession['query']> {
    return this.#within(client.query(text), 'no answer');
  }

  /** @param onLate - Given what comes when nobody waits for it any more. */
  #within<T>(promise: Promise<T>, what: string, onLate?: (late: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const patience = new Timer(() => {
        isLate = true;
        reject(new Error(`${what} within ${this.#timeout} ms`));
      });
      patience.arm(this.#timeout);
      promise
        .finally(() => patience.cancel())
        .then((value) => {
          if (isLate) onLate?.(value);
          else resolve(value);
        }, reject);
    });
  }
}
