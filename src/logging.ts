/**
 * What a cache does, a line an event, for any logger.
 *
 * @module warm-cache/logging
 * @category API
 */
export type { LogCall, LoggerLike, LogLevel } from './logging/call.ts';
export { type LogOptions, logTo } from './logging/log-to.ts';
export type { WatchedCache, WatchedMap } from './watch/watched.ts';
