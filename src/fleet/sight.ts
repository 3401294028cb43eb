import { isCount } from './message.ts';
import type { FleetKnown, FleetRecord } from './store.ts';

/** What is known of a record when an answer of the store comes. */
export type News =
  /** It is older than what is known. */
  | 'late'
  /** Of another life of the record. */
  | 'other'
  /** It was invalidated since. */
  | 'invalidated'
  | 'same';

/**
 * How far this process has got with the record. Only the store's own answers count: what messages say is heard, and
 * acted on, but never believed, for anybody may have sent them.
 */
export class Sight {
  epoch: string = '';
  seq = 0;
  generation = 0;
  fence = 0;
  /** The fence of the last entry that was looked at, be it taken or not: only one with a larger is news. */
  looked = 0;
  /** What messages of this epoch have said. */
  #heardSeq = 0;
  #heardGeneration = 0;

  /** The generation that a value has to be of to be current. */
  get latest(): number {
    return Math.max(this.generation, this.#heardGeneration);
  }

  /**
   * Takes note of an answer.
   *
   * @param own - How many of the invalidations that it tells are this process's.
   */
  note({ epoch, seq, generation, fence }: FleetRecord, own = 0): News {
    if (epoch !== this.epoch) {
      Object.assign(this, { epoch, seq, generation, fence, looked: 0 });
      this.#heardSeq = seq;
      this.#heardGeneration = generation;
      return 'other';
    }
    if (seq < this.seq) return 'late';
    const isInvalidated = generation > this.latest + own;
    // What was heard and isn't in an answer that came after it was never said by the store.
    if (seq >= this.#heardSeq) this.#heardGeneration = generation;
    this.#heardSeq = seq;
    this.seq = seq;
    this.generation = generation;
    this.fence = Math.max(this.fence, fence);
    return isInvalidated ? 'invalidated' : 'same';
  }

  /** Takes note of a message: whether some were missed before it. */
  hear(epoch: string, seq: number): 'gap' | 'next' | 'old' {
    if (epoch !== this.epoch) return 'gap';
    if (seq <= this.#heardSeq) return 'old';
    const isNext = seq === this.#heardSeq + 1;
    this.#heardSeq = seq;
    return isNext ? 'next' : 'gap';
  }

  /** Whether a message tells of an invalidation that wasn't known. */
  hearGeneration(generation: number): boolean {
    if (generation <= this.latest) return false;
    this.#heardGeneration = generation;
    return true;
  }

  /** For the store. */
  known(version: number): FleetKnown {
    const { epoch, seq, fence } = this;
    return { epoch, seq, fence, version };
  }
}

/** @throws {TypeError} It is no record. */
export function expectRecord(record: FleetRecord): void {
  const { epoch, seq, generation, fence, leaseLeft, resting, entry } = record;
  const isSound =
    typeof epoch === 'string' &&
    epoch !== '' &&
    [seq, generation, fence].every(isCount) &&
    leaseLeft >= 0 &&
    typeof resting === 'string' &&
    (!entry ||
      ([entry.version, entry.generation, entry.fence].every(isCount) &&
        Number.isFinite(entry.age) &&
        typeof entry.hash === 'string' &&
        typeof entry.token === 'string'));
  if (!isSound) throw new TypeError(`the store holds no record of a fleet: ${epoch}`);
}
