import { expect } from '../options.ts';
import { oneOf } from '../watch/one-of.ts';
import { codeOf, reasonOf } from '../watch/reason.ts';
import {
  hasKey,
  listen,
  type Watched,
  type WatchedCache,
  type WatchedMap,
} from '../watch/watched.ts';
import { countInWords, durationInWords } from '../watch/words.ts';
import {
  CALLS,
  callOf,
  type Fields,
  isWanted,
  LEVELS,
  type LogCall,
  type LoggerLike,
  type LogLevel,
  write,
} from './call.ts';
import { Faults } from './faults.ts';
import { levelOf, Outages } from './outages.ts';
import { rowsOf } from './size.ts';

/**
 * The options of {@link logTo}.
 *
 * @typeParam T - The type of the value, or of the values of a map.
 *
 * @example
 * ```ts
 * import type { LogOptions } from 'warm-cache/logging';
 *
 * const options: LogOptions<string> = {
 *   level: 'warn',
 *   describe: (page) => `${page.length} characters`,
 * };
 * ```
 */
export interface LogOptions<T> {
  /**
   * The least level of what is written. `warn` leaves the outages, what is slow, and what is wrong.
   * @default 'debug', for a logger leaves out what is below its own level; 'info' for `console`, which has none
   */
  readonly level?: LogLevel | undefined;
  /**
   * A few words about a value, in place of how many rows it has. If it throws, there are none.
   * @default the length of an array, else a number `size` or `count`
   */
  readonly describe?: ((value: T) => string) | undefined;
  /**
   * What the logger's methods are called with.
   * @default told by the logger: pino, bunyan, winston and `console` are known, others get the message and an object
   */
  readonly call?: LogCall | undefined;
  /**
   * Whether the line that begins an outage has the `stack` of what was thrown.
   * @default false
   */
  readonly stack?: boolean | undefined;
}

/**
 * Logs what a cache does, a line an event: refreshes with how long they took and how many rows there are, loads that were
 * slow, an outage in two lines (as it begins and as it ends, however many loads fail in between). What the logger throws
 * disturbs nobody.
 *
 * @param logger - pino's, winston's, `console`, or any other.
 * @returns Takes it off.
 * @throws {TypeError} An argument or an option is of the wrong type.
 * @throws {RangeError} `level` or `call` is none that there is.
 *
 * @example
 * ```ts
 * import { pino } from 'pino';
 * import { WarmCache } from 'warm-cache';
 * import { logTo } from 'warm-cache/logging';
 *
 * const board = new WarmCache({ name: 'leaderboard', loader: () => ['ace', 'bolt'], ttl: 60_000 });
 * const silence = logTo(pino(), board);
 * await board.get();
 * silence();
 * ```
 */
export function logTo<T>(
  logger: LoggerLike,
  cache: WatchedCache<T>,
  options?: LogOptions<T>,
): () => void;
export function logTo<K, V>(
  logger: LoggerLike,
  map: WatchedMap<K, V>,
  options?: LogOptions<V>,
): () => void;
export function logTo(
  logger: LoggerLike,
  source: Watched,
  options: LogOptions<never> = {},
): () => void {
  expect('logger.info', Object(logger).info, 'function');
  expect('options', options, 'object');
  const { call = callOf(logger), describe, stack = false } = options;
  oneOf('call', call, CALLS);
  const { level: least = call === 'message' ? 'info' : 'debug' } = options;
  oneOf('level', least, LEVELS);
  if (describe !== undefined) expect('describe', describe, 'function');
  expect('stack', stack, 'boolean');

  const outages = new Outages((key) => hasKey(source, key));
  const faults = new Faults();

  /** Makes a line only if it is to be written: most caches are loaded all the time. */
  const log = (level: LogLevel, event: string, of: Subject, makeLine: () => Line): unknown => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least) || !isWanted(logger, level)) return undefined;
    const [words, fields = {}] = makeLine();
    const isOfKey = of.key !== undefined;
    const label = isOfKey ? `${of.name}[${textOf(of.key)}]` : of.name;
    const key = isOfKey ? { key: typeof of.key === 'object' ? textOf(of.key) : of.key } : {};
    const all = { cache: of.name, ...key, event, ...fields };
    const known = Object.entries(all).filter(([, value]) => value !== undefined);
    return write(logger, call, level, `${label} ${words}`, Object.fromEntries(known));
  };

  const sizeOf = (value: unknown): { readonly words: string; readonly fields: Fields } => {
    const rows = rowsOf(value);
    const fields = rows === undefined ? {} : { rows };
    if (describe === undefined) {
      return { words: rows === undefined ? '' : `, ${countInWords(rows, 'row', 'rows')}`, fields };
    }
    try {
      return { words: `, ${describe(value as never)}`, fields };
    } catch {
      return { words: '', fields };
    }
  };

  /** A load has answered: the line of it, or, after an outage, of that. */
  const answered = (level: LogLevel, event: string, of: Subject, makeLine: () => Line): unknown => {
    const outage = outages.get(of.key);
    outages.end(of.key);
    const line = outage
      ? log(outage.isLoud ? 'warn' : 'debug', 'recovery', of, () => {
          const lasted = performance.now() - outage.since;
          const [words, fields] = makeLine();
          const loads = countInWords(outage.failed, 'load', 'loads');
          return [
            `loads again after ${durationInWords(lasted)}, ${loads} had failed; ${words}`,
            { outage: rounded(lasted), failedLoads: outage.failed, ...fields },
          ];
        })
      : log(level, event, of, makeLine);
    const failedKeys = outages.tidy();
    if (failedKeys === undefined) return line;
    const rest = log('warn', 'recovery', { name: of.name }, () => [
      `loads all keys again, ${failedKeys} had failed`,
      { failedKeys },
    ]);
    return Promise.all([line, rest]);
  };

  return listen(source, {
    start: (of) => log('info', 'start', of, () => ['started']),
    stop: (of) => {
      outages.clear();
      return log('info', 'stop', of, () => ['stopped']);
    },
    refresh: ({ snapshot, reason, duration, ...of }) => {
      const isLoad = reason !== 'set' && reason !== 'store';
      const makeLine = (): Line => {
        const { words, fields } = sizeOf(snapshot.value);
        const common = { reason, version: snapshot.version, ...fields };
        const age = Date.now() - snapshot.loadedAt;
        if (reason === 'set') return [`set${words}`, common];
        if (reason === 'store') {
          return [`restored${words}, ${durationInWords(age)} old`, { ...common, age }];
        }
        if (reason === 'shared') {
          return [
            `taken from another process${words}, ${durationInWords(age)} old`,
            { ...common, age },
          ];
        }
        const took = { duration: rounded(duration) };
        return [`refreshed in ${durationInWords(duration)}${words}`, { ...took, ...common }];
      };
      return isLoad
        ? answered('info', 'refresh', of, makeLine)
        : log('info', 'refresh', of, makeLine);
    },
    unchanged: ({ snapshot, reason, duration, ...of }) =>
      answered('debug', 'unchanged', of, () => {
        const { version } = snapshot;
        if (reason === 'shared') return ['unchanged, says another process', { reason, version }];
        return [
          `unchanged, checked in ${durationInWords(duration)}`,
          { duration: rounded(duration), reason, version },
        ];
      }),
    slow: ({ outcome, duration, reason, ...of }) => {
      // Those that failed are told by the outage.
      if (!['published', 'unchanged', 'superseded'].includes(outcome)) return undefined;
      return log('warn', 'slow', of, () => [
        `took ${durationInWords(duration)} to load`,
        { duration: rounded(duration), outcome, reason },
      ]);
    },
    error: ({ error, attempt, final, retryAt, serving, reason, ...of }) => {
      const why = reasonOf(error);
      const now = Date.now();
      const next = retryAt && `next try in ${durationInWords(Math.max(0, retryAt - now))}`;
      const fields = { error: why, code: codeOf(error), reason, retryAt };
      if (!final) {
        // The function `keys` is asked again by itself as well, without being a load.
        const isAttempt = attempt > 0;
        const level = !isAttempt && faults.isNews(why) ? 'warn' : 'debug';
        const what = isAttempt ? `failed in attempt ${attempt}` : 'met an error';
        const then = next ? `, ${next}` : '';
        return log(level, isAttempt ? 'attempt' : 'fault', of, () => [
          `${what}: ${why}${then}`,
          { ...fields, ...(isAttempt ? { attempt } : {}) },
        ]);
      }
      const known = outages.get(of.key);
      if (known) {
        known.failed += 1;
        return log('debug', 'failure', of, () => [
          `still fails to load: ${why}; ${next}`,
          { ...fields, failedLoads: known.failed },
        ]);
      }
      const outage = outages.begin(of.key, serving);
      const line = log(levelOf(outage), 'outage', of, () => {
        const loadedAt = serving ? source.peek(of.key as never)?.loadedAt : undefined;
        const age = loadedAt === undefined ? undefined : now - loadedAt;
        const served =
          age === undefined
            ? 'nothing to serve'
            : `serving the value of ${durationInWords(age)} ago`;
        return [
          `fails to load: ${why}; ${served}, ${next}`,
          { ...fields, serving, age, ...(stack ? { stack: stackOf(error) } : {}) },
        ];
      });
      if (!outages.isFlooding || outage.isLoud) return line;
      const flood = log('warn', 'outage', { name: of.name }, () => [
        'fails to load more keys: those beyond these ten are told at debug level',
      ]);
      return Promise.all([line, flood]);
    },
    status: ({ from, to, ...of }) => {
      const outage = outages.get(of.key);
      const isLost = to === 'ERROR' && outage?.serving;
      if (isLost) outage.serving = false;
      if (isLost) return log(levelOf(outage), 'expired', of, () => ['has nothing left to serve']);
      return log('debug', 'status', of, () => [`is ${to}, was ${from}`, { from, to }]);
    },
    invalidate: ({ purge, ...of }) =>
      log('debug', 'invalidate', of, () => [
        purge ? 'invalidated, and dropped' : 'invalidated',
        { purge },
      ]),
    evict: ({ reason, ...of }) => {
      outages.end(of.key);
      return log('debug', 'evict', of, () => [`forgotten: ${reason}`, { reason }]);
    },
  });
}

/** What a line is about. */
interface Subject {
  readonly name: string;
  readonly key?: unknown;
}

type Line = readonly [words: string, fields?: Fields];

/** To a hundredth, as it stands in the words. */
function rounded(ms: number): number {
  return Number(ms.toFixed(2));
}

function textOf(key: unknown): string {
  try {
    return (typeof key === 'object' && JSON.stringify(key)) || String(key);
  } catch {
    return 'unprintable';
  }
}

/** Of what was thrown, rather than of the error that tells of it. */
function stackOf(error: unknown): string | undefined {
  const { cause = error } = Object(error) as { cause?: unknown };
  return cause instanceof Error ? cause.stack : undefined;
}
