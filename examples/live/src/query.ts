import type { LeaderboardQuery } from 'warm-cache/leaderboard';

/** Rows of a page. */
export const PAGE_SIZE = 15;
const COUNTRY = /^[A-Z]{2}$/;
const RACE = /^[a-z]{1,20}$/;
/** Stands for players who don't tell their country. */
const UNKNOWN = 'none';
const NAMES: readonly string[] = ['best', 'country', 'page', 'race'];

/** A query that is not what it should be: the message says how. */
export class QueryError extends Error {
  override name = 'QueryError';
}

/**
 * The page of the board that a query string asks for: `country` and `race`, once or several times, `best=1`, `page`.
 *
 * @throws {QueryError}
 */
export function parseQuery(params: URLSearchParams): LeaderboardQuery {
  for (const name of params.keys()) {
    if (!NAMES.includes(name)) throw new QueryError(`there is no parameter ${quote(name)}`);
  }
  const countries = params.getAll('country').map((country) => {
    if (country === UNKNOWN) return null;
    return expect('country', country, COUNTRY, `two capital letters, or "${UNKNOWN}"`);
  });
  const races = params
    .getAll('race')
    .map((race) => expect('race', race, RACE, 'up to twenty small letters'));
  const best = only(params, 'best', '0');
  const page = only(params, 'page', '1');
  return {
    country: countries.length > 0 ? countries : undefined,
    race: races.length > 0 ? races : undefined,
    bestRaceOnly: expect('best', best, /^[01]$/, '0 or 1') === '1',
    page: Number(expect('page', page, /^[1-9]\d{0,8}$/, 'a whole number from 1')),
    pageSize: PAGE_SIZE,
  };
}

function only(params: URLSearchParams, name: string, otherwise: string): string {
  const given = params.getAll(name);
  if (given.length > 1) throw new QueryError(`"${name}" may come only once`);
  return given[0] ?? otherwise;
}

function expect(name: string, value: string, pattern: RegExp, expected: string): string {
  if (!pattern.test(value)) {
    throw new QueryError(`"${name}" must be ${expected}, not ${quote(value)}`);
  }
  return value;
}

const quote = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
