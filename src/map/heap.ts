/** What stands in a {@link Heap}. */
export interface Ranked {
  /** The least comes first. Not to be changed while it stands in a heap. */
  rank: number;
  /** Where it stands in its heap; -1: in none. */
  place: number;
}

/** A binary heap that knows where each item stands: any of them can be taken out in O(log n). */
export class Heap<T extends Ranked> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#up(item, this.#items.length);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first) this.remove(first);
    return first;
  }

  remove(item: T): void {
    const { place } = item;
    item.place = -1;
    const last = this.#items.pop() as T;
    if (last === item) return;
    // The last one takes the gap, and goes to where it belongs from there.
    if (last.rank < item.rank) this.#up(last, place);
    else this.#down(last, place);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }

  #up(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above] as T;
      if (parent.rank <= item.rank) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  #down(item: T, from: number): void {
    const items = this.#items;
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && (items[below + 1] as T).rank < (items[below] as T).rank) {
        below += 1;
      }
      const child = items[below] as T;
      if (child.rank >= item.rank) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(item, place);
  }
}
