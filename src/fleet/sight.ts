import { isCount } from './message.ts';
import type { FleetKnown, FleetRecord } from './store.ts';

/** What an answer of the store means, beside what is known. */
export type News =
  /** It is of another life of the record: what came before it may have been lost. */
  | 'other'
  /** The record was invalidated since. */
  | 'invalidated'
  /** The record knows nothing of an invalidation that was heard: that is lost, or was never said. */
  | 'unfounded'
  | 'same';

/**
 * How far this process has got with the record. Only the store's own answers count: what messages say is heard, and
 * acted on where that can do no harm, but never told to the store, for anybody may have sent them.
 */
export class Sight {
  epoch: string = '';
  seq = 0;
  generation = 0;
  fence = 0;
  /** The fence of the last entry that was looked at, be it taken or not: only one with a larger is news. */
  looked = 0;
  /** Number of the last question; of those until which answers say nothing, and nothing where they are of another epoch. */
  #asked = 0;
  #doubted = 0;
  #outlived = 0;
  /** What messages of this epoch have said, and after which question. */
  #heardSeq = 0;
  #heardGeneration = 0;
  #heardAfter = 0;

  /** The generation that a value has to be of to be current. */
  get latest(): number {
    return Math.max(this.generation, this.#heardGeneration);
  }

  /** Something is asked. Returns the number of the question, which the answer is noted with. */
  ask(): number {
    this.#asked += 1;
    return this.#asked;
  }

  /**
   * Takes note of an answer. One that is late says nothing of how things are, but that they have come so far.
   *
   * @param own - How many of the invalidations that it tells are this process's.
   */
  note(record: FleetRecord, question: number, own = 0): { isLate: boolean; news: News } {
    const { epoch, seq, generation, fence } = record;
    if (epoch !== this.epoch) {
      if (question <= Math.max(this.#doubted, this.#outlived))
        return { isLate: true, news: 'same' };
      if (this.epoch === '') this.#outlived = this.#asked;
      else this.#doubted = this.#asked;
      Object.assign(this, { epoch, seq, generation, fence, looked: 0 });
      this.#heardSeq = seq;
      this.#heardGeneration = generation;
      return { isLate: false, news: 'other' };
    }
    // After a failover that lost writes, `seq` alone doesn't order answers.
    const isLate = question <= this.#doubted || seq < this.seq || generation < this.generation;
    const isNews = generation > this.latest + own;
    this.seq = Math.max(this.seq, seq);
    this.generation = Math.max(this.generation, generation);
    this.fence = Math.max(this.fence, fence);
    // Whoever answers now knows all that was heard before the question.
    if (isLate || question <= this.#heardAfter) {
      return { isLate, news: isNews ? 'invalidated' : 'same' };
    }
    const isUnfounded = this.#heardGeneration > generation;
    this.#heardSeq = seq;
    this.#heardGeneration = generation;
    if (isUnfounded) return { isLate, news: 'unfounded' };
    return { isLate, news: isNews ? 'invalidated' : 'same' };
  }

  /** Takes note of a message: whether some were missed before it, or it is of another epoch. */
  hear(epoch: string, seq: number): 'foreign' | 'gap' | 'next' | 'old' {
    if (epoch !== this.epoch) {
      // Nobody knows which of the two the answers on their way are older than.
      this.doubt();
      return 'foreign';
    }
    if (seq <= this.#heardSeq) return 'old';
    const isNext = seq === this.#heardSeq + 1;
    this.#heardSeq = seq;
    this.#heardAfter = this.#asked;
    return isNext ? 'next' : 'gap';
  }

  /** Whether a message tells of an invalidation that wasn't known: answers on their way may be from before it. */
  hearGeneration(generation: number): boolean {
    if (generation <= this.latest) return false;
    this.#heardGeneration = generation;
    this.doubt();
    return true;
  }

  /** The answers to all that was asked say nothing any more. */
  doubt(): void {
    this.#doubted = this.#asked;
  }

  /** For the store. */
  known(version: number): FleetKnown {
    const { epoch, seq, generation, fence } = this;
    return { epoch, seq, generation, fence, version };
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
