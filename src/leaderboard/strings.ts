import { compareKeys } from './keys.ts';

/** Bytes of text that stand in one piece of memory: an address is the number of the piece and a place in it. */
const PIECE_BITS = 16;
const PIECE = 2 ** PIECE_BITS;
/** The first piece is small, so that a small table is. */
const FIRST_PIECE = 1024;

/** A table grows by one of its shards at a time: none is so large that its growth would be felt. */
const SHARD_BITS = 6;
const NO_SLOTS = new Uint32Array(1);
const FIRST_SLOTS = 8;

/**
 * Texts, each once, numbered from 1 in the order in which they came. However many they are, they stand in a few arrays
 * outside the heap, where no garbage collector has to look at them. A table only ever grows, and a number once given
 * stands for the same text always: so that what was made of it can share it with what comes later.
 */
export class StringTable {
  #size = 0;
  readonly #pieces: Buffer[] = [];
  /** How much of each piece is used. */
  readonly #used: number[] = [];
  /** Where each text begins; it ends where the next one begins, or with what is used of its piece. */
  #starts: Uint32Array = new Uint32Array(64);
  #hashes: Uint32Array = new Uint32Array(64);
  /** Open addressing with linear probing: the number of a text, or 0. */
  readonly #shards = Array.from({ length: 2 ** SHARD_BITS }, () => NO_SLOTS);
  readonly #counts = new Uint32Array(2 ** SHARD_BITS);
  /** So that nobody can choose texts that all collide. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32);

  /** How many texts there are, and the greatest number. */
  get size(): number {
    return this.#size;
  }

  /** The number of a text, or 0 if it isn't there. */
  idOf(text: string): number {
    // As UTF-8 it would be another text.
    if (!text.isWellFormed()) return 0;
    const length = encode(text);
    return this.#find(this.#hash(length), length);
  }

  /** The number of a text, which is there afterwards. */
  add(text: string): number {
    const length = encode(text);
    const hash = this.#hash(length);
    return this.#find(hash, length) || this.#insert(hash, length);
  }

  /** The text with a number. */
  textOf(id: number): string {
    const start = this.#starts[id] as number;
    return this.#pieceAt(start).toString('utf8', start % PIECE, this.#endOf(id));
  }

  /** Whole numbers by value, ahead of all other text, which stands by code point. */
  compare(a: number, b: number): number {
    const startA = this.#starts[a] as number;
    const startB = this.#starts[b] as number;
    const pieceA = this.#pieceAt(startA);
    const pieceB = this.#pieceAt(startB);
    return compareKeys(
      pieceA,
      startA % PIECE,
      this.#endOf(a),
      pieceB,
      startB % PIECE,
      this.#endOf(b),
    );
  }

  #pieceAt(address: number): Buffer {
    return this.#pieces[address >>> PIECE_BITS] as Buffer;
  }

  #endOf(id: number): number {
    const piece = (this.#starts[id] as number) >>> PIECE_BITS;
    if (id < this.#size) {
      const next = this.#starts[id + 1] as number;
      if (next >>> PIECE_BITS === piece) return next % PIECE;
    }
    return this.#used[piece] as number;
  }

  /** Of what is encoded: FNV-1a, and the end of MurmurHash3, which spreads it over all bits. */
  #hash(length: number): number {
    let hash = this.#seed;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (encoded[i] as number), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #find(hash: number, length: number): number {
    const slots = this.#shards[hash >>> (32 - SHARD_BITS)] as Uint32Array;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot] as number;
      if (id === 0 || (this.#hashes[id] === hash && this.#isEncoded(id, length))) return id;
    }
  }

  #isEncoded(id: number, length: number): boolean {
    const start = this.#starts[id] as number;
    const from = start % PIECE;
    if (this.#endOf(id) - from !== length) return false;
    const piece = this.#pieceAt(start);
    for (let i = 0; i < length; i++) if (piece[from + i] !== encoded[i]) return false;
    return true;
  }

  #insert(hash: number, length: number): number {
    const piece = this.#pieceFor(length);
    const from = this.#used[piece] as number;
    encoded.copy(this.#pieces[piece] as Buffer, from, 0, length);
    this.#used[piece] = from + length;
    const id = this.#size + 1;
    if (id === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#hashes = doubled(this.#hashes);
    }
    this.#hashes[id] = hash;
    this.#starts[id] = piece * PIECE + from;
    this.#size = id;
    const shard = hash >>> (32 - SHARD_BITS);
    const count = (this.#counts[shard] as number) + 1;
    this.#counts[shard] = count;
    // At most three quarters full.
    if (4 * count > 3 * (this.#shards[shard] as Uint32Array).length) this.#grow(shard);
    place(this.#shards[shard] as Uint32Array, hash, id);
    return id;
  }

  /** The number of a piece that has room for so many bytes. A text longer than a piece has one of its own. */
  #pieceFor(bytes: number): number {
    const last = this.#pieces.length - 1;
    const used = this.#used[last] ?? PIECE;
    const length = this.#pieces[last]?.length ?? FIRST_PIECE / 2;
    if (used < PIECE && used + bytes <= length) return last;
    if (last + 1 === 2 ** (32 - PIECE_BITS))
      throw new RangeError('Expected less than 4 GB of text');
    this.#pieces.push(Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(PIECE, 2 * length))));
    this.#used.push(0);
    return last + 1;
  }

  #grow(shard: number): void {
    const old = this.#shards[shard] as Uint32Array;
    const slots = new Uint32Array(Math.max(FIRST_SLOTS, 2 * old.length));
    for (const id of old) {
      if (id !== 0) place(slots, this.#hashes[id] as number, id);
    }
    this.#shards[shard] = slots;
  }
}

function doubled(array: Uint32Array): Uint32Array {
  const longer = new Uint32Array(2 * array.length);
  longer.set(array);
  return longer;
}

function place(slots: Uint32Array, hash: number, id: number): void {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = id;
}

/** The bytes of the text that is looked for, whichever table looks. */
let encoded = Buffer.allocUnsafeSlow(FIRST_PIECE);

/** Writes a text into {@link encoded}, as UTF-8; answers how many bytes it has. */
function encode(text: string): number {
  // Three bytes at most for each unit of UTF-16.
  if (3 * text.length > encoded.length) encoded = Buffer.allocUnsafeSlow(3 * text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A call is dearer than a short loop, but knows more than ASCII.
    if (unit >= 0x80) return encoded.write(text, 'utf8');
    encoded[i] = unit;
  }
  return text.length;
}
