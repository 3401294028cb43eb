import { describe, expect, it } from 'vitest';
import { countryName, flagOf } from '../src/countries.ts';
import { clipped, duration, folded, plain } from '../src/text.ts';

describe('plain()', () => {
  it.each([
    '**bold** __u__ ~~s~~ ||spoiler|| `code` ```block```',
    '<@123456789012345678> <#1> <t:1:R> @everyone',
    '[a](https://example.com) https://example.com',
    '# heading',
    '> quote',
    '- list',
    ':smile:',
    '\\',
  ])('leaves no effect to %j', (text) => {
    // Discord's own rule: a backslash takes the effect of whatever is no letter, no digit and no blank.
    const marks = plain(text, 100).replaceAll(/\\[^0-9A-Za-z\s]/g, '');
    expect(marks).not.toMatch(/[*_~|`<>@#[\]():\\/-]/);
    expect(plain(text, 100).replaceAll(/\\([^0-9A-Za-z\s])/g, '$1')).toBe(`\u2068${text}\u2069`);
  });

  it('keeps a name on its line, and its direction to itself', () => {
    expect(plain('a\nb\r\n\u2028c\u0000d')).toBe('\u2068a b c d\u2069');
    expect(plain('\u202ea\u2066b')).toBe('\u2068 a b\u2069');
  });

  it('keeps names of all scripts as they are', () => {
    for (const name of ['Łukasz', '이영호', 'محمد', 'สมชาย', '👩‍🚀Star', '夜·Lynx', '★']) {
      expect(plain(name)).toBe(`\u2068${name}\u2069`);
    }
  });
});

describe('clipped()', () => {
  it.each([
    ['short', 5, 'short'],
    ['longer', 5, 'long…'],
    ['', 5, ''],
    ['👩‍🚀👩‍🚀👩‍🚀', 11, '👩‍🚀👩‍🚀…'],
    ['👩‍🚀👩‍🚀👩‍🚀', 10, '👩‍🚀…'],
    [`a${'\u0301'.repeat(500)}`, 32, '…'],
  ])('cuts %j to %i at most, between characters', (text, length, expected) => {
    expect(clipped(text, length)).toBe(expected);
    expect(clipped(text, length).length).toBeLessThanOrEqual(length);
  });
});

it.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [90_000_000, '25 h'],
])('duration(%i) is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it.each([
  ['PL', 'Poland', '🇵🇱'],
  ['XX', 'XX', ''],
  ['pl', 'pl', ''],
  ['Narnia', 'Narnia', ''],
  ['', '', ''],
])('the country %j is called %j', (code, name, flag) => {
  expect([countryName(code), flagOf(code)]).toEqual([name, flag]);
});

it('folded() forgets case, accents and blanks around', () => {
  expect(folded('  Türkiye ')).toBe(folded('TURKIYE'));
});
