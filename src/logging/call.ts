/**
 * The level of a line. What is below a logger's own level it leaves out itself.
 *
 * @example
 * ```ts
 * import type { LogLevel } from 'warm-cache/logging';
 *
 * const level: LogLevel = process.env['NODE_ENV'] === 'production' ? 'warn' : 'debug';
 * ```
 */
export type LogLevel = 'debug' | 'error' | 'info' | 'warn';

/**
 * What a logger's methods are called with:
 *
 * - `object, message`: as pino's, and Fastify's: `logger.info({ cache: 'flags' }, 'flags refreshed')`
 * - `object`: as winston's: `logger.info({ cache: 'flags', message: 'flags refreshed' })`
 * - `message, object`: as most others': `logger.info('flags refreshed', { cache: 'flags' })`
 * - `message`: as `console`'s: `console.info('flags refreshed')`
 *
 * @example
 * ```ts
 * import { WarmCache } from 'warm-cache';
 * import { type LogCall, logTo } from 'warm-cache/logging';
 *
 * const call: LogCall = 'message';
 * const flags = new WarmCache({ name: 'flags', loader: () => ['dark-mode'], ttl: 60_000 });
 * logTo({ info: console.log, warn: console.log, error: console.log }, flags, { call });
 * ```
 */
export type LogCall = 'message' | 'message, object' | 'object' | 'object, message';

/**
 * What is asked of a logger: pino's, winston's, `console` and most others have it. Without `debug` it isn't told what is
 * of that level.
 *
 * @example
 * ```ts
 * import type { LoggerLike } from 'warm-cache/logging';
 *
 * const toNowhere: LoggerLike = { info: () => {}, warn: () => {}, error: () => {} };
 * ```
 */
export interface LoggerLike {
  /** What one asks for only when something is to be found out. */
  debug?(...args: never[]): unknown;
  /** What is as it should be. */
  info(...args: never[]): unknown;
  /** Outages, as they begin and end, and slow loads. */
  warn(...args: never[]): unknown;
  /** There is nothing to serve. */
  error(...args: never[]): unknown;
}

/** What a line says, for machines. */
export type Fields = Readonly<Record<string, unknown>>;

/** The levels, the least first. */
export const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
export const CALLS: readonly LogCall[] = [
  'message',
  'message, object',
  'object',
  'object, message',
];

/** How a logger is to be called, told by what else it has. */
export function callOf(logger: LoggerLike): LogCall {
  const has = (...names: string[]): boolean =>
    names.every((name) => typeof (logger as never)[name] === 'function');
  // pino and its children (so Fastify's too); bunyan.
  if (has('bindings') || has('addStream')) return 'object, message';
  // winston, its children, and its module, which is a logger as well. Its `(message, object)` loses the object where
  // the message has a percent sign that looks like a placeholder.
  if ('transports' in logger && has('add', 'log')) return 'object';
  // It would print the object as well.
  if (has('table', 'groupEnd')) return 'message';
  return 'message, object';
}

/** Writes a line. Gives what the logger returns, which may be a promise. */
export function write(
  logger: LoggerLike,
  call: LogCall,
  level: LogLevel,
  message: string,
  fields: Fields,
): unknown {
  const methods = logger as unknown as Record<string, unknown>;
  // winston with syslog's levels.
  const name = level === 'warn' && typeof methods['warn'] !== 'function' ? 'warning' : level;
  if (typeof methods[name] !== 'function') return undefined;
  const method = methods as Record<string, (...args: unknown[]) => unknown>;
  if (call === 'object, message') return method[name]?.(fields, message);
  if (call === 'object') return method[name]?.({ ...fields, message });
  return call === 'message' ? method[name]?.(message) : method[name]?.(message, fields);
}

/** Whether a logger that can tell would write a line of this level. */
export function isWanted(logger: LoggerLike, level: LogLevel): boolean {
  const { isLevelEnabled } = logger as { isLevelEnabled?: (level: string) => boolean };
  if (typeof isLevelEnabled !== 'function') return true;
  const { levels } = logger as { levels?: object };
  // winston knows nothing of levels that aren't among its own.
  const isKnown = !levels || level in levels || 'values' in levels;
  return isKnown ? isLevelEnabled.call(logger, level) : true;
}
