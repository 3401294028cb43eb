const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
/** What JSON allows around an array, and within an empty one: space, tab, line feed, carriage return. */
const SPACES: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

/** Bytes of what came in place of an array that an error quotes. */
const MOST_QUOTED = 200;

/**
 * Splits a JSON array that comes in chunks into the texts of its elements, so that no more than one of them has to be
 * parsed at a time.
 *
 * It goes by bytes, for in UTF-8 no byte of another character is that of a quote, a bracket or a comma: chunks may end
 * anywhere, within a character or an escape too. Whether the texts are JSON is left to `JSON.parse`: where all are, the
 * array was.
 */
export class JsonArraySplitter {
  #place: 'ahead' | 'within' | 'behind' = 'ahead';
  /** How many brackets and braces are open within an element. */
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** How many elements have ended. */
  #count = 0;
  /** What earlier chunks had of the element that has begun. */
  #begun: Uint8Array[] = [];
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  /**
   * The texts of the elements that end in this chunk.
   *
   * @throws {SyntaxError} It is nothing that an array begins or goes on with.
   * @throws {TypeError} It is no UTF-8.
   */
  push(chunk: Uint8Array): string[] {
    const texts: string[] = [];
    let start = this.#place === 'ahead' ? this.#open(chunk) : 0;
    for (let at = start; this.#place === 'within'; at++) {
      at = this.#endOfElement(chunk, at);
      if (at === chunk.length) break;
      const bytes = chunk.subarray(start, at);
      start = at + 1;
      if (chunk[at] === CLOSING_BRACKET) this.#place = 'behind';
      if (this.#place === 'behind' && this.#count === 0 && this.#isEmpty(bytes)) break;
      texts.push(this.#textOf(bytes));
      this.#count++;
    }
    const rest = chunk.subarray(start);
    if (this.#place === 'within') this.#begun.push(rest);
    if (this.#place === 'behind' && !isSpace(rest)) {
      throw new SyntaxError(`Expected nothing behind the rows, got ${quoted(rest)}`);
    }
    return texts;
  }

  /**
   * To be called when all has come.
   *
   * @throws {SyntaxError} The array has not ended.
   */
  end(): void {
    if (this.#place === 'ahead') throw new SyntaxError('Expected rows, got nothing');
    if (this.#place === 'within') {
      throw new SyntaxError(`Expected an end of the rows, got none after ${this.#count}`);
    }
  }

  /** Where the first element begins. */
  #open(chunk: Uint8Array): number {
    const bracket = chunk.indexOf(OPENING_BRACKET);
    const ahead = bracket < 0 ? chunk : chunk.subarray(0, bracket);
    if (!isSpace(ahead)) throw new SyntaxError(`Expected rows, got ${quoted(chunk)}`);
    if (bracket >= 0) this.#place = 'within';
    return ahead.length + 1;
  }

  /** Where the comma or bracket behind the element is; the chunk's length where it isn't in there. */
  #endOfElement(chunk: Uint8Array, from: number): number {
    // Fields that are private are too slow for every byte.
    let depth = this.#depth;
    let inString = this.#inString;
    let isEscaped = this.#isEscaped;
    let at = from;
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPENING_BRACKET || byte === OPENING_BRACE) {
        depth++;
      } else if (depth === 0) {
        if (byte === COMMA || byte === CLOSING_BRACKET) break;
      } else if (byte === CLOSING_BRACKET || byte === CLOSING_BRACE) {
        depth--;
      }
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#isEscaped = isEscaped;
    return at;
  }

  #isEmpty(end: Uint8Array): boolean {
    return isSpace(end) && this.#begun.every(isSpace);
  }

  #textOf(end: Uint8Array): string {
    if (this.#begun.length === 0) return this.#decoder.decode(end);
    const bytes = Buffer.concat([...this.#begun, end]);
    this.#begun = [];
    return this.#decoder.decode(bytes);
  }
}

function isSpace(bytes: Uint8Array): boolean {
  return bytes.every((byte) => SPACES.includes(byte));
}

function quoted(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, MOST_QUOTED)).trim();
}
