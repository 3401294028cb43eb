import { readFile, rename, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import Keyv from 'keyv';
import type { SnapshotStore } from '../../src/index.ts';

/** Stores that outlive a process, each in one file. */
export const backends: Readonly<Record<'keyv' | 'file', (path: string) => SnapshotStore>> = {
  keyv: (path) => new Keyv({ store: new Sqlite(path) }),
  file: (path) => ({
    get: (): Promise<unknown> =>
      readFile(path, 'utf8').then(JSON.parse, (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      }),
    set: async (_, entry): Promise<void> => {
      await writeFile(`${path}.next`, JSON.stringify(entry));
      await rename(`${path}.next`, path);
    },
  }),
};

/** What Keyv asks of a backend, in a table of SQLite. */
class Sqlite {
  readonly #db: DatabaseSync;

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec('create table if not exists kept (key text primary key, value text)');
  }

  async get(key: string): Promise<unknown> {
    return this.#db.prepare('select value from kept where key = ?').get(key)?.['value'];
  }

  async set(key: string, value: string): Promise<void> {
    this.#db.prepare('insert or replace into kept values (?, ?)').run(key, value);
  }

  async delete(key: string): Promise<boolean> {
    return this.#db.prepare('delete from kept where key = ?').run(key).changes > 0;
  }

  async clear(): Promise<void> {
    this.#db.exec('delete from kept');
  }
}
