/** Random numbers that hang on the seed alone (Marsaglia's xorshift). */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds are to give unlike numbers; 0 would give nothing but itself.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) || 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** From 0 to 1, without 1. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** An integer, both ends included. */
  from(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }
}
