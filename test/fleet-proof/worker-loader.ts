import pg from 'pg';
import { load, write } from './database.ts';

/** Ms. */
const CONNECT_TIMEOUT = 400;

/** The database as a worker reaches it. */
export class Source {
  readonly #pool: pg.Pool;
  readonly #worker: string;

  constructor(url: string, worker: string) {
    this.#worker = worker;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: 8,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
    });
    this.#pool.on('error', () => {});
  }

  load(signal: AbortSignal, isAlone: boolean): Promise<number> {
    return this.#use(signal, (client) => load(client, this.#worker, isAlone));
  }

  write(signal: AbortSignal): Promise<number> {
    return this.#use(signal, write);
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  /** Whoever gives up leaves a connection that is closed. */
  async #use<R>(signal: AbortSignal, ask: (client: pg.ClientBase) => Promise<R>): Promise<R> {
    const client = await this.#pool.connect();
    // It may break while it is in use, too.
    const ignore = (): void => {};
    client.on('error', ignore);
    let failure: Error | undefined;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(ignore);
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener('abort', giveUp);
    try {
      signal.throwIfAborted();
      const answer = ask(client);
      answer.catch(ignore);
      return await Promise.race([answer, promise]);
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
      client.off('error', ignore);
      if (failure) client.on('error', ignore);
      client.release(failure);
    }
  }
}
