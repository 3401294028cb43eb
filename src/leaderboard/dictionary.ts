/** Values of which there are few, each once, numbered from 0 in the order in which they came. It only ever grows. */
export class Dictionary<V> {
  readonly #codes = new Map<V, number>();
  readonly #values: V[] = [];

  /** How many values there are: one more than the greatest number. */
  get size(): number {
    return this.#values.length;
  }

  /** The number of a value, if it is there. */
  codeOf(value: V): number | undefined {
    return this.#codes.get(value);
  }

  /** The number of a value, which is there afterwards. */
  add(value: V): number {
    const known = this.#codes.get(value);
    if (known !== undefined) return known;
    const code = this.#values.push(value) - 1;
    this.#codes.set(value, code);
    return code;
  }

  valueOf(code: number): V {
    return this.#values[code] as V;
  }
}
