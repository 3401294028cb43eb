/** Ms for which the same fault isn't told again. */
const QUIET = 300_000;
const MOST = 16;

/** What isn't a load that failed, and may come at each: it is told once in a while. */
export class Faults {
  readonly #told = new Map<string, number>();

  /** Whether it is to be told, rather than told again. */
  isNews(reason: string): boolean {
    const now = performance.now();
    const last = this.#told.get(reason);
    if (last !== undefined && now - last < QUIET) return false;
    // Each time another text: such are told all, and not kept.
    if (this.#told.size >= MOST) this.#told.clear();
    this.#told.set(reason, now);
    return true;
  }
}
