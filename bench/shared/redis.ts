import { createClient } from 'redis';

/** Bytes through a server so far. */
export interface Traffic {
  readonly in: number;
  readonly out: number;
}

type Client = Awaited<ReturnType<typeof connected>>;

async function connected(url: string) {
  const client = createClient({ url });
  client.on('error', (error) => console.error(`Redis: ${error}`));
  await client.connect();
  return client;
}

/** Reads what a server counts. */
export class Meter {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  static async connect(url: string): Promise<Meter> {
    return new Meter(await connected(url));
  }

  async version(): Promise<string> {
    const info = await this.#client.info('server');
    const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
    return valkey ? `Valkey ${valkey}` : `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1]}`;
  }

  /** What passes while `use` runs, but for what the question itself takes. */
  async during<T>(
    use: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly traffic: Traffic }> {
    const before = await this.#read();
    const asked = await this.#read();
    const result = await use();
    const after = await this.#read();
    return {
      result,
      traffic: {
        in: after.in - asked.in - (asked.in - before.in),
        out: after.out - asked.out - (asked.out - before.out),
      },
    };
  }

  async #read(): Promise<Traffic> {
    const info = await this.#client.info('stats');
    const figure = (name: string): number =>
      Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    return { in: figure('total_net_input_bytes'), out: figure('total_net_output_bytes') };
  }

  close(): void {
    this.#client.destroy();
  }
}
