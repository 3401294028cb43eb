import type { SupabaseStack } from 'supabase-stack';

/** What the database does. */
export type DatabaseState = 'running' | 'starting' | 'stopped' | 'stopping';

/** The switch of the database. */
export class Database {
  state: DatabaseState = 'running';
  readonly #stack: SupabaseStack;
  #last: Promise<void> = Promise.resolve();

  constructor(stack: SupabaseStack) {
    this.#stack = stack;
  }

  /** Resolves when it runs, or is stopped, as it should; one call is done with before the next begins. */
  switch(shouldRun: boolean): Promise<void> {
    const switched = this.#last.then(() => this.#switch(shouldRun));
    this.#last = switched.catch(() => {});
    return switched;
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #switch(shouldRun: boolean): Promise<void> {
    if (shouldRun === (this.state === 'running')) return;
    if (!shouldRun) {
      this.state = 'stopping';
      await this.#stack.stopDatabase();
      this.state = 'stopped';
      return;
    }
    this.state = 'starting';
    try {
      // PostgREST looks for a lost database ever less often, up to half a minute apart: a new one looks at once.
      await this.#stack.stopApi();
      await this.#stack.startDatabase();
      await this.#stack.startApi();
      this.state = 'running';
    } catch (error) {
      this.state = 'stopped';
      throw error;
    }
  }
}
