import pg from 'pg';
import { epochOffset } from './clock.ts';
import type { CountedLoad } from './history.ts';

/** How long a load takes, in ms: before it reads the value, and after it. */
export interface Pace {
  readonly before: readonly [min: number, max: number];
  readonly after: readonly [min: number, max: number];
}

/** Most of it afterwards: what a load brings is out of date by then, if anybody writes. */
export const BRISK: Pace = { before: [0, 20], after: [5, 80] };

const SCHEMA = `
  drop schema public cascade;
  create schema public;
  create table data (value bigint not null);
  insert into data values (1);
  create table pace (before_min float8, before_max float8, after_min float8, after_max float8);
  insert into pace values (0, 0, 0, 0);
  create table loads (id bigserial primary key, worker text, alone boolean, began float8, ended float8, value bigint);

  create function epoch_ms() returns float8 language sql volatile as
    $$ select extract(epoch from clock_timestamp()) * 1000 $$;

  -- Counted before anything else, for good: whoever asked may be dead by the end, or gone.
  create procedure load_value(worker text, alone boolean, inout result bigint) language plpgsql as $$
  declare
    load bigint;
    step pace;
  begin
    insert into loads (worker, alone, began) values (worker, alone, epoch_ms()) returning id into load;
    commit;
    select * into step from pace;
    perform pg_sleep((step.before_min + random() * (step.before_max - step.before_min)) / 1000);
    select value into result from data;
    update loads set value = result where id = load;
    commit;
    perform pg_sleep((step.after_min + random() * (step.after_max - step.after_min)) / 1000);
    update loads set ended = epoch_ms() where id = load;
  end $$;
`;

/** The value that the caches are of, and who has loaded it when. */
export class Database {
  readonly #client: pg.Client;
  readonly #offset = epochOffset();

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async create(url: string): Promise<Database> {
    const client = new pg.Client({ connectionString: url });
    // It fails whatever is asked by it; nothing else is to come of it.
    client.on('error', () => {});
    await client.connect();
    await client.query(SCHEMA);
    return new Database(client);
  }

  async setPace({ before, after }: Pace): Promise<void> {
    await this.#client.query(
      'update pace set (before_min, before_max, after_min, after_max) = ($1, $2, $3, $4)',
      [...before, ...after],
    );
  }

  write(): Promise<number> {
    return write(this.#client);
  }

  async loads(): Promise<CountedLoad[]> {
    const { rows } = await this.#client.query('select * from loads order by began');
    return rows.map(({ worker, alone, began, ended, value }) => ({
      worker,
      alone,
      from: began + this.#offset,
      to: ended === null ? undefined : ended + this.#offset,
      value: value === null ? undefined : Number(value),
    }));
  }

  end(): Promise<void> {
    return this.#client.end();
  }
}

/** A new value, one larger than the last. Resolves when it is committed. */
export async function write(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query('update data set value = value + 1 returning value');
  return Number(rows[0].value);
}

/** What a loader does. */
export async function load(
  client: pg.ClientBase,
  worker: string,
  isAlone: boolean,
): Promise<number> {
  const { rows } = await client.query('call load_value($1, $2, null)', [worker, isAlone]);
  return Number(rows[0].result);
}
