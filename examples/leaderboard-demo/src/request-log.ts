/** When the requests of one client were made. */
export class RequestLog {
  /** Ms, by the monotonic clock. */
  readonly times: number[] = [];
  /** How many were under way at one time, at most. */
  mostAtOnce = 0;
  #underWay = 0;

  /** For a client of its own. */
  readonly fetch: typeof fetch = async (resource, init) => {
    this.times.push(performance.now());
    this.#underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay);
    try {
      return await fetch(resource, init);
    } finally {
      this.#underWay -= 1;
    }
  };
}
