import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { type Sliced, STEPS } from './slices.ts';

/** Bytes that become one text: 64 KB of it, and a multiple of three, which base64 need not fill up. */
const CHUNK = 3 * 2 ** 14;

/** A number as bytes of seven bits takes eight of them at most: 2^53 has 54 bits. */
const MOST_BYTES = 8;

/** Whole numbers up to here, on either side of 0, are written as such. */
const MOST_WHOLE = 2 ** 50;

/** Bytes as they are kept: in base64, some KB a text, so that none takes long to be made. */
export interface Chunks {
  readonly data: readonly string[];
  /** Of all bytes, one after the other: CRC-32. */
  readonly checksum: number;
}

/** What is wrong with bytes that are read. */
export class BrokenError extends Error {}

/** Writes numbers and texts, one after the other, the least byte of each number first. */
export class Writer {
  readonly #data: string[] = [];
  #checksum = 0;
  #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #used = 0;

  byte(byte: number): void {
    this.#makeRoom(1);
    this.#chunk[this.#used++] = byte;
  }

  /** A whole number of 0 or more: seven bits a byte, and whether another one follows. */
  count(count: number): void {
    this.#makeRoom(MOST_BYTES);
    let rest = count;
    while (rest >= 0x80) {
      this.#chunk[this.#used++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#chunk[this.#used++] = rest;
  }

  /** Any number: that it is whole is said by what stands ahead of it. */
  number(number: number): void {
    if (Number.isInteger(number) && Math.abs(number) < MOST_WHOLE && !Object.is(number, -0)) {
      this.count(1 + (number < 0 ? -2 * number - 1 : 2 * number));
      return;
    }
    this.count(0);
    this.float(number);
  }

  float(number: number): void {
    this.#makeRoom(8);
    this.#used = this.#chunk.writeDoubleLE(number, this.#used);
  }

  /** Text, which is well-formed. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.count(length);
    this.#makeRoom(length);
    this.#used += this.#chunk.write(text, this.#used);
  }

  /** Text as its units of UTF-16, which lone surrogates are as well. */
  units(text: string): void {
    const length = 2 * text.length;
    this.count(length);
    this.#makeRoom(length);
    this.#used += this.#chunk.write(text, this.#used, 'utf16le');
  }

  /** All that was written. */
  chunks(): Chunks {
    this.#end();
    return { data: this.#data, checksum: this.#checksum };
  }

  #makeRoom(bytes: number): void {
    if (this.#used + bytes <= this.#chunk.length) return;
    this.#end();
    // What is too long for a chunk has one of its own.
    const length = Math.max(bytes, CHUNK);
    if (length !== this.#chunk.length) this.#chunk = Buffer.allocUnsafeSlow(length);
  }

  #end(): void {
    if (this.#used === 0) return;
    const bytes = this.#chunk.subarray(0, this.#used);
    this.#checksum = crc32(bytes, this.#checksum);
    this.#data.push(bytes.toString('base64'));
    this.#used = 0;
  }
}

/**
 * The bytes of chunks, if they are what they were.
 *
 * @throws {BrokenError} They aren't.
 */
export function* bytesOf({ data, checksum }: Chunks): Sliced<Buffer> {
  let length = 0;
  for (const [i, text] of data.entries()) {
    length += Buffer.byteLength(text, 'base64');
    if (i % STEPS === 0) yield;
  }
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  let found = 0;
  for (const text of data) {
    const end = at + bytes.write(text, at, 'base64');
    found = crc32(bytes.subarray(at, end), found);
    at = end;
    yield;
  }
  // Where something stands that is no base64, there are less.
  if (at !== length || found !== checksum) throw new BrokenError('its checksum is another one');
  return bytes;
}

/** Reads what a {@link Writer} wrote, and nothing beyond it: every method throws a {@link BrokenError} instead. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#bytes[this.#skip(1)] as number;
  }

  count(): number {
    let count = 0;
    let unit = 1;
    for (let i = 0; i < MOST_BYTES; i++) {
      const byte = this.byte();
      count += (byte % 0x80) * unit;
      if (byte < 0x80) {
        if (count > Number.MAX_SAFE_INTEGER) break;
        return count;
      }
      unit *= 0x80;
    }
    throw new BrokenError('a number is beyond all bounds');
  }

  /** How many things follow: each takes a byte at least, so that nobody makes room for what isn't there. */
  length(): number {
    const length = this.count();
    if (length > this.left) throw new BrokenError('it ends too early');
    return length;
  }

  number(): number {
    const count = this.count();
    if (count === 0) return this.float();
    const folded = count - 1;
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  float(): number {
    return this.#bytes.readDoubleLE(this.#skip(8));
  }

  text(): string {
    const start = this.#skip(this.length());
    const bytes = this.#bytes;
    const end = this.#at;
    let at = start;
    while (at < end && (bytes[at] as number) < 0x80) at++;
    // ASCII needs no second look.
    if (at < end && !isUtf8(bytes.subarray(start, end))) throw new BrokenError('a text is no UTF-8');
    return bytes.toString('utf8', start, end);
  }

  units(): string {
    const length = this.length();
    if (length % 2 !== 0) throw new BrokenError('a text is no UTF-16');
    const start = this.#skip(length);
    return this.#bytes.toString('utf16le', start, this.#at);
  }

  /** Goes on by so many bytes, and answers where they begin. */
  #skip(bytes: number): number {
    const start = this.#at;
    if (start + bytes > this.#bytes.length) throw new BrokenError('it ends too early');
    this.#at = start + bytes;
    return start;
  }
}
