// One process of a fleet: has the cache that it is told to have, and does with it what it is told to do. It ends with
// whoever forked it.
import pg from 'pg';
import { createClient } from 'redis';
import { WarmCache } from 'warm-cache';
import { type PostgresPool, postgresTier } from 'warm-cache/postgres';
import { redisTier } from 'warm-cache/redis';
import { type Kind, kindOf } from './kinds.ts';
import type { Account, Answers, Closed, Order, Setting, Way, Written } from './orders.ts';
import { read } from './reader.ts';

const [postgresUrl, redisUrl] = process.argv.slice(2) as [string, string];
const pool = new pg.Pool({ connectionString: postgresUrl, max: 4 });
const redis = createClient({ url: redisUrl });
redis.on('error', (error) => console.error(`Redis: ${error}`));
await redis.connect();

let statements = 0;
const counting: PostgresPool = {
  query(text, values) {
    statements += 1;
    return pool.query(text, values);
  },
};

/** Ms since the machine was started: the same in each process. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

type Tier = ReturnType<typeof redisTier>;

const tiers: Readonly<Record<Way, (key: string) => Tier | undefined>> = {
  without: () => undefined,
  Redis: (key) => redisTier(redis, { key }),
  PostgreSQL: (key) =>
    postgresTier(counting, {
      key,
      connect: async () => {
        const client = new pg.Client({ connectionString: postgresUrl });
        await client.connect();
        return client;
      },
    }),
};

/** A cache that notes which revision it serves as fresh since when. */
class Subject {
  readonly cache: WarmCache<unknown>;
  readonly #kind: Kind;
  readonly #loads: number[] = [];
  readonly #errors: string[] = [];
  readonly #seen: { readonly revision: number; readonly at: number }[] = [];
  /** Asks again whether a revision was seen. */
  readonly #waiting = new Set<() => void>();

  constructor({ way, kind, key, interval }: Setting) {
    this.#kind = kindOf(kind);
    this.cache = new WarmCache<unknown>({
      loader: async (context) => {
        const start = performance.now();
        const value = await this.#kind.load(pool, context);
        this.#loads.push(performance.now() - start);
        return value;
      },
      // Fresh for longer than an interval: all refresh at one rate then.
      ttl: 2 * interval,
      refreshInterval: interval,
      shared: tiers[way](key),
      codec: this.#kind.codec,
    });
    for (const event of ['refresh', 'unchanged', 'status'] as const) {
      this.cache.on(event, () => this.#look());
    }
    this.cache.on('error', ({ error }) => this.#errors.push(String(error)));
  }

  #look(): void {
    const at = now();
    const snapshot = this.cache.peek();
    if (!snapshot || this.cache.health().status !== 'READY') return;
    const revision = this.#kind.revisionOf(snapshot.value);
    if (revision <= (this.#seen.at(-1)?.revision ?? 0)) return;
    this.#seen.push({ revision, at });
    for (const ask of this.#waiting) ask();
  }

  see(revision: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const ask = (): void => {
      const first = this.#seen.find((one) => one.revision >= revision);
      if (!first) return;
      this.#waiting.delete(ask);
      resolve(first.at);
    };
    this.#waiting.add(ask);
    ask();
    return promise;
  }

  async write(): Promise<Written> {
    const { rows } = await pool.query(`select ${this.#kind.write} as revision`);
    const began = now();
    await this.cache.invalidate();
    return { revision: rows[0].revision, began, ended: now() };
  }

  async close(): Promise<Closed> {
    await this.cache.stop();
    return { loads: this.#loads, errors: this.#errors };
  }
}

function account(): Account {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1000, statements };
}

let subject: Subject | undefined;

function current(): Subject {
  if (!subject) throw new Error('there is no cache');
  return subject;
}

async function obey(order: Order): Promise<Answers[Order['do']]> {
  switch (order.do) {
    case 'open':
      subject = new Subject(order);
      await subject.cache.start().ready();
      return null;
    case 'close':
      return current().close();
    case 'write':
      return current().write();
    case 'see':
      return current().see(order.revision);
    case 'read':
      return read(current().cache, order.ms);
    case 'account':
      return account();
  }
}

process.on('message', async ({ id, order }: { id: number; order: Order }) => {
  try {
    process.send?.({ id, answer: await obey(order) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
});
process.once('disconnect', () => process.exit());
process.send?.({ id: 0 });
