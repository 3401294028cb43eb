import { crc32 } from 'node:zlib';

/** Bytes that become one text: 64 KB of it, and a multiple of three, which base64 need not fill up. */
const CHUNK = 3 * 2 ** 14;

/** A number as bytes of seven bits takes eight of them at most: 2^53 has 54 bits. */
export const MOST_BYTES = 8;

/** Whole numbers up to here, on either side of 0, are written as such. */
const MOST_WHOLE = 2 ** 50;

/** Bytes as they are kept: in base64, some KB a text, so that none takes long to be made. */
export interface Chunks {
  readonly data: readonly string[];
  /** Of all bytes, one after the other: CRC-32. */
  readonly checksum: number;
}

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
