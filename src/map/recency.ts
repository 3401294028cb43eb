/** What stands in a {@link Recency}: it has its own neighbours, so that nothing is made when it is read. */
export interface Linked<E> {
  older: E | undefined;
  newer: E | undefined;
  isListed: boolean;
}

/** Entries by when they were read last: the order of lru-cache. */
export class Recency<E extends Linked<E>> {
  size = 0;
  #oldest: E | undefined;
  #newest: E | undefined;

  get oldest(): E | undefined {
    return this.#oldest;
  }

  /** The entry was read now. */
  touch(entry: E): void {
    if (entry === this.#newest) return;
    this.remove(entry);
    entry.isListed = true;
    entry.older = this.#newest;
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
    this.size += 1;
  }

  remove(entry: E): void {
    if (!entry.isListed) return;
    const { older, newer } = entry;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    entry.older = undefined;
    entry.newer = undefined;
    entry.isListed = false;
    this.size -= 1;
  }
}
