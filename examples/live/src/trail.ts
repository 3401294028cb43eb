/** The last things of many, numbered from 0 on, for those who look on and want to know what is new. */
export class Trail<T> {
  readonly #items: T[] = [];
  readonly #most: number;
  /** How many there were before the first one that is kept. */
  #forgotten = 0;

  /** @param most - How many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  push(item: T): void {
    this.#items.push(item);
    // Seldom, for it moves all others.
    if (this.#items.length < 2 * this.#most) return;
    this.#forgotten += this.#items.splice(0, this.#items.length - this.#most).length;
  }

  /** The number that the next one will have. */
  get next(): number {
    return this.#forgotten + this.#items.length;
  }

  /** Those from the nth on, as far as they are kept. */
  since(n: number): readonly T[] {
    const first = Math.max(n, this.next - this.#most, this.#forgotten);
    return this.#items.slice(first - this.#forgotten);
  }
}
