import { inspect, isDeepStrictEqual } from 'node:util';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expectThat, resolved } from './checks.ts';
import { read, written } from './encoding.ts';
import type {
  GivenOptions,
  LeaderboardEntry,
  LeaderboardOptions,
  ResolvedOptions,
} from './entry.ts';
import { boardOf, insideOf, Leaderboard } from './leaderboard.ts';
import { BrokenError } from './reader.ts';
import { Slices } from './slices.ts';
import type { Chunks } from './writer.ts';

const FORMAT = 'warm-cache/leaderboard';
const VERSION = 1;

/**
 * Turns leaderboards into plain data and back.
 *
 * @example
 * ```ts
 * import type { Leaderboard, LeaderboardCodec } from 'warm-cache/leaderboard';
 *
 * const copyOf = async <Details extends object>(
 *   board: Leaderboard<Details>,
 *   { encode, decode }: LeaderboardCodec<Details>,
 * ): Promise<Leaderboard<Details>> => decode(JSON.parse(JSON.stringify(await encode(board))));
 * ```
 */
export interface LeaderboardCodec<Details extends object = object> {
  /**
   * The board as plain data, which JSON keeps as it is. The event loop is given back in between.
   *
   * @throws {TypeError} The board was made with other options, or a detail can't be kept.
   */
  readonly encode: (board: Leaderboard) => Promise<unknown>;
  /**
   * The board that was encoded. The event loop is given back in between.
   *
   * @throws {TypeError} It is no such data, or broken, or of a board that was made with other options.
   */
  readonly decode: (data: unknown) => Promise<Leaderboard<Details>>;
}

/**
 * Makes what a leaderboard outlives a restart by, in any store: the board as plain data, which takes about a third of
 * what its rows take as JSON, and back.
 *
 * Details are kept where they are what JSON knows, or bigints, dates or `undefined`, within lists and plain objects too.
 *
 * @param options - Those that the boards are made with: of others nothing is encoded, and nothing decoded. So a program
 * that has further details by now doesn't get a board without them. What a schema had to say it has said: where it has
 * changed, keep the boards elsewhere.
 * @throws {TypeError} An option is wrong.
 *
 * @example
 * ```ts
 * import { Leaderboard, type LeaderboardEntry, leaderboardCodec } from 'warm-cache/leaderboard';
 *
 * declare const rows: (LeaderboardEntry & { wins: number })[];
 * declare const store: { get(key: string): Promise<unknown>; set(key: string, data: unknown): Promise<void> };
 *
 * const codec = leaderboardCodec<{ wins: number }>({ details: ['wins'] });
 * const board = await Leaderboard.from(rows, { details: ['wins'] });
 * await store.set('leaderboard', await codec.encode(board));
 *
 * const again = await codec.decode(await store.get('leaderboard'));
 * console.log(again.top(1)[0]?.wins);
 * ```
 */
export function leaderboardCodec<
  Row extends LeaderboardEntry,
  Detail extends keyof Row & string = never,
>(
  options: Omit<LeaderboardOptions, 'details' | 'schema'> & {
    readonly details?: readonly Detail[] | undefined;
    readonly schema: StandardSchemaV1<unknown, Row>;
  },
): LeaderboardCodec<Pick<Row, Detail>>;
export function leaderboardCodec<Details extends object = object>(
  options?: LeaderboardOptions<NoInfer<Details>>,
): LeaderboardCodec<Details>;
export function leaderboardCodec(options: GivenOptions = {}): LeaderboardCodec {
  const known = resolved(options);
  return {
    encode: async (leaderboard) => {
      expectThat('board', leaderboard instanceof Leaderboard, 'a leaderboard', leaderboard);
      const board = insideOf(leaderboard);
      expectSame(told(board.options), told(known));
      if (board.options.schema !== known.schema) {
        throw new TypeError(
          'Expected a leaderboard with the options of the codec, got one of another `schema`',
        );
      }
      const { data, checksum } = await new Slices(undefined).do(written(board));
      return { format: FORMAT, version: VERSION, ...told(known), checksum, data };
    },
    decode: async (data) => {
      const chunks = chunksOf(data, known);
      try {
        return boardOf(await new Slices(undefined).do(read(chunks, known)));
      } catch (error) {
        if (!(error instanceof BrokenError)) throw error;
        throw new TypeError(`Expected an encoded leaderboard, got a broken one: ${error.message}`);
      }
    },
  };
}

/** What is told of the options: of a schema, no more than that there is one. */
type Told = Pick<ResolvedOptions, 'details' | 'ranking'> & { readonly schema: boolean };

function told({ ranking, details, schema }: ResolvedOptions): Told {
  return { ranking, details, schema: schema !== undefined };
}

/** @throws {TypeError} They differ. */
function expectSame(given: { readonly [Option in keyof Told]?: unknown }, known: Told): void {
  for (const option of ['ranking', 'details', 'schema'] as const) {
    if (isDeepStrictEqual(given[option], known[option])) continue;
    const [is, right] = [inspect(given[option]), inspect(known[option])];
    throw new TypeError(
      `Expected a leaderboard with the options of the codec, got one whose \`${option}\` is ${is}, not ${right}`,
    );
  }
}

/** @throws {TypeError} It is no encoded leaderboard of these options. */
function chunksOf(given: unknown, options: ResolvedOptions): Chunks {
  const { format, version, checksum, data, ...rest } = (given ?? {}) as Record<string, unknown>;
  if (format !== FORMAT) {
    throw new TypeError(`Expected an encoded leaderboard, got ${inspect(given, { depth: 0 })}`);
  }
  if (version !== VERSION) {
    const expected = `Expected an encoded leaderboard of version ${VERSION}`;
    throw new TypeError(`${expected}, got one of version ${inspect(version)}`);
  }
  expectSame(rest, told(options));
  const isText = (item: unknown): boolean => typeof item === 'string';
  if (typeof checksum !== 'number' || !Array.isArray(data) || !data.every(isText)) {
    throw new TypeError('Expected an encoded leaderboard, got one without its data');
  }
  return { checksum, data };
}
