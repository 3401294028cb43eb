import { expect, it } from 'vitest';
import { parseQuery, QueryError } from '../src/query.ts';

const parse = (text: string) => parseQuery(new URLSearchParams(text));

it('reads filters, once or several times, and the page', () => {
  expect(parse('')).toEqual({
    country: undefined,
    race: undefined,
    bestRaceOnly: false,
    page: 1,
    pageSize: 15,
  });
  expect(parse('country=PL&country=none&race=zerg&race=terran&best=1&page=12')).toEqual({
    country: ['PL', null],
    race: ['zerg', 'terran'],
    bestRaceOnly: true,
    page: 12,
    pageSize: 15,
  });
  expect(parse('best=0').bestRaceOnly).toBe(false);
});

it.each([
  ['country=pl', '"country" must be two capital letters, or "none", not "pl"'],
  ['country=', '"country" must be two capital letters, or "none", not ""'],
  ['country=PL&country=POL', '"country" must be two capital letters, or "none", not "POL"'],
  ['race=Zerg', '"race" must be up to twenty small letters, not "Zerg"'],
  ['best=yes', '"best" must be 0 or 1, not "yes"'],
  ['best=1&best=1', '"best" may come only once'],
  ['page=0', '"page" must be a whole number from 1, not "0"'],
  ['page=-1', '"page" must be a whole number from 1, not "-1"'],
  ['page=1.5', '"page" must be a whole number from 1, not "1.5"'],
  ['page=1e3', '"page" must be a whole number from 1, not "1e3"'],
  ['page=9999999999', '"page" must be a whole number from 1, not "9999999999"'],
  ['page=1&page=2', '"page" may come only once'],
  ['pageSize=10000', 'there is no parameter "pageSize"'],
  ['__proto__=1', 'there is no parameter "__proto__"'],
  [`race=${'a'.repeat(99)}`, `"race" must be up to twenty small letters, not "${'a'.repeat(40)}…"`],
])('refuses %s', (text, message) => {
  expect(() => parse(text)).toThrow(new QueryError(message));
});
