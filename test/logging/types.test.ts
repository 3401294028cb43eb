import { pino } from 'pino';
import { describe, expectTypeOf, it } from 'vitest';
import { WarmCache, WarmCacheMap } from 'warm-cache';
import { type LogOptions, logTo } from 'warm-cache/logging';
import winston from 'winston';

interface Board {
  readonly scores: readonly number[];
}

const board = new WarmCache<Board>({ loader: () => ({ scores: [] }), ttl: 1000 });
const boards = new WarmCacheMap({
  loader: (country: 'KR' | 'PL'): Board => ({ scores: [country.length] }),
  ttl: 1000,
});

describe('the types of logTo', () => {
  it('take any logger, and any cache or map', () => {
    for (const logger of [pino(), winston.createLogger(), winston, console]) {
      expectTypeOf(logTo(logger, board)).toEqualTypeOf<() => void>();
      expectTypeOf(logTo(logger, boards)).toEqualTypeOf<() => void>();
    }
  });

  it('tell `describe` what the value is', () => {
    logTo(console, board, {
      describe: (value) => {
        expectTypeOf(value).toEqualTypeOf<Board>();
        return '';
      },
    });
    logTo(console, boards, {
      describe: (value) => {
        expectTypeOf(value).toEqualTypeOf<Board>();
        return '';
      },
    });
    const ofText: LogOptions<string> = { describe: (text) => text };
    // @ts-expect-error The values are boards.
    logTo(console, board, ofText);
  });

  it('refuse what is no logger, and words that there aren’t', () => {
    // @ts-expect-error It can't warn.
    const none: Parameters<typeof logTo>[0] = { info: () => {}, error: () => {} };
    // @ts-expect-error There is no such level.
    const loud: LogOptions<Board> = { level: 'loud' };
    // @ts-expect-error It is told by how it is called, not by name.
    const named: LogOptions<Board> = { call: 'pino' };
    expectTypeOf([none, loud, named]).toBeArray();
  });
});
