import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonArraySplitter } from '../../src/adapters/supabase/stream.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Cut where the shares of the length say. */
function cut(bytes: Uint8Array, shares: readonly number[]): Uint8Array[] {
  const places = shares.map((share) => Math.round(share * bytes.length)).sort((a, b) => a - b);
  return [0, ...places].map((place, n) => bytes.subarray(place, places[n]));
}

function split(chunks: readonly Uint8Array[]): unknown[] {
  const splitter = new JsonArraySplitter();
  const elements = chunks.flatMap((chunk) => splitter.push(chunk)).map((text) => JSON.parse(text));
  splitter.end();
  return elements;
}

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
/** Text with all that could be mistaken for structure, and with characters of one to four bytes. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', ':', ' ', 'é', '夜', '🔥'),
  }),
  fc.string({ unit: 'binary' }),
);
const value = fc.jsonValue({ stringUnit: 'binary', maxDepth: 2 });
const { element } = fc.letrec((tie) => ({
  element: fc.oneof(
    { maxDepth: 3 },
    text,
    value,
    fc.array(tie('element'), { maxLength: 4 }),
    fc.dictionary(text, tie('element'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const indent = fc.constantFrom(undefined, 1, '\t', '\r\n ');

describe('a JSON array in chunks', () => {
  it('has the elements that JSON.parse finds, wherever it is cut', () => {
    const array = fc.array(element, { maxLength: 8 });
    const space = fc.stringMatching(/^[ \t\n\r]{0,3}$/);
    fc.assert(
      fc.property(array, indent, space, space, shares, (given, by, before, after, at) => {
        const json = before + JSON.stringify(given, null, by) + after;
        expect(split(cut(encode(json), at))).toEqual(JSON.parse(json));
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('comes byte by byte, too', () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 5 }), indent, (given, by) => {
        const json = JSON.stringify(given, null, by);
        const bytes = [...encode(json)].map((byte) => Uint8Array.of(byte));
        expect(split(bytes)).toEqual(JSON.parse(json));
      }),
    );
  }, 60_000);

  it('is refused where JSON.parse refuses it, or finds no array', () => {
    const json = fc.oneof(element, fc.array(element)).map((given) => JSON.stringify(given));
    const character = fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', ' ', '1', 'null');
    fc.assert(
      fc.property(json, fc.nat(), fc.nat(3), character, shares, (right, at, gone, come, where) => {
        const place = at % (right.length + 1);
        const wrong = (right.slice(0, place) + come + right.slice(place + gone)).toWellFormed();
        const expected = attempt(() => {
          const found = JSON.parse(wrong);
          if (!Array.isArray(found)) throw new SyntaxError('no array');
          return found;
        });
        expect(attempt(() => split(cut(encode(wrong), where)))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  }, 60_000);

  it.each(['[]', ' [ ] ', '[\n]\n'])('without elements has none: %j', (json) => {
    expect(split([encode(json)])).toEqual([]);
    expect(split([...encode(json)].map((byte) => Uint8Array.of(byte)))).toEqual([]);
  });

  it('gives each element as soon as it has ended', () => {
    const splitter = new JsonArraySplitter();
    const push = (json: string): string[] => splitter.push(encode(json));
    expect(push(' [{"a":')).toEqual([]);
    expect(push('1}')).toEqual([]);
    expect(push(', [2], 3')).toEqual(['{"a":1}', ' [2]']);
    expect(push('4')).toEqual([]);
    expect(push(']')).toEqual([' 34']);
    expect(push(' ')).toEqual([]);
    splitter.end();
  });

  it.each([
    ['', 'Expected rows, got nothing'],
    [' \n', 'Expected rows, got nothing'],
    ['<html>[1]', 'Expected rows, got <html>[1]'],
    ['{"rows":[]}', 'Expected rows, got {"rows":[]}'],
    ['[1,2', 'Expected an end of the rows, got none after 1'],
    ['["a]', 'Expected an end of the rows, got none after 0'],
    ['[1][2]', 'Expected nothing behind the rows, got [2]'],
    ['[] null', 'Expected nothing behind the rows, got null'],
  ])('in place of which %j comes is a SyntaxError that says so', (wrong, message) => {
    expect(() => split([encode(wrong)])).toThrow(new SyntaxError(message));
  });

  it.each(['[,]', '[1,]', '[1, ]', '[, 1]', '[1,,2]', '[[]]]', '[{]}', '[1}', '[1 2]'])(
    'is none with %j',
    (wrong) => {
      expect(() => split([encode(wrong)])).toThrow(SyntaxError);
    },
  );

  it.each([
    ['of a character cut short', [0xf0, 0x9f, 0x94]],
    ['that no character begins with', [0xff]],
    ['of half of a surrogate pair', [0xed, 0xa0, 0x80]],
  ])('with bytes %s is a TypeError', (_, bytes) => {
    const wrong = Uint8Array.of(...encode('["'), ...bytes, ...encode('"]'));
    expect(() => split([wrong])).toThrow(TypeError);
  });
});

/** The result, or that there is none. */
function attempt(read: () => unknown): unknown {
  try {
    return { result: read() };
  } catch (error) {
    return (error as Error).name;
  }
}
