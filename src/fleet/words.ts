/** An invalidation that the others are to be told of. */
interface Word {
  purge: boolean;
  readonly told: PromiseWithResolvers<void>;
}

/** How a word is sent. */
export interface Mouth {
  /** Why nobody can be told now. */
  readonly deafness: Error | undefined;
  /** Whether what was said last was heard. */
  readonly isHeard: boolean;
  /** Resolves with why the others could not be told; `undefined` where they were. */
  tell(purge: boolean): Promise<Error | undefined>;
}

/**
 * The invalidations that the others are to be told of, one at a time: those that come while one is on its way go together,
 * and what could not be told is kept until it is.
 */
export class Words {
  #waiting: Word | undefined;
  #underway: Word | undefined;
  #idle: Promise<void> = Promise.resolve();
  readonly #mouth: Mouth;

  constructor(mouth: Mouth) {
    this.#mouth = mouth;
  }

  /** Whether there are some that the others don't know of yet. */
  get areLeft(): boolean {
    return this.#waiting !== undefined || this.#underway !== undefined;
  }

  /** @throws {Error} The others can't be told now. */
  say(purge: boolean): Promise<void> {
    this.#waiting ??= newWord();
    const word = this.#waiting;
    word.purge ||= purge;
    const { deafness } = this.#mouth;
    if (deafness) return Promise.reject(deafness);
    this.flush();
    return word.told.promise;
  }

  /** Keeps one to be told, whenever that may be. */
  keep(purge: boolean): void {
    this.#waiting ??= newWord();
    this.#waiting.purge ||= purge;
  }

  /** Tells what is left. */
  flush(): void {
    if (this.#waiting && !this.#underway) this.#idle = this.#send();
  }

  /** Resolves when all are told, or can't be. */
  async said(): Promise<void> {
    await this.#idle;
  }

  async #send(): Promise<void> {
    for (let word = this.#waiting; word; word = this.#waiting) {
      this.#waiting = undefined;
      this.#underway = word;
      const error = await this.#mouth.tell(word.purge);
      this.#underway = undefined;
      if (!error) {
        word.told.resolve();
        continue;
      }
      this.keep(word.purge);
      word.told.reject(error);
      // Something else may have been heard since, and nobody would say this again.
      if (!this.#mouth.isHeard) return;
    }
  }
}

function newWord(): Word {
  const told = Promise.withResolvers<void>();
  // Whoever ignores it is not to find an unhandled rejection.
  told.promise.catch(() => {});
  return { purge: false, told };
}
