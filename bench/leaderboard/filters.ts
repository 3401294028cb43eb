import type { LeaderboardFilter } from 'warm-cache/leaderboard';
import type { Random } from '../soak/random.ts';

/** What of a board filters are made of. */
interface Choices {
  readonly countries: readonly string[];
  readonly races: readonly string[];
}

type Make = (choices: Choices, random: Random) => LeaderboardFilter;

/** The kinds of filters, each at random. */
export const KINDS = {
  all: () => ({}),
  'a country': ({ countries }, random) => ({ country: random.pick(countries) }),
  'a race': ({ races }, random) => ({ race: random.pick(races) }),
  'country and race': ({ countries, races }, random) => ({
    country: random.pick(countries),
    race: random.pick(races),
  }),
  best: () => ({ bestRaceOnly: true }),
  'best of a country': ({ countries }, random) => ({
    country: random.pick(countries),
    bestRaceOnly: true,
  }),
  'best with a race': ({ races }, random) => ({ race: random.pick(races), bestRaceOnly: true }),
  'best of all that': ({ countries, races }, random) => ({
    country: random.pick(countries),
    race: random.pick(races),
    bestRaceOnly: true,
  }),
  'several countries': ({ countries }, random) => ({ country: some(countries, random) }),
  'several of both': ({ countries, races }, random) => ({
    country: some(countries, random),
    race: some(races, random),
  }),
  'best of several': ({ countries, races }, random) => ({
    country: some(countries, random),
    race: some(races, random),
    bestRaceOnly: true,
  }),
} satisfies Record<string, Make>;

export type Kind = keyof typeof KINDS;

/** Two to five of them. */
function some(names: readonly string[], random: Random): string[] {
  return Array.from({ length: random.from(2, 5) }, () => random.pick(names));
}
